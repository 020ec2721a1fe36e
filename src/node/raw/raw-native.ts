/** Raw sockets through koffi: what IPv6 needs to keep its header's fields, and what works without a compiler. */
import { type Address, type Family, readAddressV4, readAddressV6 } from "../../base/address.ts";
import type { Packet } from "../../base/packet.ts";
import { attachFilter, type Native, nativeError, type PollHandle, setOption } from "../native.ts";
import {
  afInet,
  afInet6,
  closeOnExec,
  icmpFilter,
  icmpv6Filter,
  intArgument,
  ipHeaderIncluded,
  ipv6HeaderIncluded,
  ipv6HopLimit,
  ipv6PacketInfo,
  ipv6ReceiveHopLimit,
  ipv6ReceivePacketInfo,
  ipv6ReceiveTrafficClass,
  ipv6TrafficClass,
  nonBlocking,
  soAttachFilter,
  socketAddress,
  sockRaw,
  solIcmpv6,
  solIp,
  solIpv6,
  solRaw,
  solSocket,
  soReceiveBuffer,
  soReceiveBufferForce,
} from "../structs.ts";
import { addressFilter, icmpTypeMask, icmpv6TypeMask } from "./raw-filter.ts";
import {
  headerLengthV6,
  type RawSlot,
  type RawSocket,
  rawSlotStart,
  receiveBufferSize,
  writeHeaderV6,
} from "./raw-socket.ts";

/** A raw socket for packets to `addresses`. @throws the system's error, EPERM without CAP_NET_RAW */
export function openNativeRawSocket(
  native: Native,
  family: Family,
  protocol: number,
  addresses: readonly Address[],
): RawSocket {
  const domain = family === 4 ? afInet : afInet6;
  const fd = native.socket(domain, sockRaw | nonBlocking | closeOnExec, protocol);
  if (fd < 0) throw nativeError(native, "socket");
  try {
    const filter = addressFilter(addresses);
    if (filter !== undefined) attachFilter(native, fd, solSocket, soAttachFilter, filter);
    setOptions(native, fd, family, protocol);
    return new NativeRawSocket(native, fd, family, protocol);
  } catch (error) {
    native.close(fd);
    throw error;
  }
}

function setOptions(native: Native, fd: number, family: Family, protocol: number): void {
  const size = intArgument(receiveBufferSize);
  if (native.setsockopt(fd, solSocket, soReceiveBufferForce, size, size.length) < 0)
    setOption(native, fd, solSocket, soReceiveBuffer, receiveBufferSize);
  if (family === 4) {
    setOption(native, fd, solIp, ipHeaderIncluded, 1);
    if (protocol === 1) setOption(native, fd, solRaw, icmpFilter, icmpTypeMask | 0);
    return;
  }
  for (const option of [
    ipv6HeaderIncluded,
    ipv6ReceivePacketInfo,
    ipv6ReceiveHopLimit,
    ipv6ReceiveTrafficClass,
  ])
    setOption(native, fd, solIpv6, option, 1);
  const mask = icmpv6TypeMask();
  if (protocol === 58 && native.setsockopt(fd, solIcmpv6, icmpv6Filter, mask, mask.length) < 0)
    throw nativeError(native, "setsockopt");
}

/** Offsets in `struct msghdr` and `struct cmsghdr`. */
const message = { name: 0, nameLength: 8, vector: 16, vectorLength: 24, control: 32, controlLength: 40 };
const controlHeaderLength = 16;

class NativeRawSocket implements RawSocket {
  readonly family: Family;
  readonly protocol: number;
  readonly #native: Native;
  readonly #fd: number;
  /** The arguments of recvmsg point at each other: all are kept here, so that none is collected. */
  readonly #message = new DataView(new ArrayBuffer(56));
  readonly #vector = new DataView(new ArrayBuffer(16));
  readonly #name = new Uint8Array(28);
  readonly #control = new DataView(new ArrayBuffer(256));
  readonly #messageBytes = new Uint8Array(this.#message.buffer);
  readonly #header = { trafficClass: 0, nextHeader: 0, hopLimit: 64 };
  #poll: PollHandle | undefined;
  #readable: () => void = () => {};
  #writable: (() => void) | undefined;

