/** Results of conformance suites as a table, with what failed and why below it. */
import type { CaseResult } from "../../conform/run.ts";
import type { Output } from "../terminal.ts";

export function conformSummary(results: readonly CaseResult[], out: Output): string {
  return [table(results, out), failures(results, out), skipped(results), verdict(results, out)]
    .filter((part) => part !== "")
    .join("\n");
}

type Counts = Record<CaseResult["result"], number>;

function countsOf(results: readonly CaseResult[]): Counts {
  const counts: Counts = { pass: 0, fail: 0, skip: 0 };
  for (const { result } of results) counts[result]++;
  return counts;
}

function table(results: readonly CaseResult[], { colours }: Output): string {
  const suites = [...new Set(results.map(({ suite }) => suite))];
  const lines = suites.map((suite) => {
    const { pass, fail, skip } = countsOf(results.filter((one) => one.suite === suite));
    const failed = cell(fail);
    return `${cell(pass)}${fail > 0 ? colours.red(failed) : failed}${cell(skip)}  ${suite}`;
  });
  return `${colours.bold("  pass  fail  skip  suite")}\n${lines.join("\n")}\n`;
}

function cell(count: number): string {
  return (count === 0 ? "-" : String(count)).padStart(6);
}

function failures(results: readonly CaseResult[], { colours }: Output): string {
  return results
    .filter(({ result }) => result === "fail")
    .map(({ suite, name, why = "" }) => `${colours.red("FAIL")}  ${suite}: ${name}\n      ${why}\n`)
    .join("");
}

/** Reasons, each once. */
function skipped(results: readonly CaseResult[]): string {
  const reasons = new Map<string, number>();
  for (const { result, why = "" } of results)
    if (result === "skip") reasons.set(why, (reasons.get(why) ?? 0) + 1);
  return [...reasons].map(([why, count]) => `skipped ${count}: ${why}\n`).join("");
}

function verdict(results: readonly CaseResult[], { colours }: Output): string {
  const { pass, fail, skip } = countsOf(results);
  const words = `${pass} passed, ${fail} failed, ${skip} skipped`;
  return `${fail > 0 ? colours.red(words) : colours.green(words)}\n`;
}
