/** A segment arrives (RFC 9293, section 3.10.7): the numbered steps, each its own function. */

import { greaterThan, lessOrEqual, lessThan } from "../../../base/sequence.ts";
import type { Instant } from "../../../base/time/clock.ts";
import { type TcpSegment, tcpFlags } from "../../../wire/tcp.ts";
import type { TcpDrop } from "../drop.ts";
import { enterTimeWait, peerReset, refuse } from "../ending/close.ts";
import { timeWaitArrives, timeWaitOf } from "../ending/time-wait.ts";
import { synSentArrives } from "../opening/open.ts";
import { acknowledge } from "../recovery/acknowledge.ts";
import { enter, mayReceive } from "../state.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";
import { challenge } from "./challenge.ts";
import { acknowledgeNow, finArrived } from "./delayed-ack.ts";
import { dropOutOfOrder, noteDuplicate, noteFin, receiveText, takesWhole } from "./receive.ts";
import { urgentArrives } from "./urgent.ts";

/** What the link or IP knows of an arrival beyond its bytes. */
export interface ArrivalInfo {
  /** ECN field of the IP header (RFC 3168, section 5). */
  ecn: number;
  /** Payload bytes of each segment where several were glued (GRO), else 0. */
  segmentSize: number;
}

const { FIN, SYN, RST, ACK, URG } = tcpFlags;
const plain: ArrivalInfo = { ecn: 0, segmentSize: 0 };

/**
 * Takes in a segment of this connection; `output` then sends what it made due.
 * @returns why the segment or its text was dropped, if it was.
 */
export function segmentArrives(
  tcb: Tcb,
  segment: TcpSegment,
  bytes: Uint8Array,
  now: Instant,
  info: ArrivalInfo = plain,
): TcpDrop | undefined {
  tcb.segmentsIn++;
  if (tcb.state === "CLOSED" || tcb.state === "LISTEN") return "closed";
  if (tcb.state === "TIME-WAIT") return arrivesInTimeWait(tcb, segment, now);
  if (tcb.state === "SYN-SENT") {
    const drop = synSentArrives(tcb, segment, now);
    if (drop !== undefined || !mayReceive(tcb.state)) return drop;
    return arrivesAfterAck(tcb, segment, bytes, info.segmentSize, now); // the text of a SYN-ACK
  }
  const drop =
    (tcb.timestamps ? checkTimestamp(tcb, segment, now) : undefined) ??
    checkSequence(tcb, segment, now) ??
    ((segment.flags & (RST | SYN)) !== 0 ? checkResetAndSyn(tcb, segment, now) : undefined) ??
    checkAck(tcb, segment, now);
  if (drop !== undefined) return drop;
  return isClosed(tcb) ? undefined : arrivesAfterAck(tcb, segment, bytes, info.segmentSize, now);
}

function isClosed(tcb: Tcb): boolean {
  return tcb.state === "CLOSED";
}

/** First, a: protection against wrapped sequence numbers (RFC 7323, section 5.3, R1). */
function checkTimestamp(tcb: Tcb, segment: TcpSegment, now: Instant): TcpDrop | undefined {
  if ((segment.flags & RST) !== 0) return undefined;
  if (!segment.timestamps) return tcb.config.requireTimestamps ? "no-timestamp" : undefined;
  if (((segment.timestampValue - tcb.tsRecent) | 0) >= 0 || now - tcb.tsRecentAt > timestampLifetime)
    return undefined;
  answerUnacceptable(tcb, segment, now);
  return "paws";
}

/** RFC 7323, section 5.5: TS.Recent is worth nothing after 24 days. */
const timestampLifetime = 24 * 24 * 3600 * 1000;

