/**
 * 4.4BSD's and early FreeBSD's loop (in_pcbbind, sys/netinet/in_pcb.c of 1995): one past the last port taken, and around; the
 * low band of IP_PORTRANGE downward. Its counter allows one try fewer than there are ports, so the port taken last is not
 * tried, and a range of one port has none to give.
 */
import type { Wish } from "../demultiplexer/flow.ts";
import type { Order, Walk } from "../selection.ts";
import { bandCursors, onwardFrom } from "./band-cursors.ts";

export function bsd(): Walk {
  const last = bandCursors();
  let end = 0;
  return {
    kind: "walk",
    name: "bsd",
    cursors: last,
    propose(wish: Wish, pass: number, order: Order): boolean {
      if (pass > 0) return false;
      onwardFrom(last[wish.band], wish, order);
      order.cut(wish.high - wish.low);
      end = order.end ?? last[wish.band];
      return true;
    },
    settle({ band }: Wish, taken: number | undefined): void {
      last[band] = taken ?? end;
    },
  };
}
