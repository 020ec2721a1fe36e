/** `harbormaster nc HOST PORT`: stdin and stdout joined to a peer over our own stack. */
import { Command } from "commander";
import { familyOf, formatAddress } from "../../base/address.ts";
import { formatEndpoint } from "../../base/endpoint.ts";
import type { SocketError } from "../../base/errno.ts";
import { type Conversation, conversation } from "../../services/nc.ts";
import { portArgument, wholeNumber } from "../arguments.ts";
import { InterruptedError } from "../failure.ts";
import { examples } from "../help.ts";
import { resolve } from "../kernel-source.ts";
import { addLinkOptions, type LinkOptions, planClient } from "../link-options.ts";
import { watchSignals } from "../signals.ts";
import { openStack, type Stack } from "../stack.ts";
import type { Terminal } from "../terminal.ts";

interface NcOptions extends LinkOptions {
  readonly udp?: true;
  readonly localPort?: number;
  readonly wait?: number;
  readonly verbose?: true;
}

/** Larger reads of stdin become several datagrams. */
const largestDatagram = 16_384;
/** Milliseconds that `-u` waits for answers after stdin has ended, unless told otherwise. */
const answerWait = 1000;

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
    .action((host: string, port: number, options: NcOptions) => nc(terminal, host, port, options));
}

function waitArgument(text: string): number {
  return wholeNumber(text, 0, 86_400, "A wait in seconds") * 1000;
}

async function nc(terminal: Terminal, name: string, port: number, options: NcOptions): Promise<void> {
  const families = [...new Set((options.address ?? []).map(({ address }) => familyOf(address)))];
  const address = await resolve(name, families);
  const plan = await planClient(options, address);
  const stack = await openStack({ ...options, plan });
  const signals = watchSignals();
  let talk: Conversation | undefined;
  const interrupted = signals.came.then((signal) => {
    talk?.abort();
    throw new InterruptedError(signal);
  });
  interrupted.catch(() => {});
  try {
    const said = (local: { address: string; port: number }): void => {
      if (!options.verbose) return;
      const remote = formatEndpoint({ address, port });
      terminal.err.write(`connected to ${remote} from ${local.address} port ${local.port}\n`);
    };
    const over = new Promise<void>((resolve, reject) => {
      const closed = (error: SocketError | undefined): void =>
        error === undefined ? resolve() : reject(error);
      talk = converse(stack, { address: formatAddress(address), port }, options, terminal, said, closed);
    });
    await Promise.race([over, interrupted]);
  } finally {
    process.stdin.destroy();
    signals.stop();
    await stack.close();
  }
}

function converse(
  { serviceHost }: Stack,
  remote: { address: string; port: number },
  { udp, localPort, wait = udp ? answerWait : undefined }: NcOptions,
  { out }: Terminal,
  connected: (local: { address: string; port: number }) => void,
  closed: (error: SocketError | undefined) => void,
): Conversation {
  const { stdin } = process;
  const talk: Conversation = conversation(
    serviceHost,
    udp ? "udp" : "tcp",
    { remote, localPort, label: "nc" },
    {
      connected,
      data: (bytes) => {
        if (out.writeBytes(bytes)) return;
        talk.pause();
        out.drained(() => talk.resume());
      },
      // As nc does: when the peer has said its last, so have we.
      ended: () => talk.end(),
      drained: () => void stdin.resume(),
      closed,
    },
  );
  stdin.on("data", (bytes: Buffer) => {
    const step = udp ? largestDatagram : bytes.length;
    for (let at = 0; at < bytes.length; at += step)
      if (!talk.write(bytes.subarray(at, at + step))) stdin.pause();
  });
  stdin.on("end", () => {
    // Over UDP answers may still come.
    if (!udp) talk.end();
    if (wait !== undefined) setTimeout(() => talk.abort(), wait).unref();
  });
  return talk;
}
