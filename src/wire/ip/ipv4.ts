/** IPv4 headers (RFC 791, section 3.1). Options are in ipv4-options.ts. */
import { type Address, addressV4, anyV4 } from "../../base/address.ts";
import { i32, putU16, putU32 } from "../../base/bytes.ts";
import { checksum, fold, sum } from "../../base/hash/checksum.ts";

/*
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |Version|  IHL  |Type of Service|          Total Length         |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |         Identification        |Flags|      Fragment Offset    |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |  Time to Live |    Protocol   |         Header Checksum       |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                       Source Address                          |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                    Destination Address                        |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                    Options                    |    Padding    |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

/** Bytes of a header without options. */
export const ipv4HeaderLength = 20;

export type Ipv4Malformed =
  | "truncated"
  | "bad-version"
  | "bad-header-length"
  | "bad-total-length"
  | "bad-checksum";

export interface Ipv4Header {
  /** Type of Service: DSCP and, in the low two bits, ECN (RFC 2474, RFC 3168). */
  trafficClass: number;
  identification: number;
  dontFragment: boolean;
  moreFragments: boolean;
  /** In bytes: a multiple of 8. */
  fragmentOffset: number;
  /** Time to Live. */
  hopLimit: number;
  protocol: number;
  source: Address;
  destination: Address;
  /** Bytes of options with their padding: a multiple of 4, at most 40. */
  optionsLength: number;
  /** Total Length less the header. */
  payloadLength: number;
}

/** A header found in bytes, with where its parts lie in them. */
export interface Ipv4Packet extends Ipv4Header {
  /** The option bytes, `[optionsStart, payloadStart)`. */
  optionsStart: number;
  payloadStart: number;
  payloadEnd: number;
}

/** The packet in bytes[start, end), its header checksum verified. What follows Total Length is link padding. */
export function parseIpv4(bytes: Uint8Array, start: number, end: number): Ipv4Packet | Ipv4Malformed {
  const packet = newIpv4Packet();
  return parseIpv4Into(packet, bytes, start, end) ?? packet;
}

/** A blank for {@link parseIpv4Into}. */
export function newIpv4Packet(): Ipv4Packet {
  return {
    trafficClass: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    hopLimit: 0,
    protocol: 0,
    source: anyV4,
    destination: anyV4,
    optionsLength: 0,
    payloadLength: 0,
    optionsStart: 0,
    payloadStart: 0,
    payloadEnd: 0,
  };
}

/**
 * As {@link parseIpv4} into an object that is used again, in half the time: addresses equal to those in it stay the
 * same objects.
 * @returns the reason there is no packet (`packet` is then worthless), or undefined.
 */
export function parseIpv4Into(
  packet: Ipv4Packet,
  bytes: Uint8Array,
  start: number,
  end: number,
): Ipv4Malformed | undefined {
  if (end - start < ipv4HeaderLength) return "truncated";
  const first = i32(bytes, start);
  const second = i32(bytes, start + 4);
  const third = i32(bytes, start + 8);
  const source = i32(bytes, start + 12);
  const destination = i32(bytes, start + 16);
  if (first >>> 28 !== 4) return "bad-version";
  const headerLength = ((first >>> 24) & 15) * 4;
  if (headerLength < ipv4HeaderLength) return "bad-header-length";
  if (headerLength > end - start) return "truncated";
  const totalLength = first & 0xffff;
  if (totalLength < headerLength) return "bad-total-length";
  if (totalLength > end - start) return "truncated";
  const words = halves(first) + halves(second) + halves(third) + halves(source) + halves(destination);
  if (fold(optionsSum(bytes, start, headerLength) + words) !== 0xffff) return "bad-checksum";
  packet.trafficClass = (first >>> 16) & 0xff;
  packet.identification = second >>> 16;
  packet.dontFragment = (second & 0x4000) !== 0;
  packet.moreFragments = (second & 0x2000) !== 0;
  packet.fragmentOffset = (second & 0x1fff) * 8;
  packet.hopLimit = third >>> 24;
  packet.protocol = (third >>> 16) & 0xff;
  if (packet.source.w3 !== source) packet.source = addressV4(source);
  if (packet.destination.w3 !== destination) packet.destination = addressV4(destination);
  packet.optionsLength = headerLength - ipv4HeaderLength;
  packet.payloadLength = totalLength - headerLength;
  packet.optionsStart = start + ipv4HeaderLength;
  packet.payloadStart = start + headerLength;
  packet.payloadEnd = start + totalLength;
  return undefined;
}

/** Why {@link parseIpv4} refuses bytes[start, end), or undefined. */
export function ipv4Problem(bytes: Uint8Array, start: number, end: number): Ipv4Malformed | undefined {
  return parseIpv4Into(newIpv4Packet(), bytes, start, end);
}

/**
 * Writes the header with its checksum. Options are put at `at + 20` beforehand (`emitIpv4Options`), as the
 * checksum covers them; the payload goes behind at any time.
 * @returns the header's length.
 */
export function emitIpv4(header: Ipv4Header, bytes: Uint8Array, at: number): number {
  const headerLength = ipv4HeaderLength + header.optionsLength;
  const flags = (header.dontFragment ? 0x4000 : 0) | (header.moreFragments ? 0x2000 : 0);
  const first =
    ((0x40 | (headerLength >>> 2)) << 24) |
    (header.trafficClass << 16) |
    (headerLength + header.payloadLength);
  const second = (header.identification << 16) | flags | (header.fragmentOffset >>> 3);
  const third = (header.hopLimit << 24) | (header.protocol << 16);
  const source = header.source.w3;
  const destination = header.destination.w3;
  const words = halves(first) + halves(second) + halves(third) + halves(source) + halves(destination);
  const checksum = ~fold(optionsSum(bytes, at, headerLength) + words) & 0xffff;
  putU32(bytes, at, first);
  putU32(bytes, at + 4, second);
  putU32(bytes, at + 8, third | checksum);
  putU32(bytes, at + 12, source);
  putU32(bytes, at + 16, destination);
  return headerLength;
}

/** Computes the checksum of the header at `at` anew, after a field of it was changed in place. */
export function fillIpv4Checksum(bytes: Uint8Array, at: number): void {
  putU16(bytes, at + 10, 0);
  putU16(bytes, at + 10, checksum(bytes, at, at + (bytes[at]! & 15) * 4));
}

function optionsSum(bytes: Uint8Array, start: number, headerLength: number): number {
  if (headerLength === ipv4HeaderLength) return 0;
  return sum(bytes, start + ipv4HeaderLength, start + headerLength);
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}
