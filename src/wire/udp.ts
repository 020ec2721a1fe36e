/** UDP headers (RFC 768). Checksums, and when a zero one is allowed, are in checksums.ts. */
import { i32, putU32 } from "../base/bytes.ts";

/*
    0      7 8     15 16    23 24    31
   +--------+--------+--------+--------+
   |   Source Port   | Destination Port|
   +--------+--------+--------+--------+
   |     Length      |    Checksum     |
   +--------+--------+--------+--------+
*/

export const udpHeaderLength = 8;

export type UdpMalformed = "truncated" | "bad-length";

export interface UdpHeader {
  /** 0 where the sender wants no answer. */
  sourcePort: number;
  destinationPort: number;
  /** Length less the header. */
  payloadLength: number;
  /** 0: the sender computed none. */
  checksum: number;
}

/** A header found in bytes, with where its payload lies in them. */
export interface UdpDatagram extends UdpHeader {
  payloadStart: number;
  payloadEnd: number;
}

/** The datagram in bytes[start, end). What follows Length is no part of it. Checksums are the caller's. */
export function parseUdp(bytes: Uint8Array, start: number, end: number): UdpDatagram | UdpMalformed {
  if (end - start < udpHeaderLength) return "truncated";
  const ports = i32(bytes, start);
  const rest = i32(bytes, start + 4);
  const length = rest >>> 16;
  // A zero Length is a jumbogram's (RFC 2675, section 4), and those are not taken.
  if (length < udpHeaderLength) return "bad-length";
  if (length > end - start) return "truncated";
  return {
    sourcePort: ports >>> 16,
    destinationPort: ports & 0xffff,
    payloadLength: length - udpHeaderLength,
    checksum: rest & 0xffff,
    payloadStart: start + udpHeaderLength,
    payloadEnd: start + length,
  };
}

/** Writes the header, its checksum as given (`fillTransportChecksum` computes it). @returns the header's length. */
export function emitUdp(header: UdpHeader, bytes: Uint8Array, at: number): number {
  putU32(bytes, at, (header.sourcePort << 16) | header.destinationPort);
  putU32(bytes, at + 4, ((udpHeaderLength + header.payloadLength) << 16) | header.checksum);
  return udpHeaderLength;
}
