/** Linux 6.18, as measured and as its source says (6.12, with the bucket rules of 6.18). */
import { type Address, isLoopback, isV4, sameAddress } from "../../base/address.ts";
import { never } from "../../base/time/clock.ts";
import {
  linuxGroupShortcut,
  linuxSctpConflict,
  linuxTcpConflict,
  linuxUdpConflict,
} from "../conflict/linux.ts";
import { linuxEhash } from "../demultiplexer/ehash.ts";
import type { Receiver, Reception } from "../demultiplexer/reception.ts";
import type { HoldRule } from "../hold/hold.ts";
import type { Profile, ProtocolProfile } from "../profile.ts";
import { linuxBind } from "../selection/linux/bind.ts";
import { linuxConnect } from "../selection/linux/connect.ts";
import { linuxSctp } from "../selection/linux/sctp.ts";
import { linuxUdp } from "../selection/linux/udp.ts";

/** One for 2 MB of memory: uhash_entries, net/ipv4/udp.c. Here for a machine of 8 GB. */
export const udpHashSlots = 4096;
const loopbackInterface = 1;

/** compute_score, net/ipv4/inet_hashtables.c: a device counts, and as much a socket of the packet's own family, or SO_INCOMING_CPU. */
function tcpScore(
  receiver: Receiver,
  _local: Address,
  _remote: Address,
  _port: number,
  device: number,
  cpu: number,
): number {
  if (receiver.device !== 0 && receiver.device !== device) return 0;
  const ofCpu = receiver.incomingCpu === cpu ? 1 : 0;
  return (receiver.device !== 0 ? 2 : 1) + (receiver.domain === 4 ? 1 : 0) + ofCpu;
}

/** sctp_endpoint_is_match, net/sctp/endpointola.c, does not ask for the CPU. */
function sctpScore(
  receiver: Receiver,
  _local: Address,
  _remote: Address,
  _port: number,
  device: number,
): number {
  if (receiver.device !== 0 && receiver.device !== device) return 0;
  return (receiver.device !== 0 ? 2 : 1) + (receiver.domain === 4 ? 1 : 0);
}

/**
 * compute_score, net/ipv4/udp.c and net/ipv6/udp.c: what the socket has fixed must fit, and counts 4 each, in IPv6 no more
 * than SO_INCOMING_CPU does.
 */
export function udpScore(
  receiver: Receiver,
  local: Address,
  remote: Address,
  remotePort: number,
  device: number,
  cpu: number,
): number {
  let score = (receiver.domain === 4 ? 2 : 1) + (receiver.incomingCpu === cpu ? 1 : 0);
  if (receiver.remote !== undefined) {
    if (!sameAddress(receiver.remote.address, remote)) return 0;
    score += worthOfFixed(local);
    if (receiver.remote.port !== 0) {
      if (receiver.remote.port !== remotePort) return 0;
      score += worthOfFixed(local);
    }
  }
  if (receiver.device === 0) return score;
  return receiver.device === device ? score + worthOfFixed(local) : 0;
}

/** As coded: __udp_disconnect leaves sk_v6_daddr behind, so over IPv6 a socket goes on wanting its former peer alone; measured. */
function udpScoreAsCoded(
  receiver: Receiver,
  local: Address,
  remote: Address,
  remotePort: number,
  device: number,
  cpu: number,
): number {
  const { formerPeer } = receiver;
  const score = udpScore(receiver, local, remote, remotePort, device, cpu);
  if (formerPeer === undefined || receiver.remote !== undefined || isV4(local) || score === 0) return score;
  return sameAddress(formerPeer, remote) ? score + 1 : 0;
}

function worthOfFixed(local: Address): number {
  return isV4(local) ? 4 : 1;
}

/** __inet_hash and udp_lib_get_port: new sockets at the head, but IPv6 sockets of a reuseport group at the tail. */
function place(receiver: Pick<Receiver, "domain" | "reusePort">): "first" | "last" {
  return receiver.domain === 6 && receiver.reusePort ? "last" : "first";
}

