/**
 * NetBSD's algorithms that leave the port to chance (sys/netinet/portalgo.c, as remembered): RFC 6056's 1, 2 and 5 under the
 * names `random_start`, `random_pick` and `randinc`. Where their own tries are spent, portalgo_randport takes the one below
 * the port that `bsd` gave out last; a scan of the whole range has tried that one already.
 */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { Draw, Drawing, Order, Walk } from "../selection.ts";
import type { BandCursors } from "./band-cursors.ts";
import { suggestedIncrement } from "./random-increments.ts";

/** PORTALGO_RANDOM_START: algorithm 1 of RFC 6056. */
export function randomStart(): Walk {
  return {
    kind: "walk",
    name: "netbsd-random-start",
    propose({ low, high }: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 0) return false;
      order.around(low + chance.below(high - low + 1), low, high);
      return true;
    },
  };
}

/** PORTALGO_RANDOM_PICK: algorithm 2, as often as there are ports. `last` is {@link netbsdBsd}'s. */
export function randomPick(last: BandCursors): Draw {
  return {
    kind: "draw",
    name: "netbsd-random-pick",
    draw(wish: Wish, chance: Random): Drawing {
      const { low, high } = wish;
      const size = high - low + 1;
      return thenBelow(last, wish, { tries: size, next: () => low + chance.below(size), keep: () => {} });
    },
  };
}

/** `next_ephemeral` of portalgo_randinc: 16 bits, one for all protocols; 0 until it is started. */
export type Increments = Record<"next", number>;

export function newIncrements(): Increments {
  return { next: 0 };
}

/** At a random number, by whoever takes it first. */
export function started(cursors: Increments, random: Random): Increments {
  if (cursors.next === 0) cursors.next = random.below(0x1_0000);
  return cursors;
}

/** PORTALGO_RANDINC: algorithm 5, with the N that the RFC suggests. */
export function randinc(cursors: Increments, last: BandCursors): Draw {
  return {
    kind: "draw",
    name: "netbsd-randinc",
    cursors,
    draw(wish: Wish, chance: Random): Drawing {
      const { low, high } = wish;
      const size = high - low + 1;
      let counter = cursors.next;
      return thenBelow(last, wish, {
        tries: size,
        next: () => {
          counter = (counter + chance.below(suggestedIncrement) + 1) & 0xffff;
          return low + (counter % size);
        },
        keep: () => {
          cursors.next = counter;
        },
      });
    },
  };
}

/** One more try: `*port = lastport - 1`. */
function thenBelow(last: BandCursors, { band, low, high }: Wish, { tries, next, keep }: Drawing): Drawing {
  const below = (last[band] - 1) & 0xffff;
  if (below < low || below > high) return { tries, next, keep };
  let made = 0;
  return { tries: tries + 1, next: () => (made++ < tries ? next() : below), keep };
}
