/** `harbormaster demo`: ports being chosen, held and chosen again, by two hosts in memory and in virtual time. */
import { Command } from "commander";
import { type PortPair, portRangeArgument, wholeNumber } from "../arguments.ts";
import type { DemoScene, DemoSettings, DemoSummary } from "../demo/record.ts";
import { tell } from "../demo/story.ts";
import { openWorld } from "../demo/world.ts";
import { examples } from "../help.ts";
import { algorithmOption, profileOption } from "../profiles.ts";
import { demoScene, demoSummary, demoTitle } from "../render/demo.ts";
import type { Terminal } from "../terminal.ts";

interface DemoOptions {
  readonly profile: string;
  readonly algorithm?: string;
  readonly range: PortPair;
  readonly seed: string;
  readonly connections?: number;
  readonly pcap?: string;
  readonly json?: true;
}

/** Small enough to wrap before one's eyes. */
const defaultRange: PortPair = [49_152, 49_159];

export function demoCommand(terminal: Terminal): Command {
  return new Command("demo")
    .description("Watch ports being chosen, held and chosen again: two hosts in memory, in virtual time.")
    .addOption(profileOption().default("iana"))
    .option("--range <low-high>", "choose ephemeral ports from this range", portRangeArgument, defaultRange)
    .addOption(algorithmOption())
    .option("--seed <text>", "everything left to chance follows from it", "1")
    .option(
      "--connections <n>",
      "TCP connections to open (default: twice the range, at most 24)",
      connectionsArgument,
    )
    .option("--pcap <file>", "keep every packet in FILE, as pcapng, with the reason for each port")
    .option("--json", "one JSON document on stdout")
    .addHelpText(
      "after",
      examples([
        ["harbormaster demo", "increment with wraparound over eight ports"],
        ["harbormaster demo --profile linux --seed 7", "as Linux chooses"],
        [
          "harbormaster demo --algorithm double-hash --range 50000-50099 --connections 20",
          "RFC 6056, Algorithm 4",
        ],
        ["harbormaster demo --pcap demo.pcapng && tshark -r demo.pcapng -V | less", "with the packets"],
      ]),
    )
    .action((options: DemoOptions) => demo(terminal, options));
}

function connectionsArgument(text: string): number {
  return wholeNumber(text, 1, 10_000, "A number of connections");
}

async function demo({ out }: Terminal, options: DemoOptions): Promise<void> {
  const { range, json, connections = Math.min(2 * (range[1] - range[0] + 1), 24) } = options;
  const { profile, algorithm, seed } = options;
  const settings: DemoSettings = { profile, range, algorithm, seed, connections };
  const world = openWorld({ ...settings, pcap: options.pcap });
  try {
    if (!json) out.write(demoTitle(settings, out));
    const story = tell(world, settings);
    const scenes: DemoScene[] = [];
    let next = story.next();
    for (; next.done !== true; next = story.next()) {
      scenes.push(next.value);
      if (!json) out.write(demoScene(next.value, scenes.length, out));
    }
    const summary: DemoSummary = next.value;
    if (json) out.write(`${JSON.stringify({ settings, scenes, summary }, null, 2)}\n`);
    else out.write(demoSummary(summary, out));
  } finally {
    await world.close();
  }
}
