/**
 * Loss and what follows from it: fast retransmit and fast recovery (RFC 5681, section 3.2; RFC 6582 without SACK,
 * RFC 6675 with it) and the retransmission timeout. What lies in [HighRxt, lostEnd) is sent again by `output`.
 */

import { greaterOrEqual, greaterThan, maxSequence, minSequence } from "../../../base/sequence.ts";
import type { Instant } from "../../../base/time/clock.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";
import { forgetAcknowledged, lostBefore } from "./scoreboard.ts";

/** A duplicate ACK, or one that reports a new SACK block. */
export function duplicateAck(tcb: Tcb, now: Instant): void {
  if (tcb.recovery === "timeout") return;
  tcb.dupAcks++;
  if (tcb.recovery === "fast") {
    if (tcb.sackPermitted) tcb.lostEnd = maxSequence(tcb.lostEnd, lostBefore(tcb));
    else inflate(tcb);
    return;
  }
  const lost = tcb.sackPermitted && greaterThan(lostBefore(tcb), tcb.sndUna);
  if (tcb.dupAcks < tcb.config.duplicateThreshold && !lost) return;
  const fresh = tcb.sackPermitted ? greaterOrEqual : greaterThan; // RFC 6582, section 3.2, step 2; RFC 6675, section 5.1
  if (fresh(tcb.sndUna, tcb.recover)) enterFastRecovery(tcb, now);
}

/** RFC 5681, section 3.2, step 4: a segment has left the network; no more of them than were in it. */
function inflate(tcb: Tcb): void {
  if (tcb.dupAcks * tcb.sndMss <= ((tcb.sndNxt - tcb.sndUna) | 0)) tcb.cwnd += tcb.sndMss;
}

function enterFastRecovery(tcb: Tcb, now: Instant): void {
  const flight = Math.min((tcb.sndNxt - tcb.sndUna) | 0, tcb.cwnd); // limited transmit does not count
  tcb.ssthresh = tcb.config.congestion.threshold(tcb, flight, now);
  tcb.cwndCredit = 0;
  tcb.cwnd = tcb.sackPermitted ? tcb.ssthresh : tcb.ssthresh + tcb.config.duplicateThreshold * tcb.sndMss;
  tcb.recovery = "fast";
  tcb.recover = tcb.sndNxt;
  tcb.partialAcked = false;
  retransmitFirst(tcb);
  if (tcb.sackPermitted) tcb.lostEnd = maxSequence(tcb.lostEnd, lostBefore(tcb));
}

/** The segment at SND.UNA is lost. */
function retransmitFirst(tcb: Tcb): void {
  tcb.highRxt = tcb.sndUna;
  tcb.lostEnd = minSequence((tcb.sndUna + tcb.sndMss) | 0, tcb.sndNxt);
  tcb.wishes |= wish.retransmit;
}

/** SND.UNA moved over `bytes` of text. */
export function lossAcknowledged(tcb: Tcb, bytes: number, now: Instant): void {
  forgetAcknowledged(tcb);
  const counted = countedByDuplicates(tcb, bytes);
  tcb.dupAcks = 0;
  tcb.highRxt = maxSequence(tcb.highRxt, tcb.sndUna);
  tcb.lostEnd = maxSequence(tcb.lostEnd, tcb.sndUna);
  if (tcb.recovery === "open") openWindow(tcb, bytes - counted, tcb.config.slowStartLimit * tcb.sndMss, now);
  else if (tcb.recovery === "timeout") slowStartAgain(tcb, bytes, now);
  else if (greaterOrEqual(tcb.sndUna, tcb.recover)) leaveFastRecovery(tcb);
  else partialAck(tcb, bytes);
}

/** What duplicate ACKs had said to have left the network, and limited transmit to have been replaced: all but a segment. */
function countedByDuplicates(tcb: Tcb, bytes: number): number {
  if (tcb.dupAcks === 0 || tcb.sackPermitted) return 0;
  return Math.min(tcb.dupAcks * tcb.sndMss, Math.max(0, bytes - tcb.sndMss));
}

/** cwnd opens only where it was what held us back (RFC 7661, section 4.3; as Linux does). */
function openWindow(tcb: Tcb, bytes: number, limit: number, now: Instant): void {
  const used = tcb.cwnd < tcb.ssthresh ? tcb.cwnd < 2 * tcb.peakFlight : tcb.cwndLimited;
  if (used && bytes > 0) tcb.config.congestion.acknowledged(tcb, bytes, limit, now);
}

/**
 * After a timeout: everything sent before it is sent again, one segment an ACK (RFC 3465, section 2.3); Linux, which counts
 * all that is acknowledged, makes no difference here.
 */
function slowStartAgain(tcb: Tcb, bytes: number, now: Instant): void {
  if (greaterOrEqual(tcb.sndUna, tcb.recover)) tcb.recovery = "open";
  const limit = Number.isFinite(tcb.config.slowStartLimit) ? tcb.sndMss : Infinity;
  if (bytes > 0) tcb.config.congestion.acknowledged(tcb, bytes, limit, now);
}

/** RFC 6582, section 3.2, step 3, full acknowledgment: the first of its two ways. RFC 6675 leaves cwnd where it is. */
function leaveFastRecovery(tcb: Tcb): void {
  const flight = (tcb.sndNxt - tcb.sndUna) | 0;
  if (tcb.sackPermitted) tcb.cwnd = tcb.ssthresh;
  else tcb.cwnd = Math.min(tcb.ssthresh, Math.max(flight, tcb.sndMss) + tcb.sndMss);
  tcb.recovery = "open";
  tcb.highRxt = tcb.sndUna;
  tcb.lostEnd = tcb.sndUna;
}

/** RFC 6582, section 3.2, step 3, partial acknowledgment: the next segment was lost too. */
function partialAck(tcb: Tcb, bytes: number): void {
  tcb.partialAcked = true;
  if (tcb.sackPermitted) {
    const next = minSequence((tcb.sndUna + tcb.sndMss) | 0, tcb.sndNxt);
    tcb.lostEnd = maxSequence(maxSequence(tcb.lostEnd, lostBefore(tcb)), next);
    return;
  }
  const deflated = tcb.cwnd - bytes + (bytes >= tcb.sndMss ? tcb.sndMss : 0);
  tcb.cwnd = Math.max(deflated, tcb.sndMss);
  retransmitFirst(tcb);
}

/** The retransmission timer expired (RFC 5681, section 3.1; RFC 6298, section 5.4): go back to SND.UNA. */
export function lossByTimeout(tcb: Tcb, now: Instant): void {
  const first = tcb.retransmits === 0;
  if (first) tcb.ssthresh = tcb.config.congestion.threshold(tcb, (tcb.sndNxt - tcb.sndUna) | 0, now);
  tcb.cwnd = tcb.sndMss;
  tcb.cwndCredit = 0;
  tcb.recovery = "timeout";
  tcb.recover = tcb.sndNxt;
  tcb.dupAcks = 0;
  tcb.sacked?.clear(); // RFC 2018, section 8: the peer may have reneged
  resendAll(tcb);
}

/** All in flight is to be sent again, in segments of the size that holds now. */
export function resendAll(tcb: Tcb): void {
  tcb.highRxt = tcb.sndUna;
  tcb.lostEnd = tcb.sndNxt;
  tcb.wishes |= wish.retransmit;
}
