/**
 * SCTP control chunks (RFC 9260, section 3.3; AUTH RFC 4895, ASCONF RFC 5061, FORWARD-TSN RFC 3758 and 8260, RE-CONFIG
 * RFC 6525, PAD RFC 4820, ECN RFC 2960 appendix A). Chunks of user data are in sctp-data.ts.
 */
import { i32, putU16, putU32, u16, u32 } from "../../base/bytes.ts";
import { pad4 } from "../fields.ts";
import { emitSctpCauses, parseSctpCauses, type SctpCause, type SctpCausesMalformed } from "./causes.ts";
import {
  emitSctpParameters,
  parseSctpParameters,
  type SctpParameter,
  type SctpParametersMalformed,
} from "./parameters.ts";
import { sctpChunkName, sctpChunkTypes } from "./sctp.ts";

/** Tags and TSNs are int32; windows unsigned. `tagReflected` is the T bit: the tag is the receiver's own, sent back. */
export type SctpChunk =
  | {
      type: "INIT" | "INIT-ACK";
      initiateTag: number;
      receiverWindow: number;
      outboundStreams: number;
      inboundStreams: number;
      initialTsn: number;
      parameters: readonly SctpParameter[];
    }
  | SctpSack
  | { type: "HEARTBEAT" | "HEARTBEAT-ACK" | "RE-CONFIG"; parameters: readonly SctpParameter[] }
  | { type: "ABORT"; tagReflected: boolean; causes: readonly SctpCause[] }
  | { type: "ERROR"; causes: readonly SctpCause[] }
  | { type: "SHUTDOWN"; cumulativeTsn: number }
  | { type: "SHUTDOWN-ACK" | "COOKIE-ACK" }
  | { type: "SHUTDOWN-COMPLETE"; tagReflected: boolean }
  | { type: "COOKIE-ECHO"; cookie: Uint8Array }
  | { type: "ECNE" | "CWR"; lowestTsn: number }
  | { type: "AUTH"; keyId: number; hmacId: number; hmac: Uint8Array }
  /** ASCONF begins its parameters with one of the sender's addresses. */
  | { type: "ASCONF" | "ASCONF-ACK"; serial: number; parameters: readonly SctpParameter[] }
  | { type: "FORWARD-TSN"; cumulativeTsn: number; streams: readonly { stream: number; ssn: number }[] }
  | {
      type: "I-FORWARD-TSN";
      cumulativeTsn: number;
      streams: readonly { stream: number; unordered: boolean; mid: number }[];
    }
  /** `length`: bytes of padding. */
  | { type: "PAD"; length: number }
  | { type: "UNKNOWN"; number: number; flags: number; value: Uint8Array };

export interface SctpSack {
  type: "SACK" | "NR-SACK";
  cumulativeTsn: number;
  receiverWindow: number;
  /** Start and end in turn, as offsets from `cumulativeTsn`. */
  gaps: readonly number[];
  /** The same for TSNs that will not be reneged; empty in a SACK. */
  nonRenegable: readonly number[];
  /** int32. */
  duplicates: readonly number[];
}

export type SctpChunkMalformed =
  /** Length is less than the type needs, or says more blocks than there are. */
  "bad-chunk-length" | SctpParametersMalformed | SctpCausesMalformed;

/** The chunk in bytes[start, end), where `end` is from `sctpChunkLength`. DATA and I-DATA come out as unknown. */
export function parseSctpChunk(
  bytes: Uint8Array,
  start: number,
  end: number,
): SctpChunk | SctpChunkMalformed {
  const at = start + 4;
  const length = end - at;
  const number = bytes[start]!;
  const flags = bytes[start + 1]!;
  const type = sctpChunkName(number);
  switch (type) {
    case "INIT":
    case "INIT-ACK":
      return length < 16 ? "bad-chunk-length" : readInit(type, bytes, at, end);
    case "SACK":
    case "NR-SACK":
      return readSack(type, bytes, at, end);
    case "HEARTBEAT":
    case "HEARTBEAT-ACK":
    case "RE-CONFIG": {
      const parameters = parseSctpParameters(bytes, at, end);
      return typeof parameters === "string" ? parameters : { type, parameters };
    }
    case "ABORT":
    case "ERROR": {
      const causes = parseSctpCauses(bytes, at, end);
      if (typeof causes === "string") return causes;
      return type === "ERROR" ? { type, causes } : { type, tagReflected: (flags & 1) !== 0, causes };
    }
    case "SHUTDOWN":
      return length === 4 ? { type, cumulativeTsn: i32(bytes, at) } : "bad-chunk-length";
    case "SHUTDOWN-ACK":
    case "COOKIE-ACK":
      return length === 0 ? { type } : "bad-chunk-length";
    case "SHUTDOWN-COMPLETE":
      return length === 0 ? { type, tagReflected: (flags & 1) !== 0 } : "bad-chunk-length";
    case "COOKIE-ECHO":
      return { type, cookie: bytes.slice(at, end) };
    case "ECNE":
    case "CWR":
      return length === 4 ? { type, lowestTsn: i32(bytes, at) } : "bad-chunk-length";
    case "PAD":
      return { type, length };
    case undefined:
    case "DATA":
    case "I-DATA":
      return { type: "UNKNOWN", number, flags, value: bytes.slice(at, end) };
    default:
      return parseExtension(type, bytes, at, end);
  }
}

