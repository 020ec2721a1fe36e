/**
 * macOS (in_pcbbind, bsd/netinet/in_pcb.c of XNU): one past the last port taken and around, the low band downward; for UDP, and
 * for TCP where net.inet.tcp.randomize_ports or SOF_BINDRANDOMPORT says so, one past a random port.
 */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { Order, Walk } from "../selection.ts";
import { type BandCursors, bandCursors, onwardFrom } from "./band-cursors.ts";

export function macos(start: "after-last" | "random", last: BandCursors = bandCursors()): Walk {
  let end = 0;
  return {
    kind: "walk",
    name: "macos",
    cursors: last,
    propose(wish: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 0) return false;
      const { low, high, band } = wish;
      onwardFrom(start === "random" ? randomPort(low, high, band, chance) : last[band], wish, order);
      end = order.end!;
      return true;
    },
    settle({ band }: Wish, taken: number | undefined): void {
      last[band] = taken ?? end;
    },
  };
}

/** 16 random bits, modulo one less than there are ports, so that the first or the last port is never the start. */
function randomPort(low: number, high: number, band: Wish["band"], chance: Random): number {
  const drawn = low === high ? 0 : chance.below(0x1_0000) % (high - low);
  return band === "low" ? high - drawn : low + drawn;
}
