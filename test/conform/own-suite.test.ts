/** The suite that comes with the package. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runSuites } from "../../src/conform/run.ts";
import { selfBench } from "../../src/conform/self.ts";
import { readVectors } from "../../src/conform/vectors.ts";
import { profileNamed } from "../../src/ports/profiles/register/registry.ts";

const suite = new URL("../../src/conform/suite/ports.json", import.meta.url);
const vectors = readVectors(JSON.parse(readFileSync(suite, "utf8")));
const names = vectors.suites.flatMap(({ cases }) => cases.map(({ name }) => name));

describe("the suite of port behaviour", () => {
  test("numbers its cases, each once", () => {
    const numbers = names.map((name) => /^ports-\d{3} /.exec(name)?.[0]);
    expect(numbers).not.toContain(undefined);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test("passes as a whole, with the profile each of its suites is about", { timeout: 60_000 }, () => {
    const others = [...runSuites(vectors, { bench: selfBench() })].filter(({ result }) => result !== "pass");
    expect(others).toEqual([]);
  });

  test("leaves nothing to luck: four other seeds, each tried once", { timeout: 120_000 }, () => {
    for (let seed = 0; seed < 4; seed++) {
      const options = { bench: selfBench(), seed: `again ${seed}`, tries: 1 };
      expect([...runSuites(vectors, options)].filter(({ result }) => result !== "pass")).toEqual([]);
    }
  });
});

describe("what other systems fail, and nothing is excused", () => {
  function failures(profile: string): string[] {
    const results = [...runSuites(vectors, { bench: selfBench(profileNamed(profile)) })];
    return results.filter(({ result }) => result === "fail").map(({ name }) => name.slice(6, 9));
  }

  test("lwIP never gives out the last port; as published it does", () => {
    expect(failures("lwip")).toEqual(expect.arrayContaining(["007", "009", "020", "101", "102"]));
    expect(failures("lwip-as-published")).toEqual([]);
  });

  test("FreeBSD, OpenBSD, Windows, gVisor and usrsctp fail none", { timeout: 120_000 }, () => {
    for (const profile of ["freebsd-13", "openbsd", "windows", "gvisor", "usrsctp"])
      expect([profile, ...failures(profile)]).toEqual([profile]);
  });
});
