/** OpenBSD (in_pcbpickport and in_pcbbind, sys/netinet/in_pcb.c). Numbers of the ranges and lists are from memory of its manual. */
import { bsdConflict } from "../conflict/bsd.ts";
import { heldToTheEnd } from "../hold/hold.ts";
import type { Profile, ProtocolProfile } from "../profile.ts";
import type { PortRange } from "../range.ts";
import { random } from "../selection/rfc6056/random.ts";
import { bsdProtocol, choosing } from "./bsd-family.ts";

const rules = { users: "all", connect: "by address", choice: "by options" } as const;

/** net.inet.tcp.baddynamic: DEFBADDYNAMICPORTS_TCP. */
const badTcp: readonly PortRange[] = [
  [587, 587],
  [749, 751],
  [853, 853],
  [871, 871],
  [2049, 2049],
  [6000, 6010],
];
/** net.inet.udp.baddynamic: DEFBADDYNAMICPORTS_UDP. */
const badUdp: readonly PortRange[] = [
  [623, 623],
  [664, 664],
  [749, 751],
  [2049, 2049],
  [3784, 3785],
  [7784, 7784],
];

const tcp: ProtocolProfile = {
  ...bsdProtocol({
    kind: "stream",
    conflict: bsdConflict(rules, "stream"),
    // arc4random_uniform over the whole range, then upward; a port unique for the local address first, then the four-tuple
    selections: choosing("binds", random),
    exhausted: "EADDRNOTAVAIL",
  }),
  neverChosen: badTcp,
};

const udp: ProtocolProfile = {
  ...bsdProtocol({
    kind: "datagram",
    conflict: bsdConflict(rules, "datagram"),
    selections: choosing("binds", random),
    exhausted: "EADDRNOTAVAIL",
  }),
  neverChosen: badUdp,
};

export const openbsd: Profile = {
  name: "openbsd",
  range: [1024, 49151], // net.inet.ip.portfirst and .portlast
  bands: { high: [49152, 65535], low: [600, 1023] }, // net.inet.ip.porthifirst ...; low: IPPORT_RESERVED - 1 and 600
  ownRange: false,
  unprivilegedStart: 1024,
  addressMakesV6Only: false,
  v6Only: "always", // IPv6 sockets take no mapped addresses
  protocols: { tcp, udp, sctp: tcp, udplite: udp },
  hold: heldToTheEnd(60_000), // 2 * TCPTV_MSL
  reuse: { mode: 0, delay: 0 },
};
