/** The path MTU changed (RFC 1191, section 6.5; RFC 8201, section 5.4). */
import type { Instant } from "../../../base/time/clock.ts";
import { mssOfMtu, updateMss } from "../options.ts";
import { resendAll } from "../recovery/loss.ts";
import type { Tcb } from "../tcb.ts";

/**
 * Takes the new path MTU, in bytes of IP packet. Where segments in flight were too large for it, they go out again in
 * smaller ones; that is no sign of congestion, and cwnd stays.
 */
export function pathMtuChanged(tcb: Tcb, mtu: number, _now: Instant): void {
  const before = tcb.sndMss;
  tcb.pathMss = mssOfMtu(tcb, mtu);
  updateMss(tcb);
  if (tcb.sndMss >= before || tcb.state === "CLOSED") return;
  if (((tcb.sndNxt - tcb.sndUna) | 0) > tcb.sndMss && tcb.recovery !== "timeout") resendAll(tcb);
}
