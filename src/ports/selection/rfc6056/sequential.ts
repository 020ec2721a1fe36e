/**
 * Increment with wraparound: one counter, moved past every port it has offered (RFC 6056, section 2.2: what BSD did, and
 * what most people think of first). Whoever sees one port knows the next.
 */
import type { Wish } from "../../demultiplexer/flow.ts";
import type { Order, Walk } from "../../selection.ts";

export function sequential(): Walk {
  /** The last port taken. Outside the range, the next is its first. */
  const cursors = { last: 0 };
  return {
    kind: "walk",
    name: "sequential",
    cursors,
    propose({ low, high }: Wish, pass: number, order: Order): boolean {
      if (pass > 0) return false;
      const { last } = cursors;
      order.cameAround = last === high;
      order.around(last < low || last >= high ? low : last + 1, low, high);
      return true;
    },
    settle(_wish: Wish, taken: number | undefined): void {
      if (taken !== undefined) cursors.last = taken;
    },
  };
}
