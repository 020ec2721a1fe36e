/** The ACK field of a segment (RFC 9293, section 3.10.7.4, fifth): what it frees, what it opens, what it ends. */

import { greaterOrEqual, greaterThan, lessOrEqual, lessThan } from "../../../base/sequence.ts";
import { type Instant, never } from "../../../base/time/clock.ts";
import { type TcpSegment, tcpFlags } from "../../../wire/tcp.ts";
import type { TcpDrop } from "../drop.ts";
import { enterTimeWait, startFinWait2 } from "../ending/close.ts";
import { established } from "../opening/open.ts";
import { timestampNow } from "../options.ts";
import { challenge } from "../receiving/challenge.ts";
import { acknowledgeNow } from "../receiving/delayed-ack.ts";
import { forgetRecords, isWritable } from "../sending/send.ts";
import { enter } from "../state.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";
import { duplicateAck, lossAcknowledged, resendAll } from "./loss.ts";
import { sample } from "./rtt.ts";
import { noteSacked } from "./scoreboard.ts";

const { SYN, FIN } = tcpFlags;

/** Takes in SEG.ACK and SEG.WND. The connection may be CLOSED afterwards. */
export function acknowledge(tcb: Tcb, segment: TcpSegment, now: Instant): TcpDrop | undefined {
  const { acknowledgment } = segment;
  if (tcb.state === "SYN-RECEIVED") return completeHandshake(tcb, segment, now);
  const ahead = (acknowledgment - tcb.sndUna) | 0;
  if (ahead < 0 && ahead < -tcb.maxSndWnd) {
    challenge(tcb, now); // RFC 5961, section 5.2
    return "ack-too-old";
  }
  if (greaterThan(acknowledgment, tcb.sndNxt)) {
    if (segment.payloadEnd > segment.payloadStart) acknowledgeNow(tcb);
    else challenge(tcb, now);
    return "ack-of-unsent";
  }
  peerAnswered(tcb);
  const window = segment.window << tcb.sndWndShift;
  const news = segment.sack.length > 0 && tcb.sackPermitted && noteSacked(tcb, segment.sack);
  if (ahead > 0) advance(tcb, segment, ahead, now);
  else if (ahead === 0 && isDuplicate(tcb, segment, window, news)) duplicateAck(tcb, now);
  if (ahead >= 0) updateWindow(tcb, segment, window);
  if (ahead > 0 && tcb.finQueued) finAcknowledged(tcb, now);
  return undefined;
}

/** SYN-RECEIVED: the acknowledgment of our SYN opens the connection; any other belongs to an older one. */
function completeHandshake(tcb: Tcb, segment: TcpSegment, now: Instant): TcpDrop | undefined {
  const { acknowledgment } = segment;
  if (lessOrEqual(acknowledgment, tcb.sndUna) || greaterThan(acknowledgment, tcb.sndNxt)) {
    tcb.refusal = acknowledgment;
    tcb.wishes |= wish.refuse;
    return "ack-of-unsent";
  }
  if (tcb.passive && !echoesSynAck(tcb, segment)) {
    challenge(tcb, now);
    return "timestamp-never-sent";
  }
  const scaled = (segment.flags & SYN) === 0; // the SYN-ACK of a simultaneous open has its window unscaled
  established(tcb, segment, scaled ? segment.window << tcb.sndWndShift : segment.window, now);
  return undefined;
}

/** As Linux does (tcp_check_req): the acknowledgment of a SYN-ACK echoes one of its timestamps, or none. */
function echoesSynAck(tcb: Tcb, segment: TcpSegment): boolean {
  if (!tcb.timestamps || !segment.timestamps || segment.timestampEcho === 0) return true;
  const first = timestampNow(tcb, tcb.timedAt);
  const last = tcb.retransmits > 0 ? timestampNow(tcb, tcb.resentAt) : first;
  return ((segment.timestampEcho - first) | 0) >= 0 && ((last - segment.timestampEcho) | 0) >= 0;
}

