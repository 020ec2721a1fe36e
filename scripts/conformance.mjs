// Runs the public packetdrill suites against our host and keeps docs/conformance.md: it fails where fewer scripts pass
// than are written there. `npm run conformance -- [--scripts DIR] [--verbose]`.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { harnessRunsOf } from "../dist/packetdrill/language/harness.js";
import { runScript } from "../dist/packetdrill/run/runner.js";
import { readBaseline } from "../dist/packetdrill/suites/baseline.js";
import { measureScript } from "../dist/packetdrill/suites/measure.js";
import { suiteOf, suites } from "../dist/packetdrill/suites/suite.js";
import { fallen, printCounts, readCounts, tally } from "../dist/packetdrill/suites/tally.js";

const root = resolve(import.meta.dirname, "..");
const document = join(root, "docs/conformance.md");
const { values: options } = parseArgs({
  options: { scripts: { type: "string" }, verbose: { type: "boolean", short: "v", default: false } },
});
const given = options.scripts ?? process.env.HARBORMASTER_SCRIPTS;
const folder = resolve(given || join(root, "../shared/packetdrill"));

const own = runOwn();
if (!existsSync(join(folder, "baseline.json"))) {
  process.stdout.write(`${whereToGet()}\n`);
  process.exit(own === 0 ? 0 : 1);
}
const judged = runPublic();
const counts = tally(judged);
process.stdout.write(`${printCounts(counts)}\n`);
const worse = fallen(readCounts(existsSync(document) ? readFileSync(document, "utf8") : ""), counts);
for (const line of worse) process.stderr.write(`fell: ${line}\n`);
if (worse.length > 0 || own > 0) process.exit(1);
writeFileSync(document, page(printCounts(counts)));

/** Our own scripts all pass. Returns how many do not. */
function runOwn() {
  const failures = scriptsIn(join(root, "test/scripts")).flatMap((file) => {
    const text = readFileSync(join(root, "test/scripts", file), "utf8");
    return harnessRunsOf(file).flatMap(({ ipVersion, options, define }) => {
      const { result, line, message } = runScript(text, { options, define });
      return result === "pass" ? [] : [`test/scripts/${file}:${line}: ${ipVersion}: ${result}: ${message}`];
    });
  });
  for (const failure of failures) process.stderr.write(`${failure}\n`);
  return failures.length;
}

/** The scripts that some real stack passes. */
function runPublic() {
  const baseline = readBaseline(readFileSync(join(folder, "baseline.json"), "utf8"));
  const begun = performance.now();
  let runs = 0;
  const results = scriptsIn(join(folder, "scripts")).flatMap((file) => {
    const suite = suiteOf(file);
    const known = baseline.get(file);
    if (suite === undefined || known?.proven !== true) return [];
    const text = readFileSync(join(folder, "scripts", file), "latin1");
    const measured = measureScript(file, text, suite, known);
    runs += measured.runs.length;
    if (options.verbose && !measured.passed) tell(measured);
    return [{ suite: suite.name, known, measured }];
  });
  const seconds = (performance.now() - begun) / 1000;
  const rate = (runs / seconds).toFixed(0);
  process.stdout.write(
    `${runs} runs of ${results.length} scripts in ${seconds.toFixed(1)} s: ${rate} a second\n`,
  );
  return results.sort((a, b) => order(a.suite) - order(b.suite));
}

function order(name) {
  return suites.findIndex((suite) => suite.name === name);
}

function tell({ file, runs }) {
  for (const { ipVersion, result, line, message } of runs) {
    if (result !== "pass") process.stdout.write(`${file}:${line}: ${ipVersion}: ${result}: ${message}\n`);
  }
}

function scriptsIn(directory) {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".pkt"))
    .sort();
}

function whereToGet() {
  const homes = [...new Set(suites.map(({ home }) => `  ${home}`))].join("\n");
  return `no public suites at ${folder}; name a folder with --scripts or HARBORMASTER_SCRIPTS. They can be had at\n${homes}`;
}

function page(table) {
  return `# Conformance

How many scripts of the public packetdrill suites pass against our host, over each IP version that their own harness
runs them. Counted are those that some real stack passes: a Linux 6.18 kernel, or usrsctp for SCTP. \`generic\` scripts
hold for any conforming stack, \`os-api\` is about details of the socket interface, \`linux-internal\` about one
implementation. What is unsupported is told by name, never passed over: [packetdrill.md](packetdrill.md) says why.

${table}

Written by \`npm run conformance\`, which fails where a number falls. The suites are read from the folder that
\`--scripts\` or \`HARBORMASTER_SCRIPTS\` names; they are not part of this repository, and can be had at:

${[...new Set(suites.map(({ home }) => home))].map((home) => `- ${home}`).join("\n")}
`;
}
