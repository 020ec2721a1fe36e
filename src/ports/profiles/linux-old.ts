/**
 * Linux before 2.6. Both chose upward from the last port, for connect(2) too, whatever its destination (tcp_v4_get_port and
 * udp_v4_get_port); the range depended on memory (Documentation/networking/ip-sysctl.txt of 2.4, tcp_init).
 */
import type { Profile, ProtocolProfile } from "../profile.ts";
import type { PortRange } from "../range.ts";
import { sequential } from "../selection/rfc6056/sequential.ts";
import { linux, udpScore } from "./linux.ts";

/** A port that connect(2) asks for is chosen as bind(2) with port 0 chooses: one without a bucket, and so nobody else's. */
function old(protocol: ProtocolProfile): ProtocolProfile {
  const { conflict } = protocol;
  return {
    ...protocol,
    conflict: (holder, newcomer, purpose) =>
      purpose === "named" || purpose === "listen" ? conflict(holder, newcomer, purpose) : "shared",
    selections: () => ({ bind: sequential() }),
    exhausted: { bind: "EADDRINUSE", listen: "EADDRINUSE", connect: "EAGAIN", send: "EAGAIN" }, // inet_autobind
  };
}

const { tcp, udp, sctp } = linux.protocols;

/** Flows were scored as receivers are (udp_v4_lookup_longway). */
const oldUdp: ProtocolProfile = {
  ...old(udp),
  reception: { ...udp.reception, score: udpScore, sameFlows: "device" },
};

export const linux22: Profile = {
  ...linux,
  name: "linux-2.2",
  range: [1024, 4999], // sysctl_local_port_range, net/ipv4/tcp_ipv4.c
  ownRange: false,
  protocols: { tcp: old(tcp), udp: oldUdp, sctp: old(sctp), udplite: oldUdp },
  reuse: { mode: 0, delay: 0 },
};

export const linux24: Profile = {
  ...linux22,
  name: "linux-2.4",
  range: [32768, 61000], // with more than 128 MB
};

/** What tcp_init set for a machine of so many bytes: more memory, more ports. */
export function oldLinuxRange(memory: number): PortRange {
  const unit = 8 * 1024 * 1024;
  const order = Math.max(0, Math.ceil(Math.log2(memory / unit)));
  if (order > 4) return [32768, 61000];
  return order < 3 ? [1024 * (3 - order), 4999] : [1024, 4999];
}
