/** lwIP 2.1 and 2.2, by its source, with SO_REUSE; and tcpip.js, which is lwIP without a random number. No SCTP. */
import { type Address, isUnspecified, sameAddress } from "../../base/address.ts";
import type { Random } from "../../base/random.ts";
import { lwipTcpConflict, lwipUdpConflict } from "../conflict/lwip.ts";
import type { Receiver, Reception } from "../demultiplexer/reception.ts";
import { heldToTheEnd } from "../hold/hold.ts";
import type { Profile, ProtocolProfile } from "../profile.ts";
import { lwipSeed, lwip as lwipSelection } from "../selection/lwip.ts";

/** udp_input, tcp_input: a connected pcb takes its peer's packets alone, and a pcb bound to a netif those of that netif. */
function score({ remote, device }: Receiver, _: Address, from: Address, port: number, by: number): number {
  if (device !== 0 && device !== by) return 0;
  if (remote === undefined) return 1;
  const fits = isUnspecified(remote.address) || sameAddress(remote.address, from);
  return fits && remote.port === port ? 2 : 0;
}

/** With SO_REUSE an address comes before a wildcard; new pcbs stand first in their list. */
const reception: Reception = { score, place: () => "first", sameFlows: "newest", groupHash: undefined };

const tcpExhausted = { bind: "ENOBUFS", listen: "ENOBUFS", connect: "ENOBUFS", send: "ENOBUFS" } as const; // ERR_BUF
const udpExhausted = {
  bind: "EADDRINUSE",
  listen: "EADDRINUSE",
  connect: "EADDRINUSE",
  send: "EADDRINUSE",
} as const; // ERR_USE

type Seed = (random: Random) => number;

function tcpOf(seed: Seed, last: "as-coded" | "as-published"): ProtocolProfile {
  return {
    conflict: lwipTcpConflict,
    selections: (random) => ({ bind: lwipSelection(seed(random), last) }), // tcp_connect binds first
    exhausted: tcpExhausted,
    duplicateFlow: "EADDRINUSE", // tcp_connect: ERR_USE
    receivesWhen: "listening",
    disconnect: "keeps-port",
    reception,
  };
}

function udpOf(seed: Seed): ProtocolProfile {
  return {
    conflict: lwipUdpConflict,
    selections: (random) => ({ bind: lwipSelection(seed(random), "as-published") }), // UDP comes around rightly
    exhausted: udpExhausted,
    duplicateFlow: undefined,
    receivesWhen: "bound",
    disconnect: "keeps-port", // udp_disconnect keeps the local port
    reception,
  };
}

function profileOf(name: string, seed: Seed, last: "as-coded" | "as-published"): Profile {
  const tcp = tcpOf(seed, last);
  const udp = udpOf(seed);
  return {
    name,
    range: [49152, 65535], // TCP_LOCAL_PORT_RANGE_START and _END, UDP_...
    ownRange: false,
    unprivilegedStart: 0, // no port is privileged
    errorNames: { EADDRINUSE: "ERR_USE (-8)", ENOBUFS: "ERR_BUF (-2)" },
    addressMakesV6Only: false,
    protocols: { tcp, udp, sctp: tcp, udplite: udp },
    hold: heldToTheEnd(120_000), // 2 * TCP_MSL, include/lwip/priv/tcp_priv.h
    reuse: { mode: 0, delay: 0 },
  };
}

/** As coded: TCP never chooses 65535. */
export const lwip: Profile = profileOf("lwip", lwipSeed, "as-coded");
/** As its range is published: TCP chooses 65535 as well. */
export const lwipAsPublished: Profile = profileOf("lwip-as-published", lwipSeed, "as-published");
/** lwIP in WebAssembly with no LWIP_RAND: every page begins with the same port, 49153. */
export const tcpipJs: Profile = profileOf("tcpip.js", () => 0, "as-coded");
