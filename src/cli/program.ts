/** The commands put together: what they share, and how they end. */
import { createRequire } from "node:module";
import { Command } from "commander";
import { conformCommand } from "./commands/conform.ts";
import { demoCommand } from "./commands/demo.ts";
import { getCommand } from "./commands/get.ts";
import { ncCommand } from "./commands/nc.ts";
import { packetdrillCommand } from "./commands/packetdrill.ts";
import { portsCommand } from "./commands/ports.ts";
import { probeCommand } from "./commands/probe.ts";
import { profilesCommand } from "./commands/profiles.ts";
import { ssCommand } from "./commands/ss.ts";
import { upCommand } from "./commands/up.ts";
import { exitCodes, report } from "./failure.ts";
import { examples } from "./help.ts";
import type { Terminal } from "./terminal.ts";

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

/** Runs the command that `words` name. @returns the exit code */
export async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await program(terminal).parseAsync([...words], { from: "user" });
    return exitCodes.ok;
  } catch (error) {
    return report(error, terminal);
  }
}

export function program(terminal: Terminal): Command {
  const { out, err } = terminal;
  const root = new Command("harbormaster")
    .description("A TCP/IP host of its own, in this process, whose heart is a port manager.")
    .version(version)
    .addHelpText(
      "after",
      `${examples([
        ["harbormaster demo", "watch ports being chosen, held and chosen again, in memory"],
        ["harbormaster ports --profile linux freebsd macos --plot", "how systems choose, side by side"],
        ["harbormaster probe", "what real links this machine allows"],
        [
          "sudo harbormaster up --tun hm0 --peer 10.9.0.1/24 --address 10.9.0.2/24 --serve echo",
          "join the network",
        ],
      ])}\nExit codes: 0 ok, 1 failed, 2 wrong usage, 3 this machine cannot do it as it is, 130 interrupted.\n`,
    );
  const commands = [
    demoCommand,
    upCommand,
    getCommand,
    ncCommand,
    ssCommand,
    probeCommand,
    portsCommand,
    profilesCommand,
    packetdrillCommand,
    conformCommand,
  ];
  for (const make of commands) root.addCommand(make(terminal));
  for (const command of withSubcommands(root)) {
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => out.write(text),
        writeErr: (text) => err.write(text),
        getOutHasColors: () => out.colours.isColorSupported,
        getErrHasColors: () => err.colours.isColorSupported,
        outputError: (text, write) => write(text.replace(/^error: (.*)/s, `${err.colours.red("error:")} $1`)),
      })
      .configureHelp({ styleTitle: out.colours.bold, helpWidth: Math.min(out.columns, 100) })
      .showHelpAfterError(`(${[...wordsBefore(command), command.name()].join(" ")} --help says more)`);
  }
  return root;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** `harbormaster conform` of `harbormaster conform ports`. */
function wordsBefore({ parent }: Command): string[] {
  return parent === null ? [] : [...wordsBefore(parent), parent.name()];
}
