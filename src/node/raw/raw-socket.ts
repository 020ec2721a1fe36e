/** One kernel raw socket: what a raw link asks of it, whether the package raw-socket made it or koffi. */
import type { Family } from "../../base/address.ts";
import { newPacket, type Packet } from "../../base/packet.ts";

export interface RawSocket {
  readonly family: Family;
  /** IP protocol number. */
  readonly protocol: number;
  /** Starts calling `readable` when packets wait. */
  open(readable: () => void): void;
  /**
   * Reads the next packet into the slot: header and all for IPv6 too.
   * @returns "packet", "empty" where none waits, or the error's code
   */
  receive(slot: RawSlot): "packet" | "empty" | (string & {});
  /** @returns "" where the packet went out, else the error's code; EAGAIN where the socket's buffer is full */
  send(packet: Packet): string;
  /** Calls `writable` once there is room again. */
  awaitWritable(writable: () => void): void;
  close(): void;
}

/** A packet's place in memory, and the places the kernel writes to. */
export interface RawSlot {
  readonly packet: Packet;
  /** For an IPv4 packet with its header. */
  readonly whole: Uint8Array;
  /** For what follows an IPv6 header, which the kernel keeps and we put back in front. */
  readonly payload: Uint8Array;
}

/** Where the IP header lies in a slot: room for link headers before it, and its words aligned. */
export const rawSlotStart = 16;
export const headerLengthV6 = 40;
const slotLength = rawSlotStart + headerLengthV6 + 65_535 + 1;

export function rawSlots(count: number): RawSlot[] {
  const memory = new Uint8Array(count * slotLength);
  return Array.from({ length: count }, (_, i) => {
    const bytes = memory.subarray(i * slotLength, (i + 1) * slotLength);
    return {
      packet: newPacket(bytes, rawSlotStart, rawSlotStart),
      whole: bytes.subarray(rawSlotStart),
      payload: bytes.subarray(rawSlotStart + headerLengthV6),
    };
  });
}

/** What the kernel says of an IPv6 packet whose header it kept. Addresses are written in place already. */
export interface HeaderV6 {
  readonly trafficClass: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
}

/** Writes the first 8 bytes of an IPv6 header (RFC 8200, section 3); the flow label is lost and 0. */
export function writeHeaderV6(header: HeaderV6, payloadLength: number, bytes: Uint8Array, at: number): void {
  bytes[at] = 0x60 | (header.trafficClass >>> 4);
  bytes[at + 1] = header.trafficClass << 4;
  bytes[at + 2] = 0;
  bytes[at + 3] = 0;
  bytes[at + 4] = payloadLength >>> 8;
  bytes[at + 5] = payloadLength;
  bytes[at + 6] = header.nextHeader;
  bytes[at + 7] = header.hopLimit;
}

/** 4 MiB, as a socket's 208 KiB hold 3 packets of 64 KiB. */
export const receiveBufferSize: number = 4 << 20;
