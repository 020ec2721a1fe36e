/** The order in which each of NetBSD's algorithms looks at a small range, written out. */
import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { type Random, seededRandom } from "../../../src/base/random.ts";
import type { Wish } from "../../../src/ports/demultiplexer/flow.ts";
import { netbsdBsd } from "../../../src/ports/selection/netbsd.ts";
import {
  newIncrements,
  randinc,
  randomPick,
  randomStart,
  started,
} from "../../../src/ports/selection/netbsd-random.ts";
import { type Draw, Order, type Walk } from "../../../src/ports/selection.ts";

const wish: Wish = {
  ...{ protocol: "tcp", local: address("192.0.2.1"), remote: undefined, remotePort: 0, low: 10, high: 15 },
  ...{ ownRange: false, band: "default", reuseAddress: false, mayRelax: false, stepWidth: 0, now: 0 },
};

/** Draws these in turn, and then the last again and again. */
function drawing(...numbers: readonly number[]): Random {
  let drawn = 0;
  const next = (): number => numbers[Math.min(drawn++, numbers.length - 1)]!;
  return { ...seededRandom(1), below: (bound) => next() % bound };
}

function looksAt(selection: Walk | Draw, chance: Random): number[] {
  if (selection.kind === "draw") {
    const { tries, next, keep } = selection.draw(wish, chance);
    const ports = Array.from({ length: tries }, next);
    keep();
    return ports;
  }
  const order = new Order();
  const ports: number[] = [];
  for (let pass = 0; selection.propose(wish, pass, order, chance); pass++, order.clear())
    for (let run = 0; run < order.length; run++) {
      const [from, to, step] = [order.from[run]!, order.to[run]!, order.step[run]!];
      for (let port = from; step > 0 ? port <= to : port >= to; port += step) ports.push(port);
    }
  return ports;
}

describe("NetBSD looks", () => {
  test("bsd: down and around from one below the last", () => {
    const selection = netbsdBsd({ default: 13, high: 0, low: 0 });
    expect(looksAt(selection, drawing(0))).toEqual([12, 11, 10, 15, 14, 13]);
  });

  test("random_start: up and around from a random port", () => {
    expect(looksAt(randomStart(), drawing(3))).toEqual([13, 14, 15, 10, 11, 12]);
    expect(looksAt(randomStart(), drawing(0))).toEqual([10, 11, 12, 13, 14, 15]);
  });

  test("random_pick: at a random port as often as there are ports, and at last at the one below bsd's last", () => {
    const chance = (): Random => drawing(3, 3, 0, 5, 1, 2);
    const below = (last: number): number[] =>
      looksAt(randomPick({ default: last, high: 12, low: 12 }), chance());
    expect(below(15)).toEqual([13, 13, 10, 15, 11, 12, 14]);
    // Where that lies outside the range there is nothing to fall back to. Before the first choice it is 65535.
    expect(below(10)).toEqual([13, 13, 10, 15, 11, 12]);
    expect(below(0)).toEqual([13, 13, 10, 15, 11, 12]);
  });

  test("randinc: onward by 1 to 500 from a counter of 16 bits, and at last at the one below bsd's last", () => {
    const cursors = { next: 65_530 };
    const selection = randinc(cursors, { default: 12, high: 0, low: 0 });
    // 65531, 65533, 497 (65533 + 500 - 65536), 498, 499, 500: modulo 6
    expect(looksAt(selection, drawing(0, 1, 499, 0, 0, 0))).toEqual([15, 11, 15, 10, 11, 12, 11]);
    expect(cursors.next).toBe(500);
  });

  test("randinc: begins at random, once for all protocols", () => {
    const cursors = started(newIncrements(), drawing(777));
    expect(cursors.next).toBe(777);
    expect(started(cursors, drawing(5)).next).toBe(777);
  });
});
