/**
 * NetBSD (sys/netinet/portalgo.c). The algorithm is the host's to choose (net.inet.ip.anonportalgo); `bsd` is what it comes
 * with. The hash is here twice, since its secret is drawn anew on every call.
 */

import type { Random } from "../../base/random.ts";
import { bsdConflict } from "../conflict/bsd.ts";
import { heldToTheEnd } from "../hold/hold.ts";
import type { Profile, ProtocolProfile } from "../profile.ts";
import { doubleHash } from "../selection/double-hash.ts";
import { type NetbsdSecret, netbsdBsd, netbsdHash, netbsdTableLength } from "../selection/netbsd.ts";
import type { Walk } from "../selection.ts";
import { bsdProtocol } from "./bsd-family.ts";

const rules = { users: "all", connect: "by address", choice: "by options" } as const;

const tcp: ProtocolProfile = bsdProtocol({
  kind: "stream",
  conflict: bsdConflict(rules, "stream"),
  selection: netbsdBsd,
  connect: "binds",
  exhausted: "EAGAIN", // portalgo_bsd
});

const udp: ProtocolProfile = bsdProtocol({
  kind: "datagram",
  conflict: bsdConflict(rules, "datagram"),
  selection: netbsdBsd,
  connect: "binds",
  exhausted: "EAGAIN",
});

export const netbsd: Profile = {
  name: "netbsd",
  range: [49152, 65535], // net.inet.ip.anonportmin and .anonportmax
  bands: { high: [49152, 65535], low: [600, 1023] }, // lowportmin and lowportmax; there is no high band of its own
  ownRange: false,
  unprivilegedStart: 1024,
  addressMakesV6Only: false,
  v6Only: "by-default", // net.inet6.ip6.v6only
  protocols: { tcp, udp, sctp: tcp, udplite: udp },
  hold: heldToTheEnd(60_000), // 2 * TCPTV_MSL
  reuse: { mode: 0, delay: 0 },
};

/** A hash waits for its destination, so bind(2) with port 0 is left to the plain algorithm. */
function hashed(name: string, hash: (random: Random) => Walk): Profile {
  const withHash = (protocol: ProtocolProfile): ProtocolProfile => ({
    ...protocol,
    selections: (random) => ({ bind: netbsdBsd(), connect: hash(random) }),
  });
  const { protocols } = netbsd;
  return {
    ...netbsd,
    name,
    protocols: {
      tcp: withHash(protocols.tcp),
      udp: withHash(protocols.udp),
      sctp: withHash(protocols.sctp),
      udplite: withHash(protocols.udplite),
    },
  };
}

function simple(secret: NetbsdSecret): (random: Random) => Walk {
  return (random) => netbsdHash(random, secret);
}

export const netbsdHashAsCoded: Profile = hashed("netbsd-hash", simple("as coded"));
export const netbsdHashAsPublished: Profile = hashed("netbsd-hash-as-published", simple("as published"));
export const netbsdDoubleHash: Profile = hashed("netbsd-doublehash", (random) =>
  doubleHash(random, netbsdTableLength),
);
