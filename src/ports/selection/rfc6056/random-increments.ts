/**
 * Algorithm 5 of RFC 6056, section 3.3.5: one counter that moves by a random step. A trade between how soon a port comes
 * again and how well the next can be guessed.
 */
import type { Random } from "../../../base/random.ts";
import type { Wish } from "../../demultiplexer/flow.ts";
import type { Draw, Drawing } from "../../selection.ts";

/** N of the RFC: the greatest step it suggests. */
export const suggestedIncrement = 500;

/** `random` gives the first port; `increment` is the greatest step. */
export function randomIncrements(random: Random, increment: number = suggestedIncrement): Draw {
  const cursors = { next: random.below(0x10000) };
  return {
    kind: "draw",
    name: "random-increments",
    cursors,
    draw({ low, high }: Wish, chance: Random): Drawing {
      const size = high - low + 1;
      let counter = cursors.next;
      return {
        tries: size,
        next: () => {
          counter = (counter + chance.below(increment) + 1) >>> 0;
          return low + (counter % size);
        },
        keep: () => {
          cursors.next = counter;
        },
      };
    },
  };
}
