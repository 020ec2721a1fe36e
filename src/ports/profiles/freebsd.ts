/**
 * FreeBSD. 13 is read in the sources of 13.0, the last with a table of its own for TIME-WAIT; of 14 and later only excerpts
 * were seen; 4 is as told in the article and in the sources of its time.
 */
import { bsdConflict, bsdTcpConflict, bsdUdpConflict } from "../conflict/bsd.ts";
import type { Reception } from "../demultiplexer/reception.ts";
import { heldToTheEnd } from "../hold/hold.ts";
import { type Algorithm, newShared, type Profile, type ProtocolProfile, type Shared } from "../profile.ts";
import { bandCursors } from "../selection/band-cursors.ts";
import { bsd } from "../selection/bsd.ts";
import { freebsd as freebsdSelection, type PortTick, portTick } from "../selection/freebsd.ts";
import { swapped } from "../selection/linux/hash.ts";
import { bsdProtocol, bsdReception, choosing } from "./bsd-family.ts";

/** INP_PCBLBGROUP_PKTHASH, in_pcb.h: no key. The foreign address as a little-endian machine has it in memory. */
const reception: Reception = {
  ...bsdReception,
  groupOption: "loadBalance", // SO_REUSEPORT_LB
  groupHash: (_secret, _local, localPort, remote, remotePort) => {
    const foreign = swapped(remote.w3);
    return (foreign ^ (foreign >>> 16) ^ localPort ^ remotePort) >>> 0;
  },
  groupIndex: (hash, count) => hash % count,
};

/** Whose choices a tick counts, if any, and whether it stops these. */
interface Ticking {
  readonly tick: (host: Shared, protocol: Shared) => PortTick | undefined;
  readonly stopsWhenBusy: boolean;
}

/** With portrange.randomized, which is 1, and without. in_pcb_lport_dest knows the destination. */
function algorithmsOf({ tick, stopsWhenBusy }: Ticking): Record<"random" | "sequential", Algorithm> {
  const starting = (start: "random" | "after-last"): Algorithm =>
    choosing("chooses", (_random, shared = newShared(), own = newShared()) =>
      freebsdSelection({ tick: tick(shared, own), stopsWhenBusy, start }, own(bandCursors)),
    );
  return { random: starting("random"), sequential: starting("after-last") };
}

/** ipport_tick as it was meant: it counts TCP's choices, and stops TCP. */
const tcpTicking = algorithmsOf({ tick: (_host, protocol) => protocol(portTick), stopsWhenBusy: true });
/** UDP is exempt from stoprandom; and from FreeBSD 14 on everybody. */
const unstopped = algorithmsOf({ tick: () => undefined, stopsWhenBusy: false });
/** `pcbinfo != &V_udbinfo || pcbinfo != &V_ulitecbinfo` is always true: every choice counts. */
const tcpOfAll = algorithmsOf({ tick: (host) => host(portTick), stopsWhenBusy: true });
const udpOfAll = algorithmsOf({ tick: (host) => host(portTick), stopsWhenBusy: false });

const tcp13AsPublished: ProtocolProfile = {
  ...bsdProtocol({
    kind: "stream",
    conflict: bsdTcpConflict,
    selections: tcpTicking.random,
    exhausted: "EADDRNOTAVAIL",
  }),
  algorithms: tcpTicking,
  reception,
};

const udp13AsPublished: ProtocolProfile = {
  ...bsdProtocol({
    kind: "datagram",
    conflict: bsdUdpConflict,
    selections: unstopped.random,
    exhausted: "EADDRNOTAVAIL",
  }),
  algorithms: unstopped,
  reception,
};

const tcp13: ProtocolProfile = { ...tcp13AsPublished, selections: tcpOfAll.random, algorithms: tcpOfAll };
const udp13: ProtocolProfile = { ...udp13AsPublished, selections: udpOfAll.random, algorithms: udpOfAll };

export const freebsd13: Profile = {
  name: "freebsd-13",
  range: [10000, 65535], // IPPORT_EPHEMERALFIRST and -LAST, in.h
  bands: { high: [49152, 65535], low: [600, 1023] }, // IPPORT_HIFIRSTAUTO ..., in.h; the low band is put in order first
  ownRange: false,
  unprivilegedStart: 1024, // portrange.reservedhigh + 1
  addressMakesV6Only: false,
  v6Only: "by-default", // net.inet6.ip6.v6only
  protocols: { tcp: tcp13, udp: udp13, sctp: tcp13, udplite: udp13 },
  hold: heldToTheEnd(60_000), // 2 * TCPTV_MSL, tcp_timer.h
  reuse: { mode: 0, delay: 0 },
};

export const freebsd13AsPublished: Profile = {
  ...freebsd13,
  name: "freebsd-13-as-published",
  protocols: {
    tcp: tcp13AsPublished,
    udp: udp13AsPublished,
    sctp: tcp13AsPublished,
    udplite: udp13AsPublished,
  },
};

/** portrange.randomcps and .randomtime are gone: a random start whenever portrange.randomized, as it is. */
const tcp: ProtocolProfile = { ...tcp13AsPublished, selections: unstopped.random, algorithms: unstopped };

export const freebsd: Profile = {
  ...freebsd13,
  name: "freebsd",
  protocols: { tcp, udp: udp13AsPublished, sctp: tcp, udplite: udp13AsPublished },
};

const rules4 = { users: "freebsd", connect: "by address", choice: "by options" } as const;
const tcp4 = bsdProtocol({
  kind: "stream",
  conflict: bsdConflict(rules4, "stream"),
  selections: choosing("binds", bsd), // in_pcbconnect calls in_pcbbind
  exhausted: "EADDRNOTAVAIL",
});
const udp4 = bsdProtocol({
  kind: "datagram",
  conflict: bsdConflict(rules4, "datagram"),
  selections: choosing("binds", bsd),
  exhausted: "EADDRNOTAVAIL",
});

export const freebsd4: Profile = {
  ...freebsd13,
  name: "freebsd-4",
  range: [49152, 65535], // FreeBSD 4.6 and later, en.wikipedia.org/wiki/Ephemeral_port
  protocols: { tcp: tcp4, udp: udp4, sctp: tcp4, udplite: udp4 },
};
