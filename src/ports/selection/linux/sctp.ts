/** Linux's SCTP (sctp_get_port_local, net/sctp/socket.c): from one past a random port, upward and around. */
import type { Random } from "../../../base/random.ts";
import type { Wish } from "../../demultiplexer/flow.ts";
import type { Order, Walk } from "../../selection.ts";

export function linuxSctp(): Walk {
  return {
    kind: "walk",
    name: "linux-sctp",
    propose({ low, high }: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 0) return false;
      const rover = low + chance.below(high - low + 1);
      order.around(rover === high ? low : rover + 1, low, high);
      return true;
    },
  };
}
