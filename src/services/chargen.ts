/** Character generator (RFC 864): lines of 72 printing characters, each starting one further on. */
import type { Random } from "../base/random.ts";
import { DatagramServer } from "./datagram-server.ts";
import type { Service, ServiceAddress, ServiceHost } from "./service.ts";
import type { Stream } from "./stream.ts";
import { type StreamHandler, StreamServer, type StreamServerOptions } from "./stream-server.ts";

/** The 95 printing characters of ASCII, space to tilde. */
const first = 0x20;
const printing = 95;
const perLine = 72;
const lineLength = perLine + 2;
/** RFC 864: a datagram holds a random number of characters, 0 to 512. */
const largestAnswer = 512;

/** The whole cycle: 95 lines, after which the first comes again. */
export function chargenPattern(): Uint8Array {
  const pattern = new Uint8Array(printing * lineLength);
  for (let line = 0; line < printing; line++) {
    const at = line * lineLength;
    for (let column = 0; column < perLine; column++)
      pattern[at + column] = first + ((line + column) % printing);
    pattern[at + perLine] = 0x0d;
    pattern[at + perLine + 1] = 0x0a;
  }
  return pattern;
}

/** Sends the pattern until the peer closes; what the peer says is thrown away. */
export function chargenTcp(
  host: ServiceHost,
  at: ServiceAddress,
  limits: Partial<StreamServerOptions> = {},
): StreamServer {
  const pattern = chargenPattern();
  return new StreamServer(host, { name: "chargen", ...limits, at }, (stream) => generate(stream, pattern));
}

function generate(stream: Stream, pattern: Uint8Array): StreamHandler {
  const fill = (): void => {
    while (stream.write(pattern));
  };
  fill();
  return { data: () => {}, drained: fill, ended: () => stream.end() };
}

/** Answers each datagram with a random length of the pattern, never longer than 512 bytes. */
export function chargenUdp(host: ServiceHost, at: ServiceAddress, random: Random): Service {
  const pattern = chargenPattern();
  return new DatagramServer(host, { name: "chargen", at }, () =>
    pattern.subarray(0, random.below(largestAnswer + 1)),
  );
}
