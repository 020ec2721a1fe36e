import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { toHex } from "../../src/base/text.ts";
import { corpus } from "./corpus.ts";
import { Mutator } from "./mutate.ts";
import { problemOf } from "./well-formed.ts";

const originals = corpus("ip");

function mutants(seed: string, count: number): Uint8Array[] {
  const mutator = new Mutator(seededRandom(seed));
  const pick = () => originals[mutator.below(originals.length)]!;
  return Array.from({ length: count }, () => {
    mutator.mutate(pick(), pick(), "ip");
    return mutator.bytes.slice(0, mutator.length);
  });
}

describe("mutants", () => {
  test("are the same for the same seed, and others for another", () => {
    const of = (seed: string) => mutants(seed, 50).map((each) => toHex(each));
    expect(of("one")).toEqual(of("one"));
    expect(of("one")).not.toEqual(of("two"));
  });

  test("are wrong in every layer, and many of them get as far as the last", () => {
    const problems = mutants("depth", 5000).map((each) => problemOf("ip", each, 0, each.length) ?? "none");
    const share = (pattern: RegExp) => problems.filter((each) => pattern.test(each)).length / problems.length;
    expect(share(/^none$/)).toBeGreaterThan(0.2);
    expect(share(/^IPv4/)).toBeGreaterThan(0.1);
    expect(share(/^IPv6/)).toBeGreaterThan(0.05);
    expect(share(/bad-checksum$/)).toBeGreaterThan(0.1);
    expect(share(/^(1|6|17|58) (?!bad-checksum)/)).toBeGreaterThan(0.01);
  });
});
