/** How many segments leave as one where the link cuts them itself (tcp_tso_autosize and tcp_cwnd_test of Linux). */
import type { Tcb } from "../tcb.ts";

/** What the rate is rounded to: about a millisecond's worth leaves at once (sk_pacing_shift, 1024 a second). */
const burstsPerSecond = 1024;
/** tcp_pacing_ss_ratio and tcp_pacing_ca_ratio. */
const slowStartRatio = 2;
const avoidanceRatio = 1.2;

/** Payload of one packet of several segments of `size` bytes; `size` itself where the link does not cut. */
export function burstSize(tcb: Tcb, size: number): number {
  if (tcb.maxSegmentPayload <= size) return size;
  const { minimumBurst, packetsPerWindow } = tcb.config;
  const paced = Math.max(Math.trunc(pacedBytes(tcb) / size), minimumBurst);
  const share = Math.max(Math.trunc(tcb.cwnd / (packetsPerWindow * tcb.sndMss)), 1);
  return Math.min(paced, share, Math.trunc(tcb.maxSegmentPayload / size)) * size;
}

/** What the path takes in about a millisecond; all there is room for where it is short, or not yet known. */
function pacedBytes(tcb: Tcb): number {
  const { srtt, minRtt, cwnd, ssthresh, maxSegmentPayload, config } = tcb;
  if (srtt <= 0) return maxSegmentPayload;
  const ratio = cwnd < ssthresh / 2 ? slowStartRatio : avoidanceRatio;
  const flight = (tcb.sndNxt - tcb.sndUna) | 0;
  const paced = ((ratio * Math.max(cwnd, flight)) / srtt) * (1000 / burstsPerSecond);
  const halvings = Math.floor((minRtt * 1000) / 2 ** config.burstRttLog);
  return Math.min(paced + maxSegmentPayload / 2 ** halvings, maxSegmentPayload);
}
