/**
 * Sockets of the running kernel behind the POSIX face that our own have: the same calls, synchronous and non-blocking, the
 * same names for options and errors. For comparing the two. `onReady` is never called: ask `poll`.
 */
import { SocketError } from "../../base/errno.ts";
import type {
  EndpointName,
  MessageFlags,
  Readiness,
  Received,
  ShutdownHow,
  Socket,
  SocketAddress,
  SocketDomain,
  SocketType,
} from "../../stack/socket.ts";
import { attachFilter, nativeError, setOption } from "../native.ts";
import { afInet, afInet6, closeOnExec, intArgument, nonBlocking } from "../structs.ts";
import { endpointIn, longestName, nameFor, noName } from "./kernel-sockets-names.ts";
import type { KernelCalls } from "./kernel-sockets-native.ts";
import {
  attachClassic,
  attachExtended,
  kernelOption,
  optionArgument,
  optionResult,
} from "./kernel-sockets-options.ts";
import { classicSelector, extendedSelector, loadExtended, type Selector } from "./kernel-sockets-selector.ts";

const types: Readonly<Record<SocketType, number>> = {
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_SEQPACKET: 5,
};
const directions: Readonly<Record<ShutdownHow, number>> = { SHUT_RD: 0, SHUT_WR: 1, SHUT_RDWR: 2 };

/** Flags of send(2) and recv(2). */
const outOfBand = 0x1;
const peek = 0x2;
const truncate = 0x20;
const noSignal = 0x4000;
const more = 0x8000;
const fastOpen = 0x20000000;

/** Events of poll(2). */
const pollIn = 0x1;
const pollOut = 0x4;
const pollError = 0x8;
const pollHangup = 0x10;
const pollReadHangup = 0x2000;

/** socket(2), in the network namespace of this thread. @throws the system's error */
export function openKernelSocket(
  calls: KernelCalls,
  domain: SocketDomain,
  type: SocketType,
  protocol: number,
): KernelSocket {
  const family = domain === "AF_INET" ? afInet : afInet6;
  const fd = calls.native.socket(family, types[type] | nonBlocking | closeOnExec, protocol);
  if (fd < 0) throw nativeError(calls.native, "socket");
  return new KernelSocket(calls, fd, domain, type, protocol);
}

export class KernelSocket implements Socket {
  readonly domain: SocketDomain;
  readonly type: SocketType;
  readonly protocol: number;
  label = "";
  onReady: (() => void) | undefined = undefined;
  readonly #calls: KernelCalls;
  /** -1 once it is closed: EBADF follows by itself. */
  #fd: number;

  constructor(calls: KernelCalls, fd: number, domain: SocketDomain, type: SocketType, protocol: number) {
    this.#calls = calls;
    this.#fd = fd;
    this.domain = domain;
    this.type = type;
    this.protocol = protocol;
  }

  bind(local: SocketAddress): void {
    const name = nameFor(this.domain, local);
    this.#check(this.#calls.native.bind(this.#fd, name, name.length), "bind");
  }

  listen(backlog: number): void {
    this.#check(this.#calls.native.listen(this.#fd, backlog), "listen");
  }