/** Chunks that came after RFC 9260's, or before it. */
function parseExtension(
  type: "AUTH" | "ASCONF" | "ASCONF-ACK" | "FORWARD-TSN" | "I-FORWARD-TSN",
  bytes: Uint8Array,
  at: number,
  end: number,
): SctpChunk | SctpChunkMalformed {
  if (end - at < 4) return "bad-chunk-length";
  switch (type) {
    case "AUTH":
      return { type, keyId: u16(bytes, at), hmacId: u16(bytes, at + 2), hmac: bytes.slice(at + 4, end) };
    case "ASCONF":
    case "ASCONF-ACK": {
      const parameters = parseSctpParameters(bytes, at + 4, end);
      return typeof parameters === "string" ? parameters : { type, serial: i32(bytes, at), parameters };
    }
    case "FORWARD-TSN": {
      if ((end - at) % 4 !== 0) return "bad-chunk-length";
      const streams: { stream: number; ssn: number }[] = [];
      for (let next = at + 4; next < end; next += 4)
        streams.push({ stream: u16(bytes, next), ssn: u16(bytes, next + 2) });
      return { type, cumulativeTsn: i32(bytes, at), streams };
    }
    default: {
      if ((end - at) % 8 !== 4) return "bad-chunk-length";
      const streams: { stream: number; unordered: boolean; mid: number }[] = [];
      for (let next = at + 4; next < end; next += 8)
        streams.push({
          stream: u16(bytes, next),
          unordered: (bytes[next + 3]! & 1) !== 0,
          mid: i32(bytes, next + 4),
        });
      return { type, cumulativeTsn: i32(bytes, at), streams };
    }
  }
}

function readInit(
  type: "INIT" | "INIT-ACK",
  bytes: Uint8Array,
  at: number,
  end: number,
): SctpChunk | SctpChunkMalformed {
  const parameters = parseSctpParameters(bytes, at + 16, end);
  if (typeof parameters === "string") return parameters;
  return {
    type,
    initiateTag: i32(bytes, at),
    receiverWindow: u32(bytes, at + 4),
    outboundStreams: u16(bytes, at + 8),
    inboundStreams: u16(bytes, at + 10),
    initialTsn: i32(bytes, at + 12),
    parameters,
  };
}

/*
   SACK: Cumulative TSN Ack (4), a_rwnd (4), number of gap blocks (2), of duplicates (2), then both.
   NR-SACK (draft-tuexen-tsvwg-sctp-nr-sack): number of gap blocks, of non-renegable ones, of duplicates, 0, then all.
*/
function readSack(
  type: SctpSack["type"],
  bytes: Uint8Array,
  at: number,
  end: number,
): SctpSack | "bad-chunk-length" {
  const fixed = type === "SACK" ? 12 : 16;
  if (end - at < fixed) return "bad-chunk-length";
  const gapsEnd = at + fixed + u16(bytes, at + 8) * 4;
  const nonRenegableEnd = gapsEnd + (type === "SACK" ? 0 : u16(bytes, at + 10) * 4);
  const duplicates = u16(bytes, type === "SACK" ? at + 10 : at + 12);
  if (nonRenegableEnd + duplicates * 4 !== end) return "bad-chunk-length";
  return {
    type,
    cumulativeTsn: i32(bytes, at),
    receiverWindow: u32(bytes, at + 4),
    gaps: offsets(bytes, at + fixed, gapsEnd),
    nonRenegable: offsets(bytes, gapsEnd, nonRenegableEnd),
    duplicates: tsns(bytes, nonRenegableEnd, end),
  };
}

function offsets(bytes: Uint8Array, start: number, end: number): number[] {
  const found: number[] = [];
  for (let at = start; at < end; at += 2) found.push(u16(bytes, at));
  return found;
}

function tsns(bytes: Uint8Array, start: number, end: number): number[] {
  const found: number[] = [];
  for (let at = start; at < end; at += 4) found.push(i32(bytes, at));
  return found;
}

