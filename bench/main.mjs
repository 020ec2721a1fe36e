#!/usr/bin/env node
/**
 * `npm run bench [-- GROUP...] [--json] [--peers DIR]`: what our parts cost, in CPU time, against a peer or a naive
 * baseline measured in the same run. A row is {name, ours, unit, against: [{peer, cost, bar}]}: less is better, the
 * ratio is ours / cost, and where there is a bar it should be no more than that.
 */
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { gvisor } from "./peers.mjs";
import { table } from "./table.mjs";

const groups = [
  "ports",
  "profiles",
  "demultiplexer",
  "wire",
  "checksums",
  "timers",
  "ip",
  "ping",
  "udp",
  "tcp",
  "memory",
  "packetdrill",
];

const options = commandLine();
const rows = [];
for (const group of options.groups)
  rows.push(...(options.groups.length === 1 ? await measured(group) : measuredApart(group)));
if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else {
  process.stdout.write(`${table(rows)}\n`);
  process.stdout.write(
    `CPU time, medians. Node ${process.versions.node}, ${cpus()[0]?.model ?? "unknown"}.\n`,
  );
}

async function measured(group) {
  process.stderr.write(`bench: ${group} ...\n`);
  const { measureGroup } = await import(`./${group}.mjs`);
  const found = await measureGroup({ gvisor: gvisor(options.peers) });
  return found.map((row) => ({ group, ...row, against: ratios(row) }));
}

/** In a process of its own: what one group leaves on the heap and in compiled code is no burden to the next. */
function measuredApart(group) {
  const peers = options.peers === undefined ? [] : ["--peers", options.peers];
  const { status, stdout } = spawnSync(process.execPath, [import.meta.filename, group, "--json", ...peers], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`group ${group} failed`);
  return JSON.parse(stdout);
}

/** Peers that are not there are left out. */
function ratios({ ours, against = [] }) {
  return against
    .filter(({ cost }) => cost !== undefined)
    .map(({ peer, cost, bar }) => ({ peer, cost, ratio: ours / cost, bar }));
}

function commandLine() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: "boolean" }, peers: { type: "string" } },
    });
    const unknown = positionals.filter((word) => !groups.includes(word));
    if (unknown.length > 0) throw new Error(`no group ${unknown.join(", ")}; there are ${groups.join(", ")}`);
    return {
      json: values.json,
      peers: values.peers ?? process.env.BENCH_PEERS,
      groups: positionals.length > 0 ? positionals : groups,
    };
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n`);
    process.exit(2);
  }
}
