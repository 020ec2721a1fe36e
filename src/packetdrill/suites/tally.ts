/** How many scripts of each suite and category a stack passes, as a table that is kept and compared. */
import type { Category, Known } from "./baseline.ts";
import type { Measured } from "./measure.ts";

export interface Count {
  readonly suite: string;
  readonly category: Category;
  /** That some real stack passes. */
  readonly scripts: number;
  readonly passed: number;
  /** Not judged: they ask for something we do not have. */
  readonly unsupported: number;
}

/** A proven script and how it went. */
export interface Judged {
  readonly suite: string;
  readonly known: Known;
  readonly measured: Measured;
}

const categories: readonly Category[] = ["generic", "os-api", "linux-internal"];

/** One count for each suite and category that has scripts: suites in the order they come in, the most general first. */
export function tally(judged: readonly Judged[]): Count[] {
  const names = [...new Set(judged.map(({ suite }) => suite))];
  return names.flatMap((suite) =>
    categories.flatMap((category) => {
      const group = judged.filter((one) => one.suite === suite && one.known.category === category);
      return group.length === 0 ? [] : [countOf(suite, category, group)];
    }),
  );
}

function countOf(suite: string, category: Category, group: readonly Judged[]): Count {
  return {
    ...{ suite, category, scripts: group.length },
    passed: group.filter(({ measured }) => measured.passed).length,
    unsupported: group.filter(({ measured }) => !measured.passed && isUnsupported(measured)).length,
  };
}

function isUnsupported({ runs }: Measured): boolean {
  return runs.some(({ result }) => result === "unsupported");
}

/** The counts as a table of Markdown, with their sum. */
export function printCounts(counts: readonly Count[]): string {
  const sum = (of: (count: Count) => number): number => counts.reduce((total, count) => total + of(count), 0);
  const rows = counts.map((count) => row(count.suite, count.category, count));
  const all = {
    scripts: sum(({ scripts }) => scripts),
    passed: sum(({ passed }) => passed),
    unsupported: sum(({ unsupported }) => unsupported),
  };
  const head = [
    "| suite | category | scripts | passed | unsupported |",
    "| --- | --- | ---: | ---: | ---: |",
  ];
  return [...head, ...rows, row("**all**", "", all)].join("\n");
}

function row(
  suite: string,
  category: string,
  { scripts, passed, unsupported }: Pick<Count, "scripts" | "passed" | "unsupported">,
): string {
  return `| ${suite} | ${category} | ${scripts} | ${passed} | ${unsupported} |`;
}

/** The counts of a table that {@link printCounts} wrote; other lines are passed over. */
export function readCounts(text: string): Count[] {
  const pattern = /^\| ([^|*]+) \| (generic|os-api|linux-internal) \| (\d+) \| (\d+) \| (\d+) \|$/gm;
  return [...text.matchAll(pattern)].map(([, suite, category, scripts, passed, unsupported]) => ({
    ...{ suite: suite!, category: category as Category },
    ...{ scripts: Number(scripts), passed: Number(passed), unsupported: Number(unsupported) },
  }));
}

/** What passes less now than it did: a sentence for each count that fell. */
export function fallen(before: readonly Count[], now: readonly Count[]): string[] {
  return before.flatMap(({ suite, category, scripts, passed }) => {
    const found = now.find((count) => count.suite === suite && count.category === category);
    if (found !== undefined && found.passed >= Math.min(passed, found.scripts)) return [];
    const of = `${suite}, ${category}`;
    return [
      found === undefined
        ? `${of}: none of ${scripts} scripts was run`
        : `${of}: ${found.passed} passed, it was ${passed}`,
    ];
  });
}
