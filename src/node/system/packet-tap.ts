/**
 * Packets of an interface with the kernel's own time of each (packet(7), socket(7)). Reading late then costs nothing but
 * memory: what counts is when the kernel sent it.
 */
import { checksumPartial, newPacket } from "../../base/packet.ts";
import { completeChecksum } from "../../link/segment.ts";
import { nativeError, setOption } from "../native.ts";
import { findPartialChecksum } from "../raw/partial-checksum.ts";
import {
  afPacket,
  closeOnExec,
  nonBlocking,
  sockDatagram,
  solSocket,
  soReceiveBufferForce,
} from "../structs.ts";
import type { SystemCalls } from "./calls.ts";

export interface TappedPacket {
  /** Microseconds since 1970. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

const everyProtocol = 0x0003;
const soTimestampNanoseconds = 35;
const solPacket = 263;
const packetAuxiliaryData = 8;
/** Flag of the auxiliary data: the checksum is left to the device. */
const checksumNotReady = 1 << 3;
const outgoing = 4;
const receiveBuffer = 32 << 20;

/** Layout of struct msghdr, sockaddr_ll and cmsghdr on 64-bit machines. */
const nameLength = 20;
const packetTypeAt = 10;
const controlLength = 256;
const longestPacket = 40 + 65_535;

/** Holds the memory recvmsg(2) works with. */
export class PacketTap {
  readonly fd: number;
  readonly #calls: SystemCalls;
  readonly #name = new Uint8Array(nameLength);
  readonly #control = new Uint8Array(controlLength);
  readonly #packet = new Uint8Array(longestPacket);
  readonly #vector = new Uint8Array(16);
  readonly #message = new Uint8Array(56);

  /** @throws the system's error */
  constructor(calls: SystemCalls, interfaceIndex: number) {
    this.#calls = calls;
    const { native } = calls;
    // Bound to nothing at first, so that no packet of another interface comes.
    this.fd = native.socket(afPacket, sockDatagram | nonBlocking | closeOnExec, 0);
    if (this.fd < 0) throw nativeError(native, "socket");
    setOption(native, this.fd, solSocket, soReceiveBufferForce, receiveBuffer);
    setOption(native, this.fd, solSocket, soTimestampNanoseconds, 1);
    setOption(native, this.fd, solPacket, packetAuxiliaryData, 1);
    const address = new DataView(new ArrayBuffer(nameLength));
    address.setUint16(0, afPacket, true);
    address.setUint16(2, everyProtocol, false);
    address.setInt32(4, interfaceIndex, true);
    if (native.bind(this.fd, new Uint8Array(address.buffer), nameLength) < 0)
      throw nativeError(native, "bind");
    const message = new DataView(this.#message.buffer);
    const vector = new DataView(this.#vector.buffer);
    vector.setBigUint64(0, BigInt(calls.address(this.#packet)), true);
    vector.setBigUint64(8, BigInt(longestPacket), true);
    message.setBigUint64(0, BigInt(calls.address(this.#name)), true);
    message.setBigUint64(16, BigInt(calls.address(this.#vector)), true);
    message.setBigUint64(24, 1n, true);
    message.setBigUint64(32, BigInt(calls.address(this.#control)), true);
  }

  /** The next packet that the kernel sent; undefined where none waits. */
  next(): TappedPacket | undefined {
    for (;;) {
      const message = new DataView(this.#message.buffer);
      message.setUint32(8, nameLength, true);
      message.setBigUint64(40, BigInt(controlLength), true);
      const { value } = this.#calls.invoke("recvmsg", this.fd, this.#calls.address(this.#message), 0);
      if (value < 0) return undefined;
      if (this.#name[packetTypeAt] !== outgoing) continue;
      const { time, partial } = this.#told(Number(message.getBigUint64(40, true)));
      const bytes = this.#packet.slice(0, value);
      if (partial) complete(bytes);
      return { time, bytes };
    }
  }

  close(): void {
    this.#calls.native.close(this.fd);
  }

  /** What the control messages say. */
  #told(length: number): { time: number; partial: boolean } {
    const view = new DataView(this.#control.buffer);
    let [time, partial] = [0, false];
    for (let at = 0; at + 16 <= length; ) {
      const size = Number(view.getBigUint64(at, true));
      const [level, type] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true)];
      if (level === solSocket && type === soTimestampNanoseconds)
        time = Number(view.getBigInt64(at + 16, true)) * 1e6 + Number(view.getBigInt64(at + 24, true)) / 1e3;
      if (level === solPacket && type === packetAuxiliaryData)
        partial = (view.getUint32(at + 16, true) & checksumNotReady) !== 0;
      if (size < 16) break;
      at += (size + 7) & ~7;
    }
    return { time: Math.round(time), partial };
  }
}

function complete(bytes: Uint8Array): void {
  const packet = newPacket(bytes);
  findPartialChecksum(packet);
  if (packet.checksum === checksumPartial) completeChecksum(packet);
}