  accept(): KernelSocket {
    const name = new Uint8Array(longestName);
    const flags = nonBlocking | closeOnExec;
    const fd = this.#calls.accept4(this.#fd, name, intArgument(name.length), flags);
    this.#check(fd, "accept");
    return new KernelSocket(this.#calls, fd, this.domain, this.type, this.protocol);
  }

  connect(remote: SocketAddress | undefined): void {
    const name = remote === undefined ? noName : nameFor(this.domain, remote);
    this.#check(this.#calls.connect(this.#fd, name, name.length), "connect");
  }

  send(data: Uint8Array, flags: MessageFlags = {}): number {
    return this.#check(this.#calls.send(this.#fd, data, data.length, sendBits(flags)), "send");
  }

  sendTo(data: Uint8Array, to: SocketAddress, flags: MessageFlags = {}): number {
    return this.#sendTo(data, to, sendBits(flags));
  }

  /** sendto(2) with MSG_FASTOPEN: the data goes with the SYN where the peer allows it (RFC 7413). */
  sendFastOpen(data: Uint8Array, to: SocketAddress): number {
    return this.#sendTo(data, to, noSignal | fastOpen);
  }

  recv(into: Uint8Array, flags: MessageFlags = {}): number {
    const { native } = this.#calls;
    return this.#check(native.recv(this.#fd, into, into.length, receiveBits(flags)), "recv");
  }

  recvFrom(into: Uint8Array, flags: MessageFlags = {}): Received {
    const name = new Uint8Array(longestName);
    const nameLength = intArgument(name.length);
    const bits = receiveBits(flags) | truncate;
    const got = this.#calls.recvfrom(this.#fd, into, into.length, bits, name, nameLength);
    const length = this.#check(got, "recv");
    const truncated = length > into.length;
    const counted = flags.truncate === true ? length : Math.min(length, into.length);
    return { length: counted, from: endpointIn(name), truncated };
  }

  shutdown(how: ShutdownHow): void {
    this.#check(this.#calls.shutdown(this.#fd, directions[how]), "shutdown");
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#calls.native.close(this.#fd);
    this.#fd = -1;
  }

  /** Names are those of our own sockets; a `Uint8Array` is given to the kernel as it is. */
  setOption(name: string, value: unknown): void {
    if (name === "SO_ATTACH_REUSEPORT_CBPF") this.#attachClassic(value as Selector);
    else if (name === "SO_ATTACH_REUSEPORT_EBPF") this.#attachExtended(value as Selector);
    else {
      const { level, number, form } = this.#option(name, "setsockopt");
      const bytes = optionArgument(form, value);
      const { native } = this.#calls;
      this.#check(native.setsockopt(this.#fd, level, number, bytes, bytes.length), "setsockopt");
    }
  }

  getOption(name: string): unknown {
    const { level, number, form } = this.#option(name, "getsockopt");
    const bytes = new Uint8Array(form === "text" ? 16 : form === "linger" ? 8 : 4);
    const length = intArgument(bytes.length);
    this.#check(this.#calls.getsockopt(this.#fd, level, number, bytes, length), "getsockopt");
    return optionResult(form, bytes.subarray(0, length[0]));
  }

  localEndpoint(): EndpointName {
    const name = new Uint8Array(longestName);
    this.#check(this.#calls.getsockname(this.#fd, name, intArgument(name.length)), "getsockname");
    return endpointIn(name);
  }

  remoteEndpoint(): EndpointName {
    const name = new Uint8Array(longestName);
    this.#check(this.#calls.getpeername(this.#fd, name, intArgument(name.length)), "getpeername");
    return endpointIn(name);
  }

  poll(): Readiness {
    const descriptor = new Uint8Array(8);
    const view = new DataView(descriptor.buffer);
    view.setInt32(0, this.#fd, true);
    view.setInt16(4, pollIn | pollOut | pollReadHangup, true);
    this.#check(this.#calls.poll(descriptor, 1, 0), "poll");
    const events = view.getInt16(6, true);
    return {
      readable: (events & pollIn) !== 0,
      writable: (events & pollOut) !== 0,
      error: (events & pollError) !== 0,
      hangup: (events & pollHangup) !== 0 || this.#fd < 0,
      readHangup: (events & pollReadHangup) !== 0,
    };
  }

  #sendTo(data: Uint8Array, to: SocketAddress, bits: number): number {
    const name = nameFor(this.domain, to);
    const { native } = this.#calls;
    return this.#check(native.sendto(this.#fd, data, data.length, bits, name, name.length), "send");
  }

  #attachClassic(selector: Selector): void {
    const { level, number } = attachClassic;
    attachFilter(this.#calls.native, this.#fd, level, number, classicSelector(selector));
  }

  #attachExtended(selector: Selector): void {
    const { native } = this.#calls;
    const { level, number } = attachExtended;
    const program = loadExtended(this.#calls, extendedSelector(selector));
    try {
      setOption(native, this.#fd, level, number, program);
    } finally {
      native.close(program);
    }
  }

  #option(name: string, syscall: string): NonNullable<ReturnType<typeof kernelOption>> {
    const option = kernelOption(name);
    if (option === undefined) throw new SocketError("ENOPROTOOPT", syscall);
    return option;
  }

  /** @throws the system's error where C said so */
  #check(result: number, syscall: string): number {
    if (result < 0) throw nativeError(this.#calls.native, syscall);
    return result;
  }
}

function sendBits({ more: follows, urgent }: MessageFlags): number {
  return noSignal | (follows ? more : 0) | (urgent ? outOfBand : 0);
}

function receiveBits({ peek: stays, truncate: whole, urgent }: MessageFlags): number {
  return (stays ? peek : 0) | (whole ? truncate : 0) | (urgent ? outOfBand : 0);
}
