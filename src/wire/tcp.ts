/** TCP segments (RFC 9293, section 3.1). Options that few stacks know are in tcp-options.ts. */
import { i32, putU32, u16 } from "../base/bytes.ts";

/*
    0                   1                   2                   3
    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |          Source Port          |       Destination Port        |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                        Sequence Number                        |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                    Acknowledgment Number                      |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |  Data |     |A|C|E|U|A|P|R|S|F|                               |
   | Offset| Rsr |E|W|C|R|C|S|S|Y|I|            Window             |
   |       | vd  | |R|E|G|K|H|T|N|N|                               |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |           Checksum            |         Urgent Pointer        |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                           [Options]                           |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

/** A segment header as flat data. Options that every stack knows are fields; absent ones have the value named here. */
export interface TcpHeader {
  sourcePort: number;
  destinationPort: number;
  /** SEG.SEQ, int32 (`| 0`), as is every sequence number here. */
  sequence: number;
  /** SEG.ACK; meaningful when the ACK flag is set. */
  acknowledgment: number;
  /** Bits of {@link tcpFlags}, 9 bits with AE. */
  flags: number;
  /** SEG.WND as on the wire, unscaled. */
  window: number;
  checksum: number;
  urgentPointer: number;
  /** Maximum segment size (RFC 9293, section 3.7.1); 0: absent. */
  mss: number;
  /** Window scale shift (RFC 7323, section 2); -1: absent. */
  windowScale: number;
  /** RFC 2018, section 2. */
  sackPermitted: boolean;
  /** Timestamps option present (RFC 7323, section 3). */
  timestamps: boolean;
  /** TSval and TSecr, int32. */
  timestampValue: number;
  timestampEcho: number;
  /** SACK blocks as left and right edges in turn (RFC 2018, section 3); empty: absent. */
  sack: readonly number[];
}

/** A header found in bytes, with where its parts lie in them. */
export interface TcpSegment extends TcpHeader {
  /** The option bytes, `[optionsStart, payloadStart)`. */
  optionsStart: number;
  payloadStart: number;
  payloadEnd: number;
}

export const tcpFlags = {
  FIN: 0x01,
  SYN: 0x02,
  RST: 0x04,
  PSH: 0x08,
  ACK: 0x10,
  URG: 0x20,
  ECE: 0x40,
  CWR: 0x80,
  AE: 0x100,
} as const;

/** Option kinds (IANA, TCP Option Kind Numbers). */
export const tcpOptionKinds = {
  endOfList: 0,
  noOperation: 1,
  maximumSegmentSize: 2,
  windowScale: 3,
  sackPermitted: 4,
  sack: 5,
  timestamps: 8,
  md5Signature: 19,
  fastOpenCookie: 34,
  accEcn0: 172,
  accEcn1: 174,
  /** RFC 4727, section 2.4; told apart by an experiment identifier (RFC 6994). */
  experiment1: 253,
  experiment2: 254,
} as const;

/** Bytes of a header without options. */
export const tcpMinimumHeaderLength = 20;

export type TcpMalformed = "truncated" | "bad-data-offset";

/** Shared by every header without SACK blocks; those that hold it are emitted quickest. */
export const noSack: readonly number[] = [];

/** NOP, NOP, TS, 10: how every stack in use lays out the Timestamps option (RFC 7323, appendix A). */
const alignedTimestamps = 0x0101080a;
/** SACK-permitted, 2, TS, 10: what a SYN has in place of the NOPs. */
const sackAndTimestamps = 0x0402080a;

/**
 * The segment in bytes[start, end). Checksums are the caller's.
 *
 * As Linux does: an option whose length is illegal ends the option walk, and the segment is taken with the options
 * before it (RFC 9293, MUST-7); a known option of an unexpected length is skipped; of two alike the last one counts.
 */
