/**
 * Makes src/packetdrill/language/grammar/grammar.generated.ts from grammar.peggy. With --check it only says whether the file is stale.
 * The parser is written as TypeScript that the compiler does not look into, so that `tsc -b` carries it to dist.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import peggy from "peggy";

const source = fileURLToPath(new URL("../src/packetdrill/language/grammar/grammar.peggy", import.meta.url));
const target = fileURLToPath(
  new URL("../src/packetdrill/language/grammar/grammar.generated.ts", import.meta.url),
);

export function generate() {
  const parser = peggy.generate(readFileSync(source, "utf8"), {
    grammarSource: source,
    allowedStartRules: ["Script", "Options", "Events"],
    output: "source",
    format: "bare",
  });
  return [
    "// @ts-nocheck",
    "// Made from grammar.peggy by `npm run grammar`. Do not edit.",
    'import type { Grammar } from "./grammar.ts";',
    "",
    `export const grammar: Grammar = ${parser};`,
    "",
  ].join("\n");
}

export function stale() {
  return readFileSync(target, "utf8") !== generate();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--check")) process.exitCode = stale() ? 1 : 0;
  else writeFileSync(target, generate());
}
