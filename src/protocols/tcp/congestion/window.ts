/** Where cwnd begins, at first and after a pause (RFC 5681, sections 3.1 and 4.1; RFC 6928). */
import type { Instant } from "../../../base/clock.ts";
import type { Tcb } from "../tcb.ts";

/** IW; a single segment where the SYN was lost more than once (RFC 6928, section 2). */
export function initialWindow(tcb: Tcb, synsResent = 0): number {
  const { initialWindow: segments, initialWindowBytes } = tcb.config;
  if (synsResent > 1) return tcb.sndMss;
  return Math.min(segments * tcb.sndMss, Math.max(2 * tcb.sndMss, initialWindowBytes));
}

/** New data is about to go out: after an idle RTO, cwnd says nothing of the path any more. */
export function restartAfterIdle(tcb: Tcb, now: Instant): void {
  if (!tcb.config.slowStartAfterIdle || now - tcb.lastSentAt <= tcb.rto) return;
  tcb.cwnd = Math.min(tcb.cwnd, initialWindow(tcb));
}
