/** What docs/conform-ports.md says of the suite: its cases, how many there are, and who fails which. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runSuites } from "../../src/conform/run.ts";
import { selfBench } from "../../src/conform/self.ts";
import { readVectors } from "../../src/conform/vectors.ts";
import { profileNamed } from "../../src/ports/profiles/register/registry.ts";

const suite = new URL("../../src/conform/suite/ports.json", import.meta.url);
const vectors = readVectors(JSON.parse(readFileSync(suite, "utf8")));
const text = readFileSync(new URL("../../docs/conform-ports.md", import.meta.url), "utf8");
const changes = readFileSync(new URL("../../CHANGELOG.md", import.meta.url), "utf8");

/** The cells of a table's rows, from the one that `heading` begins on. */
function rowsUnder(heading: string): string[][] {
  const [, table = ""] = text.split(`${heading}\n`);
  const lines = table.slice(0, table.indexOf("\n\n")).split("\n").slice(1);
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Of `115 to 122, 126`; `those` are the numbers of the row before. */
function numbersIn(cell: string, those: readonly number[]): number[] {
  const ranges = [...cell.matchAll(/(\d{3})(?: to (\d{3}))?/g)].flatMap(([, from, to = from]) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i),
  );
  return [...(cell.startsWith("those") ? those : []), ...ranges].sort((a, b) => a - b);
}

function failures(profile: string): number[] {
  const results = [...runSuites(vectors, { bench: selfBench(profileNamed(profile)) })];
  return results.filter(({ result }) => result === "fail").map(({ name }) => Number(name.slice(6, 9)));
}

function sizeOf(suites: typeof vectors.suites): number {
  return suites.reduce((sum, { cases }) => sum + cases.length, 0);
}

test("each suite's first and last case", () => {
  const told = rowsUnder("| suite | about | cases |").map(([id, , cases]) => [id, cases]);
  const there = vectors.suites.map(({ id, cases }) => {
    const numbers = cases.map(({ name }) => name.slice(6, 9)).sort();
    return [`\`${id}\``, `ports-${numbers[0]} to ${numbers.at(-1)}`];
  });
  expect(told).toEqual(there);
});

test("how many there are, and how many Linux can be asked", () => {
  const all = sizeOf(vectors.suites);
  const ofLinux = vectors.suites.filter(({ models }) => models.some((model) => /^(any|linux)/.test(model)));
  const asked = sizeOf(ofLinux);
  expect(text).toContain(`All ${all} pass on hosts of ours`);
  expect(text).toContain(`the ${asked} that Linux can be asked pass on Linux 6.18 too`);
  expect(changes).toContain(`\`harbormaster conform ports\`: ${all} cases`);
});

describe("who fails what", () => {
  const rows = rowsUnder("| profile | fails | because |");
  let those: number[] = [];
  const claims = rows.flatMap(([profiles = "", fails = ""]) => {
    those = numbersIn(fails, those);
    const claim = { fails, numbers: those };
    return [...profiles.matchAll(/`([^`]+)`/g)].map(([, profile]) => ({ profile: profile!, ...claim }));
  });

  test.each(claims)("$profile: $fails", { timeout: 60_000 }, ({ profile, fails, numbers }) => {
    const failed = failures(profile);
    expect(failed.length).toBeGreaterThan(0);
    if (/now and then/.test(fails)) expect(numbers).toEqual(expect.arrayContaining(failed));
    else if (/what/.test(fails) || profile === "tcpip.js")
      expect(failed).toEqual(expect.arrayContaining(numbers));
    else expect(failed).toEqual(numbers);
  });
});
