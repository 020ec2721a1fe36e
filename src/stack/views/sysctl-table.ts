/** The sysctl knobs: name, default, bounds and what more the kernel checks. Measured on Linux 6.18. */
import { udpHashSlots } from "../../ports/profiles/linux.ts";
import { formatPortList } from "../../ports/range.ts";
import {
  byte,
  int,
  type Knob,
  kept,
  keptUint,
  portList,
  seconds,
  sizes,
  tableSize,
  words,
} from "./sysctl-knob.ts";
import { parseReservedPorts } from "./sysctl-ports.ts";

const portRange: Knob = kept(2, 1, 65535, {
  get: ({ ports }) => ports.range,
  set: ({ ports }, [low, high]) => {
    ports.range = [low!, high!];
  },
  refuses: ({ ports }, [low, high]) => high! < low! || low! < ports.unprivilegedStart,
});

const unprivilegedStart: Knob = kept(1, 0, 65535, {
  get: ({ ports }) => [ports.unprivilegedStart],
  set: ({ ports }, [start]) => {
    ports.unprivilegedStart = start!;
  },
  refuses: ({ ports }, [start]) => start! > ports.range[0],
});

const reservedPorts: Knob = portList({
  show: ({ reserved }) => formatPortList(reserved),
  write: (settings, text) => {
    const list = parseReservedPorts(text);
    if (list === undefined) return "EINVAL";
    settings.reserved = list;
    return undefined;
  },
});

const autobindReuse: Knob = keptUint(0, 1, {
  get: ({ ports }) => [Number(ports.autobindReuse)],
  set: ({ ports }, [reuse]) => {
    ports.autobindReuse = reuse !== 0;
  },
});

const timeWaitReuse: Knob = keptUint(0, 2, {
  get: ({ ports }) => [ports.timeWaitReuse.mode],
  set: ({ ports }, [mode]) => {
    ports.timeWaitReuse = { ...ports.timeWaitReuse, mode: mode as 0 | 1 | 2 };
  },
});

const timeWaitReuseDelay: Knob = kept(1, 1, 60_000, {
  get: ({ ports }) => [ports.timeWaitReuse.delay],
  set: ({ ports }, [delay]) => {
    ports.timeWaitReuse = { ...ports.timeWaitReuse, delay: delay! };
  },
});

/** Newer than the kernel that the others were held against: its bounds are those of the documentation, which names none but 0. */
const stepWidth: Knob = keptUint(0, 65535, {
  get: ({ ports }) => [ports.stepWidth],
  set: ({ ports }, [width]) => {
    ports.stepWidth = width!;
  },
});

/** ICMP's own: how many errors leave. */
function icmpLimit(which: "rate" | "burst" | "interval"): Knob {
  return kept(1, 0, 2 ** 31 - 1, {
    get: ({ icmp }) => [icmp[which]],
    set: ({ icmp }, [value]) => {
      icmp[which] = value!;
    },
  });
}

export const knobs: Readonly<Record<string, Knob>> = {
  "net.core.rmem_default": int(212992, 2304),
  "net.core.rmem_max": int(212992, 2304),
  "net.core.somaxconn": int(4096, 0),
  "net.core.wmem_default": int(212992, 4608),
  "net.core.wmem_max": int(212992, 4608),
  "net.ipv4.icmp_msgs_burst": icmpLimit("burst"),
  "net.ipv4.icmp_msgs_per_sec": icmpLimit("rate"),
  "net.ipv4.icmp_ratelimit": icmpLimit("interval"),
  "net.ipv4.igmp_max_memberships": int(20),
  "net.ipv4.ip_autobind_reuse": autobindReuse,
  "net.ipv4.ip_default_ttl": byte(64, 1),
  "net.ipv4.ip_local_port_range": portRange,
  "net.ipv4.ip_local_port_step_width": stepWidth,
  "net.ipv4.ip_local_reserved_ports": reservedPorts,
  "net.ipv4.ip_no_pmtu_disc": byte(0),
  "net.ipv4.ip_nonlocal_bind": byte(0),
  "net.ipv4.ip_unprivileged_port_start": unprivilegedStart,
  "net.ipv4.tcp_abort_on_overflow": byte(0),
  "net.ipv4.tcp_congestion_control": words("reno"),
  "net.ipv4.tcp_fin_timeout": seconds(60),
  "net.ipv4.tcp_invalid_ratelimit": int(500, 0),
  "net.ipv4.tcp_keepalive_intvl": seconds(75),
  "net.ipv4.tcp_keepalive_probes": byte(9),
  "net.ipv4.tcp_keepalive_time": seconds(7200),
  "net.ipv4.tcp_max_syn_backlog": int(4096),
  "net.ipv4.tcp_max_tw_buckets": int(262144),
  "net.ipv4.tcp_min_tso_segs": int(2, 1, 65535),
  "net.ipv4.tcp_orphan_retries": byte(0),
  "net.ipv4.tcp_retries1": byte(3),
  "net.ipv4.tcp_retries2": byte(15),
  "net.ipv4.tcp_rfc1337": byte(0),
  "net.ipv4.tcp_rmem": sizes(4096, 131072, 6291456),
  "net.ipv4.tcp_rto_max_ms": int(120_000, 1000, 120_000),
  "net.ipv4.tcp_sack": byte(1),
  "net.ipv4.tcp_slow_start_after_idle": byte(1),
  "net.ipv4.tcp_syn_linear_timeouts": byte(4, 0, 127),
  "net.ipv4.tcp_syn_retries": byte(6, 1, 127),
  "net.ipv4.tcp_synack_retries": byte(5),
  "net.ipv4.tcp_timestamps": byte(1),
  "net.ipv4.tcp_tso_rtt_log": byte(9),
  "net.ipv4.tcp_tso_win_divisor": byte(3),
  "net.ipv4.tcp_tw_reuse": timeWaitReuse,
  "net.ipv4.tcp_tw_reuse_delay": timeWaitReuseDelay,
  "net.ipv4.tcp_window_scaling": byte(1),
  "net.ipv4.tcp_wmem": sizes(4096, 16384, 4194304),
  "net.ipv4.udp_hash_entries": tableSize(udpHashSlots),
  "net.ipv6.bindv6only": byte(0),
  "net.ipv6.conf.all.hop_limit": int(64, 1, 255),
  "net.ipv6.ip_nonlocal_bind": byte(0),
};