  constructor(native: Native, fd: number, family: Family, protocol: number) {
    this.#native = native;
    this.#fd = fd;
    this.family = family;
    this.protocol = protocol;
    this.#header.nextHeader = protocol;
    this.#message.setBigUint64(message.name, native.address(this.#name), true);
    this.#message.setBigUint64(message.vector, native.address(new Uint8Array(this.#vector.buffer)), true);
    this.#message.setBigUint64(message.vectorLength, 1n, true);
    this.#message.setBigUint64(message.control, native.address(new Uint8Array(this.#control.buffer)), true);
  }

  open(readable: () => void): void {
    this.#readable = readable;
    this.#poll = this.#native.poll(
      this.#fd,
      { readable: true, writable: this.#writable !== undefined },
      this.#onPoll,
    );
  }

  readonly #onPoll = (_status: number, { writable }: { readonly writable: boolean }): void => {
    if (writable && this.#writable !== undefined) {
      const call = this.#writable;
      this.#writable = undefined;
      this.#poll!.stop();
      this.#poll!.start({ readable: true }, this.#onPoll);
      call();
    }
    this.#readable();
  };

  awaitWritable(writable: () => void): void {
    this.#writable = writable;
    this.#poll?.stop();
    this.#poll?.start({ readable: true, writable: true }, this.#onPoll);
  }

  receive(slot: RawSlot): string {
    const length =
      this.family === 4
        ? this.#native.recv(this.#fd, slot.whole, slot.whole.length, 0)
        : this.#receiveV6(slot);
    if (length < 0) return this.#native.errno() === this.#native.eagain ? "empty" : this.#native.errnoName();
    slot.packet.start = rawSlotStart;
    slot.packet.end = rawSlotStart + length;
    return "packet";
  }

  #receiveV6({ packet: { bytes }, payload }: RawSlot): number {
    this.#vector.setBigUint64(0, this.#native.address(payload), true);
    this.#vector.setBigUint64(8, BigInt(payload.length), true);
    this.#message.setUint32(message.nameLength, this.#name.length, true);
    this.#message.setBigUint64(message.controlLength, BigInt(this.#control.byteLength), true);
    const length = this.#native.recvmsg(this.#fd, this.#messageBytes, 0);
    if (length < 0) return length;
    bytes.set(this.#name.subarray(8, 24), rawSlotStart + 8);
    this.#readControl(bytes);
    writeHeaderV6(this.#header, length, bytes, rawSlotStart);
    return headerLengthV6 + length;
  }

  /** Destination, hop limit and traffic class (RFC 3542, section 6). */
  #readControl(bytes: Uint8Array): void {
    const control = this.#control;
    const end = Number(this.#message.getBigUint64(message.controlLength, true));
    for (let at = 0; at + controlHeaderLength <= end; ) {
      const length = Number(control.getBigUint64(at, true));
      const data = at + controlHeaderLength;
      const type = control.getInt32(at + 8, true) === solIpv6 ? control.getInt32(at + 12, true) : -1;
      if (type === ipv6PacketInfo) bytes.set(new Uint8Array(control.buffer, data, 16), rawSlotStart + 24);
      else if (type === ipv6HopLimit) this.#header.hopLimit = control.getInt32(data, true);
      else if (type === ipv6TrafficClass) this.#header.trafficClass = control.getInt32(data, true);
      if (length < controlHeaderLength) return;
      at += (length + 7) & ~7;
    }
  }

  send({ bytes, start, end }: Packet): string {
    const to = this.family === 4 ? readAddressV4(bytes, start + 16) : readAddressV6(bytes, start + 24);
    const name = socketAddress(to, 0);
    const sent = this.#native.sendto(this.#fd, bytes.subarray(start, end), end - start, 0, name, name.length);
    return sent < 0 ? this.#native.errnoName() : "";
  }

  close(): void {
    this.#poll?.close();
    this.#native.close(this.#fd);
  }
}