/** Writes the chunk and zeros up to a multiple of four. @returns the padded length. */
export function emitSctpChunk(chunk: SctpChunk, bytes: Uint8Array, at: number): number {
  bytes[at] = chunk.type === "UNKNOWN" ? chunk.number : sctpChunkTypes[chunk.type];
  bytes[at + 1] = flagsOf(chunk);
  const length = 4 + emitValue(chunk, bytes, at + 4);
  putU16(bytes, at + 2, length);
  bytes.fill(0, at + length, at + pad4(length));
  return pad4(length);
}

function flagsOf(chunk: SctpChunk): number {
  if (chunk.type === "UNKNOWN") return chunk.flags;
  return "tagReflected" in chunk && chunk.tagReflected ? 1 : 0;
}

/** @returns the length of the value. */
function emitValue(chunk: SctpChunk, bytes: Uint8Array, at: number): number {
  switch (chunk.type) {
    case "INIT":
    case "INIT-ACK":
      putU32(bytes, at, chunk.initiateTag);
      putU32(bytes, at + 4, chunk.receiverWindow);
      putU16(bytes, at + 8, chunk.outboundStreams);
      putU16(bytes, at + 10, chunk.inboundStreams);
      putU32(bytes, at + 12, chunk.initialTsn);
      return 16 + emitSctpParameters(chunk.parameters, bytes, at + 16);
    case "SACK":
    case "NR-SACK":
      return emitSack(chunk, bytes, at);
    case "HEARTBEAT":
    case "HEARTBEAT-ACK":
    case "RE-CONFIG":
      return emitSctpParameters(chunk.parameters, bytes, at);
    case "ABORT":
    case "ERROR":
      return emitSctpCauses(chunk.causes, bytes, at);
    case "SHUTDOWN":
      putU32(bytes, at, chunk.cumulativeTsn);
      return 4;
    case "ECNE":
    case "CWR":
      putU32(bytes, at, chunk.lowestTsn);
      return 4;
    case "COOKIE-ECHO":
      bytes.set(chunk.cookie, at);
      return chunk.cookie.length;
    case "AUTH":
      putU16(bytes, at, chunk.keyId);
      putU16(bytes, at + 2, chunk.hmacId);
      bytes.set(chunk.hmac, at + 4);
      return 4 + chunk.hmac.length;
    case "ASCONF":
    case "ASCONF-ACK":
      putU32(bytes, at, chunk.serial);
      return 4 + emitSctpParameters(chunk.parameters, bytes, at + 4);
    case "FORWARD-TSN":
    case "I-FORWARD-TSN":
      return emitForwardTsn(chunk, bytes, at);
    case "PAD":
      bytes.fill(0, at, at + chunk.length);
      return chunk.length;
    case "UNKNOWN":
      bytes.set(chunk.value, at);
      return chunk.value.length;
    default:
      return 0;
  }
}

function emitSack(sack: SctpSack, bytes: Uint8Array, start: number): number {
  putU32(bytes, start, sack.cumulativeTsn);
  putU32(bytes, start + 4, sack.receiverWindow);
  putU16(bytes, start + 8, sack.gaps.length >>> 1);
  let at = start + 12;
  if (sack.type === "SACK") putU16(bytes, start + 10, sack.duplicates.length);
  else {
    putU16(bytes, start + 10, sack.nonRenegable.length >>> 1);
    putU32(bytes, start + 12, sack.duplicates.length << 16);
    at += 4;
  }
  for (const gap of sack.gaps) {
    putU16(bytes, at, gap);
    at += 2;
  }
  if (sack.type === "NR-SACK")
    for (const gap of sack.nonRenegable) {
      putU16(bytes, at, gap);
      at += 2;
    }
  for (const tsn of sack.duplicates) {
    putU32(bytes, at, tsn);
    at += 4;
  }
  return at - start;
}

function emitForwardTsn(
  chunk: Extract<SctpChunk, { type: "FORWARD-TSN" | "I-FORWARD-TSN" }>,
  bytes: Uint8Array,
  start: number,
): number {
  putU32(bytes, start, chunk.cumulativeTsn);
  let at = start + 4;
  if (chunk.type === "FORWARD-TSN")
    for (const { stream, ssn } of chunk.streams) {
      putU16(bytes, at, stream);
      putU16(bytes, at + 2, ssn);
      at += 4;
    }
  else
    for (const { stream, unordered, mid } of chunk.streams) {
      putU16(bytes, at, stream);
      putU16(bytes, at + 2, unordered ? 1 : 0);
      putU32(bytes, at + 4, mid);
      at += 8;
    }
  return at - start;
}
