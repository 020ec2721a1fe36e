/** IPv6 headers (RFC 8200, section 3). What lies between it and the upper layer is in ipv6-extensions.ts and ipv6-walk.ts. */
import { type Address, anyV6, writeAddressV6 } from "../../base/address.ts";
import { i32, putU32 } from "../../base/bytes.ts";

/*
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |Version| Traffic Class |           Flow Label                  |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |         Payload Length        |  Next Header  |   Hop Limit   |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                         Source Address (16 bytes)             |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                      Destination Address (16 bytes)           |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

export const ipv6HeaderLength = 40;

export type Ipv6Malformed = "truncated" | "bad-version";

export interface Ipv6Header {
  trafficClass: number;
  /** 20 bits. */
  flowLabel: number;
  /** Extension headers and all, in bytes. */
  payloadLength: number;
  /** What follows this header: an extension header or the upper layer. */
  nextHeader: number;
  hopLimit: number;
  source: Address;
  destination: Address;
}

/** A header found in bytes, with where its payload lies in them: extension headers first, if any. */
export interface Ipv6Packet extends Ipv6Header {
  payloadStart: number;
  payloadEnd: number;
}

/**
 * The packet in bytes[start, end); what follows Payload Length is link padding. Jumbograms (RFC 2675) are not taken:
 * with Payload Length 0 the payload is empty, and the walk refuses the Jumbo Payload option.
 */
export function parseIpv6(bytes: Uint8Array, start: number, end: number): Ipv6Packet | Ipv6Malformed {
  const packet = newIpv6Packet();
  return parseIpv6Into(packet, bytes, start, end) ?? packet;
}

/** A blank for {@link parseIpv6Into}. */
export function newIpv6Packet(): Ipv6Packet {
  return {
    trafficClass: 0,
    flowLabel: 0,
    payloadLength: 0,
    nextHeader: 0,
    hopLimit: 0,
    source: anyV6,
    destination: anyV6,
    payloadStart: 0,
    payloadEnd: 0,
  };
}

/**
 * As {@link parseIpv6} into an object that is used again: addresses equal to those in it stay the same objects.
 * @returns the reason there is no packet (`packet` is then worthless), or undefined.
 */
export function parseIpv6Into(
  packet: Ipv6Packet,
  bytes: Uint8Array,
  start: number,
  end: number,
): Ipv6Malformed | undefined {
  if (end - start < ipv6HeaderLength) return "truncated";
  const first = i32(bytes, start);
  const second = i32(bytes, start + 4);
  if (first >>> 28 !== 6) return "bad-version";
  const payloadLength = second >>> 16;
  if (payloadLength > end - start - ipv6HeaderLength) return "truncated";
  packet.trafficClass = (first >>> 20) & 0xff;
  packet.flowLabel = first & 0xfffff;
  packet.payloadLength = payloadLength;
  packet.nextHeader = (second >>> 8) & 0xff;
  packet.hopLimit = second & 0xff;
  packet.source = addressAt(packet.source, bytes, start + 8);
  packet.destination = addressAt(packet.destination, bytes, start + 24);
  packet.payloadStart = start + ipv6HeaderLength;
  packet.payloadEnd = start + ipv6HeaderLength + payloadLength;
  return undefined;
}

/** The address at `at`: `known` itself where it is that one. */
function addressAt(known: Address, bytes: Uint8Array, at: number): Address {
  const w0 = i32(bytes, at);
  const w1 = i32(bytes, at + 4);
  const w2 = i32(bytes, at + 8);
  const w3 = i32(bytes, at + 12);
  const same = known.w3 === w3 && known.w2 === w2 && known.w1 === w1 && known.w0 === w0;
  return same ? known : { w0, w1, w2, w3 };
}

/** Writes the header; the payload goes behind at any time. @returns the header's length. */
export function emitIpv6(header: Ipv6Header, bytes: Uint8Array, at: number): number {
  putU32(bytes, at, 0x60000000 | (header.trafficClass << 20) | (header.flowLabel & 0xfffff));
  putU32(bytes, at + 4, (header.payloadLength << 16) | (header.nextHeader << 8) | header.hopLimit);
  writeAddressV6(header.source, bytes, at + 8);
  writeAddressV6(header.destination, bytes, at + 24);
  return ipv6HeaderLength;
}
