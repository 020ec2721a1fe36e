/** Round-trip time and retransmission timeout (RFC 6298, sections 2 and 3). */

import { greaterOrEqual } from "../../../base/sequence.ts";
import type { Instant } from "../../../base/time/clock.ts";
import type { TcpSegment } from "../../../wire/tcp.ts";
import { timestampNow } from "../options.ts";
import type { Tcb } from "../tcb.ts";

const alpha = 1 / 8;
const beta = 1 / 4;
const k = 4;

/** Times the segment that ends at `end`, unless another is being timed: one sample a round trip. */
export function startTiming(tcb: Tcb, end: number, now: Instant): void {
  if (tcb.timing) return;
  tcb.timing = true;
  tcb.timedSequence = end;
  tcb.timedAt = now;
}

/** A segment goes out again. Karn's algorithm (MUST-18): what was sent twice is not timed. */
export function stopTiming(tcb: Tcb, now: Instant): void {
  tcb.timing = false;
  tcb.resentAt = now;
}

/**
 * An acknowledgment moved SND.UNA: takes the sample it may give. Where a retransmission has spoiled the timed segment,
 * an echoed timestamp still tells (RFC 7323, section 4.1), provided it is no older than the last retransmission: an older
 * one may have waited for an acknowledgment that was lost, and would measure the outage.
 * @param ambiguous Data of this acknowledgment may have been sent twice.
 */
export function sample(tcb: Tcb, segment: TcpSegment, ambiguous: boolean, now: Instant): void {
  if (tcb.timing) {
    if (!greaterOrEqual(segment.acknowledgment, tcb.timedSequence)) return;
    tcb.timing = false;
    measured(tcb, now - tcb.timedAt);
  } else if (ambiguous && tcb.timestamps && segment.timestamps) {
    const echo = segment.timestampEcho;
    const elapsed = (timestampNow(tcb, now) - echo) | 0;
    if (elapsed >= 0 && ((echo - timestampNow(tcb, tcb.resentAt)) | 0) >= 0) measured(tcb, elapsed);
  }
}

/** RFC 6298, sections 2.2 and 2.3. A measurement also ends any backoff. */
export function measured(tcb: Tcb, rtt: number): void {
  if (rtt < tcb.minRtt) tcb.minRtt = rtt;
  if (tcb.srtt < 0) {
    tcb.srtt = rtt;
    tcb.rttvar = rtt / 2;
  } else {
    tcb.rttvar = (1 - beta) * tcb.rttvar + beta * Math.abs(tcb.srtt - rtt);
    tcb.srtt = (1 - alpha) * tcb.srtt + alpha * rtt;
  }
  tcb.rto = timeoutOf(tcb);
}

/** RFC 6298, sections 2.3 to 2.5. */
function timeoutOf(tcb: Tcb): number {
  const { rtoGranularity, rtoMin, rtoMax } = tcb.config;
  const timeout = tcb.srtt + Math.max(rtoGranularity, k * tcb.rttvar);
  return Math.min(Math.max(timeout, rtoMin), rtoMax);
}

/** RFC 6298, section 5.5. */
export function backOff(tcb: Tcb): void {
  tcb.rto = Math.min(tcb.rto * 2, tcb.config.rtoMax);
}
