/** `harbormaster packetdrill`: packetdrill's scripts, in virtual time against our host or in real time against the kernel. */
import { Command, InvalidArgumentError, Option } from "commander";
import { parseDefinition } from "../../packetdrill/language/defines.ts";
import type { PacketdrillOptions } from "../actions/packetdrill.ts";
import { wholeNumber } from "../arguments.ts";
import { examples } from "../help.ts";
import { devicesUnderTest, scriptProfiles } from "../packetdrill/job.ts";
import type { Terminal } from "../terminal.ts";

export function packetdrillCommand(terminal: Terminal): Command {
  const command = new Command("packetdrill")
    .description(
      "Run packetdrill scripts: in virtual time against our own host, or against this machine's kernel.",
    )
    .argument("[files...]", "scripts, or folders of scripts (*.pkt)")
    .addOption(
      new Option("--dut <device>", "what is tested: our host, or the kernel behind a TUN device")
        .choices(devicesUnderTest)
        .default("self"),
    );
  addScriptOptions(command);
  addOutputOptions(command);
  return command
    .addHelpText(
      "after",
      `${examples([
        ["harbormaster packetdrill tests/ --jobs 2", "every script of a folder, two at once"],
        [
          "harbormaster packetdrill handshake.pkt --ip-version all -v",
          "over each IP version, event by event",
        ],
        ["sudo harbormaster packetdrill handshake.pkt --dut kernel", "what this machine's kernel says to it"],
        ["harbormaster packetdrill --record trace.pcapng > trace.pkt", "a script from what was captured"],
      ])}\nIt exits with 1 where a run failed or a script has an error, not where something is unsupported.\n`,
    )
    .action(async (files: readonly string[], options: PacketdrillOptions) =>
      (await import("../actions/packetdrill.ts")).packetdrill(terminal, files, options),
    );
}

function addScriptOptions(command: Command): void {
  command
    .addOption(
      new Option("--dialect <dialect>", "the tool it is written for; guessed without it").choices([
        "google",
        "nplab",
      ]),
    )
    .addOption(
      new Option(
        "--ip-version <version>",
        "over this IP version, with the addresses of the official harness; without it as the script says, or ipv4",
      ).choices(["ipv4", "ipv6", "ipv4-mapped-ipv6", "all"]),
    )
    .addOption(
      new Option("--profile <name>", "the system the script was written for; guessed without it").choices(
        scriptProfiles,
      ),
    )
    .option(
      "--tolerance <usecs>",
      "microseconds that times may be off, instead of the tool's 4000; 0 takes its percentage away too",
      (text: string) => wholeNumber(text, 0, 1e9, "A tolerance"),
    )
    .option("-D, --define <NAME=VALUE>", "a definition; may be given several times", definitionArgument);
}

function addOutputOptions(command: Command): void {
  command
    .option(
      "--jobs <n>",
      "run so many at once",
      (text: string) => wholeNumber(text, 1, 256, "A number of jobs"),
      1,
    )
    .option(
      "--tries <n>",
      "what fails is run again until it passes, so often at most; each failure is told on stderr",
      (text: string) => wholeNumber(text, 1, 100, "A number of tries"),
      1,
    )
    .option("--json", "a line of JSON a run on stdout")
    .option("--junit <file>", "write the reports as JUnit's XML, too")
    .option("--pcap <dir>", "write the packets of each run into this folder, as pcapng")
    .option("-v, --verbose", "tell every event as it happens")
    .option("--record <capture>", "make a script of a capture (pcap or pcapng) instead")
    .option("--local <address>", "with --record: the side that is tested; without it the one that was called")
    .option(
      "--conversation <n>",
      "with --record: the n-th conversation of the capture; without it the first",
      (text: string) => wholeNumber(text, 1, 1e9, "A conversation"),
    );
}

function definitionArgument(
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  try {
    const [name, value] = parseDefinition(text);
    return new Map([...before, [name, value]]);
  } catch (error) {
    throw new InvalidArgumentError((error as RangeError).message);
  }
}
