/**
 * Linux's connect(2) (__inet_hash_connect, net/ipv4/inet_hashtables.c): Algorithm 4 of RFC 6056 with one 64-bit hash for F and G,
 * 65,536 counters, a new start every ten seconds, and ports of the range's own parity first.
 */
import type { Random } from "../../../base/random.ts";
import { greatestCommonDivisor } from "../../choice/stride.ts";
import type { Wish } from "../../demultiplexer/flow.ts";
import type { Order, Walk } from "../../selection.ts";
import { portHash } from "./hash.ts";
import { addParity, addWholeParity, type OddRange } from "./parity.ts";
import { Perturbation } from "./perturbation.ts";

/** EPHEMERAL_PORT_SHUFFLE_PERIOD, in milliseconds. */
const shufflePeriod = 10_000;
/** The table moves on by up to this many steps more than it must. */
const maximumSkip = 8;

export function linuxConnect(
  random: Random,
  table: Perturbation = new Perturbation(random.fork("perturbation")),
  oddRange: OddRange = "as coded",
): Walk {
  const hash = portHash(random.fork("port hash").bytes(new Uint8Array(16)));
  let index = 0;
  let pace = 1;
  return {
    kind: "walk",
    name: "linux-connect",
    memory: table,
    propose(wish: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 1 || (pass === 1 && wish.ownRange)) return false;
      const h = hash(wish.local, wish.remote!, wish.remotePort, Math.floor(wish.now / shufflePeriod) | 0);
      index = h.low & 0xffff;
      const step = wish.ownRange ? 1 : 2;
      let remaining = wish.high + 1 - wish.low;
      if (step === 2 && remaining > 1 && oddRange === "as coded") remaining &= ~1;
      let offset = ((table.at(index) + h.high) >>> 0) % remaining;
      if (step === 2) {
        if (pass === 1 && remaining === 1) return false;
        offset = (offset & ~1) + pass;
      }
      const whole = step === 2 && oddRange === "as published";
      if (pass === 0 || whole)
        pace = paceOf(wish.stepWidth, Math.ceil((remaining - pass) / step), chance) * step;
      if (whole) addWhole(order, wish, remaining, offset, pace);
      else add(order, wish, { remaining, offset, step, pace });
      return true;
    },
    settle({ ownRange }: Wish, taken: number | undefined, looked: number, chance: Random): void {
      if (taken === undefined) return;
      const step = ownRange ? 1 : 2;
      table.advance(index, Math.max((looked - 1) * step, chance.below(maximumSkip) * step) + step);
    },
  };
}

interface Loop {
  readonly remaining: number;
  readonly offset: number;
  readonly step: number;
  readonly pace: number;
}

function add(order: Order, { low, high }: Wish, { remaining, offset, step, pace }: Loop): void {
  if (pace > step) {
    const count = Math.ceil(remaining / step);
    order.stride = { count, start: low + offset, pace, unit: step, low, high, span: remaining };
  } else addParity(order, low, high + 1, remaining, offset, step);
}

/** Every port of one parity. Where the range is odd, its last even offset has no odd one beside it. */
function addWhole(order: Order, { low, high }: Wish, size: number, offset: number, pace: number): void {
  const parity = offset & 1;
  const from = offset >= size ? 1 : offset;
  if (pace > 2) {
    const count = Math.ceil((size - parity) / 2);
    const first = low + parity;
    order.stride = { count, start: low + from, pace, unit: 2, low: first, high, span: 2 * count };
  } else addWholeParity(order, low, high, from);
}

/**
 * ip_local_port_step_width, as its manual has it: by how many candidates to go on from one that is taken, up to `width` and
 * without a common divisor with their number, so that the walk meets them all; 1 where there is none such.
 */
function paceOf(width: number, count: number, chance: Random): number {
  const most = Math.min(width, count);
  if (most === 0) return 1;
  for (let pace = chance.below(most) + 1; pace <= most; pace++)
    if (greatestCommonDivisor(pace, count) === 1) return pace;
  return 1;
}
