/** `harbormaster conform`: suites of conformance, run against this stack or against the kernel. */
import { Command, Option } from "commander";
import type { ConformPortsOptions } from "../actions/conform-ports.ts";
import { wholeNumber } from "../arguments.ts";
import { examples } from "../help.ts";
import { profileNames } from "../profile-names.ts";
import type { Terminal } from "../terminal.ts";

export function conformCommand(terminal: Terminal): Command {
  return new Command("conform")
    .description("Run conformance suites against this stack, or against the kernel.")
    .addCommand(conformPortsCommand(terminal))
    .addHelpText("after", examples([["harbormaster conform ports", "how ports are bound, chosen and held"]]));
}

function conformPortsCommand(terminal: Terminal): Command {
  return new Command("ports")
    .description("Run the port-behaviour conformance suite, or other vectors of its schema, case by case.")
    .option(
      "--vectors <file>",
      "run the suites of this file instead (may be given several times)",
      filesArgument,
    )
    .addOption(
      new Option(
        "--profile <name>",
        "decide as this system does, and leave out what is about others",
      ).choices(profileNames),
    )
    .addOption(
      new Option("--dut <machine>", "what is tested: this stack in virtual time, or the running Linux (root)")
        .choices(["self", "kernel"])
        .default("self"),
    )
    .option("--only <text>", "only cases with this in the suite's or their own name")
    .option("--seed <text>", "everything left to chance follows from it", "1")
    .option("--tries <n>", "a case has failed when it has failed so often", triesArgument, 5)
    .option("--json", "one JSON document a line on stdout, one for each case")
    .option("--junit <file>", "keep the results in FILE, as JUnit has them")
    .addHelpText(
      "after",
      examples([
        ["harbormaster conform ports", "the suite that comes with harbormaster"],
        ["sudo harbormaster conform ports --dut kernel", "the same, answered by the kernel"],
        ["harbormaster conform ports --vectors mine.json --profile linux --json", "one's own, for a script"],
        ["harbormaster conform ports --junit results.xml", "for a build server"],
      ]),
    )
    .action(async (options: ConformPortsOptions) =>
      (await import("../actions/conform-ports.ts")).conformPorts(terminal, options),
    );
}

function filesArgument(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function triesArgument(text: string): number {
  return wholeNumber(text, 1, 1000, "A number of tries");
}
