/** One conversation with one peer, as netcat has it: bytes in, bytes out, over TCP or UDP. */
import { SocketError } from "../base/errno.ts";
import type { EndpointName, Socket } from "../stack/socket.ts";
import { domainOf, failureOf, trySend } from "./attempt.ts";
import { type ConnectOptions, connectStream } from "./connect.ts";
import { receiveFrom } from "./datagram-server.ts";
import type { ServiceHost } from "./service.ts";

export interface ConversationEvents {
  connected(local: EndpointName): void;
  /** Lent until the call returns. */
  data(bytes: Uint8Array): void;
  /** The peer has sent its last. Never for UDP. */
  ended(): void;
  /** There is room again after `write` said false. */
  drained(): void;
  /** It is over. Nothing follows. */
  closed(error: SocketError | undefined): void;
}

export interface Conversation {
  /** False: wait for `drained`. Over UDP each call is a datagram. */
  write(bytes: Uint8Array): boolean;
  /** Nothing more will be written. UDP closes at once. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Gives up at once. */
  abort(): void;
}

/** Over UDP `connected` comes from inside this call. @throws SocketError as bind and connect do. */
export function conversation(
  host: ServiceHost,
  transport: "tcp" | "udp",
  options: ConnectOptions,
  events: ConversationEvents,
): Conversation {
  return transport === "tcp" ? streamed(host, options, events) : datagrams(host, options, events);
}

function streamed(host: ServiceHost, options: ConnectOptions, events: ConversationEvents): Conversation {
  const stream = connectStream(host, options, {
    connected: () => events.connected(stream.socket.localEndpoint()),
    data: events.data,
    ended: events.ended,
    drained: events.drained,
    closed: events.closed,
  });
  return {
    write: (bytes) => stream.write(bytes),
    end: () => stream.end(),
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    abort: () => stream.destroy(),
  };
}

const largestDatagram = 65_535;

function datagrams(host: ServiceHost, options: ConnectOptions, events: ConversationEvents): Conversation {
  const socket = openDatagrams(host, options);
  const scratch = new Uint8Array(largestDatagram);
  let state: "reading" | "paused" | "closed" = "reading";

  const close = (error: SocketError | undefined): void => {
    if (state === "closed") return;
    state = "closed";
    socket.onReady = undefined;
    socket.close();
    events.closed(error);
  };
  const pump = (): void => {
    while (state === "reading") {
      const received = receiveFrom(socket, scratch);
      if (received === "none") return;
      if (received instanceof SocketError) {
        close(received);
        return;
      }
      events.data(scratch.subarray(0, received.length));
    }
  };
  socket.onReady = pump;
  events.connected(socket.localEndpoint());
  return {
    write: (bytes) => {
      const sent = trySend(socket, bytes);
      if (sent instanceof SocketError) close(sent);
      return true;
    },
    end: () => close(undefined),
    pause: () => {
      if (state === "reading") state = "paused";
    },
    resume: () => {
      if (state !== "paused") return;
      state = "reading";
      pump();
    },
    abort: () => close(undefined),
  };
}

function openDatagrams(host: ServiceHost, options: ConnectOptions): Socket {
  const domain = domainOf(options.remote);
  const socket = host.socket(domain, "SOCK_DGRAM");
  socket.label = options.label ?? "";
  const error = failureOf(() => {
    if (options.localPort !== undefined || options.localAddress !== undefined) {
      const any = domain === "AF_INET" ? "0.0.0.0" : "::";
      socket.bind({ address: options.localAddress ?? any, port: options.localPort ?? 0 });
    }
    socket.connect(options.remote);
  });
  if (error === undefined) return socket;
  socket.close();
  throw error;
}
