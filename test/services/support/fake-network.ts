/**
 * The POSIX face over nothing: sockets that hand each other bytes through small buffers, so that services meet
 * back-pressure, split reads, lost datagrams and resets exactly where a test wants them.
 */

import { type ErrnoName, errnoNumber, SocketError } from "../../../src/base/errno.ts";
import type { Alarm, Clock, Instant } from "../../../src/base/time/clock.ts";
import type { ServiceHost } from "../../../src/services/service.ts";
import type { EndpointName, Readiness, Received, Socket, SocketAddress } from "../../../src/stack/socket.ts";

export class FakeNetwork {
  now = 0;
  /** Bytes each direction of a stream holds. */
  capacity = 4096;
  /** Most bytes one `recv` gives. */
  segment = 1460;
  /** Says which datagrams are lost. */
  drops: (bytes: Uint8Array, from: EndpointName, to: EndpointName) => boolean = () => false;
  /** Every datagram sent, lost or not. */
  readonly datagrams: { from: EndpointName; to: EndpointName; bytes: Uint8Array }[] = [];
  readonly sockets = new Map<string, FakeSocket>();
  readonly #ready = new Set<FakeSocket>();
  readonly #alarms = new Set<FakeAlarm>();

  host(address: string): FakeHost {
    return new FakeHost(this, address);
  }

  wake(socket: FakeSocket | undefined): void {
    if (socket !== undefined) this.#ready.add(socket);
  }

  alarm(ring: () => void): Alarm {
    const alarm = new FakeAlarm(ring);
    this.#alarms.add(alarm);
    return alarm;
  }

  /** Lets everything that can happen now happen. */
  run(): void {
    for (let turns = 0; this.#ready.size > 0; turns++) {
      if (turns > 200_000) throw new Error("the fake network does not come to rest");
      const [socket] = this.#ready;
      this.#ready.delete(socket!);
      socket!.onReady?.();
    }
  }

  /** Lets `milliseconds` pass, ringing what falls due. */
  advance(milliseconds: number): void {
    const until = this.now + milliseconds;
    this.run();
    for (;;) {
      const next = [...this.#alarms].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      this.now = next.at;
      next.at = Infinity;
      next.ring();
      this.run();
    }
    this.now = until;
  }
}

class FakeAlarm implements Alarm {
  at: Instant = Infinity;
  readonly ring: () => void;
  constructor(ring: () => void) {
    this.ring = ring;
  }
  set(instant: Instant): void {
    this.at = instant;
  }
}

export class FakeHost implements ServiceHost {
  readonly clock: Clock;
  readonly address: string;
  readonly #network: FakeNetwork;
  #port = 49_152;

  constructor(network: FakeNetwork, address: string) {
    this.#network = network;
    this.address = address;
    this.clock = { now: () => network.now, alarm: (ring) => network.alarm(ring) };
  }

  socket(_domain: string, type: string): FakeSocket {
    return new FakeSocket(this.#network, this, type === "SOCK_STREAM" ? "tcp" : "udp");
  }

  ephemeral(): number {
    return this.#port++;
  }
}

/** One direction of a stream, or a datagram queue. */
interface Inbox {
  bytes: number[];
  ended: boolean;
}

export class FakeSocket implements Socket {
  readonly domain = "AF_INET";
  readonly type: "SOCK_STREAM" | "SOCK_DGRAM";
  readonly protocol: number;
  label = "";
  onReady: (() => void) | undefined;
  peer: FakeSocket | undefined;
  local: EndpointName | undefined;
  remote: EndpointName | undefined;
  closed = false;
  readonly backlog: FakeSocket[] = [];
  readonly mail: { bytes: Uint8Array; from: EndpointName }[] = [];
  readonly #inbox: Inbox = { bytes: [], ended: false };
  readonly #network: FakeNetwork;
  readonly #host: FakeHost;
  readonly #kind: "tcp" | "udp";
  #error: ErrnoName | undefined;
  #listening = false;
  #sentFin = false;
  #lingerReset = false;

  constructor(network: FakeNetwork, host: FakeHost, kind: "tcp" | "udp") {
    this.#network = network;
    this.#host = host;
    this.#kind = kind;
    this.type = kind === "tcp" ? "SOCK_STREAM" : "SOCK_DGRAM";
    this.protocol = kind === "tcp" ? 6 : 17;
  }

