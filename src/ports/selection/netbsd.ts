/**
 * NetBSD's algorithms (sys/netinet/portalgo.c), of which a host or a socket chooses one (IP_PORTALGO): `bsd`, the default, goes
 * downward from the last port; the hashes are RFC 6056's, over a hash folded to 16 bits. For the others see netbsd-random.ts.
 */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { Order, Walk } from "../selection.ts";
import { type BandCursors, bandCursors, downwardFrom } from "./band-cursors.ts";
import { type FlowHash, flowHash } from "./rfc6056/flow-hash.ts";

/** PORTALGO_BSD: last - 1, and around. */
export function netbsdBsd(last: BandCursors = bandCursors()): Walk {
  return {
    kind: "walk",
    name: "netbsd-bsd",
    cursors: last,
    propose(wish: Wish, pass: number, order: Order): boolean {
      if (pass > 0) return false;
      downwardFrom(last[wish.band], wish, order);
      return true;
    },
    settle({ band }: Wish, taken: number | undefined): void {
      if (taken !== undefined) last[band] = taken;
    },
  };
}

/**
 * Where the key of the hash comes from. As published: drawn once, so that a destination keeps its offset. As coded: drawn
 * into a local variable on every call (cprng_fast), so that it keeps none.
 */
export type NetbsdSecret = "as published" | "as coded";

/** PORTALGO_HASH: algorithm 3 of RFC 6056. */
export function netbsdHash(random: Random, secret: NetbsdSecret): Walk {
  const offsetOf = foldedHash(flowHash(random));
  const cursors = { next: 0 };
  return {
    kind: "walk",
    name: "netbsd-hash",
    cursors,
    propose(wish: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 0) return false;
      const { low, high } = wish;
      const offset = secret === "as coded" ? chance.below(0x1_0000) : offsetOf(wish);
      order.around(low + ((cursors.next + offset) % (high - low + 1)), low, high);
      return true;
    },
    settle(_wish: Wish, _taken: number | undefined, looked: number): void {
      cursors.next = (cursors.next + looked) & 0xffff;
    },
  };
}

/** The eight counters of PORTALGO_DOUBLEHASH. */
export const netbsdTableLength = 8;

/** 64 bits folded into 16 by XOR, as NetBSD folds its MD5. */
function foldedHash(hash: FlowHash): (wish: Wish) => number {
  return (wish) => {
    const { high, low } = hash(wish);
    return ((high >>> 16) ^ high ^ (low >>> 16) ^ low) & 0xffff;
  };
}
