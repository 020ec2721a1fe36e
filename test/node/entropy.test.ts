import { expect, test } from "vitest";
import { systemRandom } from "../../src/node/entropy.ts";

test("every generator is seeded anew", () => {
  const draws = Array.from({ length: 8 }, () => systemRandom().bytes(new Uint8Array(16)).join());
  expect(new Set(draws).size).toBe(8);
});