  bind(local: SocketAddress): void {
    const port = local.port === 0 ? this.#host.ephemeral() : local.port;
    const key = `${this.#kind} ${this.#host.address}:${port}`;
    if (this.#network.sockets.has(key)) throw new SocketError("EADDRINUSE", "bind");
    this.local = { family: "IPv4", address: this.#host.address, port };
    this.#network.sockets.set(key, this);
  }

  listen(): void {
    this.#listening = true;
  }

  accept(): Socket {
    const socket = this.backlog.shift();
    if (socket === undefined) throw new SocketError("EAGAIN", "accept");
    return socket;
  }

  connect(to: SocketAddress | undefined): void {
    if (to === undefined || typeof to.address !== "string") throw new TypeError("text only");
    if (this.local === undefined) this.bind({ address: "0.0.0.0", port: 0 });
    this.remote = { family: "IPv4", address: to.address, port: to.port };
    if (this.#kind === "udp") return;
    const listener = this.#network.sockets.get(`tcp ${to.address}:${to.port}`);
    this.#network.wake(this);
    if (FakeSocket.#listens(listener)) {
      const child = new FakeSocket(this.#network, listener.#host, "tcp");
      Object.assign(child, { peer: this, local: this.remote, remote: this.local });
      this.peer = child;
      listener.backlog.push(child);
      this.#network.wake(listener);
    } else this.#error = "ECONNREFUSED";
    throw new SocketError("EINPROGRESS", "connect");
  }

  send(data: Uint8Array): number {
    if (this.#kind === "udp") return this.sendTo(data, this.remote!);
    this.#raise("send");
    if (this.closed || this.#sentFin || this.peer === undefined) throw new SocketError("EPIPE", "send");
    const inbox = this.peer.#inbox.bytes;
    const room = Math.min(data.length, this.#network.capacity - inbox.length);
    if (room <= 0) throw new SocketError("EAGAIN", "send");
    for (let i = 0; i < room; i++) inbox.push(data[i]!);
    this.#network.wake(this.peer);
    return room;
  }

  sendTo(data: Uint8Array, to: SocketAddress): number {
    if (this.closed) throw new SocketError("EBADF", "send");
    const target: EndpointName = { family: "IPv4", address: String(to.address), port: to.port };
    if (this.local === undefined) this.bind({ address: "0.0.0.0", port: 0 });
    this.#network.datagrams.push({ from: this.local!, to: target, bytes: data.slice() });
    if (this.#network.drops(data, this.local!, target)) return data.length;
    const receiver = this.#network.sockets.get(`udp ${target.address}:${target.port}`);
    if (receiver === undefined) {
      if (this.remote !== undefined) this.fail("ECONNREFUSED");
    } else if (!receiver.remote || sameEndpoint(receiver.remote, this.local!)) {
      receiver.mail.push({ bytes: data.slice(), from: this.local! });
      this.#network.wake(receiver);
    }
    return data.length;
  }

  recv(into: Uint8Array): number {
    if (this.#kind === "udp") return this.recvFrom(into).length;
    const inbox = this.#inbox;
    if (inbox.bytes.length === 0) {
      this.#raise("recv");
      if (inbox.ended) return 0;
      throw new SocketError("EAGAIN", "recv");
    }
    const part = inbox.bytes.splice(0, Math.min(into.length, this.#network.segment));
    into.set(part);
    this.#network.wake(this.peer);
    return part.length;
  }

  recvFrom(into: Uint8Array): Received {
    this.#raise("recvfrom");
    const datagram = this.mail.shift();
    if (datagram === undefined) throw new SocketError("EAGAIN", "recvfrom");
    const part = datagram.bytes.subarray(0, into.length);
    into.set(part);
    return { length: part.length, from: datagram.from, truncated: part.length < datagram.bytes.length };
  }

  shutdown(): void {
    if (this.peer === undefined) throw new SocketError("ENOTCONN", "shutdown");
    this.#sentFin = true;
    this.peer.#inbox.ended = true;
    this.#network.wake(this.peer);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.local !== undefined) {
      const key = `${this.#kind} ${this.local.address}:${this.local.port}`;
      if (this.#network.sockets.get(key) === this) this.#network.sockets.delete(key);
    }
    const unread = this.#inbox.bytes.length > 0;
    if (this.peer === undefined || this.peer.closed) return;
    if (this.#lingerReset || unread) this.peer.fail("ECONNRESET");
    else if (!this.#sentFin) this.shutdown();
  }

  /** What an ICMP error or a reset does. */
  fail(error: ErrnoName): void {
    this.#error = error;
    this.#network.wake(this);
  }

  setOption(name: string): void {
    if (name === "SO_LINGER") this.#lingerReset = true;
  }

  getOption(name: string): unknown {
    if (name !== "SO_ERROR") return 0;
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? 0 : errnoNumber(error);
  }

  localEndpoint(): EndpointName {
    return this.local ?? { family: "IPv4", address: "0.0.0.0", port: 0 };
  }

  remoteEndpoint(): EndpointName {
    if (this.remote === undefined) throw new SocketError("ENOTCONN", "getpeername");
    return this.remote;
  }

  poll(): Readiness {
    const inbox = this.#inbox;
    const room = this.peer !== undefined && this.peer.#inbox.bytes.length < this.#network.capacity;
    return {
      readable: inbox.bytes.length > 0 || inbox.ended || this.mail.length > 0 || this.backlog.length > 0,
      writable: this.#kind === "udp" || room,
      error: this.#error !== undefined,
      hangup: inbox.ended && this.#sentFin,
      readHangup: inbox.ended,
    };
  }

  static #listens(socket: FakeSocket | undefined): socket is FakeSocket {
    return socket instanceof FakeSocket ? socket.#listening : false;
  }

  #raise(syscall: string): void {
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw new SocketError(error, syscall);
  }
}

function sameEndpoint(a: EndpointName, b: EndpointName): boolean {
  return a.address === b.address && a.port === b.port;
}