/** First: the sequence number (section 3.10.7.4). */
function checkSequence(tcb: Tcb, segment: TcpSegment, now: Instant): TcpDrop | undefined {
  if (tcb.state === "SYN-RECEIVED" && (segment.flags & SYN) !== 0 && segment.sequence === tcb.irs)
    return duplicateSyn(tcb, segment, now);
  if (isAcceptable(tcb, segment)) {
    noteTimestamp(tcb, segment, now);
    return undefined;
  }
  if ((segment.flags & RST) === 0) answerUnacceptable(tcb, segment, now);
  return "out-of-window";
}

/**
 * Table 6 of section 3.4. A closed window still lets in what takes no room: ACK, URG, RST (MUST-66), and a FIN; and,
 * as Linux does, an ACK at its right edge, whose sender has filled the window.
 */
function isAcceptable(tcb: Tcb, segment: TcpSegment): boolean {
  const ahead = (segment.sequence - tcb.rcvNxt) | 0;
  if (ahead < 0) return ((ahead + segmentLength(segment)) | 0) > 0;
  if (ahead === 0 || ahead < tcb.rcvWnd) return true;
  return ahead === tcb.rcvWnd && segment.payloadEnd === segment.payloadStart && (segment.flags & SYN) === 0;
}

/** SEG.LEN, with SYN and FIN. */
function segmentLength(segment: TcpSegment): number {
  const { flags } = segment;
  return segment.payloadEnd - segment.payloadStart + (flags & FIN) + ((flags & SYN) >>> 1);
}

/** RFC 7323, section 4.3: TS.Recent follows the segment that covers Last.ACK.sent. */
function noteTimestamp(tcb: Tcb, segment: TcpSegment, now: Instant): void {
  if (!tcb.timestamps || !segment.timestamps || greaterThan(segment.sequence, tcb.lastAckSent)) return;
  if (((segment.timestampValue - tcb.tsRecent) | 0) < 0) return;
  tcb.tsRecent = segment.timestampValue;
  tcb.tsRecentAt = now;
}

/** An unacceptable segment is acknowledged; an empty one at most so often, lest two stacks answer each other for ever. */
function answerUnacceptable(tcb: Tcb, segment: TcpSegment, now: Instant): void {
  const { sequence, payloadStart, payloadEnd } = segment;
  if (payloadEnd > payloadStart && lessThan(sequence, tcb.rcvNxt))
    noteDuplicate(tcb, sequence, payloadEnd - payloadStart);
  if (segmentLength(segment) > 0 && (segment.flags & SYN) === 0) acknowledgeNow(tcb);
  else challenge(tcb, now);
}

/** The SYN that opened us came again: our answer was lost. Where both sides opened at once, it may bring the ACK. */
function duplicateSyn(tcb: Tcb, segment: TcpSegment, now: Instant): TcpDrop | undefined {
  if ((segment.flags & ACK) !== 0) return checkAck(tcb, segment, now) ?? "duplicate-syn";
  tcb.wishes |= wish.synchronize;
  return "duplicate-syn";
}

/** Second and fourth: RST and SYN. We leave out the third, security. */
function checkResetAndSyn(tcb: Tcb, segment: TcpSegment, now: Instant): TcpDrop | undefined {
  if ((segment.flags & RST) !== 0) {
    if (segment.sequence === tcb.rcvNxt) {
      peerReset(tcb);
      return undefined;
    }
    challenge(tcb, now); // RFC 5961, section 3.2
    return "blind-reset";
  }
  if (tcb.state === "SYN-RECEIVED" && tcb.passive) {
    enter(tcb, "CLOSED"); // back to LISTEN: the listener is another TCB
    return undefined;
  }
  challenge(tcb, now); // RFC 5961, section 4.2
  return "blind-syn";
}

/** Fifth: the ACK field. */
function checkAck(tcb: Tcb, segment: TcpSegment, now: Instant): TcpDrop | undefined {
  if (isClosed(tcb)) return undefined;
  if ((segment.flags & ACK) === 0) return "no-ack";
  return acknowledge(tcb, segment, now);
}

