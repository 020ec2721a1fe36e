/** Opening a connection from either side, or from both (RFC 9293, sections 3.5, 3.10.1, 3.10.7.2 and 3.10.7.3). */

import { invariant } from "../../../base/invariant.ts";
import { greaterThan, lessOrEqual } from "../../../base/sequence.ts";
import { type Instant, never } from "../../../base/time/clock.ts";
import { type TcpHeader, type TcpSegment, tcpFlags } from "../../../wire/tcp.ts";
import { initialWindow } from "../congestion/window.ts";
import type { TcpDrop } from "../drop.ts";
import { negotiate } from "../options.ts";
import { acknowledgeNow } from "../receiving/delayed-ack.ts";
import { sample } from "../recovery/rtt.ts";
import { enter } from "../state.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";

const { SYN, RST, ACK } = tcpFlags;

/** Active OPEN: the SYN goes out with the next `output`. */
export function openActive(tcb: Tcb, now: Instant): void {
  invariant(tcb.state === "CLOSED" && tcb.sndNxt === tcb.iss, "a TCB is opened once");
  tcb.lastReceivedAt = now;
  tcb.wishes |= wish.synchronize;
  enter(tcb, "SYN-SENT");
}

/** What a listener does with a segment (section 3.10.7.2): make a TCB and `openPassive` it, send `resetFor`, or nothing. */
export function listenArrives(segment: TcpHeader): "open" | "reset" | "ignore" {
  if ((segment.flags & RST) !== 0) return "ignore";
  if ((segment.flags & ACK) !== 0) return "reset";
  return (segment.flags & SYN) !== 0 ? "open" : "ignore";
}

/** A listener took `syn`: the SYN-ACK goes out with the next `output`. Text beside the SYN is left to be sent again. */
export function openPassive(tcb: Tcb, syn: TcpHeader, now: Instant): void {
  invariant(tcb.state === "CLOSED" && tcb.sndNxt === tcb.iss, "a TCB is opened once");
  tcb.passive = true;
  tcb.segmentsIn = 1; // the SYN
  enter(tcb, "LISTEN");
  synReceived(tcb, syn, now);
}

function synReceived(tcb: Tcb, syn: TcpHeader, now: Instant): void {
  takeSyn(tcb, syn, now);
  tcb.sndWnd = syn.window;
  tcb.maxSndWnd = syn.window;
  tcb.lastReceivedAt = now;
  tcb.wishes |= wish.synchronize;
  enter(tcb, "SYN-RECEIVED");
}

function takeSyn(tcb: Tcb, syn: TcpHeader, now: Instant): void {
  tcb.irs = syn.sequence;
  tcb.rcvNxt = (syn.sequence + 1) | 0;
  tcb.lastAckSent = tcb.rcvNxt;
  negotiate(tcb, syn, now);
}

/** The steps of section 3.10.7.3. Text that comes with a SYN-ACK is the caller's to take in. */
export function synSentArrives(tcb: Tcb, segment: TcpSegment, now: Instant): TcpDrop | undefined {
  const { flags, acknowledgment } = segment;
  const hasAck = (flags & ACK) !== 0;
  if (hasAck && (lessOrEqual(acknowledgment, tcb.iss) || greaterThan(acknowledgment, tcb.sndNxt))) {
    if ((flags & RST) === 0) {
      tcb.refusal = acknowledgment;
      tcb.wishes |= wish.refuse;
    }
    askAgainSoon(tcb, now);
    return "ack-of-unsent";
  }
  if ((flags & RST) !== 0) {
    if (!hasAck) return "no-ack";
    tcb.error = "ECONNREFUSED";
    enter(tcb, "CLOSED");
    return undefined;
  }
  if ((flags & SYN) === 0) return "no-ack";
  if (hasAck) synAcknowledged(tcb, segment, now);
  else synReceived(tcb, segment, now);
  return undefined;
}

/**
 * The peer holds an old connection with our port, from before a restart of ours, say. Our reset ends it, and the next SYN
 * will be welcome: as Linux does, it is not put off for a second.
 */
function askAgainSoon(tcb: Tcb, now: Instant): void {
  if (tcb.retransmits === 0 && tcb.retransmitAt !== never) tcb.retransmitAt = now + shortestTimeout;
}

/** TCP_TIMEOUT_MIN: two ticks. */
const shortestTimeout = 2;

function synAcknowledged(tcb: Tcb, segment: TcpSegment, now: Instant): void {
  takeSyn(tcb, segment, now);
  acknowledgeNow(tcb);
  established(tcb, segment, segment.window, now);
}

/**
 * Our SYN is acknowledged and the peer's is known: the connection is open.
 * @param window SND.WND, scaled where `segment` is no SYN.
 */
export function established(tcb: Tcb, segment: TcpSegment, window: number, now: Instant): void {
  const resent = tcb.retransmits;
  tcb.sndUna = segment.acknowledgment;
  tcb.highRxt = tcb.sndUna;
  tcb.lostEnd = tcb.sndUna;
  tcb.sndWnd = window;
  tcb.maxSndWnd = window;
  tcb.sndWl1 = segment.sequence;
  tcb.sndWl2 = segment.acknowledgment;
  sample(tcb, segment, resent > 0, now);
  if (resent > 0 && tcb.srtt < 0) tcb.rto = tcb.config.rtoAfterSynLoss;
  tcb.cwnd = initialWindow(tcb, resent);
  tcb.retransmits = 0;
  tcb.firstRetransmitAt = never;
  tcb.retransmitAt = never;
  tcb.lastReceivedAt = now;
  tcb.establishedAt = now;
  if (tcb.keepAlive) tcb.keepAliveAt = now + tcb.keepIdle;
  enter(tcb, "ESTABLISHED");
  if (tcb.finQueued) enter(tcb, "FIN-WAIT-1");
}
