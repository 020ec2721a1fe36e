/**
 * What the BSDs' loops share: the last port taken, kept for each band of IP_PORTRANGE (ipi_lastport, ipi_lasthi, ipi_lastlow),
 * and the walk that begins one past it. Where the last port lies outside the range, the walk begins at the range's end.
 */
import type { BindOptions } from "../binding.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { Order } from "../selection.ts";

export type BandCursors = Record<BindOptions["band"], number>;

export function bandCursors(): BandCursors {
  return { default: 0, high: 0, low: 0 };
}

/** `if (++last < low || last > high) last = low`, as often as there are ports. */
export function upwardFrom(last: number, { low, high }: Wish, order: Order): void {
  order.cameAround = last === high;
  order.around(last < low || last >= high ? low : last + 1, low, high);
}

/** `if (--last < low || last > high) last = high`, likewise. */
export function downwardFrom(last: number, { low, high }: Wish, order: Order): void {
  order.cameAround = last === low;
  order.aroundDownward(last <= low || last > high ? high : last - 1, low, high);
}

/** The ports from 1023 to 600 are given out downward, the others upward. */
export function onwardFrom(last: number, wish: Wish, order: Order): void {
  if (wish.band === "low") downwardFrom(last, wish, order);
  else upwardFrom(last, wish, order);
}
