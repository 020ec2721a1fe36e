/** Accepts connections for a TCP service, within limits: how many at once, and how long one may be silent. */
import type { SocketError } from "../base/errno.ts";
import type { Socket } from "../stack/socket.ts";
import { domainOf, failureOf } from "./attempt.ts";
import {
  newCounters,
  type Service,
  type ServiceAddress,
  type ServiceCounters,
  type ServiceHost,
} from "./service.ts";
import { Stream } from "./stream.ts";

/** What a service does with one connection. */
export interface StreamHandler {
  data(bytes: Uint8Array): void;
  ended(): void;
  drained?(): void;
  closed?(): void;
}

export interface StreamServerOptions {
  readonly name: string;
  readonly at: ServiceAddress;
  /** Connections served at once; more wait in the accept queue. */
  readonly connections?: number | undefined;
  readonly backlog?: number | undefined;
  /** Milliseconds without a byte either way after which a connection is dropped. */
  readonly idle?: number | undefined;
}

const defaults = { connections: 1024, backlog: 128, idle: 120_000 } as const;
const scratchLength = 65_536;

/** A listening TCP service. `serve` is called for each connection and gives its handler. @throws SocketError as bind and listen do. */
export class StreamServer implements Service {
  readonly name: string;
  readonly counters: ServiceCounters = newCounters();
  readonly #host: ServiceHost;
  readonly #listener: Socket;
  readonly #serve: (stream: Stream) => StreamHandler;
  readonly #live = new Map<Stream, { seen: number; bytes: number }>();
  readonly #scratch = new Uint8Array(scratchLength);
  readonly #limit: number;
  readonly #idle: number;
  readonly #alarm: { set(instant: number): void };
  #closed = false;

  constructor(host: ServiceHost, options: StreamServerOptions, serve: (stream: Stream) => StreamHandler) {
    this.name = options.name;
    this.#host = host;
    this.#serve = serve;
    this.#limit = options.connections ?? defaults.connections;
    this.#idle = options.idle ?? defaults.idle;
    this.#listener = listenAt(host, options);
    this.#listener.label = options.name;
    this.#alarm = host.clock.alarm(() => this.#sweep());
    this.#listener.onReady = () => this.#accept();
  }

  /** Connections open now. */
  get connections(): number {
    return this.#live.size;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#alarm.set(Infinity);
    this.#listener.close();
    for (const stream of [...this.#live.keys()]) stream.destroy();
  }

  #accept(): void {
    while (!this.#closed && this.#live.size < this.#limit && this.#listener.poll().readable) {
      let socket: Socket | undefined;
      const error = failureOf(() => {
        socket = this.#listener.accept();
      });
      if (error?.code === "EAGAIN") return;
      if (error !== undefined || socket === undefined) {
        this.counters.refused++;
        continue;
      }
      this.#open(socket);
    }
  }

  #open(socket: Socket): void {
    socket.label = this.name;
    let handler: StreamHandler | undefined;
    const stream: Stream = new Stream(
      socket,
      undefined,
      {
        data: (bytes) => handler?.data(bytes),
        ended: () => handler?.ended(),
        drained: () => handler?.drained?.(),
        closed: (error) => this.#gone(stream, handler, error),
      },
      this.#scratch,
    );
    this.counters.served++;
    if (this.#live.size === 0) this.#alarm.set(this.#host.clock.now() + this.#idle);
    this.#live.set(stream, { seen: this.#host.clock.now(), bytes: 0 });
    handler = this.#serve(stream);
    stream.pump();
  }

  #gone(stream: Stream, handler: StreamHandler | undefined, error: SocketError | undefined): void {
    this.#live.delete(stream);
    this.counters.bytesIn += stream.bytesIn;
    this.counters.bytesOut += stream.bytesOut;
    if (error !== undefined) this.counters.failed++;
    handler?.closed?.();
    if (this.#live.size === this.#limit - 1) this.#accept();
  }

  /** Drops the connections that moved no byte since before the last idle span; checks again while any is left. */
  #sweep(): void {
    const now = this.#host.clock.now();
    for (const [stream, activity] of [...this.#live]) {
      const bytes = stream.bytesIn + stream.bytesOut;
      if (bytes !== activity.bytes) {
        activity.bytes = bytes;
        activity.seen = now;
      } else if (now - activity.seen >= this.#idle) {
        this.counters.refused++;
        stream.destroy();
      }
    }
    if (this.#live.size > 0) this.#alarm.set(now + this.#idle);
  }
}

function listenAt(host: ServiceHost, { at, backlog }: StreamServerOptions): Socket {
  const socket = host.socket(at.domain ?? domainOf(at), "SOCK_STREAM");
  const error = failureOf(() => {
    socket.setOption("SO_REUSEADDR", 1);
    socket.bind({ address: at.address, port: at.port, scope: at.scope });
    socket.listen(backlog ?? defaults.backlog);
  });
  if (error === undefined) return socket;
  socket.close();
  throw error;
}