export function parseTcp(bytes: Uint8Array, start: number, end: number): TcpSegment | TcpMalformed {
  const segment = newTcpSegment();
  return parseTcpInto(segment, bytes, start, end) ?? segment;
}

/** A blank for {@link parseTcpInto}. */
export function newTcpSegment(): TcpSegment {
  return {
    sourcePort: 0,
    destinationPort: 0,
    sequence: 0,
    acknowledgment: 0,
    flags: 0,
    window: 0,
    checksum: 0,
    urgentPointer: 0,
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    timestampValue: 0,
    timestampEcho: 0,
    sack: noSack,
    optionsStart: 0,
    payloadStart: 0,
    payloadEnd: 0,
  };
}

/**
 * As {@link parseTcp} into an object that is used again, in half the time.
 * @returns the reason there is no segment (`segment` is then worthless), or undefined.
 */
export function parseTcpInto(
  segment: TcpSegment,
  bytes: Uint8Array,
  start: number,
  end: number,
): TcpMalformed | undefined {
  if (end - start < tcpMinimumHeaderLength) return "truncated";
  const ports = i32(bytes, start);
  const flagsAndWindow = i32(bytes, start + 12);
  const rest = i32(bytes, start + 16);
  const optionsStart = start + tcpMinimumHeaderLength;
  const payloadStart = start + (flagsAndWindow >>> 28) * 4;
  if (payloadStart < optionsStart || payloadStart > end) return "bad-data-offset";
  segment.sourcePort = ports >>> 16;
  segment.destinationPort = ports & 0xffff;
  segment.sequence = i32(bytes, start + 4);
  segment.acknowledgment = i32(bytes, start + 8);
  segment.flags = (flagsAndWindow >>> 16) & 0x1ff;
  segment.window = flagsAndWindow & 0xffff;
  segment.checksum = rest >>> 16;
  segment.urgentPointer = rest & 0xffff;
  segment.mss = 0;
  segment.windowScale = -1;
  segment.sackPermitted = false;
  segment.sack = noSack;
  segment.optionsStart = optionsStart;
  segment.payloadStart = payloadStart;
  segment.payloadEnd = end;
  if (payloadStart === optionsStart + 12 && i32(bytes, optionsStart) === alignedTimestamps) {
    segment.timestamps = true;
    segment.timestampValue = i32(bytes, optionsStart + 4);
    segment.timestampEcho = i32(bytes, optionsStart + 8);
    return undefined;
  }
  segment.timestamps = false;
  segment.timestampValue = 0;
  segment.timestampEcho = 0;
  if (payloadStart !== optionsStart) readOptions(segment, bytes);
  return undefined;
}

/** Walks the options (RFC 9293, section 3.1) and keeps those that are fields of the header. */
function readOptions(segment: TcpSegment, bytes: Uint8Array): void {
  const end = segment.payloadStart;
  let at = segment.optionsStart;
  while (at < end) {
    const kind = bytes[at]!;
    if (kind === tcpOptionKinds.endOfList) return;
    if (kind === tcpOptionKinds.noOperation) {
      at++;
      continue;
    }
    if (at + 1 >= end) return;
    const length = bytes[at + 1]!;
    if (length < 2 || at + length > end) return;
    readOption(segment, bytes, at, kind, length);
    at += length;
  }
}

function readOption(segment: TcpSegment, bytes: Uint8Array, at: number, kind: number, length: number): void {
  if (kind === tcpOptionKinds.timestamps && length === 10) {
    segment.timestamps = true;
    segment.timestampValue = i32(bytes, at + 2);
    segment.timestampEcho = i32(bytes, at + 6);
  } else if (kind === tcpOptionKinds.sack && length >= 10 && (length - 2) % 8 === 0) {
    const edges: number[] = [];
    for (let edge = at + 2; edge < at + length; edge += 4) edges.push(i32(bytes, edge));
    segment.sack = edges;
  } else if (kind === tcpOptionKinds.maximumSegmentSize && length === 4) {
    segment.mss = u16(bytes, at + 2);
  } else if (kind === tcpOptionKinds.windowScale && length === 3) {
    segment.windowScale = bytes[at + 2]!;
  } else if (kind === tcpOptionKinds.sackPermitted && length === 2) {
    segment.sackPermitted = true;
  }
}

