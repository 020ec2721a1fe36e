/**
 * What an operating system decides about its TCP: constants of a host, each with its source.
 * Times are milliseconds. What one connection may change for itself is {@link ConnectionOptions} in `tcb.ts`.
 */
import type { CongestionControl } from "./congestion/control.ts";
import { reno } from "./congestion/reno.ts";

export interface TcpConfig {
  /** RTO before the first measurement. */
  readonly rtoInitial: number;
  readonly rtoMin: number;
  readonly rtoMax: number;
  /** G of RFC 6298: the least that K*RTTVAR adds to SRTT. */
  readonly rtoGranularity: number;
  /** RTO for data where the SYN had to be sent again and gave no measurement. */
  readonly rtoAfterSynLoss: number;
  /** R2 of a SYN: retransmissions before giving up. */
  readonly synRetries: number;
  /** First SYN timeouts that do not back off; they come on top of `synRetries`. */
  readonly synLinearTimeouts: number;
  /** R2 of a SYN-ACK. */
  readonly synAckRetries: number;
  /** R1: retransmissions after which the route is suspected. */
  readonly retries1: number;
  /** R2: gives up after the time that this many doubled timeouts of `rtoMin` would take. */
  readonly retries2: number;
  /** R2 of a connection that no socket holds any more. */
  readonly orphanRetries: number;
  /** How long TIME-WAIT lasts: 2 MSL. */
  readonly timeWait: number;
  /** How long FIN-WAIT-2 lasts once no socket holds the connection. */
  readonly finWait2: number;
  /** Longest wait of an acknowledgment. */
  readonly delayedAck: number;
  /** Segments acknowledged at once when data begins to come in. */
  readonly quickAcks: number;
  /** What a small segment waits for: any data in flight, or an earlier small segment. */
  readonly nagle: "rfc896" | "minshall";
  /** How a zero window is probed: with one octet of data, or with a segment of an old sequence number. */
  readonly windowProbe: "octet" | "stale-sequence";
  /** Least time between two answers to unacceptable segments, challenge ACKs included, on one connection. */
  readonly invalidAckInterval: number;
  /** IW in segments. */
  readonly initialWindow: number;
  /** IW in bytes where the segments are large. */
  readonly initialWindowBytes: number;
  /** Duplicate ACKs that mean a loss. */
  readonly duplicateThreshold: number;
  /** Most segments by which one ACK may open cwnd in slow start (L of RFC 3465). */
  readonly slowStartLimit: number;
  /** cwnd shrinks after an idle RTO. */
  readonly slowStartAfterIdle: boolean;
  /** To what: the restart window, or half of itself for each RTO but no less than that. */
  readonly idleWindow: "restart" | "halve";
  /** Least segments in a packet that the link cuts itself, whatever the rate. */
  readonly minimumBurst: number;
  /** Packets that cwnd is cut into at least, so that there is more to do than to wait for one's acknowledgment. */
  readonly packetsPerWindow: number;
  /** Shorter round trips make larger packets: log2 of the microseconds that halve what is added. */
  readonly burstRttLog: number;
  readonly keepIdle: number;
  readonly keepInterval: number;
  readonly keepCount: number;
  /** Bytes. */
  readonly sendBuffer: number;
  readonly receiveBuffer: number;
  /** Most that a SYN announces, however large the buffer may grow. */
  readonly firstWindow: number;
  /** The window scale offered is the one this many bytes need. */
  readonly receiveBufferMax: number;
  /** Smallest segment we let a peer or a path force upon us, payload and TCP options. */
  readonly minimumMss: number;
  /** Holes kept in the data received: what hostile input can cost. */
  readonly outOfOrderLimit: number;
  readonly timestamps: boolean;
  readonly windowScaling: boolean;
  readonly sack: boolean;
  /** RFC 2883. */
  readonly duplicateSack: boolean;
  /** Drop segments without timestamps where they were negotiated. */
  readonly requireTimestamps: boolean;
  /** What RFC 1122 calls soft errors also end a connection that is not yet established. */
  readonly softErrorsAbortOpening: boolean;
  /** Resets are ignored in TIME-WAIT. */
  readonly timeWaitIgnoresResets: boolean;
  readonly congestion: CongestionControl;
}

