/** The loop that Linux's connect(2) and bind(2) share: `for (i = 0; i < remaining; i += step, port += step)`. */
import type { Order } from "../../selection.ts";

/**
 * Whether a range of odd size loses a port. `as coded`: its size is rounded down, and the loop misses the first or the last
 * port, depending on where it starts. `as published`: every port of the range is looked at, as the manual promises.
 */
export type OddRange = "as coded" | "as published";

/** The same loop with nothing missed: from `low + offset` up, and from the first port of its parity to below. */
export function addWholeParity(order: Order, low: number, high: number, offset: number): void {
  const start = low + offset;
  order.add(start, high, 2);
  order.add(low + (offset & 1), start - 2, 2);
}

/**
 * The runs of one such loop over [low, end) from `low + offset`, going back by `remaining` at the end. Where the range has an odd
 * size, `remaining` is one less, and the loop misses its first or its last port: so do we.
 */
export function addParity(
  order: Order,
  low: number,
  end: number,
  remaining: number,
  offset: number,
  step: number,
): void {
  const count = Math.ceil(remaining / step);
  let start = low + offset;
  if (start >= end) start -= remaining;
  const upward = Math.min(count, Math.floor((end - 1 - start) / step) + 1);
  order.add(start, start + (upward - 1) * step, step);
  const again = start + upward * step - remaining;
  order.add(again, again + (count - upward - 1) * step, step);
}