/** __inet_lookup_established takes the first in its chain, which is the newest. */
const tcpReception: Reception = {
  score: tcpScore,
  place,
  sameFlows: "newest",
  groupHash: linuxEhash,
  groupPrefers: "cpu",
};
/** So does udp4_lib_lookup4, since 6.13: a flow on the packet's device is no better than one on none. */
const udpReception: Reception = { ...tcpReception, score: udpScoreAsCoded, keepsPlace: true }; // __ip4_datagram_connect: rehash
const sctpReception: Reception = { ...tcpReception, score: sctpScore };

/** tcp_twsk_unique, net/ipv4/tcp_ipv4.c. */
const timeWait: HoldRule = {
  length: 60_000, // TCP_TIMEWAIT_LEN, include/net/tcp.h
  restsInFinWait2: true, // tcp_time_wait, net/ipv4/tcp_minisocks.c
  reusableAfter: ({ local, remote, device, since, reuse }, { mode, delay }) => {
    if (!reuse.timestamps || reuse.finWait2 === true || mode === 0) return never;
    if (mode === 2 && device !== loopbackInterface && !isLoopback(local) && !isLoopback(remote)) return never;
    return since + delay;
  },
  boundMayReuse: ({ timestamps }) => timestamps,
};

const tcp: ProtocolProfile = {
  conflict: linuxTcpConflict,
  groupShortcut: linuxGroupShortcut,
  selections: (random) => ({ bind: linuxBind(), connect: linuxConnect(random) }),
  exhausted: { bind: "EADDRINUSE", listen: "EADDRINUSE", connect: "EADDRNOTAVAIL", send: "EADDRNOTAVAIL" },
  duplicateFlow: "EADDRNOTAVAIL", // __inet_check_established
  receivesWhen: "listening",
  disconnect: "keeps-named-port", // tcp_set_state: SOCK_BINDPORT_LOCK
  reception: tcpReception,
};

const udp: ProtocolProfile = {
  conflict: linuxUdpConflict,
  selections: () => ({ bind: linuxUdp(udpHashSlots) }),
  // inet_autobind turns any failure into EAGAIN, net/ipv4/af_inet.c
  exhausted: { bind: "EADDRINUSE", listen: "EADDRINUSE", connect: "EAGAIN", send: "EAGAIN" },
  duplicateFlow: undefined,
  receivesWhen: "bound",
  disconnect: "keeps-named-port", // __udp_disconnect
  reception: udpReception,
};

const sctp: ProtocolProfile = {
  conflict: linuxSctpConflict,
  selections: () => ({ bind: linuxSctp() }),
  exhausted: { bind: "EADDRINUSE", listen: "EAGAIN", connect: "EAGAIN", send: "EAGAIN" }, // net/sctp/socket.c
  duplicateFlow: "EADDRNOTAVAIL", // sctp_connect_new_asoc
  receivesWhen: "listening",
  disconnect: "keeps-port",
  reception: sctpReception,
};

/** The range of odd size that loses no port: what the manual says of ip_local_port_range. */
const tcpAsPublished: ProtocolProfile = {
  ...tcp,
  selections: (random) => ({
    bind: linuxBind("as published"),
    connect: linuxConnect(random, undefined, "as published"),
  }),
};

const udpAsPublished: ProtocolProfile = { ...udp, reception: { ...udpReception, score: udpScore } };

export const linux: Profile = {
  name: "linux",
  range: [32768, 60999], // ip_local_port_range, Documentation/networking/ip-sysctl.rst
  ownRange: true, // IP_LOCAL_PORT_RANGE, Linux 6.3
  unprivilegedStart: 1024, // ip_unprivileged_port_start
  addressMakesV6Only: true, // __inet6_bind, net/ipv6/af_inet6.c
  mappedForGood: true, // tcp_v6_connect sets ipv6_mapped, and nothing sets it back; measured
  protocols: { tcp, udp, sctp, udplite: udp },
  hold: timeWait,
  reuse: { mode: 2, delay: 1000 }, // tcp_tw_reuse, tcp_tw_reuse_delay
};

export const linuxAsPublished: Profile = {
  ...linux,
  name: "linux-as-published",
  mappedForGood: false,
  protocols: { ...linux.protocols, tcp: tcpAsPublished, udp: udpAsPublished, udplite: udpAsPublished },
};
