/** struct tcp_info of Linux 6.18 (uapi/linux/tcp.h) and the memory of a socket, as code blocks name their fields. */
import { viewOf } from "./memory.ts";

/** Fields one after the other, each aligned to its size; older kernels end earlier. */
const layout: readonly (readonly [bytes: 1 | 2 | 4 | 8, names: string])[] = [
  [1, "state ca_state retransmits probes backoff options"],
  // Two bytes of bit fields, taken apart below.
  [1, "- -"],
  [4, "rto ato snd_mss rcv_mss unacked sacked lost retrans fackets"],
  [4, "last_data_sent last_ack_sent last_data_recv last_ack_recv"],
  [4, "pmtu rcv_ssthresh rtt rttvar snd_ssthresh snd_cwnd advmss reordering rcv_rtt rcv_space total_retrans"],
  [8, "pacing_rate max_pacing_rate bytes_acked bytes_received"],
  [4, "segs_out segs_in notsent_bytes min_rtt data_segs_in data_segs_out"],
  [8, "delivery_rate busy_time rwnd_limited sndbuf_limited"],
  [4, "delivered delivered_ce"],
  [8, "bytes_sent bytes_retrans"],
  [4, "dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash"],
  [2, "total_rto total_rto_recoveries"],
  [4, "total_rto_time received_ce delivered_e1_bytes delivered_e0_bytes delivered_ce_bytes"],
  [4, "received_e1_bytes received_e0_bytes received_ce_bytes"],
  [2, "accecn_fail_mode accecn_opt_seen"],
];

export const tcpInfoLength = 512;

/** The fields that the kernel wrote: as many as `length` holds. */
export function tcpInfoOf(bytes: Uint8Array, length: number): Record<string, number> {
  const view = viewOf(bytes);
  const info: Record<string, number> = {};
  let at = 0;
  for (const [size, names] of layout)
    for (const name of names.split(" ")) {
      at = Math.ceil(at / size) * size;
      if (at + size > length) return info;
      if (name !== "-") info[`tcpi_${name}`] = numberAt(view, at, size);
      at += size;
      if (name === "options") Object.assign(info, bitFields(view, at));
    }
  return info;
}

function numberAt(view: DataView, at: number, size: 1 | 2 | 4 | 8): number {
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, true);
  return size === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

function bitFields(view: DataView, at: number): Record<string, number> {
  const [scales, flags] = [view.getUint8(at), view.getUint8(at + 1)];
  return {
    tcpi_snd_wscale: scales & 15,
    tcpi_rcv_wscale: scales >>> 4,
    tcpi_delivery_rate_app_limited: flags & 1,
    tcpi_fastopen_client_fail: (flags >>> 1) & 3,
  };
}

/** SK_MEMINFO_…, in the order of linux/sock_diag.h. */
const memory = "RMEM_ALLOC RCVBUF WMEM_ALLOC SNDBUF FWD_ALLOC WMEM_QUEUED OPTMEM BACKLOG DROPS".split(" ");

export function memoryInfoOf(bytes: Uint8Array): Record<string, number> {
  const view = viewOf(bytes);
  return Object.fromEntries(
    memory.map((name, index) => [`SK_MEMINFO_${name}`, view.getUint32(4 * index, true)]),
  );
}
