/** Reports as JUnit's XML, which every continuous integration reads: a test case a run, a test suite a folder. */
import { dirname } from "node:path";
import type { ScriptReport } from "./job.ts";

export function junitText(reports: readonly ScriptReport[]): string {
  const suites = new Map<string, ScriptReport[]>();
  for (const report of reports) {
    const folder = dirname(report.file);
    const known = suites.get(folder);
    if (known === undefined) suites.set(folder, [report]);
    else known.push(report);
  }
  const body = [...suites].map(([folder, cases]) => suiteText(folder, cases)).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${totals(reports)}>\n${body}</testsuites>\n`;
}

function suiteText(folder: string, cases: readonly ScriptReport[]): string {
  return `  <testsuite name="${escaped(folder)}" ${totals(cases)}>\n${cases.map(caseText).join("")}  </testsuite>\n`;
}

function totals(reports: readonly ScriptReport[]): string {
  const count = (result: ScriptReport["result"]): number =>
    reports.filter((one) => one.result === result).length;
  const time = reports.reduce((sum, { realMilliseconds }) => sum + realMilliseconds, 0);
  return `tests="${reports.length}" failures="${count("fail")}" errors="${count("error")}" skipped="${count("unsupported")}" time="${seconds(time)}"`;
}

const elements = { fail: "failure", error: "error", unsupported: "skipped" } as const;

function caseText({ file, family, result, line, message, realMilliseconds, ...rest }: ScriptReport): string {
  const head = `    <testcase classname="${escaped(dirname(file))}" name="${escaped(`${file} (${family})`)}" file="${escaped(file)}" time="${seconds(realMilliseconds)}"`;
  if (result === "pass") return `${head}/>\n`;
  const element = elements[result];
  const said = escaped(line > 0 ? `line ${line}: ${message}` : message).replaceAll("\n", "&#10;");
  const attribute = `message="${said}"`;
  const detail = [...rest.errors, expectation("expected", rest.expected), expectation("actual", rest.actual)];
  const text = [...detail, ...rest.packets].filter((one) => one !== "").join("\n");
  return `${head}>\n      <${element} ${attribute}>${escaped(text)}</${element}>\n    </testcase>\n`;
}

function expectation(what: string, packet: string | undefined): string {
  return packet === undefined ? "" : `${what}: ${packet}`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(6);
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** XML 1.0 has no other control characters than these. */
function escaped(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML has no place for
      .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]/gu, "\ufffd")
      .replace(/[&<>"]/g, (character) => entities[character]!)
  );
}
