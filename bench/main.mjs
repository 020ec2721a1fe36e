#!/usr/bin/env node
/**
 * `npm run bench [-- GROUP...] [--json] [--peers DIR]`: what our parts cost against a peer or a naive baseline measured in
 * the same run. A row is {group, name, ours, peer, peerName, unit}; less is better, and the ratio is ours / peer.
 */
import Table from "cli-table3";
import colors from "picocolors";
import { gvisor } from "./peers.mjs";

const groups = ["ports", "checksums", "timers", "wire", "ip", "tcp"];

const options = parse(process.argv.slice(2));
const rows = [];
for (const group of options.groups) {
  process.stderr.write(`bench: ${group} ...\n`);
  const { measureGroup } = await import(`./${group}.mjs`);
  const found = await measureGroup({ gvisor: gvisor(options.peers) });
  for (const row of found) rows.push({ group, ...row });
}
process.stdout.write(options.json ? `${JSON.stringify(rows, null, 2)}\n` : `${table(rows)}\n`);

function parse(words) {
  const chosen = words.filter((word, index) => !word.startsWith("-") && words[index - 1] !== "--peers");
  const unknown = chosen.filter((word) => !groups.includes(word));
  if (unknown.length > 0) {
    process.stderr.write(`bench: no group ${unknown.join(", ")}; there are ${groups.join(", ")}\n`);
    process.exit(2);
  }
  const at = words.indexOf("--peers");
  return {
    json: words.includes("--json"),
    peers: at < 0 ? process.env.BENCH_PEERS : words[at + 1],
    groups: chosen.length > 0 ? chosen : groups,
  };
}

function table(found) {
  const output = new Table({
    head: ["group", "what", "ours", "peer", "ours / peer", "bar"],
    colAligns: ["left", "left", "right", "left", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const row of found) {
    const ratio = row.peer === undefined ? undefined : row.ours / row.peer;
    output.push([
      row.group,
      row.name,
      `${figure(row.ours)} ${row.unit}`,
      row.peer === undefined ? "" : `${row.peerName} ${figure(row.peer)}`,
      ratio === undefined ? "" : verdict(ratio, row.bar),
      row.bar === undefined ? "" : `${row.bar}`,
    ]);
  }
  return output.toString();
}

function verdict(ratio, bar) {
  const text = figure(ratio);
  if (bar === undefined) return text;
  return ratio <= bar ? colors.green(text) : colors.red(text);
}

function figure(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 1 ? value.toFixed(2) : value.toPrecision(2);
}
