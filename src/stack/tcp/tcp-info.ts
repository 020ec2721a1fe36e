/** TCP_INFO, by the names and in the units of Linux's `struct tcp_info` (linux/tcp.h): microseconds, segments, bytes. */
import type { Instant } from "../../base/time/clock.ts";
import { snapshot, type TcpSnapshot, type TcpState } from "../../protocols/tcp/connection.ts";
import type { TcpConnection } from "./tcp-connection.ts";

/** The kernel's numbers (net/tcp_states.h). */
export const tcpStateNumbers: Readonly<Record<TcpState, number>> = {
  ESTABLISHED: 1,
  "SYN-SENT": 2,
  "SYN-RECEIVED": 3,
  "FIN-WAIT-1": 4,
  "FIN-WAIT-2": 5,
  "TIME-WAIT": 6,
  CLOSED: 7,
  "CLOSE-WAIT": 8,
  "LAST-ACK": 9,
  LISTEN: 10,
  CLOSING: 11,
};

/** tcpi_options. */
const optionBits = { timestamps: 1, sack: 2, windowScale: 4 } as const;
/** What tcpi_min_rtt says before the first measurement. */
const unmeasured = 0xffffffff;
/** TCP_INFINITE_SSTHRESH. */
const noThreshold = 0x7fffffff;

export function tcpInfo(
  state: TcpState,
  connection: TcpConnection | undefined,
  now: Instant,
): Record<string, number> {
  const tcpi_state = tcpStateNumbers[state];
  if (connection === undefined) return { tcpi_state };
  const { tcb, route } = connection;
  const shot = snapshot(tcb);
  const { options } = shot;
  const micro = (milliseconds: number): number => Math.round(milliseconds * 1000);
  const segments = (bytes: number): number => Math.ceil(bytes / Math.max(tcb.sndMss, 1));
  const since = (then: Instant): number => (Number.isFinite(then) ? Math.round(now - then) : 0);
  return {
    tcpi_state,
    tcpi_ca_state: caState(shot),
    tcpi_retransmits: shot.retransmits,
    tcpi_probes: shot.probes,
    tcpi_options:
      (options.timestamps ? optionBits.timestamps : 0) |
      (options.sack ? optionBits.sack : 0) |
      (options.windowScale === undefined ? 0 : optionBits.windowScale),
    tcpi_snd_wscale: options.windowScale?.snd ?? 0,
    tcpi_rcv_wscale: options.windowScale?.rcv ?? 0,
    tcpi_rto: micro(shot.rto),
    tcpi_ato: tcb.lastTextAt === -Infinity ? 0 : micro(tcb.config.delayedAck),
    tcpi_snd_mss: shot.sndMss,
    tcpi_rcv_mss: shot.rcvMss,
    tcpi_unacked: segments(shot.unacked),
    tcpi_sacked: segments(shot.sacked),
    tcpi_lost: segments(shot.lost),
    tcpi_retrans: segments(shot.resent),
    tcpi_fackets: 0, // as of Linux 4.15
    tcpi_last_data_sent: since(tcb.lastSentAt),
    tcpi_last_data_recv: since(Math.max(tcb.lastTextAt, tcb.establishedAt)),
    tcpi_last_ack_recv: since(tcb.lastReceivedAt),
    tcpi_pmtu: route.mtu,
    tcpi_rtt: micro(shot.srtt ?? 0),
    tcpi_rttvar: micro(shot.rttvar),
    tcpi_snd_ssthresh: shot.ssthresh === undefined ? noThreshold : segments(shot.ssthresh),
    tcpi_snd_cwnd: segments(shot.cwnd),
    tcpi_advmss: tcb.rcvMssOffer,
    tcpi_reordering: tcb.config.duplicateThreshold,
    tcpi_rcv_space: tcb.receiveBuffer,
    tcpi_total_retrans: shot.retransmitted,
    tcpi_bytes_acked: shot.bytesAcked,
    tcpi_bytes_received: shot.bytesReceived,
    tcpi_segs_out: shot.segmentsOut,
    tcpi_segs_in: shot.segmentsIn,
    tcpi_bytes_sent: tcb.bytesSent,
    tcpi_bytes_retrans: tcb.bytesResent,
    tcpi_data_segs_out: tcb.textSegmentsOut,
    tcpi_data_segs_in: tcb.textSegmentsIn,
    tcpi_min_rtt: shot.minRtt === undefined ? unmeasured : micro(shot.minRtt),
    tcpi_delivered: segments(shot.bytesAcked + shot.sacked) + 1, // with the SYN
    tcpi_delivered_ce: 0, // no ECN yet
    tcpi_notsent_bytes: shot.unsent,
    tcpi_snd_wnd: shot.sndWnd,
    tcpi_rcv_wnd: shot.rcvWnd,
  };
}

/** tcpi_ca_state: TCP_CA_Open, _Disorder, _Recovery, _Loss (linux/tcp.h). */
function caState({ recovery, disorder }: TcpSnapshot): number {
  if (recovery === "open") return disorder ? 1 : 0;
  return recovery === "fast" ? 3 : 4;
}
