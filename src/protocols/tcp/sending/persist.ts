/** The persist timer: data waits, nothing is in flight, and no segment may go (RFC 9293, section 3.8.6.1). */
import { type Instant, never } from "../../../base/time/clock.ts";
import { fail } from "../ending/close.ts";
import type { Tcb } from "../tcb.ts";
import { wish } from "../wishes.ts";

/** It expired: probes, and waits twice as long for the next (SHLD-29, SHLD-30). An answer keeps it going (MUST-37). */
export function persistExpired(tcb: Tcb, now: Instant): void {
  if (tcb.sndNxt !== tcb.sndUna || ((tcb.sndEnd - tcb.sndNxt) | 0) <= 0) {
    tcb.persistAt = never;
    return;
  }
  if (tcb.sndWnd === 0) {
    if (isHopeless(tcb, now)) {
      fail(tcb, "ETIMEDOUT");
      return;
    }
    tcb.probes++;
    tcb.persistBackoff++;
  }
  tcb.wishes |= wish.probe;
  tcb.persistAt = now + interval(tcb);
}

function interval(tcb: Tcb): number {
  return Math.min(tcb.rto * 2 ** Math.min(tcb.persistBackoff, 30), tcb.config.rtoMax);
}

/** Probes go unanswered; or nobody holds the connection, and the window has been shut as long as a dead peer is borne. */
function isHopeless(tcb: Tcb, now: Instant): boolean {
  const { orphanRetries, retries2, rtoMax } = tcb.config;
  if (tcb.orphan && tcb.persistBackoff >= orphanRetries && interval(tcb) >= rtoMax) return true;
  if (tcb.userTimeout > 0) return tcb.probes > 0 && now - tcb.lastReceivedAt >= tcb.userTimeout;
  return tcb.probes >= (tcb.orphan ? orphanRetries : retries2);
}
