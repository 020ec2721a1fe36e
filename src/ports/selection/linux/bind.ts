/**
 * Linux's bind(2) with port 0, and listen(2) on an unbound socket (inet_csk_find_open_port,
 * net/ipv4/inet_connection_sock.c): a random start, the odd offsets first so as to leave the even ones to connect(2), then the
 * even; with SO_REUSEADDR the lower half of the range first. With ip_autobind_reuse all of it again, sharing.
 */
import type { Random } from "../../../base/random.ts";
import type { Wish } from "../../demultiplexer/flow.ts";
import type { Order, Walk } from "../../selection.ts";
import { addParity, addWholeParity, type OddRange } from "./parity.ts";

export function linuxBind(oddRange: OddRange = "as coded"): Walk {
  return {
    kind: "walk",
    name: "linux-bind",
    propose(wish: Wish, pass: number, order: Order, chance: Random): boolean {
      const halves = wish.reuseAddress && wish.high + 1 - wish.low >= 4 ? 2 : 1;
      if (pass >= halves * (wish.mayRelax ? 2 : 1)) return false;
      order.relaxed = pass >= halves;
      let { low } = wish;
      let end = wish.high + 1;
      if (halves === 2) {
        const half = low + (((end - low) >> 2) << 1);
        if (pass % 2 === 0) end = half;
        else low = half;
      }
      const remaining = end - low > 1 ? (end - low) & ~1 : 1;
      const offset = chance.below(remaining) | 1;
      if (oddRange === "as published") {
        addWholeParity(order, low, end - 1, offset);
        addWholeParity(order, low, end - 1, offset - 1);
        return true;
      }
      addParity(order, low, end, remaining, offset, 2);
      addParity(order, low, end, remaining, offset - 1, 2);
      return true;
    },
  };
}
