/** `harbormaster probe`: what links can be used here, and what to do about the others. */
import { Command } from "commander";
import { examples } from "../help.ts";
import type { Terminal } from "../terminal.ts";

export function probeCommand(terminal: Terminal): Command {
  return new Command("probe")
    .description("Say what real links this machine allows, and what to do about those it does not.")
    .option("--json", "one JSON document on stdout")
    .addHelpText(
      "after",
      examples([
        ["harbormaster probe", "as text"],
        ["harbormaster probe --json | jq .tun.ok", "for a script"],
      ]),
    )
    .action(async (options: { json?: true }) =>
      (await import("../actions/probe.ts")).probe(terminal, options),
    );
}
