/** What a congestion control is: how cwnd opens and how far it closes. When a loss is a loss is not its business. */
import type { Instant } from "../../../base/time/clock.ts";

/** The part of a TCB a congestion control reads and writes. Windows are bytes. */
export interface CongestionState {
  cwnd: number;
  ssthresh: number;
  /** Bytes acknowledged in congestion avoidance since cwnd last grew. */
  cwndCredit: number;
  /** SMSS: the largest payload sent. */
  readonly sndMss: number;
  /** Smoothed round-trip time, ms; -1 before the first measurement. */
  readonly srtt: number;
}

export interface CongestionControl {
  /** As TCP_CONGESTION names it. */
  readonly name: string;
  /** `bytes` of new data were acknowledged while cwnd was what limited sending, and nothing is known to be lost. */
  acknowledged(state: CongestionState, bytes: number, limit: number, now: Instant): void;
  /** A loss was detected with `flight` bytes outstanding: what ssthresh becomes. */
  threshold(state: CongestionState, flight: number, now: Instant): number;
}