/** Sixth, seventh and eighth: URG, text and FIN. */
function arrivesAfterAck(
  tcb: Tcb,
  segment: TcpSegment,
  bytes: Uint8Array,
  segmentSize: number,
  now: Instant,
): TcpDrop | undefined {
  const { flags, payloadStart, payloadEnd } = segment;
  tcb.lastReceivedAt = now;
  if (payloadEnd === payloadStart && (flags & (FIN | URG)) === 0) return undefined;
  if (!mayReceive(tcb.state)) return afterFin(tcb, segment, now);
  const sequence = (flags & SYN) !== 0 ? (segment.sequence + 1) | 0 : segment.sequence;
  const end = (sequence + payloadEnd - payloadStart) | 0;
  if ((flags & URG) !== 0) urgentArrives(tcb, (sequence + segment.urgentPointer) | 0);
  if (tcb.receiveShutdown && tcb.state !== "ESTABLISHED" && greaterThan(end, tcb.rcvNxt)) {
    refuse(tcb, segment.acknowledgment, now);
    return "text-after-close";
  }
  const fits = lessOrEqual(end, (tcb.rcvNxt + tcb.rcvWnd) | 0) || takesWhole(tcb, sequence);
  const fin = (flags & FIN) !== 0;
  if (fin && fits) noteFin(tcb, end);
  if (fin && tcb.finSequence === end && lessOrEqual(sequence, tcb.rcvNxt)) tcb.interactive = true;
  let drop: TcpDrop | undefined;
  if (payloadEnd > payloadStart)
    drop = receiveText(tcb, sequence, bytes, payloadStart, endOfText(tcb, segment, end), segmentSize, now);
  const reached = tcb.finSeen && tcb.finSequence === tcb.rcvNxt;
  if (reached) receiveFin(tcb, now);
  if (reached !== fin) acknowledgeNow(tcb); // it is early, or was, and the hole before it is filled
  return drop;
}

/** Text beyond a FIN is no text of this connection. */
function endOfText(tcb: Tcb, segment: TcpSegment, end: number): number {
  const beyond = tcb.finSeen ? (end - tcb.finSequence) | 0 : 0;
  return beyond > 0 ? Math.max(segment.payloadEnd - beyond, segment.payloadStart) : segment.payloadEnd;
}

/** Text or FIN where the peer's FIN has been taken: an old duplicate, which is acknowledged. */
function afterFin(tcb: Tcb, segment: TcpSegment, now: Instant): TcpDrop {
  answerUnacceptable(tcb, segment, now);
  return "duplicate-text";
}

/** Eighth: the FIN is next in order. */
function receiveFin(tcb: Tcb, now: Instant): void {
  tcb.rcvNxt = (tcb.rcvNxt + 1) | 0;
  tcb.rcvWnd = Math.max(0, tcb.rcvWnd - 1);
  dropOutOfOrder(tcb);
  if (tcb.state === "ESTABLISHED") finArrived(tcb, now);
  else acknowledgeNow(tcb);
  tcb.world.notify(tcb, "readable");
  if (tcb.state === "ESTABLISHED") enter(tcb, "CLOSE-WAIT");
  else if (tcb.state === "FIN-WAIT-1") enter(tcb, "CLOSING");
  else enterTimeWait(tcb, now);
}

/** A TCB that nobody has replaced by what `timeWaitOf` keeps follows the same rule. */
function arrivesInTimeWait(tcb: Tcb, segment: TcpSegment, now: Instant): TcpDrop | undefined {
  tcb.timeWait ??= timeWaitOf(tcb);
  const verdict = timeWaitArrives(tcb.timeWait, segment, now);
  tcb.timeWaitUntil = tcb.timeWait.until;
  if (verdict === "end") enter(tcb, "CLOSED");
  else if (verdict !== "ignore") acknowledgeNow(tcb);
  return "time-wait";
}
