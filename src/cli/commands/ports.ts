/** `harbormaster ports`: how systems and algorithms choose ports, in virtual time and without a network. */
import { Command, Option } from "commander";
import type { PortsOptions } from "../actions/ports.ts";
import {
  destinationsArgument,
  portListArgument,
  portRangeArgument,
  positiveNumber,
  sessionLengthArgument,
  wholeNumber,
} from "../arguments.ts";
import { examples } from "../help.ts";
import { allAlgorithmNames, profileNames } from "../profile-names.ts";
import { simulatedProtocols } from "../simulation/settings.ts";
import type { Terminal } from "../terminal.ts";

export function portsCommand(terminal: Terminal): Command {
  return withWhatToChoose(new Command("ports"))
    .description(
      "Simulate the choice of ports: which, in what order, why, and what an observer can tell. No network is used.",
    )
    .option("--rows <n>", "tell the reason of so many choices, the first", rowsArgument, 20)
    .option("--plot", "draw the choices, and how often each part of the range was chosen")
    .option("--svg <file>", "the same as a picture")
    .addOption(new Option("--json", "one JSON document on stdout").conflicts("plot"))
    .addHelpText(
      "after",
      examples([
        ["harbormaster ports", "twenty connections to one server, as Linux chooses"],
        [
          "harbormaster ports --profile iana --algorithm sequential random double-hash --count 2000 --plot",
          "algorithms of RFC 6056 side by side",
        ],
        [
          "harbormaster ports --profile netbsd --algorithm bsd random_pick randinc --count 500 --plot",
          "what NetBSD's net.inet.ip.anonportalgo.selected changes",
        ],
        [
          "harbormaster ports --range 50000-50009 --reserved 50003 --count 15 --hold forever",
          "what happens when the range is exhausted",
        ],
        [
          "harbormaster ports --protocol udp --bind --to 192.0.2.53:53 --to '[2001:db8::53]:53'",
          "bind(2) to port 0, then two destinations in turn",
        ],
        [
          "harbormaster ports --count 100000 --rate 1000 --json | jq .runs[0].summary",
          "a busy host in numbers",
        ],
      ]),
    )
    .action(async (options: PortsOptions) => (await import("../actions/ports.ts")).ports(terminal, options));
}

function withWhatToChoose(command: Command): Command {
  return command
    .addOption(
      new Option("--profile <name...>", "choose as this system does; several are compared")
        .choices(profileNames)
        .default(["linux"]),
    )
    .addOption(
      new Option(
        "--algorithm <name...>",
        "choose by this algorithm instead: the system's own of that name where it has one (see `profiles`), or RFC 6056's; several are compared",
      ).choices(allAlgorithmNames),
    )
    .option("--range <low-high>", "choose from this range instead of the profile's own", portRangeArgument)
    .option("--reserved <list>", "never choose these ports, such as 50000,50010-50019", portListArgument)
    .addOption(
      new Option("--protocol <name>", "each protocol has ports of its own")
        .choices(simulatedProtocols)
        .default("tcp"),
    )
    .addOption(
      new Option("--connect", "choose in connect(2), the destination being known (default)").conflicts(
        "bind",
      ),
    )
    .option("--bind", "choose in bind(2) to port 0, and connect then")
    .option(
      "--to <host:port>",
      "an address and port to connect to; several are taken in turn (default: 198.51.100.1:443)",
      destinationsArgument,
    )
    .option("--count <n>", "choose so many ports", countArgument, 20)
    .option("--rate <per-second>", "sessions that begin in a second", rateArgument, 10)
    .option(
      "--hold <seconds>",
      "how long a session lasts: 5, 1-10 (uniform), exp:5 (exponential, of that mean) or forever",
      sessionLengthArgument,
    )
    .addOption(
      new Option("--closer <end>", "who ends a TCP connection first, and so rests in TIME-WAIT")
        .choices(["us", "peer"])
        .default("us"),
    )
    .option("--seed <text>", "everything left to chance follows from it", "1");
}

function countArgument(text: string): number {
  return wholeNumber(text, 1, 1_000_000, "A number of choices");
}

function rowsArgument(text: string): number {
  return wholeNumber(text, 0, 100_000, "A number of rows");
}

function rateArgument(text: string): number {
  return positiveNumber(text, 1_000_000, "A rate");
}
