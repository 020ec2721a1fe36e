/** `harbormaster demo`: ports being chosen, held and chosen again, by two hosts in memory and in virtual time. */
import { Command } from "commander";
import type { DemoOptions } from "../actions/demo.ts";
import { type PortPair, portRangeArgument, wholeNumber } from "../arguments.ts";
import { examples } from "../help.ts";
import { algorithmOption, profileOption } from "../profile-names.ts";
import type { Terminal } from "../terminal.ts";

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
    .action(async (options: DemoOptions) => (await import("../actions/demo.ts")).demo(terminal, options));
}

function connectionsArgument(text: string): number {
  return wholeNumber(text, 1, 10_000, "A number of connections");
}
