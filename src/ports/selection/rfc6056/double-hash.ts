/**
 * Algorithm 4 of RFC 6056, section 3.3.4, double-hash selection: a keyed offset for each destination, and a table of
 * counters, shared by few destinations each, so that ports to one of them say little about another.
 */
import type { Random } from "../../../base/random.ts";
import type { Wish } from "../../demultiplexer/flow.ts";
import type { Order, Walk } from "../../selection.ts";
import { flowHash } from "./flow-hash.ts";

/** What the RFC suggests as enough. */
export const suggestedTableLength = 10;

/** `random` gives both keys; `tableLength` is the number of counters. */
export function doubleHash(random: Random, tableLength: number = suggestedTableLength): Walk {
  const offset = flowHash(random.fork("F"));
  const index = flowHash(random.fork("G"));
  const table = new Uint32Array(tableLength);
  const indexOf = (wish: Wish): number => (index(wish).low >>> 0) % tableLength;
  return {
    kind: "walk",
    name: "double-hash",
    memory: {
      save: () => Object.fromEntries([...table].map((counter, at) => [at, counter])),
      restore: (saved) => {
        for (let at = 0; at < tableLength; at++) table[at] = saved[at] ?? 0;
      },
    },
    propose(wish: Wish, pass: number, order: Order): boolean {
      if (pass > 0) return false;
      const { low, high } = wish;
      const start = (offset(wish).low >>> 0) + table[indexOf(wish)]!;
      order.around(low + (start % (high - low + 1)), low, high);
      return true;
    },
    settle(wish: Wish, _taken: number | undefined, looked: number): void {
      table[indexOf(wish)]! += looked;
    },
  };
}
