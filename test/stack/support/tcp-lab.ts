/** TCP sockets of one host that talk over its loopback, segment by segment, under a clock that stands still. */
import type { SocketAddress, SocketDomain } from "../../../src/stack/socket.ts";
import { TcpSocket } from "../../../src/stack/tcp/tcp-socket.ts";
import { TcpTransport } from "../../../src/stack/tcp/tcp-transport.ts";
import { FakeWorld, outcome, type Sent } from "./fake-world.ts";

export const loopback = "127.0.0.1";

export class TcpLab {
  readonly world = new FakeWorld();
  readonly transport: TcpTransport;
  /** Segments that are lost on the way. */
  loses: (sent: Sent) => boolean = () => false;
  #delivered = 0;

  constructor() {
    this.transport = new TcpTransport(this.world);
    this.world.transports.push(this.transport);
  }

  socket(domain: SocketDomain = "AF_INET"): TcpSocket {
    const socket = new TcpSocket(this.world, this.transport, domain);
    this.world.sockets.add(socket);
    return socket;
  }

  /** Delivers what goes to ourselves until nothing more is sent. */
  run(): void {
    this.world.settle();
    while (this.#delivered < this.world.sent.length) {
      const sent = this.world.sent[this.#delivered++]!;
      if (sent.route.cast === "local" && !this.loses(sent)) this.transport.receive(this.world.arrival(sent));
      this.world.settle();
    }
  }

  /** Time passes, and what it causes is delivered. */
  wait(milliseconds: number): void {
    const until = this.world.time + milliseconds;
    while (this.world.time < until) {
      this.world.advance(Math.min(10, until - this.world.time));
      this.run();
    }
  }

  listener(at: SocketAddress = { address: loopback, port: 0 }, backlog = 8): TcpSocket {
    const listener = this.socket(
      typeof at.address === "string" && at.address.includes(":") ? "AF_INET6" : "AF_INET",
    );
    listener.bind(at);
    listener.listen(backlog);
    return listener;
  }

  connect(socket: TcpSocket, port: number, address = loopback): void {
    const answer = outcome(() => socket.connect({ address, port }));
    if (answer !== "EINPROGRESS") throw new Error(`connect: ${String(answer)}`);
    this.run();
  }

  /** A connection, its two ends and the listener between. */
  pair(): { client: TcpSocket; server: TcpSocket; listener: TcpSocket } {
    const listener = this.listener();
    const client = this.socket();
    this.connect(client, listener.localEndpoint().port);
    return { client, server: listener.accept() as TcpSocket, listener };
  }

  reset(socket: TcpSocket): void {
    socket.setOption("SO_LINGER", { on: true, seconds: 0 });
    socket.close();
    this.run();
  }
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function bytes(of: string): Uint8Array {
  return new TextEncoder().encode(of);
}

/** What recv gives, as text. */
export function received(socket: TcpSocket, room = 100): string {
  const into = new Uint8Array(room);
  return text(into.subarray(0, socket.recv(into)));
}