/**
 * Length of the header {@link emitTcp} would write, with its options. SACK blocks beyond the 40 bytes of option space
 * are left out: four fit alone, three beside the Timestamps option (RFC 2018, section 3).
 */
export function tcpHeaderLength(header: TcpHeader): number {
  const sackEdges = sackEdgesThatFit(header);
  return tcpMinimumHeaderLength + fixedOptionsLength(header) + (sackEdges === 0 ? 0 : 4 + sackEdges * 4);
}

function fixedOptionsLength(header: TcpHeader): number {
  return (
    (header.mss !== 0 ? 4 : 0) +
    (header.timestamps ? 12 : header.sackPermitted ? 4 : 0) +
    (header.windowScale >= 0 ? 4 : 0)
  );
}

function sackEdgesThatFit(header: TcpHeader): number {
  if (header.sack.length === 0) return 0;
  const space = 40 - fixedOptionsLength(header) - 4;
  return Math.min(header.sack.length & ~1, (space >>> 3) * 2);
}

/**
 * Writes the header, its checksum as given (`fillTransportChecksum` computes it). As Linux does, options stand in this
 * order, each made a multiple of four with NOPs before it: MSS, SACK-permitted with or without Timestamps, window
 * scale, SACK.
 * @returns the header's length.
 */
export function emitTcp(header: TcpHeader, bytes: Uint8Array, at: number): number {
  let end = at + tcpMinimumHeaderLength;
  if (header.mss !== 0 || header.sackPermitted || header.windowScale >= 0 || header.sack !== noSack)
    end = emitOptions(header, bytes, end);
  else if (header.timestamps) end = emitTimestamps(alignedTimestamps, header, bytes, end);
  putU32(bytes, at, (header.sourcePort << 16) | header.destinationPort);
  putU32(bytes, at + 4, header.sequence);
  putU32(bytes, at + 8, header.acknowledgment);
  putU32(bytes, at + 12, ((end - at) << 26) | ((header.flags & 0x1ff) << 16) | header.window);
  putU32(bytes, at + 16, (header.checksum << 16) | header.urgentPointer);
  return end - at;
}

/** `kinds` are the four bytes before the values. @returns where the option ends. */
function emitTimestamps(kinds: number, header: TcpHeader, bytes: Uint8Array, at: number): number {
  putU32(bytes, at, kinds);
  putU32(bytes, at + 4, header.timestampValue);
  putU32(bytes, at + 8, header.timestampEcho);
  return at + 12;
}

/** @returns where the options end. */
function emitOptions(header: TcpHeader, bytes: Uint8Array, start: number): number {
  let at = start;
  if (header.mss !== 0) {
    putU32(bytes, at, 0x02040000 | header.mss);
    at += 4;
  }
  if (header.timestamps) {
    at = emitTimestamps(header.sackPermitted ? sackAndTimestamps : alignedTimestamps, header, bytes, at);
  } else if (header.sackPermitted) {
    putU32(bytes, at, 0x01010402);
    at += 4;
  }
  if (header.windowScale >= 0) {
    putU32(bytes, at, 0x01030300 | header.windowScale);
    at += 4;
  }
  return header.sack.length === 0 ? at : emitSack(header, bytes, at);
}

function emitSack(header: TcpHeader, bytes: Uint8Array, start: number): number {
  const edges = sackEdgesThatFit(header);
  if (edges === 0) return start;
  putU32(bytes, start, 0x01010500 | (2 + edges * 4));
  let at = start + 4;
  for (let edge = 0; edge < edges; edge++, at += 4) putU32(bytes, at, header.sack[edge]!);
  return at;
}
