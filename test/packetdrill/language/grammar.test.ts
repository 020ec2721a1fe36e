import { expect, test } from "vitest";
// @ts-expect-error: a plain script, without types
import { stale } from "../../../scripts/grammar.mjs";

test("the generated parser is the one of grammar.peggy (npm run grammar makes it)", () => {
  expect(stale()).toBe(false);
});
