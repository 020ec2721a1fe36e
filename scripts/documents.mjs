#!/usr/bin/env node
/**
 * What in the documents is made by the program itself: in README.md the demo's output and the tables of profiles and
 * algorithms, docs/cli.md and docs/systems.md whole, and the pictures and tables of docs/ports.md. `node
 * scripts/documents.mjs` writes them anew, from what is built; a test fails where they are out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { algorithmNames } from "../dist/cli/profile-names.js";
import { profileOf } from "../dist/cli/profiles.js";
import { program, run } from "../dist/cli/program.js";
import { address, PortManager, registry, seededRandom } from "../dist/ports/index.js";
import { portsParts, systemsDocument } from "./ports-document.mjs";

const root = resolve(import.meta.dirname, "..");

/** Path -> what the file should say now. */
export async function render() {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const parts = { demo: await demoText(), profiles: profileTable(), algorithms: algorithmTable() };
  const ports = readFileSync(join(root, "docs/ports.md"), "utf8");
  return {
    "README.md": fill(readme, parts),
    "docs/cli.md": cliDocument(),
    "docs/ports.md": fill(ports, portsParts()),
    "docs/systems.md": systemsDocument(),
  };
}

/** Puts each part between its `<!-- generated: name -->` and the next `<!-- end -->`. */
function fill(text, parts) {
  return text.replace(/(<!-- generated: (\w+)[^>]*-->\n)[\s\S]*?(<!-- end -->)/g, (_, head, name, tail) => {
    if (!(name in parts)) throw new Error(`nothing generates ${name}`);
    return `${head}${parts[name]}${tail}`;
  });
}

// The demo.

/** The first line of `harbormaster demo`, and what happens in its second and third scene. */
async function demoText() {
  const lines = (await output(["demo"])).split("\n");
  const scenes = lines.join("\n").split(/\n(?=\d\. )/);
  const events = scenes.slice(2, 4).map((scene) => scene.replace(/\nproto [\s\S]*$/, "").trimEnd());
  return ["```text", lines[0], "", `${events.join("\n\n")}`, "```", ""].join("\n");
}

/** What `harbormaster ...words` says where no terminal is. */
async function output(words) {
  let text = "";
  await run(
    words,
    terminalTo((part) => (text += part)),
  );
  return text;
}

function terminalTo(write) {
  const same = (text) => text;
  const colours = new Proxy({}, { get: (_, name) => (name === "isColorSupported" ? false : same) });
  const out = { interactive: false, colours, columns: 100, rows: 40, write };
  return { out, err: out };
}

// Profiles and algorithms.

const server = { address: address("10.0.0.2"), port: 80 };
const path = { source: address("10.0.0.1"), remote: server };
const request = { protocol: "tcp", domain: 4, address: path.source, port: 0 };

