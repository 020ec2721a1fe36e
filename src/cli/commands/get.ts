/** `harbormaster get URL`: a file fetched over our own stack. */
import { Command } from "commander";
import type { GetOptions } from "../actions/get.ts";
import { type HttpUrl, portArgument, urlArgument, wholeNumber } from "../arguments.ts";
import { examples } from "../help.ts";
import { addLinkOptions } from "../link-options.ts";
import type { Terminal } from "../terminal.ts";

export function getCommand(terminal: Terminal): Command {
  const command = new Command("get")
    .description("Fetch http://HOST[:PORT]/PATH over our own TCP, and say how it went.")
    .argument("<url>", "what to fetch", urlArgument)
    .option("-o, --output <file>", 'where the body goes: a file, or "-" for stdout; without it, nowhere')
    .option("--local-port <port>", "the source port, instead of one of the profile's choice", portArgument)
    .option("--count <n>", "fetch so many times, each over a connection of its own", countArgument, 1)
    .option("--json", "one JSON document on stdout");
  addLinkOptions(command);
  return command
    .addHelpText(
      "after",
      `\nWithout --tun or --raw it uses raw sockets under the address the kernel would use itself.\n${examples(
        [
          ["sudo harbormaster get http://127.0.0.1:8000/file -o file", "from a server on this machine"],
          [
            "sudo harbormaster get http://10.9.0.1/ --tun hm0 --address 10.9.0.2/24 --peer 10.9.0.1/24 --count 10",
            "ten times by a TUN interface, to see which source ports are chosen",
          ],
        ],
      )}`,
    )
    .action(async (url: HttpUrl, options: GetOptions) =>
      (await import("../actions/get.ts")).get(terminal, url, options),
    );
}

function countArgument(text: string): number {
  return wholeNumber(text, 1, 100_000, "A count");
}
