/** 4.4BSD and what kept to it: FreeBSD before 4.6. Source: sys/netinet/in_pcb.c of 1995. */
import { bsdConflict } from "../conflict/bsd.ts";
import { heldToTheEnd } from "../hold/hold.ts";
import type { Profile } from "../profile.ts";
import { bsd as bsdSelection } from "../selection/bsd.ts";
import { bsdProtocol, choosing } from "./bsd-family.ts";

const rules = { users: undefined, connect: "by address", choice: "by options" } as const;

const tcp = bsdProtocol({
  kind: "stream",
  conflict: bsdConflict(rules, "stream"),
  selections: choosing("binds", bsdSelection),
  exhausted: "EADDRNOTAVAIL",
});

const udp = bsdProtocol({
  kind: "datagram",
  conflict: bsdConflict(rules, "datagram"),
  selections: choosing("binds", bsdSelection),
  exhausted: "EADDRNOTAVAIL",
});

export const bsd: Profile = {
  name: "bsd",
  range: [1024, 5000], // IPPORT_RESERVED and IPPORT_USERRESERVED
  bands: { high: [40000, 44999], low: [600, 1023] }, // ipport_hifirstauto ..., in_pcb.c; the low one downward
  ownRange: false,
  unprivilegedStart: 1024, // IPPORT_RESERVED
  addressMakesV6Only: false,
  protocols: { tcp, udp, sctp: tcp, udplite: udp },
  hold: heldToTheEnd(60_000), // 2 * TCPTV_MSL
  reuse: { mode: 0, delay: 0 },
};
