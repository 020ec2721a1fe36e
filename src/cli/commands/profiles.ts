/** `harbormaster profiles`: the systems whose ways with ports are known here, and everything about one of them. */
import { Argument, Command } from "commander";
import { examples } from "../help.ts";
import { profileNames } from "../profile-names.ts";
import type { Terminal } from "../terminal.ts";

export function profilesCommand(terminal: Terminal): Command {
  return new Command("profiles")
    .description(
      "List the systems that can be imitated, with range, algorithm and source; or tell all of one.",
    )
    .addArgument(new Argument("[name]", "tell everything about this profile").choices(profileNames))
    .option("--json", "one JSON document on stdout")
    .addHelpText(
      "after",
      examples([
        ["harbormaster profiles", "the table of ephemeral port ranges, and more"],
        ["harbormaster profiles linux", "everything about one"],
        [`harbormaster profiles --json | jq -r '.[] | [.name, .range] | @tsv'`, "for a script"],
      ]),
    )
    .action(async (name: string | undefined, options: { json?: true }) =>
      (await import("../actions/profiles.ts")).profiles(terminal, name, options),
    );
}
