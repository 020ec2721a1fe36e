import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { toHex } from "../../src/base/text.ts";

const draw = (seed: number | string | Uint8Array, count = 8) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.uint32());
};

describe("seeded random", () => {
  test("is the same for the same seed, and another for any other", () => {
    const seeds = [
      0,
      1,
      -1,
      0.5,
      "0",
      "1",
      "",
      "number 1",
      Uint8Array.of(0),
      Uint8Array.of(0, 0),
      new Uint8Array(0),
    ];
    const streams = seeds.map((seed) => draw(seed).join());
    expect(new Set(streams).size).toBe(seeds.length);
    expect(seeds.map((seed) => draw(seed).join())).toEqual(streams);
  });

  test("never changes: recorded runs must replay", () => {
    expect(draw(1, 4)).toEqual([1118525840, 2424183504, 3171465049, 2021144218]);
    expect(toHex(seededRandom("harbor").fork("ports").bytes(new Uint8Array(9)))).toBe("ca4e8c69708dab544d");
  });

  test("forks depend on the seed and the name, not on what was drawn", () => {
    const fresh = seededRandom(7);
    const worn = seededRandom(7);
    for (let i = 0; i < 100; i++) worn.uint32();
    const streams = ["a", "b", ""].map((name) => {
      const fork = fresh.fork(name);
      const same = worn.fork(name);
      const drawn = Array.from({ length: 6 }, () => fork.uint32());
      expect(Array.from({ length: 6 }, () => same.uint32())).toEqual(drawn);
      return drawn.join();
    });
    streams.push(
      draw(7, 6).join(),
      Array.from({ length: 6 }, (_, i) => fresh.fork("a").fork(`${i}`).uint32()).join(),
    );
    expect(new Set(streams).size).toBe(5);
  });

  test("below stays below, and reaches everything", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.nat(), (bound, seed) => {
        const drawn = seededRandom(seed).below(bound);
        expect(drawn >= 0 && drawn < bound && Number.isInteger(drawn)).toBe(true);
      }),
    );
    const random = seededRandom(3);
    const seen = new Uint32Array(7);
    for (let i = 0; i < 7000; i++) seen[random.below(7)]!++;
    for (const count of seen) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(random.below(1)).toBe(0);
  });

  test("below is unbiased where a remainder would favour the low third", () => {
    const random = seededRandom("bias");
    let low = 0;
    for (let i = 0; i < 30_000; i++) if (random.below(3 * 2 ** 30) < 2 ** 30) low++;
    expect(Math.abs(low - 10_000)).toBeLessThan(400);
  });

  test("refuses bounds that are none", () => {
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN])
      expect(() => seededRandom(1).below(bound)).toThrow(RangeError);
  });

  test("every bit and every byte is as often set as not", () => {
    const random = seededRandom("bits");
    const counts = new Uint32Array(32);
    for (let i = 0; i < 20_000; i++) {
      const drawn = random.uint32();
      for (let bit = 0; bit < 32; bit++) if ((drawn >>> bit) & 1) counts[bit]!++;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    const histogram = new Uint32Array(256);
    for (const byte of random.bytes(new Uint8Array(256_001))) histogram[byte]!++;
    const chiSquare = histogram.reduce((total, count) => total + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeGreaterThan(170);
    expect(chiSquare).toBeLessThan(350);
  });
});
