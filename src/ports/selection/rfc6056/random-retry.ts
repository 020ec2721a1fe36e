/**
 * Algorithm 2 of RFC 6056, section 3.3.2: a random port, and another, as often as there are ports. Every free port is
 * equally likely; a range with few of them may be given up although one is free.
 */
import type { Random } from "../../../base/random.ts";
import type { Wish } from "../../demultiplexer/flow.ts";
import type { Draw, Drawing } from "../../selection.ts";

export function randomRetry(): Draw {
  return {
    kind: "draw",
    name: "random-retry",
    draw({ low, high }: Wish, chance: Random): Drawing {
      const size = high - low + 1;
      return { tries: size, next: () => low + chance.below(size), keep: () => {} };
    },
  };
}
