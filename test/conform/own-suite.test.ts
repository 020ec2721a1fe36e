/** The suite that comes with the package. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runSuites } from "../../src/conform/run.ts";
import { selfBench } from "../../src/conform/self.ts";
import { readVectors } from "../../src/conform/vectors.ts";

const suite = new URL("../../src/conform/suite/ports.json", import.meta.url);
const vectors = readVectors(JSON.parse(readFileSync(suite, "utf8")));
const names = vectors.suites.flatMap(({ cases }) => cases.map(({ name }) => name));

describe("the suite of port behaviour", () => {
  test("numbers its cases, each once", () => {
    const numbers = names.map((name) => /^ports-\d{3} /.exec(name)?.[0]);
    expect(numbers).not.toContain(undefined);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test("passes as a whole, with the profile each of its suites is about", () => {
    const others = [...runSuites(vectors, { bench: selfBench() })].filter(({ result }) => result !== "pass");
    expect(others).toEqual([]);
  });

  test("leaves nothing to luck: ten other seeds, each tried once", { timeout: 60_000 }, () => {
    for (let seed = 0; seed < 10; seed++) {
      const options = { bench: selfBench(), seed: `again ${seed}`, tries: 1 };
      expect([...runSuites(vectors, options)].filter(({ result }) => result !== "pass")).toEqual([]);
    }
  });
});
