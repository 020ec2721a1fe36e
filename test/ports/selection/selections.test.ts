import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { Chooser, type Field } from "../../../src/ports/choice/chooser.ts";
import type { Wish } from "../../../src/ports/demultiplexer/flow.ts";
import { PortBitmap } from "../../../src/ports/table/bitmap.ts";
import { textbooks } from "./textbooks.ts";
import { userspaceTextbooks } from "./textbooks-userspace.ts";

/** Ports taken for certain, for the bitmaps; ports taken by inspection; ports taken but to be shared when all else fails. */
interface Taken {
  readonly certain: PortBitmap;
  readonly inspected: ReadonlySet<number>;
  readonly shareable: ReadonlySet<number>;
}

class TestField implements Field {
  readonly sets: readonly PortBitmap[];
  readonly setCount = 1;
  readonly #taken: Taken;
  #pass: "strict" | "relaxed" = "strict";

  constructor(taken: Taken) {
    this.sets = [taken.certain];
    this.#taken = taken;
  }

  begin(pass: "strict" | "relaxed"): void {
    this.#pass = pass;
  }

  suits(port: number): boolean {
    return suitsNaively(this.#taken, port, this.#pass);
  }
}

function suitsNaively(
  { certain, inspected, shareable }: Taken,
  port: number,
  pass: "strict" | "relaxed",
): boolean {
  if (certain.has(port) || inspected.has(port)) return false;
  return pass === "relaxed" || !shareable.has(port);
}

const remotes = ["198.51.100.7", "203.0.113.9", "192.0.2.200"].map(address);

/** A range, a few wishes in it, and how full it is: from empty to one port left, or none. */
const scenario = fc
  .record({
    low: fc.integer({ min: 1, max: 65000 }),
    size: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 600 })),
    seed: fc.integer(),
    left: fc.constantFrom(0, 1, 2, 7, 10_000),
    wishes: fc.array(
      fc.record({
        remote: fc.nat(2),
        remotePort: fc.constantFrom(80, 443),
        band: fc.constantFrom("default", "default", "high", "low"),
        ownRange: fc.boolean(),
        reuseAddress: fc.boolean(),
        mayRelax: fc.boolean(),
        stepWidth: fc.constantFrom(0, 0, 1, 2, 7, 100, 70_000),
        elapsed: fc.constantFrom(0, 0, 1500, 10_000),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  })
  .map(({ low, size, ...rest }) => ({ low, high: Math.min(65535, low + size - 1), ...rest }));

/** All ports but `left` are taken, each in one of three ways. */
function takenBut(left: number, low: number, high: number, seed: number): Taken {
  const random = seededRandom(seed);
  const ports = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  for (let i = 0; i < Math.min(left, ports.length); i++) ports.splice(random.below(ports.length), 1);
  const certain = new PortBitmap();
  const inspected = new Set<number>();
  const shareable = new Set<number>();
  for (const port of ports) {
    const way = random.below(4);
    if (way < 2) certain.add(port);
    else (way === 2 ? inspected : shareable).add(port);
  }
  return { certain, inspected, shareable };
}

describe("the port found along bitmaps is the one a scan ends at", () => {
  for (const { name, selection: make, scan: makeScan } of [...textbooks, ...userspaceTextbooks])
    test(`${name}`, () => {
      fc.assert(
        fc.property(scenario, ({ low, high, seed, left, wishes }) => {
          const selection = make(seededRandom(seed));
          const scan = makeScan(seededRandom(seed));
          const [chance, sameChance] = [seededRandom(seed + 1), seededRandom(seed + 1)];
          const chooser = new Chooser();
          let now = 0;
          for (const [turn, one] of wishes.entries()) {
            now += one.elapsed;
            const wish: Wish = {
              ...one,
              protocol: "tcp",
              local: address("192.0.2.1"),
              remote: remotes[one.remote]!,
              low,
              high,
              now,
            };
            const taken = takenBut(left, low, high, seed + turn);
            let asked = 0;
            const expected = scan(
              wish,
              (port, pass) => {
                asked++;
                return suitsNaively(taken, port, pass);
              },
              sameChance,
            );
            expect(chooser.choose(selection, wish, new TestField(taken), chance)).toBe(expected);
            if (!name.startsWith("linux-udp")) expect(chooser.looked).toBe(asked);
          }
        }),
        { numRuns: 150 },
      );
    });
});
