/**
 * FreeBSD 5 to 13 (in_pcb_lport_dest, sys/netinet/in_pcb.c): a random start, then upward and around; TCP falls back to its
 * counter for a while when more than ten ports were asked for within a second (ipport_tick, portrange.randomcps and
 * .randomtime).
 */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../flow.ts";
import type { Order, Walk } from "../selection.ts";

/** portrange.randomcps: choices a second. */
const randomCps = 10;
/** portrange.randomtime: seconds without randomness. */
const randomTime = 45;

/** Departs from the kernel in that `tick` counts one protocol's choices; the kernel counts those of UDP to TCP, by mistake. */
export function freebsd(tick: PortTick, stopsWhenBusy: "stops-when-busy" | "always-random"): Walk {
  let last = 0;
  return {
    kind: "walk",
    name: "freebsd",
    propose({ low, high, now }: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 0) return false;
      const random = low !== high && (stopsWhenBusy === "always-random" || !tick.stopped(now));
      const from = random ? low + chance.below(high - low) : last;
      order.around(from < low || from >= high ? low : from + 1, low, high);
      return true;
    },
    settle({ now }: Wish, taken: number | undefined): void {
      if (taken !== undefined) last = taken;
      tick.count(now);
    },
  };
}

/** ipport_tick, which runs once a second. */
export interface PortTick {
  stopped(now: number): boolean;
  count(now: number): void;
}

export function portTick(): PortTick {
  let second = 0;
  let choices = 0;
  let stopFor = 0;
  const advance = (now: number): void => {
    const seconds = Math.floor(now / 1000) - second;
    if (seconds <= 0) return;
    second += seconds;
    stopFor = choices > randomCps ? randomTime : Math.max(0, stopFor - 1);
    stopFor = Math.max(0, stopFor - (seconds - 1));
    choices = 0;
  };
  return {
    stopped(now: number): boolean {
      advance(now);
      return stopFor > 0;
    },
    count(now: number): void {
      advance(now);
      choices++;
    },
  };
}
