/** Keep-alive probes on an idle connection, where the user asks for them (RFC 9293, section 3.8.4). */
import { type Instant, never } from "../../../base/time/clock.ts";
import { abort } from "../ending/close.ts";
import { isSynchronized } from "../state.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";

/** Starts, restarts or stops the timer as `tcb.keepAlive` says; an opening connection starts it when it is open. */
export function setKeepAlive(tcb: Tcb, now: Instant): void {
  tcb.keepProbes = 0;
  const wanted = tcb.keepAlive && isSynchronized(tcb.state) && tcb.state !== "TIME-WAIT";
  tcb.keepAliveAt = wanted ? Math.max(now, tcb.lastReceivedAt + tcb.keepIdle) : never;
}

/** It expired. Data that waits for an ACK makes probes superfluous; a peer that was heard of meanwhile puts them off. */
export function keepAliveExpired(tcb: Tcb, now: Instant): void {
  const idle = now - tcb.lastReceivedAt;
  if (tcb.sndUna !== tcb.sndNxt || ((tcb.sndEnd - tcb.sndNxt) | 0) > 0) {
    tcb.keepAliveAt = now + tcb.keepIdle;
    return;
  }
  if (idle < tcb.keepIdle) {
    tcb.keepProbes = 0;
    tcb.keepAliveAt = tcb.lastReceivedAt + tcb.keepIdle;
    return;
  }
  if (isDead(tcb, idle)) {
    tcb.error = tcb.softError ?? "ETIMEDOUT";
    abort(tcb, now);
    return;
  }
  tcb.keepProbes++;
  tcb.wishes |= wish.keepAlive;
  tcb.keepAliveAt = now + tcb.keepInterval;
}

/** Several in a row went unanswered (MUST-29); a user timeout takes the place of the count (RFC 5482, section 4.2). */
function isDead(tcb: Tcb, idle: number): boolean {
  if (tcb.userTimeout > 0) return tcb.keepProbes > 0 && idle >= tcb.userTimeout;
  return tcb.keepProbes >= tcb.keepCount;
}
