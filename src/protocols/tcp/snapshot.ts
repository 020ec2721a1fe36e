/** What a connection shows of itself, as plain data (after Linux's TCP_INFO). */

import type { ErrnoName } from "../../base/errno.ts";
import { type Instant, never } from "../../base/time/clock.ts";
import { hasSacked, lost, pipe, resent } from "./recovery/scoreboard.ts";
import type { TcpState } from "./state.ts";
import type { Tcb } from "./tcb.ts";

export interface TcpSnapshot {
  readonly state: TcpState;
  readonly error: ErrnoName | undefined;
  /** "open", or the recovery from a loss that goes on. */
  readonly recovery: Tcb["recovery"];
  readonly congestionControl: string;
  /** Milliseconds; srtt and minRtt are undefined before the first measurement. */
  readonly rto: number;
  readonly srtt: number | undefined;
  readonly rttvar: number;
  readonly minRtt: number | undefined;
  /** Bytes. */
  readonly cwnd: number;
  readonly ssthresh: number | undefined;
  readonly sndMss: number;
  readonly rcvMss: number;
  readonly sndWnd: number;
  readonly rcvWnd: number;
  /** Sent and not acknowledged; thought to be in the network; given and not sent; received and not read. */
  readonly unacked: number;
  readonly pipe: number;
  /** Of what is sent and not acknowledged: reported by the peer to have come; taken for lost; sent again since. */
  readonly sacked: number;
  readonly lost: number;
  readonly resent: number;
  /** Duplicate acknowledgments, or SACKed text, are being counted. */
  readonly disorder: boolean;
  readonly unsent: number;
  readonly unread: number;
  readonly retransmits: number;
  readonly probes: number;
  readonly options: {
    readonly timestamps: boolean;
    readonly sack: boolean;
    /** Shifts, where both sides scale. */
    readonly windowScale: { readonly snd: number; readonly rcv: number } | undefined;
  };
  /** Those that are set, by name. */
  readonly deadlines: Readonly<Record<string, Instant>>;
  readonly segmentsIn: number;
  readonly segmentsOut: number;
  readonly bytesAcked: number;
  readonly bytesReceived: number;
  readonly retransmitted: number;
}

export function snapshot(tcb: Tcb): TcpSnapshot {
  return {
    state: tcb.state,
    error: tcb.error,
    recovery: tcb.recovery,
    congestionControl: tcb.config.congestion.name,
    rto: tcb.rto,
    srtt: tcb.srtt < 0 ? undefined : tcb.srtt,
    rttvar: tcb.rttvar,
    minRtt: tcb.srtt < 0 ? undefined : tcb.minRtt,
    cwnd: tcb.cwnd,
    ssthresh: tcb.ssthresh === 0x7fffffff ? undefined : tcb.ssthresh,
    sndMss: tcb.sndMss,
    rcvMss: tcb.rcvMss,
    sndWnd: tcb.sndWnd,
    rcvWnd: tcb.rcvWnd,
    unacked: (tcb.sndNxt - tcb.sndUna) | 0,
    pipe: pipe(tcb),
    sacked: tcb.sacked?.size ?? 0,
    lost: lost(tcb),
    resent: resent(tcb),
    disorder: tcb.recovery === "open" && (tcb.dupAcks > 0 || hasSacked(tcb)),
    unsent: Math.max(0, (tcb.sndEnd - tcb.sndNxt) | 0),
    unread: tcb.receiveRing.length,
    retransmits: tcb.retransmits,
    probes: tcb.probes,
    options: {
      timestamps: tcb.timestamps,
      sack: tcb.sackPermitted,
      windowScale: tcb.windowScaling ? { snd: tcb.sndWndShift, rcv: tcb.rcvWndShift } : undefined,
    },
    deadlines: deadlinesOf(tcb),
    segmentsIn: tcb.segmentsIn,
    segmentsOut: tcb.segmentsOut,
    bytesAcked: tcb.bytesAcked,
    bytesReceived: tcb.bytesReceived,
    retransmitted: tcb.retransmitted,
  };
}

function deadlinesOf(tcb: Tcb): Record<string, Instant> {
  const all = {
    retransmit: tcb.retransmitAt,
    persist: tcb.persistAt,
    delayedAck: tcb.delayedAckAt,
    keepAlive: tcb.keepAliveAt,
    finWait2: tcb.finWait2At,
  };
  return Object.fromEntries(Object.entries(all).filter(([, deadline]) => deadline !== never));
}
