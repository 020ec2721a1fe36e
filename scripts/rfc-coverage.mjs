#!/usr/bin/env node
/**
 * docs/rfc-coverage.md from the names of the tests: every `[RFC 9293 MUST-10]` or `[RFC 768]` in a test's name is a
 * claim that this test holds us to that requirement. `node scripts/rfc-coverage.mjs` rewrites the file.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { titles } from "./rfc-titles.mjs";

const root = resolve(import.meta.dirname, "..");
const target = join(root, "docs/rfc-coverage.md");

/** RFC 9293, section 3.9 and Appendix B: the requirements it numbers. */
const numbered = { 9293: { MUST: 68, SHLD: 27 } };

/** What the document should say now. */
export function render() {
  const claims = collect();
  const rfcs = [...claims.keys()].sort((a, b) => a - b);
  const sections = rfcs.map((rfc) => section(rfc, claims.get(rfc)));
  const tests = new Set([...claims.values()].flatMap((rows) => rows.map((row) => `${row.file}:${row.name}`)));
  return [
    "# RFC coverage",
    "",
    "Generated from the names of the tests by `node scripts/rfc-coverage.mjs`; a test fails when it is out of date.",
    `${tests.size} tests name a requirement of ${rfcs.length} documents. What is not listed has no test of its own.`,
    "",
    "| RFC | Title | Tests |",
    "|---|---|---|",
    ...rfcs.map((rfc) => `| [${rfc}](#rfc-${rfc}) | ${titles[rfc] ?? ""} | ${claims.get(rfc).length} |`),
    "",
    ...sections,
  ].join("\n");
}

/** RFC number -> rows of {requirement, file, name}. */
function collect() {
  const claims = new Map();
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .sort();
  for (const file of files) {
    for (const name of testNames(readFileSync(join(root, "test", file), "utf8"))) {
      for (const { rfc, requirement } of requirements(name)) {
        if (!claims.has(rfc)) claims.set(rfc, []);
        claims.get(rfc).push({ requirement, file, name });
      }
    }
  }
  return claims;
}

function testNames(text) {
  const calls = text.matchAll(
    /\b(?:test|it|describe)(?:\.\w+)?(?:\([^()"'`]*\))?\(\s*(["'`])((?:(?!\1)[^\\]|\\.)*)\1/g,
  );
  return [...calls].map((call) => call[2].replace(/\\(.)/g, "$1")).filter((name) => name.includes("[RFC "));
}

/** "[RFC 9293 MUST-10, RFC 5961 3.2]" names two. */
function requirements(name) {
  return [...name.matchAll(/\[(RFC [^\]]+)\]/g)].flatMap(([, inside]) => {
    let rfc = 0;
    return inside.split(/[,;]\s*/).flatMap((part) => {
      const [, number, rest] = part.match(/^(?:RFC (\d+)\s*)?(.*)$/);
      if (number) rfc = Number(number);
      return rfc === 0 ? [] : [{ rfc, requirement: rest.replace(/^section /, "") }];
    });
  });
}

function section(rfc, rows) {
  const sorted = [...rows].sort((a, b) =>
    a.requirement.localeCompare(b.requirement, "en", { numeric: true }),
  );
  return [
    `## RFC ${rfc}`,
    "",
    "| Requirement | Test | File |",
    "|---|---|---|",
    ...sorted.map((row) => `| ${row.requirement} | ${plain(row.name)} | \`test/${row.file}\` |`),
    "",
    ...missing(rfc, rows),
  ].join("\n");
}

/** For documents that number their requirements: those without a test, so that the list is honest. */
function missing(rfc, rows) {
  const kinds = Object.entries(numbered[rfc] ?? {});
  const have = new Set(rows.flatMap((row) => row.requirement.match(/(?:MUST|SHLD)-\d+/g) ?? []));
  return kinds.map(([kind, count]) => {
    const names = Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`).filter(
      (name) => !have.has(name),
    );
    return `Without a test of their own: ${names.length === 0 ? `no ${kind}` : names.join(", ")}.\n`;
  });
}

function plain(name) {
  return name.replace(/\s*\[RFC [^\]]+\]/g, "").replaceAll("|", "\\|");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(target, render());
  process.stdout.write(`wrote ${target}\n`);
}
