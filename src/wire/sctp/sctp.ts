/**
 * SCTP packets: the common header, its CRC32c and the walk over chunks (RFC 9260, section 3). What is in chunks is in
 * sctp-data.ts and sctp-chunks.ts.
 */
import { i32, putU16, putU32, swap32, u16 } from "../../base/bytes.ts";
import { crc32c } from "../../base/hash/crc32c.ts";
import { pad4 } from "../fields.ts";

/*
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |      Source Port Number       |    Destination Port Number    |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                       Verification Tag                        |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                           Checksum                            |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |   Chunk Type  |  Chunk Flags  |         Chunk Length          |   each chunk, padded to four bytes
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   \                          Chunk Value                          \
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

export const sctpHeaderLength = 12;
export const sctpChunkHeaderLength = 4;

/** Chunk types (IANA, SCTP Chunk Types). The top two bits say what to do with one not known (section 3.2). */
export const sctpChunkTypes = {
  DATA: 0,
  INIT: 1,
  "INIT-ACK": 2,
  SACK: 3,
  HEARTBEAT: 4,
  "HEARTBEAT-ACK": 5,
  ABORT: 6,
  SHUTDOWN: 7,
  "SHUTDOWN-ACK": 8,
  ERROR: 9,
  "COOKIE-ECHO": 10,
  "COOKIE-ACK": 11,
  ECNE: 12,
  CWR: 13,
  "SHUTDOWN-COMPLETE": 14,
  AUTH: 15,
  "NR-SACK": 16,
  "I-DATA": 64,
  "ASCONF-ACK": 128,
  "RE-CONFIG": 130,
  PAD: 132,
  "FORWARD-TSN": 192,
  ASCONF: 193,
  "I-FORWARD-TSN": 194,
} as const;

const names = new Map<number, keyof typeof sctpChunkTypes>(
  Object.entries(sctpChunkTypes).map(([name, number]) => [number, name as keyof typeof sctpChunkTypes]),
);

/** The RFC's name of a chunk type, or undefined. */
export function sctpChunkName(type: number): keyof typeof sctpChunkTypes | undefined {
  return names.get(type);
}

export type SctpMalformed = "truncated";

export interface SctpHeader {
  sourcePort: number;
  destinationPort: number;
  /** int32, as every tag and TSN here. */
  verificationTag: number;
}

/** A header found in bytes, with where its chunks lie in them. */
export interface SctpPacket extends SctpHeader {
  /** No checksum was sent (RFC 9653): good only where that was agreed. */
  zeroChecksum: boolean;
  chunksStart: number;
  chunksEnd: number;
}

/** The packet in bytes[start, end). Checksums are the caller's ({@link verifySctpChecksum}). */
export function parseSctp(bytes: Uint8Array, start: number, end: number): SctpPacket | SctpMalformed {
  if (end - start < sctpHeaderLength) return "truncated";
  return {
    sourcePort: u16(bytes, start),
    destinationPort: u16(bytes, start + 2),
    verificationTag: i32(bytes, start + 4),
    zeroChecksum: i32(bytes, start + 8) === 0,
    chunksStart: start + sctpHeaderLength,
    chunksEnd: end,
  };
}

/** Writes the header with checksum 0; {@link fillSctpChecksum} is called when the chunks are there. @returns its length. */
export function emitSctp(header: SctpHeader, bytes: Uint8Array, at: number): number {
  putU16(bytes, at, header.sourcePort);
  putU16(bytes, at + 2, header.destinationPort);
  putU32(bytes, at + 4, header.verificationTag);
  putU32(bytes, at + 8, 0);
  return sctpHeaderLength;
}

const zeroField = new Uint8Array(4);

/** The checksum of the packet as its field should hold it (section 6.8 and appendix A: least significant byte first). */
function checksumOf(bytes: Uint8Array, start: number, end: number): number {
  const header = crc32c(zeroField, 0, 4, crc32c(bytes, start, start + 8));
  return swap32(crc32c(bytes, start + sctpHeaderLength, end, header));
}

/** Whether the CRC32c of the packet in bytes[start, end) is right; at least its header is there. */
export function verifySctpChecksum(bytes: Uint8Array, start: number, end: number): boolean {
  return checksumOf(bytes, start, end) === i32(bytes, start + 8);
}

export function fillSctpChecksum(bytes: Uint8Array, start: number, end: number): void {
  putU32(bytes, start + 8, checksumOf(bytes, start, end));
}

/**
 * Length of the chunk at `at` without its padding, or -1 where it is less than its own header or runs behind `end`:
 * then the packet is over (section 3.2). The next chunk is at {@link nextSctpChunk}.
 */
export function sctpChunkLength(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < sctpChunkHeaderLength) return -1;
  const length = u16(bytes, at + 2);
  return length < sctpChunkHeaderLength || length > end - at ? -1 : length;
}

/** Where the chunk after one of `length` bytes at `at` starts; not before `end` after the last, whose padding may lack. */
export function nextSctpChunk(at: number, length: number): number {
  return at + pad4(length);
}
