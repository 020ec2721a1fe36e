/** When text is acknowledged: at once or a little later (RFC 9293, section 3.8.6.3; RFC 5681, section 4.2). */
import { type Instant, never } from "../../../base/time/clock.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";

export function acknowledgeNow(tcb: Tcb): void {
  tcb.wishes |= wish.acknowledge;
}

/** New text was taken in order: `length` bytes in segments of `segmentSize`. */
export function textArrived(tcb: Tcb, length: number, segmentSize: number, now: Instant): void {
  const size = segmentSize > 0 ? segmentSize : length;
  if (size > tcb.rcvMss) tcb.rcvMss = Math.min(size, tcb.rcvMssOffer);
  if (now - tcb.lastTextAt > tcb.rto) quicken(tcb);
  tcb.lastTextAt = now;
  if (isDueNow(tcb)) acknowledgeNow(tcb);
  else if (tcb.delayedAckAt === never) tcb.delayedAckAt = now + tcb.config.delayedAck;
}

/**
 * A FIN was taken in ESTABLISHED. As Linux does (tcp_fin; measured on 6.18): its user is likely to close too, and our FIN
 * to acknowledge it; so it waits like text that is answered, but for one that no text came before.
 */
export function finArrived(tcb: Tcb, now: Instant): void {
  tcb.interactive = true;
  if (tcb.lastTextAt === -Infinity || isDueNow(tcb)) acknowledgeNow(tcb);
  else if (tcb.delayedAckAt === never) tcb.delayedAckAt = now + tcb.config.delayedAck;
}

/** More than one full segment waits (SHLD-19), text is missing, the window is used up, or the peer is to be hurried. */
function isDueNow(tcb: Tcb): boolean {
  return (
    ((tcb.rcvNxt - tcb.lastAckSent) | 0) > tcb.rcvMss ||
    tcb.rcvWnd < tcb.rcvMss ||
    tcb.quickAck ||
    (tcb.quickAcksLeft > 0 && !tcb.interactive) ||
    (tcb.outOfOrder !== undefined && tcb.outOfOrder.count > 0)
  );
}

/** As Linux does: a sender that begins, or begins anew, is not slowed down by delayed acknowledgments. */
export function quicken(tcb: Tcb): void {
  tcb.quickAcksLeft = tcb.config.quickAcks;
}

/** We send text within the delay of an acknowledgment: questions and answers, whose answers acknowledge. */
export function textSent(tcb: Tcb, now: Instant): void {
  tcb.lastSentAt = now;
  if (now - tcb.lastTextAt < tcb.config.delayedAck) tcb.interactive = true;
}

/** A segment with ACK leaves: nothing is owed any more. */
export function acknowledgmentSent(tcb: Tcb): void {
  if (tcb.quickAcksLeft > 0 && tcb.lastAckSent !== tcb.rcvNxt) tcb.quickAcksLeft--;
  tcb.lastAckSent = tcb.rcvNxt;
  tcb.delayedAckAt = never;
  tcb.duplicateAcks = 0;
  tcb.duplicateEnd = tcb.duplicateStart;
  tcb.wishes &= ~wish.acknowledge;
}

/** The delay is over without an answer of ours. */
export function delayExpired(tcb: Tcb): void {
  tcb.delayedAckAt = never;
  tcb.interactive = false;
  acknowledgeNow(tcb);
}
