/**
 * lwIP: one counter a protocol, upward and around (tcp_new_port, src/core/tcp.c; udp_new_port, src/core/udp.c). TCP as coded
 * comes around one port too early: the last of the range is never chosen, and the first is looked at twice before it
 * gives up. The counter starts at LWIP_RAND() where a port of lwIP defines that, and else at the range's first port.
 */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { Order, Walk } from "../selection.ts";

/** The first counter, as an offset into the range: what LWIP_RAND() gives. */
export function lwipSeed(random: Random): number {
  return random.below(0x4000);
}

/** `seed`: {@link lwipSeed}, or 0 where there is no LWIP_RAND. */
export function lwip(seed: number, last: "as-coded" | "as-published"): Walk {
  /** The port offered last; outside the range before any was. */
  const cursors = { last: 0 };
  const cursor = ({ low, high }: Wish): number =>
    cursors.last < low || cursors.last > high ? low + (seed % (high - low + 1)) : cursors.last;
  return {
    kind: "walk",
    name: last === "as-coded" ? "lwip-tcp" : "lwip",
    cursors,
    propose(wish: Wish, pass: number, order: Order): boolean {
      if (pass > 0) return false;
      const { low } = wish;
      const high = last === "as-coded" && wish.high > low ? wish.high - 1 : wish.high;
      const from = cursor(wish);
      const start = from >= high ? low : from + 1;
      order.cameAround = from >= high;
      order.around(start, low, high);
      if (high < wish.high) order.add(start, start, 1);
      return true;
    },
    settle(wish: Wish, taken: number | undefined): void {
      const from = cursor(wish);
      if (taken !== undefined) cursors.last = taken;
      else if (last === "as-published" || wish.high === wish.low) cursors.last = from;
      else cursors.last = from >= wish.high - 1 ? wish.low : from + 1;
    },
  };
}
