/** The retransmission timer: what is sent again, and when to give up (RFC 6298, section 5; RFC 9293, section 3.8.3). */
import { type Instant, never } from "../../../base/time/clock.ts";
import { fail } from "../ending/close.ts";
import { enter } from "../state.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";
import { lossByTimeout, resendAll } from "./loss.ts";
import { backOff } from "./rtt.ts";

/** It expired at or before `now`. */
export function retransmitExpired(tcb: Tcb, now: Instant): void {
  if (tcb.state === "SYN-SENT" || tcb.state === "SYN-RECEIVED") synExpired(tcb, now);
  else if (tcb.sndUna === tcb.sndNxt) tcb.retransmitAt = never;
  else if (isHopeless(tcb, now)) fail(tcb, "ETIMEDOUT");
  else textExpired(tcb, now);
}

function textExpired(tcb: Tcb, now: Instant): void {
  if (tcb.sndWnd === 0)
    resendAll(tcb); // a probe of the window, and no sign of congestion
  else lossByTimeout(tcb, now);
  strike(tcb, now);
  backOff(tcb);
  tcb.retransmitAt = now + untilUserTimeout(tcb, now);
  if (tcb.retransmits === tcb.config.retries1) tcb.world.notify(tcb, "stalled");
}

/** A SYN or a SYN-ACK stayed unanswered; the same mechanism (MUST-22), another R2. */
function synExpired(tcb: Tcb, now: Instant): void {
  const { config } = tcb;
  const active = tcb.state === "SYN-SENT";
  const linear = active ? config.synLinearTimeouts : 0;
  const limit = active ? tcb.synRetries + linear : config.synAckRetries;
  const late = active && now - tcb.lastReceivedAt >= timeOfSyns(tcb);
  if (tcb.retransmits >= limit || late || isPastUserTimeout(tcb, now)) {
    if (tcb.passive) enter(tcb, "CLOSED");
    else fail(tcb, "ETIMEDOUT");
    return;
  }
  // As Linux does (syn_ack_recalc): the last of them gives the peer one more chance.
  if (tcb.retransmits >= tcb.silentTimeouts) tcb.wishes |= wish.synchronize;
  strike(tcb, now);
  if (tcb.retransmits > linear) backOff(tcb);
  tcb.retransmitAt = now + untilUserTimeout(tcb, now);
}

/**
 * As Linux does (retransmits_timed_out; measured on 6.18): however often the first timeouts do not back off, it takes no
 * longer than `synRetries` doubled ones would. An opening connection has heard of nobody since its SYN.
 */
function timeOfSyns({ synRetries, config }: Tcb): number {
  return (2 ** (synRetries + 1) - 1) * config.rtoInitial;
}

function strike(tcb: Tcb, now: Instant): void {
  if (tcb.retransmits === 0) tcb.firstRetransmitAt = now;
  tcb.retransmits++;
}

/** R2 has passed (MUST-20); the user may have set it (MUST-21). */
function isHopeless(tcb: Tcb, now: Instant): boolean {
  if (tcb.userTimeout > 0) return isPastUserTimeout(tcb, now);
  const retries = tcb.orphan ? tcb.config.orphanRetries : tcb.config.retries2;
  return tcb.retransmits > 0 && now - tcb.firstRetransmitAt >= timeOfRetries(tcb, retries);
}

/** As Linux does: counted from the first retransmission. */
function isPastUserTimeout(tcb: Tcb, now: Instant): boolean {
  return tcb.userTimeout > 0 && tcb.retransmits > 0 && now - tcb.firstRetransmitAt >= tcb.userTimeout;
}

/** The RTO, cut so that the timer does not ring after the user timeout. */
function untilUserTimeout(tcb: Tcb, now: Instant): number {
  if (tcb.userTimeout === 0) return tcb.rto;
  return Math.max(1, Math.min(tcb.rto, tcb.firstRetransmitAt + tcb.userTimeout - now));
}

/** As Linux does (tcp_model_timeout): the time `retries` timeouts take that begin with RTO's minimum and double. */
function timeOfRetries(tcb: Tcb, retries: number): number {
  const { rtoMin, rtoMax } = tcb.config;
  const doublings = Math.floor(Math.log2(rtoMax / rtoMin));
  if (retries <= doublings) return (2 ** (retries + 1) - 1) * rtoMin;
  return (2 ** (doublings + 1) - 1) * rtoMin + (retries - doublings) * rtoMax;
}
