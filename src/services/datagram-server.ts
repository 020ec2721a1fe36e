/** Answers datagrams for a UDP service, one at a time, keeping nothing between them. */
import { SocketError } from "../base/errno.ts";
import type { EndpointName, Received, Socket } from "../stack/socket.ts";
import { domainOf, failureOf, trySendTo } from "./attempt.ts";
import {
  newCounters,
  type Service,
  type ServiceAddress,
  type ServiceCounters,
  type ServiceHost,
} from "./service.ts";

/**
 * Ports that answer whatever they are sent: echo, discard, daytime, quote, chargen, time. Answering them would set two
 * services talking to each other for ever (CERT advisory CA-1996-01).
 */
const reflectors: ReadonlySet<number> = new Set([0, 7, 9, 13, 17, 19, 37]);

const largestDatagram = 65_535;

/** What to answer to `request`: nothing, or bytes. */
export type Answer = (request: Uint8Array, from: EndpointName) => Uint8Array | undefined;

export interface DatagramServerOptions {
  readonly name: string;
  readonly at: ServiceAddress;
}

/** A UDP service bound to `at`. @throws SocketError as bind does. */
export class DatagramServer implements Service {
  readonly name: string;
  readonly counters: ServiceCounters = newCounters();
  readonly socket: Socket;
  readonly #answer: Answer;
  readonly #scratch = new Uint8Array(largestDatagram);

  constructor(host: ServiceHost, { name, at }: DatagramServerOptions, answer: Answer) {
    this.name = name;
    this.#answer = answer;
    this.socket = bindAt(host, at);
    this.socket.label = name;
    this.socket.onReady = () => this.#pump();
  }

  close(): void {
    this.socket.onReady = undefined;
    this.socket.close();
  }

  #pump(): void {
    for (let errors = 0; errors < 8; ) {
      const received = receiveFrom(this.socket, this.#scratch);
      if (received === "none") return;
      if (received instanceof SocketError) errors++;
      else this.#serve(this.#scratch.subarray(0, received.length), received.from);
    }
  }

  #serve(request: Uint8Array, from: EndpointName): void {
    if (reflectors.has(from.port)) {
      this.counters.refused++;
      return;
    }
    this.counters.served++;
    this.counters.bytesIn += request.length;
    const answer = this.#answer(request, from);
    if (answer === undefined) return;
    const sent = trySendTo(this.socket, answer, from);
    if (sent instanceof SocketError || sent < 0) this.counters.failed++;
    else this.counters.bytesOut += sent;
  }
}

/** The next datagram, or the error the socket had pending instead (an ICMP error; it is taken from the socket by this). */
export function receiveFrom(socket: Socket, into: Uint8Array): Received | SocketError | "none" {
  const ready = socket.poll();
  if (!(ready.readable || ready.error)) return "none";
  let received: Received | undefined;
  const error = failureOf(() => {
    received = socket.recvFrom(into);
  });
  if (received !== undefined) return received;
  return error === undefined || error.code === "EAGAIN" ? "none" : error;
}

/** A UDP socket bound to `at`. @throws SocketError as bind does. */
export function bindAt(host: ServiceHost, at: ServiceAddress): Socket {
  const socket = host.socket(at.domain ?? domainOf(at), "SOCK_DGRAM");
  const error = failureOf(() => socket.bind({ address: at.address, port: at.port, scope: at.scope }));
  if (error === undefined) return socket;
  socket.close();
  throw error;
}
