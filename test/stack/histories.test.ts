/** Random histories of socket calls, with what Linux answered to each (data/record_linux.py), on a host of ours. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { errnoNames, errnoNumber } from "../../src/base/errno.ts";
import type { Host } from "../../src/stack/host.ts";
import { Network } from "../../src/stack/network.ts";
import type { EndpointName, ShutdownHow, Socket, SocketDomain, SocketType } from "../../src/stack/socket.ts";
import { outcome } from "./support/fake-world.ts";

type Answer = string | number;
/** Verb, socket, arguments, and last the answer. */
type Call = readonly [string, number, ...Answer[]];

const { kernel, histories } = JSON.parse(
  readFileSync(new URL("data/linux-socket-histories.json", import.meta.url), "utf8"),
) as { kernel: string; histories: readonly { seed: number; calls: readonly Call[] }[] };

describe(`histories recorded on Linux ${kernel}`, () => {
  for (const { seed, calls } of histories)
    test(`number ${seed}: ${calls.length} calls`, () => {
      const network = new Network({ seed: 1 });
      const host = network.host("h");
      const sockets = new Map<number, Socket>();
      const answers = calls.map((call) => {
        const answer = perform(host, sockets, call);
        network.advance(2);
        return [...call.slice(0, -1), answer];
      });
      network.close();
      expect(answers).toEqual(calls);
    });
});

const values: Readonly<Record<string, unknown>> = {
  SO_LINGER: { on: true, seconds: 0 },
  TCP_MAXSEG: 1000,
};

function perform(host: Host, sockets: Map<number, Socket>, call: Call): Answer {
  const [verb, which, ...rest] = call;
  const args = rest.slice(0, -1);
  if (verb === "socket") {
    sockets.set(which, host.socket(args[0] as SocketDomain, args[1] as SocketType));
    return "ok";
  }
  const socket = sockets.get(which);
  if (socket === undefined) return "none";
  if (verb === "close") sockets.delete(which);
  return ask(socket, sockets, verb, args);
}

function ask(socket: Socket, sockets: Map<number, Socket>, verb: string, args: readonly Answer[]): Answer {
  const [text, number] = [String(args[0]), Number(args[0])];
  const to = { address: text, port: Number(args[1]) };
  const ok = (work: () => void): Answer => outcome(work) ?? "ok";
  switch (verb) {
    case "bind":
      return ok(() => socket.bind(to));
    case "connect":
      return ok(() => socket.connect(to));
    case "dissolve":
      return ok(() => socket.connect(undefined));
    case "listen":
      return ok(() => socket.listen(number));
    case "accept":
      return outcome(() => {
        const accepted = socket.accept();
        sockets.set(number, accepted);
        return endpoint(accepted.remoteEndpoint());
      });
    case "send":
      return outcome(() => socket.send(new Uint8Array(number)));
    case "sendTo":
      return outcome(() => socket.sendTo(new Uint8Array(Number(args[2])), to));
    case "recv":
      return outcome(() => socket.recv(new Uint8Array(number), { peek: args[1] === "peek" }));
    case "shutdown":
      return ok(() => socket.shutdown(text as ShutdownHow));
    case "close":
      socket.close();
      return "ok";
    case "option":
      return ok(() => socket.setOption(text, values[text] ?? 1));
    case "names":
      return [() => socket.localEndpoint(), () => socket.remoteEndpoint()]
        .map((name) => outcome(() => endpoint(name())))
        .join(" ");
    case "poll":
      return ready(socket);
    default:
      return errorOf(socket);
  }
}

/** Ephemeral ports are the system's own choice. */
function endpoint({ address, port }: EndpointName): string {
  return `${address}:${port < 8000 ? port : "*"}`;
}

function ready(socket: Socket): string {
  const { readable, writable, error, hangup, readHangup } = socket.poll();
  const names = [readable && "IN", writable && "OUT", error && "ERR", hangup && "HUP", readHangup && "RDHUP"];
  return names.filter(Boolean).join("|") || "0";
}

function errorOf(socket: Socket): Answer {
  const number = socket.getOption("SO_ERROR");
  return errnoNames.find((name) => errnoNumber(name) === number) ?? 0;
}
