#!/usr/bin/env node
/**
 * The pictures of docs/plots: the ports that each algorithm and each system chooses, drawn as `harbormaster ports --svg` draws
 * them. `node scripts/plots.mjs` writes them anew, from what is built; a test fails where they are out of date.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { algorithmNames } from "../dist/cli/profile-names.js";
import { plotsSvg } from "../dist/cli/render/plot-svg.js";
import { simulate } from "../dist/cli/simulation/simulate.js";
import { address } from "../dist/ports/index.js";
import { registry } from "../dist/ports/profiles/register/registry.js";

export const folder = resolve(import.meta.dirname, "../docs/plots");

/** Three servers in turn, twenty sessions a second of five seconds each, for half a minute: Linux' hash changes, FreeBSD gets busy. */
const settings = {
  ...{ protocol: "tcp", call: "connect", range: undefined, reserved: [], count: 600, rate: 20 },
  ...{ session: { kind: "constant", length: 5000 }, closer: "us", seed: "1", told: 0 },
  destinations: ["198.51.100.1", "198.51.100.2", "203.0.113.7"].map((text) => ({
    address: address(text),
    port: 443,
  })),
};
/** What an algorithm is shown by: few enough ports to see it come around. */
const algorithmRange = [50_000, 52_047];

/** The command that draws an algorithm's picture, for the reader. */
export const algorithmCommand = (name) =>
  `harbormaster ports --profile iana --algorithm ${name} --range ${algorithmRange.join("-")} ${common}`;
export const systemCommand = (name) => `harbormaster ports --profile ${name} ${common}`;
const common =
  "--count 600 --rate 20 --to 198.51.100.1:443 --to 198.51.100.2:443 --to 203.0.113.7:443 --rows 0 --plot";

/** File name -> what the file should say now. */
export function renderPlots() {
  const plots = {};
  for (const algorithm of algorithmNames) {
    const run = simulate({ profile: "iana", algorithm }, { ...settings, range: algorithmRange });
    plots[`algorithm-${algorithm}.svg`] = plotsSvg([{ ...run, name: algorithm }]);
  }
  for (const { profile } of registry) plots[`${profile.name}.svg`] = systemPlot(profile.name);
  return plots;
}

/** TCP's connect(2) above, UDP below. */
function systemPlot(profile) {
  const runs = ["tcp", "udp"].map((protocol) => {
    const run = simulate({ profile, algorithm: undefined }, { ...settings, protocol });
    return { ...run, name: `${profile}: ${protocol.toUpperCase()} connect(2)` };
  });
  return plotsSvg(runs);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  mkdirSync(folder, { recursive: true });
  const plots = renderPlots();
  for (const name of readdirSync(folder)) if (!(name in plots)) rmSync(join(folder, name));
  for (const [name, text] of Object.entries(plots)) writeFileSync(join(folder, name), text);
  process.stdout.write(`wrote ${Object.keys(plots).length} plots\n`);
}