/** The peer lives: probes and, where it keeps its window shut, timeouts begin anew (RFC 9293 MUST-37). */
function peerAnswered(tcb: Tcb): void {
  tcb.probes = 0;
  tcb.keepProbes = 0;
  tcb.softError = undefined;
  tcb.moreHolds = false; // as Linux does: MSG_MORE is of the call, not of the connection (tcp_push)
  if (tcb.sndWnd === 0) {
    tcb.retransmits = 0;
    tcb.firstRetransmitAt = never;
  }
}

/** RFC 5681, section 2; with SACK, what brings news of a block (RFC 6675, section 2). */
function isDuplicate(tcb: Tcb, segment: TcpSegment, window: number, news: boolean): boolean {
  if (tcb.sndNxt === tcb.sndUna) return false;
  if (tcb.sackPermitted) return news;
  return (
    segment.payloadEnd === segment.payloadStart &&
    (segment.flags & (SYN | FIN)) === 0 &&
    window === tcb.sndWnd
  );
}

/** SND.UNA moves `count` ahead: the ring, the estimate, the losses, the timer. */
function advance(tcb: Tcb, segment: TcpSegment, count: number, now: Instant): void {
  const ambiguous = tcb.recovery !== "open" || tcb.retransmits > 0;
  const text = lessOrEqual(segment.acknowledgment, tcb.sndEnd) ? count : count - 1;
  const wasWritable = isWritable(tcb);
  tcb.sendRing.skip(text);
  tcb.bytesAcked += text;
  tcb.sndUna = segment.acknowledgment;
  if (tcb.recordEnds.length > 0) forgetRecords(tcb);
  if (tcb.sndUrgent && greaterOrEqual(tcb.sndUna, tcb.sndUp)) tcb.sndUrgent = false;
  sample(tcb, segment, ambiguous, now);
  tcb.retransmits = 0;
  tcb.firstRetransmitAt = never;
  restartTimer(tcb, now);
  lossAcknowledged(tcb, text, now);
  if (tcb.watched.length > 0) tellWatched(tcb);
  if (!wasWritable && isWritable(tcb)) tcb.world.notify(tcb, "writable");
}

function tellWatched(tcb: Tcb): void {
  const { watched, sndUna } = tcb;
  const before = watched.length;
  while (watched.length > 0 && lessOrEqual(watched[0]!, sndUna)) watched.shift();
  if (watched.length < before) tcb.world.notify(tcb, "acknowledged");
}

/**
 * RFC 6298, sections 5.2 and 5.3. In NewReno's recovery only the first partial acknowledgment restarts it (RFC 6582,
 * section 3.2, step 5).
 */
function restartTimer(tcb: Tcb, now: Instant): void {
  if (tcb.sndUna === tcb.sndNxt) tcb.retransmitAt = never;
  else if (tcb.recovery !== "fast" || tcb.sackPermitted || !tcb.partialAcked)
    tcb.retransmitAt = now + tcb.rto;
}

/** SND.WND follows the newest segment. A window that opens ends probing, and calls back what lay beyond it. */
function updateWindow(tcb: Tcb, segment: TcpSegment, window: number): void {
  const { sequence, acknowledgment } = segment;
  const newer =
    lessThan(tcb.sndWl1, sequence) || (tcb.sndWl1 === sequence && lessOrEqual(tcb.sndWl2, acknowledgment));
  if (!newer) return;
  tcb.sndWl1 = sequence;
  tcb.sndWl2 = acknowledgment;
  if (window === tcb.sndWnd) return;
  if (tcb.sndWnd === 0 && tcb.sndUna !== tcb.sndNxt) resendAll(tcb); // it was sent into a closed window
  tcb.sndWnd = window;
  tcb.persistAt = never;
  if (window > 0) tcb.persistBackoff = 0;
  if (window > tcb.maxSndWnd) tcb.maxSndWnd = window;
}

/** Our FIN may be what was acknowledged. */
function finAcknowledged(tcb: Tcb, now: Instant): void {
  if (!greaterThan(tcb.sndUna, tcb.sndEnd)) return;
  if (tcb.state === "FIN-WAIT-1") {
    enter(tcb, "FIN-WAIT-2");
    startFinWait2(tcb, now);
  } else if (tcb.state === "CLOSING") enterTimeWait(tcb, now);
  else if (tcb.state === "LAST-ACK") enter(tcb, "CLOSED");
}
