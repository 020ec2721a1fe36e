/** Results as JUnit's XML: a suite for each of ours, as build servers read it. */
import type { TimedResult } from "../actions/conform-ports.ts";

export function junitText(results: readonly TimedResult[]): string {
  const suites = new Map<string, TimedResult[]>();
  for (const one of results) suites.set(one.suite, [...(suites.get(one.suite) ?? []), one]);
  const body = [...suites].map(([name, own]) => suiteText(name, own)).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="harbormaster conform ports"${counts(results)}>\n${body}</testsuites>\n`;
}

function suiteText(name: string, results: readonly TimedResult[]): string {
  const cases = results.map(caseText).join("");
  return `  <testsuite name="${escaped(name)}"${counts(results)}>\n${cases}  </testsuite>\n`;
}

function caseText({ suite, name, result, why = "", took }: TimedResult): string {
  const head = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}" time="${seconds(took)}"`;
  if (result === "pass") return `${head}/>\n`;
  const end =
    result === "skip" ? `<skipped message="${escaped(why)}"/>` : `<failure message="${escaped(why)}"/>`;
  return `${head}>\n      ${end}\n    </testcase>\n`;
}

function counts(results: readonly TimedResult[]): string {
  const count = (result: string): number => results.filter((one) => one.result === result).length;
  const time = results.reduce((sum, { took }) => sum + took, 0);
  const numbers = `tests="${results.length}" failures="${count("fail")}" errors="0" skipped="${count("skip")}"`;
  return ` ${numbers} time="${seconds(time)}"`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\t": "&#9;",
  "\r": "&#13;",
};

/** For an attribute. Characters that XML 1.0 cannot hold at all (section 2.2) become U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"\n\t\r]/g, (character) => entities[character]!);
}
