/**
 * NetBSD (sys/netinet/portalgo.c). The algorithm is the host's to choose (net.inet.ip.anonportalgo.selected), and each socket's
 * (IP_PORTALGO); `bsd` is what it comes with. The hash is here twice, since its secret is drawn anew on every call.
 */

import type { Random } from "../../base/random.ts";
import { bsdConflict } from "../conflict/bsd.ts";
import { heldToTheEnd } from "../hold/hold.ts";
import { type Algorithm, newShared, type Profile, type ProtocolProfile, withAlgorithm } from "../profile.ts";
import { bandCursors } from "../selection/band-cursors.ts";
import { doubleHash } from "../selection/double-hash.ts";
import { netbsdBsd, netbsdHash, netbsdTableLength } from "../selection/netbsd.ts";
import { newIncrements, randinc, randomPick, randomStart, started } from "../selection/netbsd-random.ts";
import type { Draw, Walk } from "../selection.ts";
import { bsdProtocol, choosing, fromLast } from "./bsd-family.ts";

const rules = { users: "all", connect: "by address", choice: "by options" } as const;

/** The plain one, and a host's or a socket's others. A hash waits for its destination: bind(2) with port 0 is left to the plain one. */
const downward = fromLast(netbsdBsd);
const plain = choosing("binds", downward);

function hashed(hash: (random: Random) => Walk): Algorithm {
  return (random, shared, own) => ({ bind: downward(random, shared, own), connect: hash(random) });
}

const hashAsCoded = hashed((random) => netbsdHash(random, "as coded"));
const hashAsPublished = hashed((random) => netbsdHash(random, "as published"));

function increments(random: Random, shared = newShared(), own = newShared()): Draw {
  const counter = started(shared(newIncrements), random);
  return randinc(counter, own(bandCursors));
}

/** In the order of PORTALGO_BSD, PORTALGO_RANDOM_START ..., sys/netinet/portalgo.h. */
function algorithmsWith(hash: Algorithm): Readonly<Record<NetbsdAlgorithm, Algorithm>> {
  return {
    bsd: plain,
    random_start: choosing("binds", randomStart),
    random_pick: choosing("binds", fromLast(randomPick)),
    hash,
    doublehash: hashed((random) => doubleHash(random, netbsdTableLength)),
    randinc: choosing("binds", increments),
  };
}

type NetbsdAlgorithm = "bsd" | "random_start" | "random_pick" | "hash" | "doublehash" | "randinc";

const algorithms = algorithmsWith(hashAsCoded);

const tcp: ProtocolProfile = {
  ...bsdProtocol({
    kind: "stream",
    conflict: bsdConflict(rules, "stream"),
    selections: plain,
    exhausted: "EAGAIN", // portalgo_bsd
  }),
  algorithms,
};

const udp: ProtocolProfile = {
  ...bsdProtocol({
    kind: "datagram",
    conflict: bsdConflict(rules, "datagram"),
    selections: plain,
    exhausted: "EAGAIN",
  }),
  algorithms,
};

export const netbsd: Profile = {
  name: "netbsd",
  range: [49152, 65535], // net.inet.ip.anonportmin and .anonportmax
  bands: { high: [49152, 65535], low: [600, 1023] }, // lowportmin and lowportmax; there is no high band of its own
  ownRange: false,
  unprivilegedStart: 1024,
  addressMakesV6Only: false,
  v6Only: "by-default", // net.inet6.ip6.v6only
  algorithmOption: "IP_PORTALGO", // and IPV6_PORTALGO
  protocols: { tcp, udp, sctp: tcp, udplite: udp },
  hold: heldToTheEnd(60_000), // 2 * TCPTV_MSL
  reuse: { mode: 0, delay: 0 },
};

function selecting(name: string, algorithm: NetbsdAlgorithm, of: Profile = netbsd): Profile {
  return { ...withAlgorithm(of, algorithm), name };
}

const published = algorithmsWith(hashAsPublished);
const publishedTcp: ProtocolProfile = { ...tcp, algorithms: published };
const publishedUdp: ProtocolProfile = { ...udp, algorithms: published };
const keepingSecrets: Profile = {
  ...netbsd,
  protocols: { tcp: publishedTcp, udp: publishedUdp, sctp: publishedTcp, udplite: publishedUdp },
};

export const netbsdRandomStart: Profile = selecting("netbsd-random-start", "random_start");
export const netbsdRandomPick: Profile = selecting("netbsd-random-pick", "random_pick");
export const netbsdHashAsCoded: Profile = selecting("netbsd-hash", "hash");
export const netbsdHashAsPublished: Profile = selecting("netbsd-hash-as-published", "hash", keepingSecrets);
export const netbsdDoubleHash: Profile = selecting("netbsd-doublehash", "doublehash");
export const netbsdRandinc: Profile = selecting("netbsd-randinc", "randinc");
