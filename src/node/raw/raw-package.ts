/**
 * Raw sockets through the package raw-socket. What it does not tell: IPv4 packets come whole, IPv6 packets without
 * header and destination; errors carry only strerror's text; a socket that is collected closes itself; its
 * descriptors are inherited by child processes; reading when nothing waits costs an exception (6 us).
 */
import { readdirSync, readlinkSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import type { Socket } from "raw-socket";
import {
  type Address,
  type Family,
  formatAddress,
  parseAddress,
  readAddressV4,
  readAddressV6,
  writeAddressV6,
} from "../../base/address.ts";
import { type ErrnoName, errnoNumber } from "../../base/errno.ts";
import type { Packet } from "../../base/packet.ts";
import { type Native, systemError } from "../native.ts";
import {
  filterReference,
  icmpFilter,
  icmpv6Filter,
  ipHeaderIncluded,
  ipv6HeaderIncluded,
  soAttachFilter,
  solIcmpv6,
  solIp,
  solIpv6,
  solRaw,
  solSocket,
  soReceiveBuffer,
  soReceiveBufferForce,
} from "../structs.ts";
import { importOptional, LinkUnavailableError } from "../unavailable.ts";
import { addressFilter, icmpTypeMask, icmpv6TypeMask } from "./raw-filter.ts";
import {
  headerLengthV6,
  type RawSlot,
  type RawSocket,
  rawSlotStart,
  receiveBufferSize,
  writeHeaderV6,
} from "./raw-socket.ts";

export type RawPackage = typeof import("raw-socket")["default"];

/** The package, for the main thread: in any other it would use the main thread's event loop from outside. */
export async function loadRawPackage(): Promise<RawPackage> {
  if (!isMainThread)
    throw new LinkUnavailableError(
      "raw-socket works in the main thread only",
      "open the link there, or use koffi",
    );
  return importOptional("raw-socket", () => import("raw-socket"));
}

/**
 * A raw socket for packets to `addresses`; of IPv6 there can be one only. `native`, where there is koffi, lets the
 * kernel filter and keeps the descriptor from child processes.
 * @throws the system's error, EPERM without CAP_NET_RAW
 */
export function openPackageRawSocket(
  raw: RawPackage,
  native: Native | undefined,
  family: Family,
  protocol: number,
  addresses: readonly Address[],
): RawSocket {
  const addressFamily = family === 4 ? raw.AddressFamily.IPv4 : raw.AddressFamily.IPv6;
  let socket: Socket | undefined;
  try {
    const before = openSockets();
    // Its own buffer is never used: packets are read into slots.
    socket = raw.createSocket({ protocol, addressFamily, bufferSize: 1 });
    if (native !== undefined) closeOnExec(native, before);
    setOptions(socket, native, family, protocol, addresses);
    return new PackageRawSocket(socket, family, protocol, addresses[0]!);
  } catch (error) {
    socket?.close();
    throw packageError(error as Error, "socket");
  }
}

/** Sets FD_CLOEXEC on sockets that were not there `before`. */
function closeOnExec(native: Native, before: ReadonlyMap<string, string>): void {
  const setFlags = 2;
  for (const [fd, name] of openSockets()) if (before.get(fd) !== name) native.fcntl(Number(fd), setFlags, 1);
}

/** The process's sockets by descriptor, as `socket:[inode]`. */
function openSockets(): Map<string, string> {
  const sockets = new Map<string, string>();
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      const name = readlinkSync(`/proc/self/fd/${fd}`);
      if (name.startsWith("socket:")) sockets.set(fd, name);
    } catch {
      // The directory's own descriptor is closed by now.
    }
  }
  return sockets;
}

function setOptions(
  socket: Socket,
  native: Native | undefined,
  family: Family,
  protocol: number,
  addresses: readonly Address[],
): void {
  const filter = addressFilter(addresses);
  if (native !== undefined && filter !== undefined) {
    const reference = filterReference(filter, native.address(filter));
    socket.setOption(solSocket, soAttachFilter, reference, reference.length);
  }
  try {
    socket.setOption(solSocket, soReceiveBufferForce, receiveBufferSize);
  } catch {
    socket.setOption(solSocket, soReceiveBuffer, receiveBufferSize);
  }
  if (family === 4) {
    socket.setOption(solIp, ipHeaderIncluded, 1);
    if (protocol === 1) socket.setOption(solRaw, icmpFilter, icmpTypeMask);
  } else {
    socket.setOption(solIpv6, ipv6HeaderIncluded, 1);
    if (protocol === 58) socket.setOption(solIcmpv6, icmpv6Filter, icmpv6TypeMask(), 32);
  }
}

