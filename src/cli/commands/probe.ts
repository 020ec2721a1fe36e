/** `harbormaster probe`: what links can be used here, and what to do about the others. */
import { Command } from "commander";
import { type LinkProbe, probeLinks } from "../../node/index.ts";
import { examples } from "../help.ts";
import type { Output, Terminal } from "../terminal.ts";

const names = {
  tun: "TUN interface (up, get, nc with --tun)",
  raw: "raw sockets (up, get, nc with --raw)",
  packet: "packet sockets (nothing needs them yet)",
} as const;

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
    .action(async ({ json }: { json?: true }) => {
      const probes = await probeLinks();
      if (json) terminal.out.write(`${JSON.stringify(probes, null, 2)}\n`);
      else
        for (const kind of ["tun", "raw", "packet"] as const)
          terminal.out.write(probeText(names[kind], probes[kind], terminal.out));
    });
}

function probeText(name: string, { ok, reason, hint }: LinkProbe, { colours }: Output): string {
  const mark = ok ? colours.green("yes") : colours.red("no ");
  const advice = ok ? "" : `\n       ${colours.bold("to do:")} ${hint}`;
  return `${mark}  ${colours.bold(name)}\n       ${reason}${advice}\n`;
}
