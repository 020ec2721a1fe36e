/**
 * Output: once a batch it turns what became due into segments (RFC 9293, section 3.8.6.2). Everything else only changes
 * the TCB; nothing but this makes segments.
 */
import { type Instant, never } from "../../../base/time/clock.ts";
import { tcpFlags } from "../../../wire/tcp.ts";
import { startTiming, stopTiming } from "../recovery/rtt.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";
import { sendAgain } from "./output-again.ts";
import { sendNewText } from "./output-new.ts";
import { sendKeepAlive, sendProbe } from "./output-probe.ts";
import { sendRefusal, sendSegment, sendSyn } from "./segments.ts";

const { ACK, RST } = tcpFlags;

/** Sends what is due and sets the deadlines that follow from it. */
export function output(tcb: Tcb, now: Instant): void {
  const { state } = tcb;
  if (state === "CLOSED" || state === "LISTEN") return;
  if ((tcb.wishes & wish.refuse) !== 0) sendRefusal(tcb);
  if ((tcb.wishes & wish.reset) !== 0) {
    sendSegment(tcb, tcb.sndNxt, RST | ACK, 0, 0, now);
    return; // the connection ends with it
  }
  if (state === "SYN-SENT" || state === "SYN-RECEIVED") sendHandshake(tcb, now);
  else if (state !== "TIME-WAIT") sendData(tcb, now);
  if ((tcb.wishes & wish.acknowledge) !== 0) sendAcknowledgments(tcb, now);
  tcb.wishes = 0;
}

/** Probes, what was lost, what is new. An acknowledgment that is owed rides on any of them. */
function sendData(tcb: Tcb, now: Instant): void {
  if ((tcb.wishes & wish.probe) !== 0) sendProbe(tcb, now);
  if (tcb.lostEnd !== tcb.highRxt) sendAgain(tcb, now);
  sendNewText(tcb, now);
  if ((tcb.wishes & wish.keepAlive) !== 0) sendKeepAlive(tcb, now);
  setTimers(tcb, now);
}

/** The SYN or SYN-ACK, for the first time or again (MUST-22). */
function sendHandshake(tcb: Tcb, now: Instant): void {
  if ((tcb.wishes & wish.synchronize) === 0) return;
  if (tcb.sndNxt === tcb.iss) {
    tcb.sndNxt = (tcb.iss + 1) | 0;
    startTiming(tcb, tcb.sndNxt, now);
  } else stopTiming(tcb, now);
  sendSyn(tcb, now);
  if (tcb.retransmitAt === never) tcb.retransmitAt = now + tcb.rto;
}

/** Duplicates sent at once: enough for a peer that counts them. */
const mostDuplicates = 64;

/** One; without SACK, one for each segment that came out of order, for the peer counts them (RFC 5681, section 4.2). */
function sendAcknowledgments(tcb: Tcb, now: Instant): void {
  const count = tcb.sackPermitted ? 1 : Math.min(Math.max(1, tcb.duplicateAcks), mostDuplicates);
  for (let i = 0; i < count; i++) sendSegment(tcb, tcb.sndNxt, ACK, 0, 0, now);
}

/** RFC 6298, section 5.1; and the persist timer where data waits for a window, a cork or a full segment to end. */
function setTimers(tcb: Tcb, now: Instant): void {
  if (tcb.sndNxt !== tcb.sndUna) {
    tcb.persistAt = never;
    if (tcb.retransmitAt === never) tcb.retransmitAt = now + tcb.rto;
  } else if (((tcb.sndEnd - tcb.sndNxt) | 0) > 0) {
    if (tcb.persistAt === never) tcb.persistAt = now + tcb.rto;
  } else tcb.persistAt = never;
}
