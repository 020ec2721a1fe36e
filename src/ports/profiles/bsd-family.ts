/** What the profiles of the BSDs have in common: how a packet finds its socket, and errno names. */
import { type Address, isV4, sameAddress } from "../../base/address.ts";
import type { ErrnoName } from "../../base/errno.ts";
import type { Random } from "../../base/random.ts";
import type { PortCall } from "../binding.ts";
import type { ConflictRule } from "../conflict.ts";
import type { Receiver, Reception } from "../demultiplexer/reception.ts";
import { type Algorithm, newShared, type ProtocolProfile, type Shared } from "../profile.ts";
import { type BandCursors, bandCursors } from "../selection/band-cursors.ts";
import type { Selection } from "../selection.ts";

/** in_pcblookup_hash, in_pcb.c: the exact address, 0.0.0.0, `::` that takes mapped addresses. */
export const bsdReception: Reception = {
  score: (receiver: Receiver, local: Address, remote: Address, remotePort: number): number => {
    if (receiver.remote !== undefined) {
      if (!sameAddress(receiver.remote.address, remote)) return 0;
      if (receiver.remote.port !== 0 && receiver.remote.port !== remotePort) return 0;
    }
    const family = isV4(local) ? 4 : 6;
    return receiver.domain === family ? 2 : 1;
  },
  place: () => "first", // LIST_INSERT_HEAD
  sameFlows: "newest", // no two pcbs have one four-tuple
  groupHash: undefined, // SO_REUSEPORT shares, and balances nothing
};

/** One errno, whatever the call. */
export function always(name: ErrnoName): Readonly<Record<PortCall, ErrnoName>> {
  return { bind: name, listen: name, connect: name, send: name };
}

/** How one selection is made. */
type Make = (random: Random, shared?: Shared, own?: Shared) => Selection;

/** A selection that goes on from the last port, which a protocol has one of, whatever its algorithm. */
export function fromLast(make: (last: BandCursors) => Selection): Make {
  return (_random, _shared, own = newShared()) => make(own(bandCursors));
}

/** One selection of bind(2), and of connect(2) where that chooses, knowing its destination; else connect(2) binds first. */
export function choosing(connect: "chooses" | "binds", selection: Make): Algorithm {
  return (random, shared, own) => {
    const one = selection(random, shared, own);
    return connect === "chooses" ? { bind: one, connect: one } : { bind: one };
  };
}

interface BsdProtocol {
  readonly kind: "stream" | "datagram";
  readonly conflict: ConflictRule;
  readonly selections: Algorithm;
  readonly exhausted: ErrnoName;
}

/** One counter a pcbinfo, connections that are exact by their four-tuple, and a port that stays with its socket. */
export function bsdProtocol({ kind, conflict, selections, exhausted }: BsdProtocol): ProtocolProfile {
  return {
    conflict,
    selections,
    exhausted: always(exhausted),
    duplicateFlow: "EADDRINUSE", // in_pcbconnect
    receivesWhen: kind === "stream" ? "listening" : "bound",
    disconnect: "keeps-port",
    reception: bsdReception,
  };
}
