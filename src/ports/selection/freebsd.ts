/**
 * FreeBSD from 5 on (in_pcb_lport_dest, sys/netinet/in_pcb.c): one past a random port, upward and around. Up to 13, TCP falls
 * back to its counter for a while when more than ten ports were asked for within a second (ipport_tick,
 * portrange.randomcps and .randomtime). Without portrange.randomized all begin one past the last port.
 */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { Memory, Order, Walk } from "../selection.ts";
import { type BusyRule, usualBusyRule } from "../settings/algorithm-settings.ts";
import { type BandCursors, bandCursors, upwardFrom } from "./band-cursors.ts";

/** What keeps count of choices, and whom it stops: `tick` is undefined from FreeBSD 14 on. */
export interface FreebsdRules {
  readonly tick: PortTick | undefined;
  readonly stopsWhenBusy: boolean;
  /** portrange.randomized, which is set where this is left out. */
  readonly start?: "random" | "after-last";
}

/** FreeBSD 14 and later: a random start always. */
export const alwaysRandom: FreebsdRules = { tick: undefined, stopsWhenBusy: false };

/** `last` is one for each pcbinfo, whatever {@link FreebsdRules.start}. */
export function freebsd(
  { tick, stopsWhenBusy, start = "random" }: FreebsdRules,
  last: BandCursors = bandCursors(),
): Walk {
  let end = 0;
  return {
    kind: "walk",
    name: start === "random" ? "freebsd" : "freebsd-sequential",
    cursors: last,
    ...(tick === undefined ? {} : { memory: tick }),
    propose(wish: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 0) return false;
      const { low, high, band, now, busy } = wish;
      const stopped = start === "after-last" || (stopsWhenBusy && tick?.stopped(now, busy) === true);
      upwardFrom(stopped || low === high ? last[band] : low + chance.below(high - low), wish, order);
      end = order.end!;
      return true;
    },
    settle({ band, now, busy }: Wish, taken: number | undefined): void {
      last[band] = taken ?? end;
      tick?.count(now, busy);
    },
  };
}

/** ipport_tick, which runs once a second. */
export interface PortTick extends Memory {
  stopped(now: number, rule?: BusyRule): boolean;
  count(now: number, rule?: BusyRule): void;
}

export function portTick(): PortTick {
  let second = 0;
  let choices = 0;
  let stopFor = 0;
  const advance = (now: number, rule: BusyRule): void => {
    const seconds = Math.floor(now / 1000) - second;
    if (seconds <= 0) return;
    second += seconds;
    stopFor = choices > rule.choices ? rule.seconds : Math.max(0, stopFor - 1);
    stopFor = Math.max(0, stopFor - (seconds - 1));
    choices = 0;
  };
  return {
    save: () => ({ second, choices, stopFor }),
    restore: (saved) => {
      second = saved["second"] ?? 0;
      choices = saved["choices"] ?? 0;
      stopFor = saved["stopFor"] ?? 0;
    },
    stopped(now: number, rule: BusyRule = usualBusyRule): boolean {
      advance(now, rule);
      return stopFor > 0;
    },
    count(now: number, rule: BusyRule = usualBusyRule): void {
      advance(now, rule);
      choices++;
    },
  };
}
