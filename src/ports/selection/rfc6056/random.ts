/** Algorithm 1 of RFC 6056, section 3.3.1, simple port randomization: a random start, then upward and around. */
import type { Random } from "../../../base/random.ts";
import type { Wish } from "../../demultiplexer/flow.ts";
import type { Order, Walk } from "../../selection.ts";

export function random(): Walk {
  return {
    kind: "walk",
    name: "random",
    propose({ low, high }: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 0) return false;
      order.around(low + chance.below(high - low + 1), low, high);
      return true;
    },
  };
}
