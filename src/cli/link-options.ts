/** The options that say which real link a command uses, as commander gives them. */
import { type Command, Option } from "commander";
import type { Prefix } from "../base/prefix.ts";
import { type PortPair, portRangeArgument, prefixesArgument } from "./arguments.ts";
import { algorithmOption, profileOption } from "./profile-names.ts";

/** As commander gives them. */
export interface LinkOptions {
  readonly tun?: string;
  readonly raw?: true;
  readonly address?: readonly Prefix[];
  readonly peer?: readonly Prefix[];
  readonly profile: string;
  readonly algorithm?: string;
  readonly range?: PortPair;
  readonly pcap?: string;
}

export function addLinkOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--tun <name>", "join by the TUN interface NAME, made if there is none").conflicts("raw"),
    )
    .option("--raw", "share addresses with this machine's kernel, by raw sockets")
    .option(
      "--address <cidr>",
      "an address of ours with its prefix length; may be given again",
      prefixesArgument,
    )
    .option("--peer <cidr>", "with --tun: the kernel's own address on the interface", prefixesArgument)
    .addOption(profileOption())
    .addOption(algorithmOption())
    .option("--range <low-high>", "choose ephemeral ports from this range", portRangeArgument)
    .option("--pcap <file>", "keep every packet in FILE, as pcapng");
}
