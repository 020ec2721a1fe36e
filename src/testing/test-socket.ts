/**
 * A socket of the stack under test, with the addresses of the testbed and a line in its trace for every call. Calls
 * never block, as those of the socket itself: what would is EAGAIN, thrown.
 */
import { errnoText, SocketError } from "../base/errno.ts";
import type { MessageFlags, Received, ShutdownHow, Socket, SocketAddress } from "../stack/socket.ts";
import { bytesOf } from "./packets/payload.ts";

/** What a socket needs of its testbed. */
export interface SocketWorld {
  /** Where bind() binds when nothing is said. */
  readonly local: SocketAddress;
  /** Where connect() and sendTo() go when nothing is said. */
  readonly remote: SocketAddress;
  /** The next descriptor. */
  readonly label: () => number;
  /** A call is over, well or not: the stack does what follows, and the trace has a line. */
  readonly called: (line: string) => void;
}

/** The most one recv() returns when nothing is said. */
const buffer = 65_536;

export class TestSocket {
  /** The socket itself, for what this one has no method for. */
  readonly socket: Socket;
  /** What the trace calls it. */
  readonly label: number;
  readonly #world: SocketWorld;

  constructor(socket: Socket, label: number, world: SocketWorld) {
    this.socket = socket;
    this.label = label;
    this.#world = world;
  }

  /** To the testbed's address and port when nothing is said; a number is a port of that address. */
  bind(local: SocketAddress | number = this.#world.local): void {
    const address = typeof local === "number" ? { ...this.#world.local, port: local } : local;
    this.#call(`bind(${this.label}, ..., ...)`, () => this.socket.bind(address));
  }

  listen(backlog = 1): void {
    this.#call(`listen(${this.label}, ${backlog})`, () => this.socket.listen(backlog));
  }

  /** @throws EAGAIN where nobody waits */
  accept(): TestSocket {
    const label = this.#world.label();
    const accepted = this.#call(
      `accept(${this.label}, ..., ...)`,
      () => this.socket.accept(),
      () => label,
    );
    this.#world.called(`fcntl(${label}, F_SETFL, O_RDWR|O_NONBLOCK) = 0`);
    return new TestSocket(accepted, label, this.#world);
  }

  /** To the testbed's peer when nothing is said. A connection is then under way, and this returns. */
  connect(remote: SocketAddress | undefined = this.#world.remote): void {
    const line = `connect(${this.label}, ..., ...)`;
    try {
      this.#call(line, () => this.socket.connect(remote));
    } catch (error) {
      if (!(error instanceof SocketError) || error.code !== "EINPROGRESS") throw error;
    }
  }

  /** Text, bytes, or so many zeros. @returns bytes taken. @throws EAGAIN where the buffer is full */
  send(data: string | Uint8Array | number, flags: MessageFlags = {}): number {
    const bytes = contentOf(data);
    const names = flagNames(flags);
    const call = names === "0" ? `write(${this.label}, ..., ${bytes.length})` : undefined;
    const line = call ?? `send(${this.label}, ..., ${bytes.length}, ${names})`;
    return this.#call(
      line,
      () => this.socket.send(bytes, flags),
      (taken) => taken,
    );
  }

  sendTo(
    data: string | Uint8Array | number,
    to: SocketAddress = this.#world.remote,
    flags: MessageFlags = {},
  ): number {
    const bytes = contentOf(data);
    const line = `sendto(${this.label}, ..., ${bytes.length}, ${flagNames(flags)}, ..., ...)`;
    return this.#call(
      line,
      () => this.socket.sendTo(bytes, to, flags),
      (taken) => taken,
    );
  }

  /** What there is, up to `length` bytes; empty: the stream has ended. @throws EAGAIN where there is nothing yet */
  recv(length: number = buffer, flags: MessageFlags = {}): Uint8Array {
    const into = new Uint8Array(length);
    const names = flagNames(flags);
    const line =
      names === "0" ? `read(${this.label}, ..., ${length})` : `recv(${this.label}, ..., ${length}, ${names})`;
    const got = this.#call(
      line,
      () => this.socket.recv(into, flags),
      (count) => count,
    );
    return into.subarray(0, Math.min(got, length));
  }

  /** A datagram and where it came from. @throws EAGAIN where there is none */
  recvFrom(length: number = buffer, flags: MessageFlags = {}): Received & { readonly data: Uint8Array } {
    const into = new Uint8Array(length);
    const line = `recvfrom(${this.label}, ..., ${length}, ${flagNames(flags)}, ..., ...)`;
    const received = this.#call(
      line,
      () => this.socket.recvFrom(into, flags),
      (got) => got.length,
    );
    return { ...received, data: into.subarray(0, Math.min(received.length, length)) };
  }

  shutdown(how: ShutdownHow): void {
    this.#call(`shutdown(${this.label}, ${how})`, () => this.socket.shutdown(how));
  }

  close(): void {
    this.#call(`close(${this.label})`, () => this.socket.close());
  }

  /** By the name of POSIX or Linux: `SO_LINGER`, `TCP_NODELAY`. */
  setOption(name: string, value: unknown): void {
    const written = optionText(value);
    const line = `setsockopt(${this.label}, ${levelOf(name)}, ${name}, ${written.text}, ${written.length})`;
    this.#call(line, () => this.socket.setOption(name, value));
  }

  /** Not in the trace: it changes nothing but SO_ERROR. */
  getOption(name: string): unknown {
    return this.socket.getOption(name);
  }

  /** TCP_INFO, by the names and in the units of Linux: `tcpi_state`, `tcpi_rto` in microseconds. */
  info(): Readonly<Record<string, number>> {
    return this.socket.getOption("TCP_INFO") as Record<string, number>;
  }

  #call<Result>(call: string, work: () => Result, value: (result: Result) => number = () => 0): Result {
    let outcome = "-1";
    try {
      const result = work();
      outcome = String(value(result));
      return result;
    } catch (error) {
      if (error instanceof SocketError) outcome = `-1 ${error.code} (${errnoText(error.code)})`;
      throw error;
    } finally {
      this.#world.called(`${call} = ${outcome}`);
    }
  }
}

function contentOf(data: string | Uint8Array | number): Uint8Array {
  return typeof data === "number" ? new Uint8Array(data) : bytesOf(data);
}

function flagNames({ peek, truncate, more, urgent }: MessageFlags): string {
  const names = [
    ...[peek ? "MSG_PEEK" : "", truncate ? "MSG_TRUNC" : ""],
    ...[more ? "MSG_MORE" : "", urgent ? "MSG_OOB" : ""],
  ].filter((name) => name !== "");
  return names.join("|") || "0";
}

const levels: readonly (readonly [prefix: string, level: string])[] = [
  ["SO_", "SOL_SOCKET"],
  ["TCP_", "IPPROTO_TCP"],
  ["UDP_", "IPPROTO_UDP"],
  ["IPV6_", "IPPROTO_IPV6"],
  ["IP_", "IPPROTO_IP"],
];

function levelOf(name: string): string {
  return levels.find(([prefix]) => name.startsWith(prefix))?.[1] ?? "0";
}

function optionText(value: unknown): { readonly text: string; readonly length: number } {
  if (typeof value === "string") return { text: JSON.stringify(value), length: value.length };
  if (typeof value === "object" && value !== null && "on" in value && "seconds" in value)
    return { text: `{onoff=${Number(value.on)}, linger=${Number(value.seconds)}}`, length: 8 };
  return { text: `[${Number(value)}]`, length: 4 };
}
