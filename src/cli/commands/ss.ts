/** `harbormaster ss`: the sockets of a running `up`, or of a demo network, as ss(8) or /proc/net have them. */
import { Command } from "commander";
import { examples } from "../help.ts";
import { listings } from "../listings.ts";
import { inOrder, socketsTable } from "../render/sockets.ts";
import type { Terminal } from "../terminal.ts";

interface SsOptions {
  readonly control?: string;
  readonly proc?: true;
  readonly json?: true;
}

export function ssCommand(terminal: Terminal): Command {
  return new Command("ss")
    .description("List sockets: of a running up (--control PATH), or of a small network in memory.")
    .option("--control <path>", "ask the harbormaster that was started with up --control PATH")
    .option("--proc", "as the text of /proc/net/tcp, tcp6, udp and udp6")
    .option("--json", "the host's whole snapshot as one JSON document")
    .addHelpText(
      "after",
      examples([
        ["harbormaster ss", "what it looks like"],
        ["harbormaster ss --control /run/hm.sock", "the sockets of a running host"],
        ["harbormaster ss --control /run/hm.sock --proc", "in the kernel's own format, for other tools"],
      ]),
    )
    .action((options: SsOptions) => ss(terminal, options));
}

async function ss({ out }: Terminal, { control, proc, json }: SsOptions): Promise<void> {
  const listing = await listings(control);
  if (json) out.write(`${JSON.stringify(listing.snapshot, null, 2)}\n`);
  else if (proc) out.write(listing.proc);
  else out.write(socketsTable(inOrder(listing.sockets), out));
}
