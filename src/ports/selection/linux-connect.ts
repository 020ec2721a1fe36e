/**
 * Linux's connect(2) (__inet_hash_connect, net/ipv4/inet_hashtables.c): Algorithm 4 of RFC 6056 with one 64-bit hash for F and G,
 * 65,536 counters, a new start every ten seconds, and ports of the range's own parity first.
 */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../flow.ts";
import type { Order, Walk } from "../selection.ts";
import { portHash } from "./linux-hash.ts";
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
  return {
    kind: "walk",
    name: "linux-connect",
    memory: table,
    propose(wish: Wish, pass: number, order: Order): boolean {
      if (pass > 1 || (pass === 1 && wish.ownRange)) return false;
      const h = hash(wish.local, wish.remote!, wish.remotePort, Math.floor(wish.now / shufflePeriod) | 0);
      index = h.low & 0xffff;
      const end = wish.high + 1;
      const step = wish.ownRange ? 1 : 2;
      let remaining = end - wish.low;
      if (step === 2 && remaining > 1 && oddRange === "as coded") remaining &= ~1;
      let offset = ((table.at(index) + h.high) >>> 0) % remaining;
      if (step === 2) {
        if (pass === 1 && remaining === 1) return false;
        offset = (offset & ~1) + pass;
      }
      if (step === 2 && oddRange === "as published") {
        // The last port's pair lies beyond an odd range.
        if (offset >= remaining) offset = 1;
        addWholeParity(order, wish.low, wish.high, offset);
      } else addParity(order, wish.low, end, remaining, offset, step);
      return true;
    },
    settle({ ownRange }: Wish, taken: number | undefined, looked: number, chance: Random): void {
      if (taken === undefined) return;
      const step = ownRange ? 1 : 2;
      table.advance(index, Math.max((looked - 1) * step, chance.below(maximumSkip) * step) + step);
    },
  };
}