/** As Linux 6.x does; names in comments are its sysctls and macros. */
export const linuxTcp: TcpConfig = {
  rtoInitial: 1000, // TCP_TIMEOUT_INIT; RFC 6298, section 2.1
  rtoMin: 200, // TCP_RTO_MIN; departs from RFC 6298, section 2.4 (1 s)
  rtoMax: 120_000, // TCP_RTO_MAX; RFC 6298, section 2.5 asks for 60 s at least
  rtoGranularity: 200, // tcp_rto_min() bounds rttvar, not only the sum
  rtoAfterSynLoss: 3000, // TCP_TIMEOUT_FALLBACK; RFC 6298, section 5.7
  synRetries: 6, // tcp_syn_retries; departs from RFC 9293 MUST-23
  synLinearTimeouts: 4, // tcp_syn_linear_timeouts, since 6.5
  synAckRetries: 5, // tcp_synack_retries
  retries1: 3, // tcp_retries1; RFC 9293 SHLD-10
  retries2: 15, // tcp_retries2; RFC 9293 SHLD-11 asks for 100 s, this is 924.6 s
  orphanRetries: 8, // tcp_orphan_retries 0 means 8
  timeWait: 60_000, // TCP_TIMEWAIT_LEN: MSL of 30 s
  finWait2: 60_000, // tcp_fin_timeout
  delayedAck: 40, // TCP_DELACK_MIN
  quickAcks: 16, // TCP_MAX_QUICKACKS
  nagle: "minshall", // tcp_minshall_check
  windowProbe: "stale-sequence", // tcp_xmit_probe_skb
  invalidAckInterval: 500, // tcp_invalid_ratelimit; as many as the 10 in 5 s of RFC 5961, section 7
  initialWindow: 10, // TCP_INIT_CWND; RFC 6928
  initialWindowBytes: Infinity, // departs from RFC 6928: segments of any size
  duplicateThreshold: 3, // RFC 5681, section 3.2
  slowStartLimit: Infinity, // tcp_slow_start counts all acknowledged segments
  slowStartAfterIdle: true, // tcp_slow_start_after_idle
  idleWindow: "halve", // tcp_cwnd_restart; RFC 2861, section 3.1
  minimumBurst: 2, // tcp_min_tso_segs
  packetsPerWindow: 2, // tcp_cwnd_test
  burstRttLog: 9, // tcp_tso_rtt_log
  keepIdle: 7_200_000, // tcp_keepalive_time; RFC 9293 MUST-28
  keepInterval: 75_000, // tcp_keepalive_intvl
  keepCount: 9, // tcp_keepalive_probes
  sendBuffer: 4_194_304, // tcp_wmem[2]: what Linux grows to; memory is only taken as it fills
  receiveBuffer: 3_145_728, // half of tcp_rmem[2]: the window Linux grows to
  firstWindow: 65_536, // half of tcp_rmem[1]
  receiveBufferMax: 6_291_456, // tcp_rmem[2]
  minimumMss: 48, // TCP_MIN_SND_MSS
  outOfOrderLimit: 256, // ours: SACK holes of a full window seldom pass a few dozen
  timestamps: true, // tcp_timestamps
  windowScaling: true, // tcp_window_scaling
  sack: true, // tcp_sack
  duplicateSack: true, // tcp_dsack
  requireTimestamps: false, // departs from RFC 7323, section 3.2 (SHOULD drop)
  softErrorsAbortOpening: true, // tcp_v4_err; RFC 5461, section 3
  timeWaitIgnoresResets: false, // tcp_rfc1337
  congestion: reno,
};

/** As the RFCs recommend where Linux does otherwise. */
export const rfcTcp: TcpConfig = {
  ...linuxTcp,
  rtoMin: 1000, // RFC 6298, section 2.4
  rtoGranularity: 1, // our clock
  rtoMax: 60_000, // RFC 6298, section 2.5
  synRetries: 7, // RFC 9293 MUST-23: 255 s, three minutes at least
  synLinearTimeouts: 0, // RFC 6298, section 5.5
  timeWait: 240_000, // RFC 9293, section 3.4.2: MSL of 2 minutes
  quickAcks: 0, // RFC 9293 SHLD-18
  nagle: "rfc896", // RFC 9293, section 3.7.4
  windowProbe: "octet", // RFC 9293, section 3.8.6.1
  initialWindowBytes: 14_600, // RFC 6928, section 2
  slowStartLimit: 1, // RFC 5681, section 3.1
  idleWindow: "restart", // RFC 5681, section 4.1
  requireTimestamps: true, // RFC 7323, section 3.2
  softErrorsAbortOpening: false, // RFC 1122, section 4.2.3.9
  timeWaitIgnoresResets: true, // RFC 1337, fix F1
};
