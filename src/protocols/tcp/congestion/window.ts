/** Where cwnd begins, at first and after a pause (RFC 5681, sections 3.1 and 4.1; RFC 6928). */
import type { Instant } from "../../../base/time/clock.ts";
import type { Tcb } from "../tcb.ts";

/** IW; a single segment where the SYN was lost more than once (RFC 6928, section 2). */
export function initialWindow(tcb: Tcb, synsResent = 0): number {
  const { initialWindow: segments, initialWindowBytes } = tcb.config;
  if (synsResent > 1) return tcb.sndMss;
  return Math.min(segments * tcb.sndMss, Math.max(2 * tcb.sndMss, initialWindowBytes));
}

/** New data is about to go out: after an idle RTO, cwnd says less and less of the path. */
export function restartAfterIdle(tcb: Tcb, now: Instant): void {
  const { slowStartAfterIdle, idleWindow } = tcb.config;
  const idle = now - tcb.lastSentAt;
  if (!slowStartAfterIdle || idle <= tcb.rto) return;
  const restart = Math.min(tcb.cwnd, initialWindow(tcb));
  if (idleWindow === "restart") {
    tcb.cwnd = restart;
    return;
  }
  tcb.ssthresh = Math.max(tcb.ssthresh, tcb.cwnd - (tcb.cwnd >>> 2)); // RFC 2861, section 3.1: three quarters
  tcb.cwnd = Math.max(restart, Math.floor(tcb.cwnd / 2 ** Math.floor(idle / tcb.rto)));
}
