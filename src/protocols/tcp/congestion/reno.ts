/** Slow start and congestion avoidance (RFC 5681, section 3.1) counted in bytes (RFC 3465). */
import type { CongestionControl, CongestionState } from "./control.ts";

/** Far beyond any send buffer; keeps the arithmetic in 32 bits. */
const largest = 0x3fffffff;

export const reno: CongestionControl = { name: "reno", acknowledged, threshold };

/** @param limit Most bytes one ACK may add in slow start. */
function acknowledged(state: CongestionState, bytes: number, limit: number): void {
  const rest = state.cwnd < state.ssthresh ? slowStart(state, Math.min(bytes, limit)) : bytes;
  if (rest > 0 && state.cwnd >= state.ssthresh) avoidCongestion(state, rest);
}

/** RFC 5681, equation 2. Says how many bytes were left when ssthresh was reached. */
function slowStart(state: CongestionState, bytes: number): number {
  const opened = Math.min(bytes, state.ssthresh - state.cwnd, largest - state.cwnd);
  state.cwnd += opened;
  return bytes - opened;
}

/** One SMSS for each cwnd acknowledged (RFC 3465, section 2.1). */
function avoidCongestion(state: CongestionState, bytes: number): void {
  state.cwndCredit += bytes;
  if (state.cwndCredit < state.cwnd) return;
  state.cwndCredit = Math.min(state.cwndCredit - state.cwnd, state.cwnd);
  state.cwnd = Math.min(state.cwnd + state.sndMss, largest);
}

/** RFC 5681, equation 4. */
function threshold(state: CongestionState, flight: number): number {
  return Math.max(flight >>> 1, 2 * state.sndMss);
}
