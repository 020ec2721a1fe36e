/** What the profiles of the BSDs have in common: how a packet finds its socket, and errno names. */
import { type Address, isV4, sameAddress } from "../../base/address.ts";
import type { ErrnoName } from "../../base/errno.ts";
import type { Random } from "../../base/random.ts";
import type { PortCall } from "../binding.ts";
import type { ConflictRule } from "../conflict.ts";
import type { Receiver, Reception } from "../demultiplexer/reception.ts";
import type { ProtocolProfile, Shared } from "../profile.ts";
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

interface BsdProtocol {
  readonly kind: "stream" | "datagram";
  readonly conflict: ConflictRule;
  /** The one selection of bind(2), and of connect(2) where that chooses. */
  readonly selection: (random: Random, shared?: Shared) => Selection;
  /** connect(2) chooses, knowing its destination; else it binds first. */
  readonly connect: "chooses" | "binds";
  readonly exhausted: ErrnoName;
}

/** One counter a pcbinfo, connections that are exact by their four-tuple, and a port that stays with its socket. */
export function bsdProtocol({ kind, conflict, selection, connect, exhausted }: BsdProtocol): ProtocolProfile {
  return {
    conflict,
    selections: (random, shared) => {
      const one = selection(random, shared);
      return connect === "chooses" ? { bind: one, connect: one } : { bind: one };
    },
    exhausted: always(exhausted),
    duplicateFlow: "EADDRINUSE", // in_pcbconnect
    receivesWhen: kind === "stream" ? "listening" : "bound",
    disconnect: "keeps-port",
    reception: bsdReception,
  };
}
