/**
 * Algorithm 3 of RFC 6056, section 3.3.3, simple hash-based selection: a keyed offset for each destination, and one
 * counter for all of them.
 */
import type { Random } from "../../../base/random.ts";
import type { Wish } from "../../demultiplexer/flow.ts";
import type { Order, Walk } from "../../selection.ts";
import { flowHash } from "./flow-hash.ts";

/** `random` gives the key. */
export function simpleHash(random: Random): Walk {
  const offset = flowHash(random);
  const cursors = { next: 0 };
  return {
    kind: "walk",
    name: "simple-hash",
    cursors,
    propose(wish: Wish, pass: number, order: Order): boolean {
      if (pass > 0) return false;
      const { low, high } = wish;
      order.around(low + ((cursors.next + (offset(wish).low >>> 0)) % (high - low + 1)), low, high);
      return true;
    },
    settle(_wish: Wish, _taken: number | undefined, looked: number): void {
      cursors.next = (cursors.next + looked) >>> 0;
    },
  };
}
