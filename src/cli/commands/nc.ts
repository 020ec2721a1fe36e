/** `harbormaster nc HOST PORT`: stdin and stdout joined to a peer over our own stack. */
import { Command } from "commander";
import type { NcOptions } from "../actions/nc.ts";
import { portArgument, wholeNumber } from "../arguments.ts";
import { examples } from "../help.ts";
import { addLinkOptions } from "../link-options.ts";
import type { Terminal } from "../terminal.ts";

export function ncCommand(terminal: Terminal): Command {
  const command = new Command("nc")
    .description("Send stdin to HOST PORT and its answers to stdout, over our own TCP or UDP.")
    .argument("<host>", "address or name")
    .argument("<port>", "port", portArgument)
    .option("-u, --udp", "datagrams instead of a connection: each read of stdin is one")
    .option("--local-port <port>", "the source port, instead of one of the profile's choice", portArgument)
    .option("-w, --wait <seconds>", "give up so long after stdin has ended (with -u: 1)", waitArgument)
    .option("-v, --verbose", "say on stderr which ports are used");
  addLinkOptions(command);
  return command
    .addHelpText(
      "after",
      `\nWithout --tun or --raw it uses raw sockets under the address the kernel would use itself.\n${examples(
        [
          ["echo hello | sudo harbormaster nc 127.0.0.1 7", "to the echo service of this machine"],
          [
            "sudo harbormaster nc -u 10.9.0.1 9 --tun hm0 --address 10.9.0.2/24 --peer 10.9.0.1/24",
            "over UDP",
          ],
        ],
      )}`,
    )
    .action(async (host: string, port: number, options: NcOptions) =>
      (await import("../actions/nc.ts")).nc(terminal, host, port, options),
    );
}

function waitArgument(text: string): number {
  return wholeNumber(text, 0, 86_400, "A wait in seconds") * 1000;
}
