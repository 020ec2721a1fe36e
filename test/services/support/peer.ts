/** A client that a test types for: what it got is text and bytes to look at. */
import { decodeLatin1, encodeLatin1 } from "../../../src/base/text.ts";
import { connectStream } from "../../../src/services/connect.ts";
import type { Stream } from "../../../src/services/stream.ts";
import type { FakeHost, FakeNetwork, FakeSocket } from "./fake-network.ts";

export interface Peer {
  readonly stream: Stream;
  received: Uint8Array;
  ended: boolean;
  closed: boolean;
  error: string | undefined;
  readonly text: string;
  say(text: string): void;
}

/** Connects, and stops reading once `enough` bytes have come. */
export function connectPeer(
  network: FakeNetwork,
  from: FakeHost,
  to: string,
  port: number,
  enough = Infinity,
): Peer {
  const peer: Peer = {
    stream: connectStream(
      from,
      { remote: { address: to, port } },
      {
        data: (bytes) => {
          const all = new Uint8Array(peer.received.length + bytes.length);
          all.set(peer.received);
          all.set(bytes, peer.received.length);
          peer.received = all;
          if (all.length >= enough) peer.stream.pause();
        },
        ended: () => {
          peer.ended = true;
        },
        closed: (error) => {
          peer.closed = true;
          peer.error = error?.code;
        },
      },
    ),
    received: new Uint8Array(0),
    ended: false,
    closed: false,
    error: undefined,
    get text() {
      return decodeLatin1(peer.received);
    },
    say: (text) => {
      peer.stream.write(encodeLatin1(text));
      network.run();
    },
  };
  network.run();
  return peer;
}

/** Sends one datagram and gives what came back, if anything. */
export function ask(
  network: FakeNetwork,
  from: FakeHost,
  to: { address: string; port: number },
  request: Uint8Array,
  localPort = 0,
): Uint8Array | undefined {
  const socket: FakeSocket = from.socket("AF_INET", "SOCK_DGRAM");
  socket.bind({ address: "0.0.0.0", port: localPort });
  socket.sendTo(request, to);
  network.run();
  const reply = socket.mail.shift();
  socket.close();
  return reply?.bytes;
}
