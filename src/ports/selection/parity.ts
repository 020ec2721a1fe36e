/** The loop that Linux's connect(2) and bind(2) share: `for (i = 0; i < remaining; i += step, port += step)`. */
import type { Order } from "../selection.ts";

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