/** strerror's texts, glibc's and where they differ musl's, of what raw sockets are told. */
const texts: Readonly<Record<string, ErrnoName>> = {
  "Operation not permitted": "EPERM",
  "Permission denied": "EACCES",
  "Resource temporarily unavailable": "EAGAIN",
  "Interrupted system call": "EINTR",
  "Bad file descriptor": "EBADF",
  "Invalid argument": "EINVAL",
  "Too many open files": "EMFILE",
  "No file descriptors available": "EMFILE",
  "Protocol not supported": "EPROTONOSUPPORT",
  "Address family not supported by protocol": "EAFNOSUPPORT",
  "Message too long": "EMSGSIZE",
  "Message too large": "EMSGSIZE",
  "Network is down": "ENETDOWN",
  "Network is unreachable": "ENETUNREACH",
  "Network unreachable": "ENETUNREACH",
  "No route to host": "EHOSTUNREACH",
  "Host is unreachable": "EHOSTUNREACH",
  "No buffer space available": "ENOBUFS",
  "Connection refused": "ECONNREFUSED",
  "Cannot assign requested address": "EADDRNOTAVAIL",
  "Address not available": "EADDRNOTAVAIL",
};

/** The code behind an error of the package; the text itself where it is none we know. */
export function packageErrorCode({ message }: Error): string {
  return texts[message] ?? message;
}

function packageError(error: Error, syscall: string): Error {
  const code = texts[error.message];
  return code === undefined ? error : systemError(code, errnoNumber(code), syscall);
}

class PackageRawSocket implements RawSocket {
  readonly family: Family;
  readonly protocol: number;
  readonly #socket: Socket;
  /** Our only address, which IPv6 packets must be for. */
  readonly #address: Address;
  readonly #names = new Map<number, string>();
  readonly #received: (buffer: Uint8Array, length: number, source: string) => void;
  #length = 0;
  #source = "";
  #readable: () => void = () => {};
  #writable: (() => void) | undefined;
  #closed = false;
  #failed = false;

  constructor(socket: Socket, family: Family, protocol: number, address: Address) {
    this.#socket = socket;
    this.family = family;
    this.protocol = protocol;
    this.#address = address;
    this.#received = (_buffer, length, source) => {
      this.#length = length;
      this.#source = source;
    };
    // The package's own listeners read one packet a turn, into a buffer of their own.
    socket.wrap.removeAllListeners("recvReady");
    socket.wrap.on("recvReady", () => this.#onEvent(this.#readable));
    socket.wrap.on("sendReady", () => this.#onWritable());
    // The package closes the socket after this.
    socket.on("error", () => {
      this.#failed = true;
      this.#onEvent(this.#readable);
    });
  }

  open(readable: () => void): void {
    this.#readable = readable;
  }

  #onEvent(call: () => void): void {
    if (!this.#closed) call();
  }

  #onWritable(): void {
    const call = this.#writable;
    this.#writable = undefined;
    if (call !== undefined) this.#onEvent(call);
  }

  awaitWritable(writable: () => void): void {
    this.#writable = writable;
    this.#socket.resumeSend();
  }

  receive(slot: RawSlot): string {
    // On a closed socket recv would open another.
    if (this.#closed) return "empty";
    if (this.#failed) return "EBADF";
    try {
      this.#socket.wrap.recv(this.family === 4 ? slot.whole : slot.payload, this.#received);
    } catch (error) {
      const code = packageErrorCode(error as Error);
      return code === "EAGAIN" ? "empty" : code;
    }
    const { packet } = slot;
    packet.start = rawSlotStart;
    packet.end = rawSlotStart + this.#length;
    if (this.family === 6) this.#addHeader(packet);
    return "packet";
  }

  #addHeader(packet: Packet): void {
    const header = { trafficClass: 0, nextHeader: this.protocol, hopLimit: 64 };
    writeHeaderV6(header, this.#length, packet.bytes, rawSlotStart);
    writeAddressV6(parseAddress(this.#source.replace(/%.*/, ""))!, packet.bytes, rawSlotStart + 8);
    writeAddressV6(this.#address, packet.bytes, rawSlotStart + 24);
    packet.end += headerLengthV6;
  }

  send({ bytes, start, end }: Packet): string {
    if (this.#closed || this.#failed) return "EBADF";
    try {
      this.#socket.wrap.send(bytes, start, end - start, this.#destination(bytes, start), nothing);
      return "";
    } catch (error) {
      return packageErrorCode(error as Error);
    }
  }

  #destination(bytes: Uint8Array, start: number): string {
    if (this.family === 6) return formatAddress(readAddressV6(bytes, start + 24));
    const destination = readAddressV4(bytes, start + 16);
    let name = this.#names.get(destination.w3);
    if (name === undefined) {
      name = formatAddress(destination);
      if (this.#names.size >= 256) this.#names.clear();
      this.#names.set(destination.w3, name);
    }
    return name;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

function nothing(): void {}
