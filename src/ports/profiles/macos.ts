/**
 * macOS and iOS (in_pcbbind and in_pcbconnect, bsd/netinet/in_pcb.c of xnu-11417). What is on its list of restricted ports
 * (IS_RESTRICTED_IN_PORT) was not read, so that none is kept from being chosen here: whoever knows the list sets `settings.of("tcp").neverChosen`.
 */
import { bsdConflict } from "../conflict/bsd.ts";
import { heldToTheEnd } from "../hold/hold.ts";
import type { Profile, ProtocolProfile } from "../profile.ts";
import { macos as macosSelection } from "../selection/macos.ts";
import { always, bsdProtocol, choosing, fromLast } from "./bsd-family.ts";

/** A choice sees every control block of an overlapping address: an implicit bind sets wild. */
const rules = { users: "macos", connect: "by address", choice: "wild" } as const;

/** net.inet.tcp.randomize_ports and net.inet.udp.randomize_ports; SOF_BINDRANDOMPORT of a socket (SO_RANDOMPORT). */
const algorithms = {
  "after-last": choosing(
    "binds",
    fromLast((last) => macosSelection("after-last", last)),
  ),
  random: choosing(
    "binds",
    fromLast((last) => macosSelection("random", last)),
  ),
};

const tcp: ProtocolProfile = {
  ...bsdProtocol({
    kind: "stream",
    conflict: bsdConflict(rules, "stream"),
    selections: algorithms["after-last"], // net.inet.tcp.randomize_ports is 0
    exhausted: "EADDRNOTAVAIL",
  }),
  algorithms,
  exhausted6: always("EAGAIN"), // in6_pcbsetport, in6_src.c
};

const udp: ProtocolProfile = {
  ...bsdProtocol({
    kind: "datagram",
    conflict: bsdConflict(rules, "datagram"),
    selections: algorithms.random, // net.inet.udp.randomize_ports is 1
    exhausted: "EADDRNOTAVAIL",
  }),
  algorithms,
  exhausted6: always("EAGAIN"),
  keepsFree: 4096, // UDP_RANDOM_PORT_RESERVE
};

export const macos: Profile = {
  name: "macos",
  range: [49152, 65535], // ipport_firstauto and -lastauto, in_pcb.c
  bands: { high: [49152, 65535], low: [600, 1023] }, // ipport_hifirstauto ...; the low one downward
  ownRange: false,
  unprivilegedStart: 1024, // IPPORT_RESERVED
  privilege: "of-addresses", // a wildcard's low ports are anybody's
  addressMakesV6Only: false,
  algorithmOption: "SO_RANDOMPORT",
  protocols: { tcp, udp, sctp: tcp, udplite: udp },
  hold: heldToTheEnd(30_000), // 2 * TCPTV_MSL of 15 s
  reuse: { mode: 0, delay: 0 },
};
