import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { parsers } from "../support/parsers.ts";

/** `input` in the middle of a buffer of `filler`, parsed there. */
function parseAmid(
  parse: (bytes: Uint8Array, start: number, end: number) => unknown,
  input: Uint8Array,
  filler: number,
): unknown {
  const bytes = new Uint8Array(input.length + 64).fill(filler);
  bytes.set(input, 32);
  const result = parse(bytes, 32, 32 + input.length);
  // Views compare by content; offsets are the same, as both buffers have the same layout.
  return JSON.stringify(result, (_, value) => (value instanceof Uint8Array ? Array.from(value) : value));
}

describe.each(parsers)("$name: hostile bytes", ({ parse, inputs }) => {
  test("random bytes never throw, and nothing outside the range is looked at", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (input) => {
        expect(parseAmid(parse, input, 0)).toBe(parseAmid(parse, input, 0xff));
      }),
      { numRuns: 200 },
    );
  });

  test("mutated packets never throw, and nothing outside the range is looked at", () => {
    const random = seededRandom("mutations");
    for (const input of inputs)
      for (let round = 0; round < 60; round++) {
        const mutant = input.slice(0, random.below(3) === 0 ? random.below(input.length + 1) : input.length);
        for (let changes = random.below(4); changes > 0 && mutant.length > 0; changes--)
          mutant[random.below(mutant.length)] = random.below(256);
        expect(parseAmid(parse, mutant, 0)).toBe(parseAmid(parse, mutant, 0xff));
      }
  });

  test("every shortened packet is handled", () => {
    for (const input of inputs)
      for (let length = 0; length <= input.length; length++)
        expect(() => parse(input, 0, length)).not.toThrow();
    expect(inputs.length).toBeGreaterThan(0);
  });
});
