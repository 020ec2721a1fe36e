/** Doing `harbormaster nc`: stdin, stdout and a conversation joined. */
import { familyOf, formatAddress } from "../../base/address.ts";
import { formatEndpoint } from "../../base/endpoint.ts";
import type { SocketError } from "../../base/errno.ts";
import { type Conversation, conversation } from "../../services/nc.ts";
import { InterruptedError } from "../failure.ts";
import { resolve } from "../kernel-source.ts";
import type { LinkOptions } from "../link-options.ts";
import { planClient } from "../link-plan.ts";
import { watchSignals } from "../signals.ts";
import { openStack, type Stack } from "../stack.ts";
import type { Terminal } from "../terminal.ts";

export interface NcOptions extends LinkOptions {
  readonly udp?: true;
  readonly localPort?: number;
  readonly wait?: number;
  readonly verbose?: true;
}

/** Larger reads of stdin become several datagrams. */
const largestDatagram = 16_384;
/** Milliseconds that `-u` waits for answers after stdin has ended, unless told otherwise. */
const answerWait = 1000;

export async function nc(terminal: Terminal, name: string, port: number, options: NcOptions): Promise<void> {
  const families = [...new Set((options.address ?? []).map(({ address }) => familyOf(address)))];
  const address = await resolve(name, families);
  const plan = await planClient(options, address);
  const stack = await openStack({ ...options, plan });
  const signals = watchSignals();
  let talk: Conversation | undefined;
  void signals.came.then(() => talk?.abort());
  try {
    const said = (local: { address: string; port: number }): void => {
      if (!options.verbose) return;
      const remote = formatEndpoint({ address, port });
      terminal.err.write(`connected to ${remote} from ${local.address} port ${local.port}\n`);
    };
    await new Promise<void>((resolve, reject) => {
      const closed = (error: SocketError | undefined): void =>
        error === undefined ? resolve() : reject(error);
      talk = converse(stack, { address: formatAddress(address), port }, options, terminal, said, closed);
    });
    if (signals.signal !== undefined) throw new InterruptedError(signals.signal);
    await stack.settle();
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