function profileTable() {
  const rows = registry.map(({ profile: { name, range, protocols, hold } }) => {
    const { bind, connect = bind } = protocols.tcp.selections(seededRandom(1));
    const udp = protocols.udp.selections(seededRandom(1)).bind;
    const names = [connect, bind, udp].map((selection) => `\`${selection.name}\``);
    return `| \`${name}\` | ${range.join("-")} | ${names.join(" | ")} | ${hold.length / 1000} s |`;
  });
  return [
    "| profile | range | TCP `connect` | TCP `bind` to port 0 | UDP | TIME-WAIT |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

const algorithms = {
  sequential: ["increment with wraparound", "the next port, and round again"],
  random: ["Algorithm 1", "a random start, then one by one"],
  "random-retry": ["Algorithm 2", "a new random port for every try"],
  "simple-hash": ["Algorithm 3", "a counter, begun at a keyed hash of the destination"],
  "double-hash": [
    "Algorithm 4",
    "the same with many counters, so that destinations learn less of each other",
  ],
  "random-increments": ["Algorithm 5", "forward by a random step"],
};

function algorithmTable() {
  const rows = algorithmNames.map((name) => {
    const [rfc, what] = algorithms[name];
    return `| \`${name}\` | ${rfc} | ${what} | ${firstPorts(name).join(" ")} |`;
  });
  return [
    "| `--algorithm` | RFC 6056 | how it looks for a port | the first six of 100, seed 1 |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/** The ports of six connections to one server, of 50000 to 50099, without their first digits. */
function firstPorts(algorithm) {
  const profile = profileOf({ profile: "iana", algorithm, range: [50_000, 50_099] });
  const ports = new PortManager({ profile, random: seededRandom(1), now: () => 0 });
  return Array.from({ length: 6 }, () => ports.connectNew("demo", request, path).port);
}

// The command line.

function cliDocument() {
  const top = program(terminalTo(() => {}));
  return [
    "# The command line",
    "",
    "Generated from the commands' own definitions by `node scripts/documents.mjs`; a test fails when it is out of date.",
    "`harbormaster` below is `npx harbormaster` in a checkout that is built (`npm ci && npm run build`).",
    "",
    top.description(),
    "",
    "Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 this machine cannot do it as it is, 130 interrupted. Results go to stdout,",
    "progress and logs to stderr. `NO_COLOR` and `FORCE_COLOR` are obeyed; without a terminal there are neither colours nor",
    "borders.",
    "",
    "| command | what it does |",
    "|---|---|",
    ...leaves(top).map((each) => `| [\`${wordsOf(each)}\`](#${anchorOf(each)}) | ${each.description()} |`),
    "",
    ...leaves(top).flatMap(section),
  ].join("\n");
}

/** The commands that do something: `conform ports`, not `conform`. */
function leaves({ commands }) {
  return commands.flatMap((each) => (each.commands.length === 0 ? [each] : leaves(each)));
}

function wordsOf(command) {
  return command.parent.parent === null ? command.name() : `${wordsOf(command.parent)} ${command.name()}`;
}

function anchorOf(command) {
  return wordsOf(command).replaceAll(" ", "-");
}

function section(command) {
  const help = helpOf(command);
  const [, remark = ""] = /\n\n([^\n]+)\n\nExamples:/.exec(help.slice(help.lastIndexOf("-h, --help"))) ?? [];
  const [, examples = "", after = ""] = /Examples:\n((?: {2}.*\n)*)\s*([\s\S]*)$/.exec(help) ?? [];
  return [
    `## ${wordsOf(command)}`,
    "",
    command.description(),
    "",
    "```text",
    `harbormaster ${wordsOf(command)} ${command.usage()}`,
    "```",
    "",
    ...table("argument", command.registeredArguments.map(argumentRow)),
    ...table("option", command.options.map(optionRow)),
    ...(remark === "" ? [] : [remark, ""]),
    "```sh checked",
    ...examples
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(2)),
    "```",
    "",
    ...(after.trim() === "" ? [] : [after.trim(), ""]),
  ];
}

function helpOf(command) {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

function table(head, rows) {
  if (rows.length === 0) return [];
  return [`| ${head} | meaning | default |`, "|---|---|---|", ...rows, ""];
}

function argumentRow(argument) {
  return `| \`<${argument.name()}>\` | ${cell(argument.description)} | |`;
}

function optionRow({ flags, description, argChoices, defaultValue }) {
  const choices = argChoices === undefined ? "" : `: ${choicesText(argChoices)}`;
  const value = Array.isArray(defaultValue) ? defaultValue.join("-") : defaultValue;
  return `| \`${cell(flags)}\` | ${cell(description)}${choices} | ${value === undefined ? "" : `\`${value}\``} |`;
}

/** Profiles are many, and have a document of their own. */
function choicesText(choices) {
  if (choices.includes("linux")) return "one of those that [`profiles`](#profiles) lists";
  return choices.map((each) => `\`${each}\``).join(", ");
}

function cell(text) {
  return text.replaceAll("|", "\\|");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const [name, text] of Object.entries(await render())) {
    writeFileSync(join(root, name), text);
    process.stdout.write(`wrote ${name}\n`);
  }
}
