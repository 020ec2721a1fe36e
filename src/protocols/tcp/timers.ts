/**
 * Deadlines: numbers in the TCB, each with its own name. Nothing in flight is ever cancelled; whoever schedules asks for
 * the next one after each `output` and calls `expire` when it has come, early or late.
 */
import type { Instant } from "../../base/time/clock.ts";
import { finWait2Expired } from "./ending/close.ts";
import { delayExpired } from "./receiving/delayed-ack.ts";
import { retransmitExpired } from "./recovery/retransmit.ts";
import { keepAliveExpired } from "./sending/keep-alive.ts";
import { persistExpired } from "./sending/persist.ts";
import type { Tcb } from "./tcb.ts";

/** When `expire` is next due; `never` where nothing is. */
export function nextDeadline(tcb: Tcb): Instant {
  let next = tcb.retransmitAt;
  if (tcb.delayedAckAt < next) next = tcb.delayedAckAt;
  if (tcb.persistAt < next) next = tcb.persistAt;
  if (tcb.keepAliveAt < next) next = tcb.keepAliveAt;
  if (tcb.finWait2At < next) next = tcb.finWait2At;
  return next;
}

/** Does what is due at `now`; `output` then sends it. */
export function expire(tcb: Tcb, now: Instant): void {
  if (tcb.delayedAckAt <= now) delayExpired(tcb);
  if (tcb.retransmitAt <= now) retransmitExpired(tcb, now);
  if (tcb.persistAt <= now) persistExpired(tcb, now);
  if (tcb.keepAliveAt <= now) keepAliveExpired(tcb, now);
  if (tcb.finWait2At <= now) finWait2Expired(tcb);
}
