/** `harbormaster ss`: the sockets of a running `up`, or of a demo network, as ss(8) or /proc/net have them. */
import { Command, Option } from "commander";
import type { SsOptions } from "../actions/ss.ts";
import { examples } from "../help.ts";
import { procNames } from "../proc-names.ts";
import type { Terminal } from "../terminal.ts";

export function ssCommand(terminal: Terminal): Command {
  return new Command("ss")
    .description("List sockets: of a running up (--control PATH), or else of a small network in memory.")
    .option("--control <path>", "ask the harbormaster that was started with up --control PATH")
    .addOption(new Option("--proc [file]", "as the text of /proc/net/FILE").choices(procNames).preset("tcp"))
    .option("--json", "the host's whole snapshot as one JSON document")
    .addHelpText(
      "after",
      examples([
        ["harbormaster ss", "what it looks like, after the first scenes of the demo"],
        ["harbormaster ss --control /run/hm.sock", "the sockets of a running host"],
        ["harbormaster ss --control /run/hm.sock --proc udp", "in the kernel's own format, for other tools"],
      ]),
    )
    .action(async (options: SsOptions) => (await import("../actions/ss.ts")).ss(terminal, options));
}
