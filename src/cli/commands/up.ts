/** `harbormaster up`: a host on a real interface, with real services, until a signal ends it. */
import { Command } from "commander";
import type { UpOptions } from "../actions/up.ts";
import { servicesArgument } from "../arguments.ts";
import { examples } from "../help.ts";
import { addLinkOptions } from "../link-options.ts";
import type { Terminal } from "../terminal.ts";

export function upCommand(terminal: Terminal): Command {
  const command = new Command("up")
    .description("Bring a host up on a real interface and serve, until SIGINT or SIGTERM.")
    .option(
      "--serve <services>",
      "echo, discard, chargen, daytime, http=DIR, tftp=DIR, by commas; :PORT after a name for another port",
      servicesArgument,
    )
    .option("--control <path>", "answer harbormaster ss --control PATH on this unix socket")
    .option("--json", "events as JSON lines on stdout");
  addLinkOptions(command);
  return command
    .addHelpText(
      "after",
      examples([
        [
          "sudo harbormaster up --tun hm0 --peer 10.9.0.1/24 --address 10.9.0.2/24 --serve echo,daytime,http=.",
          "a web server at http://10.9.0.2/, in this process",
        ],
        [
          "sudo harbormaster up --tun hm0 --peer fd00:9::1/64 --address fd00:9::2/64 --serve tftp=/srv/tftp --pcap up.pcapng",
          "over IPv6, with a capture",
        ],
        [
          "sudo harbormaster up --raw --address 127.7.7.7/8 --serve echo:7777",
          "beside the kernel, on loopback",
        ],
      ]),
    )
    .action(async (options: UpOptions) => (await import("../actions/up.ts")).up(terminal, options));
}
