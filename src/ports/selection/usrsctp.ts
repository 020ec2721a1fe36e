/** usrsctp and FreeBSD's SCTP (sctp_inpcb_bind, netinet/sctp_pcb.c): from a random port, by the generator of initial TSNs, upward and around. */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { Order, Walk } from "../selection.ts";

export function usrsctp(): Walk {
  return {
    kind: "walk",
    name: "usrsctp",
    propose({ low, high }: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 0) return false;
      order.around(low + ((chance.uint32() >>> 0) % (high - low + 1)), low, high);
      return true;
    },
  };
}
