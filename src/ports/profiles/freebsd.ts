/** FreeBSD 13 (sys/netinet of 13.0), the last with a table of its own for TIME-WAIT. */
import { type Address, isV4, sameAddress } from "../../base/address.ts";
import { bsdTcpConflict, bsdUdpConflict } from "../conflict/bsd.ts";
import { heldToTheEnd } from "../hold.ts";
import type { Profile, ProtocolProfile } from "../profile.ts";
import type { Receiver, Reception } from "../reception.ts";
import { freebsd, portTick } from "../selection/freebsd.ts";

/** in_pcblookup_hash_locked, in_pcb.c: an IPv4 socket before an IPv6 one that takes mapped addresses. */
const reception: Reception = {
  score: (receiver: Receiver, local: Address, remote: Address, remotePort: number): number => {
    if (receiver.remote !== undefined) {
      if (!sameAddress(receiver.remote.address, remote)) return 0;
      if (receiver.remote.port !== 0 && receiver.remote.port !== remotePort) return 0;
    }
    const family = isV4(local) ? 4 : 6;
    return receiver.domain === family ? 2 : 1;
  },
  place: () => "first", // CK_LIST_INSERT_HEAD
  sameFlows: "newest", // no two pcbs have one four-tuple
  groupHash: undefined, // SO_REUSEPORT shares, but only SO_REUSEPORT_LB balances
};

const exhausted = {
  bind: "EADDRNOTAVAIL",
  listen: "EADDRNOTAVAIL",
  connect: "EADDRNOTAVAIL",
  send: "EADDRNOTAVAIL",
} as const; // in_pcb_lport_dest

const tcp: ProtocolProfile = {
  conflict: bsdTcpConflict,
  selections: () => {
    const selection = freebsd(portTick(), "stops-when-busy");
    return { bind: selection, connect: selection }; // one counter a pcbinfo
  },
  exhausted,
  duplicateFlow: "EADDRINUSE", // in_pcbconnect_setup
  receivesWhen: "listening",
  disconnect: "keeps-port",
  reception,
};

const udp: ProtocolProfile = {
  ...tcp,
  conflict: bsdUdpConflict,
  selections: () => {
    const selection = freebsd(portTick(), "always-random"); // UDP is exempt from stoprandom
    return { bind: selection, connect: selection };
  },
  receivesWhen: "bound",
};

export const freebsd13: Profile = {
  name: "freebsd-13",
  range: [10000, 65535], // IPPORT_EPHEMERALFIRST and -LAST, in.h
  bands: { high: [49152, 65535], low: [600, 1023] }, // IPPORT_HIFIRSTAUTO ..., in.h
  ownRange: false,
  unprivilegedStart: 1024, // portrange.reservedhigh + 1
  addressMakesV6Only: false,
  protocols: { tcp, udp, sctp: tcp, udplite: udp },
  hold: heldToTheEnd(60_000), // 2 * TCPTV_MSL, tcp_timer.h
  reuse: { mode: 0, delay: 0 },
};
