/** SCTP chunks in bytes as a script would write them, every value as it stands. What is malformed stays bytes. */
import { formatAddress, readAddressV4, readAddressV6 } from "../../base/address.ts";
import { u16, u32 } from "../../base/bytes.ts";
import { decodeUtf8 } from "../../base/text.ts";
import type { Cause, Chunk, Gap, Parameter, StreamIdentifier } from "../language/script/sctp.ts";
import { causeNumbers, chunkNumbers, parameterNumbers } from "./chunk-fields.ts";

/** What is quoted in something longer stays bytes: nothing of use is, and quotes can nest. */
const longestQuote = 2048;

const chunkNames = names(chunkNumbers);
const parameterNames = names(parameterNumbers);
const causeNames = names(causeNumbers);

function names<Name extends string>(numbers: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  return new Map((Object.entries(numbers) as [Name, number][]).map(([name, number]) => [number, name]));
}

/** The chunks in bytes[start, end), or undefined where their lengths do not fit. */
export function parseChunks(bytes: Uint8Array, start: number, end: number): Chunk[] | undefined {
  const chunks: Chunk[] = [];
  for (let at = start; at < end; ) {
    const length = at + 4 <= end ? u16(bytes, at + 2) : 0;
    if (length < 4 || at + length > end) return undefined;
    chunks.push(parseChunk(bytes, at, at + length));
    at += (length + 3) & ~3;
  }
  return chunks;
}

function parseChunk(bytes: Uint8Array, at: number, end: number): Chunk {
  const type = chunkNames.get(bytes[at]!);
  const known = type === undefined ? undefined : parseKnown(type, bytes, at, end);
  const [number, flgs] = [bytes[at]!, bytes[at + 1]!];
  return known ?? { type: "CHUNK", number, flgs, len: end - at, val: octets(bytes, at + 4, end) };
}

type KnownChunk = Exclude<Chunk["type"], "CHUNK">;

/** Bytes before parameters or data. */
const fixedLengths: Partial<Record<KnownChunk, number>> = {
  ...{ DATA: 16, I_DATA: 20, INIT: 20, INIT_ACK: 20, SACK: 16, NR_SACK: 20, SHUTDOWN: 8, ECNE: 8, CWR: 8 },
  ...{ FORWARD_TSN: 8, I_FORWARD_TSN: 8 },
};

function parseKnown(type: KnownChunk, bytes: Uint8Array, at: number, end: number): Chunk | undefined {
  if (end - at < (fixedLengths[type] ?? 4)) return undefined;
  const flgs = bytes[at + 1]!;
  const len = end - at;
  const first = u32OrZero(bytes, at + 4, end);
  switch (type) {
    case "DATA": {
      const [sid, ssn, ppid] = [u16(bytes, at + 8), u16(bytes, at + 10), u32(bytes, at + 12)];
      return { type, flgs, len, tsn: first, sid, ssn, ppid };
    }
    case "I_DATA": {
      const head = {
        type,
        flgs,
        len,
        tsn: first,
        sid: u16(bytes, at + 8),
        mid: u32(bytes, at + 12),
      } as const;
      const last = u32(bytes, at + 16);
      return flgs & 2 ? { ...head, ppid: last } : { ...head, fsn: last };
    }
    case "INIT":
    case "INIT_ACK": {
      const [os, is, tsn] = [u16(bytes, at + 12), u16(bytes, at + 14), u32(bytes, at + 16)];
      const parameters = parseParameters(bytes, at + 20, end);
      return parameters && { type, flgs, tag: first, a_rwnd: u32(bytes, at + 8), os, is, tsn, parameters };
    }
    case "SACK":
    case "NR_SACK":
      return parseSack(type, bytes, at, end);
    case "HEARTBEAT":
    case "HEARTBEAT_ACK":
    case "RECONFIG": {
      const parameters = parseParameters(bytes, at + 4, end);
      return parameters && { type, flgs, parameters };
    }
    case "ABORT":
    case "ERROR": {
      const causes = parseCauses(bytes, at + 4, end);
      return causes && { type, flgs, causes };
    }
    case "SHUTDOWN":
      return { type, flgs, cum_tsn: first };
    case "COOKIE_ECHO":
    case "PAD":
      return { type, flgs, len, val: octets(bytes, at + 4, end) };
    case "ECNE":
    case "CWR":
      return { type, flgs, tsn: first };
    case "FORWARD_TSN":
    case "I_FORWARD_TSN":
      return { type, cum_tsn: first, ids: streamIdentifiers(type, bytes, at + 8, end) };
    default:
      return len === 4 ? { type, flgs } : undefined;
  }
}

function u32OrZero(bytes: Uint8Array, at: number, end: number): number {
  return at + 4 <= end ? u32(bytes, at) : 0;
}

function parseSack(type: "SACK" | "NR_SACK", bytes: Uint8Array, at: number, end: number): Chunk | undefined {
  const head = { flgs: bytes[at + 1]!, cum_tsn: u32(bytes, at + 4), a_rwnd: u32(bytes, at + 8) };
  const gapCount = u16(bytes, at + 12);
  const nrCount = type === "NR_SACK" ? u16(bytes, at + 14) : 0;
  const dupCount = u16(bytes, at + (type === "NR_SACK" ? 16 : 14));
  const gapsAt = at + (type === "NR_SACK" ? 20 : 16);
  const nrAt = gapsAt + 4 * gapCount;
  const dupsAt = nrAt + 4 * nrCount;
  if (dupsAt + 4 * dupCount !== end) return undefined;
  const gaps = readGaps(bytes, gapsAt, nrAt);
  const dups: number[] = [];
  for (let dup = dupsAt; dup < end; dup += 4) dups.push(u32(bytes, dup));
  if (type === "SACK") return { type, ...head, gaps, dups };
  return { type, ...head, gaps, nr_gaps: readGaps(bytes, nrAt, dupsAt), dups };
}

function readGaps(bytes: Uint8Array, start: number, end: number): Gap[] {
  const gaps: Gap[] = [];
  for (let at = start; at < end; at += 4) gaps.push({ start: u16(bytes, at), end: u16(bytes, at + 2) });
  return gaps;
}

function streamIdentifiers(
  type: "FORWARD_TSN" | "I_FORWARD_TSN",
  bytes: Uint8Array,
  start: number,
  end: number,
): StreamIdentifier[] {
  const ids: StreamIdentifier[] = [];
  const size = type === "FORWARD_TSN" ? 4 : 8;
  for (let at = start; at + size <= end; at += size) {
    const both = [u16(bytes, at), u16(bytes, at + 2)];
    ids.push(size === 4 ? both : [...both, u32(bytes, at + 4)]);
  }
  return ids;
}

/** The type-length-value parts of bytes[start, end); the padding of the last one is missing. */
function parts(bytes: Uint8Array, start: number, end: number): { at: number; end: number }[] | undefined {
  const found = [];
  for (let at = start; at < end; ) {
    const length = at + 4 <= end ? u16(bytes, at + 2) : 0;
    if (length < 4 || at + length > end) return undefined;
    found.push({ at, end: at + length });
    at += (length + 3) & ~3;
  }
  return found;
}

function parseParameters(bytes: Uint8Array, start: number, end: number): Parameter[] | undefined {
  return parts(bytes, start, end)?.map((part) => parseParameter(bytes, part.at, part.end));
}

function parseParameter(bytes: Uint8Array, at: number, end: number): Parameter {
  const number = u16(bytes, at);
  const type = parameterNames.get(number);
  const known = type === undefined ? undefined : parseKnownParameter(type, bytes, at + 4, end);
  return known ?? { type: "PARAMETER", number, len: end - at, val: octets(bytes, at + 4, end) };
}

type KnownParameter = keyof typeof parameterNumbers;

function parseKnownParameter(
  type: KnownParameter,
  bytes: Uint8Array,
  at: number,
  end: number,
): Parameter | undefined {
  const length = end - at;
  switch (type) {
    case "HEARTBEAT_INFORMATION":
    case "STATE_COOKIE":
    case "PAD":
      return { type, len: length + 4, val: octets(bytes, at, end) };
    case "IPV4_ADDRESS":
      return length === 4 ? { type, addr: formatAddress(readAddressV4(bytes, at)) } : undefined;
    case "IPV6_ADDRESS":
      return length === 16 ? { type, addr: formatAddress(readAddressV6(bytes, at)) } : undefined;
    case "HOSTNAME_ADDRESS":
      return bytes[end - 1] === 0 && length > 0
        ? { type, addr: decodeUtf8(bytes.subarray(at, end - 1)) }
        : undefined;
    case "UNRECOGNIZED_PARAMETER": {
      const params = length > longestQuote ? undefined : parseParameters(bytes, at, end);
      return params && { type, params };
    }
    case "SUPPORTED_ADDRESS_TYPES":
      return length % 2 === 0 ? { type, types: shorts(bytes, at, end) } : undefined;
    case "SUPPORTED_EXTENSIONS":
      return { type, types: octets(bytes, at, end) };
    case "ECN_CAPABLE":
    case "FORWARD_TSN_SUPPORTED":
      return length === 0 ? { type } : undefined;
    default:
      return length >= 4 ? parseNumbers(type, bytes, at, end) : undefined;
  }
}

type NumericParameter = Extract<
  KnownParameter,
  | "COOKIE_PRESERVATIVE"
  | "OUTGOING_SSN_RESET"
  | "INCOMING_SSN_RESET"
  | "SSN_TSN_RESET"
  | "RECONFIG_RESPONSE"
  | "ADD_OUTGOING_STREAMS"
  | "ADD_INCOMING_STREAMS"
  | "ZERO_CHECKSUM_ACCEPTABLE"
  | "ADAPTATION_INDICATION"
>;

/** Parameters that are 32-bit numbers, and streams after them. */
function parseNumbers(
  type: NumericParameter,
  bytes: Uint8Array,
  at: number,
  end: number,
): Parameter | undefined {
  const length = end - at;
  const first = u32(bytes, at);
  const number = (index: number): number => u32OrZero(bytes, at + 4 * index, end);
  switch (type) {
    case "COOKIE_PRESERVATIVE":
      return { type, incr: first };
    case "OUTGOING_SSN_RESET": {
      if (length < 12) return undefined;
      const head = { type, req_sn: first, resp_sn: number(1), last_tsn: number(2) } as const;
      return length === 12 ? head : { ...head, sids: shorts(bytes, at + 12, end) };
    }
    case "INCOMING_SSN_RESET":
      return length === 4
        ? { type, req_sn: first }
        : { type, req_sn: first, sids: shorts(bytes, at + 4, end) };
    case "SSN_TSN_RESET":
      return { type, req_sn: first };
    case "RECONFIG_RESPONSE": {
      if (length !== 8 && length !== 16) return undefined;
      const head = { type, resp_sn: first, result: number(1) } as const;
      return length === 8 ? head : { ...head, sender_next_tsn: number(2), receiver_next_tsn: number(3) };
    }
    case "ADD_OUTGOING_STREAMS":
    case "ADD_INCOMING_STREAMS":
      return length === 8 ? { type, req_sn: first, number_of_new_streams: u16(bytes, at + 4) } : undefined;
    case "ZERO_CHECKSUM_ACCEPTABLE":
      return { type, edmid: first };
    case "ADAPTATION_INDICATION":
      return { type, adaptation_code_point: first };
  }
}

function parseCauses(bytes: Uint8Array, start: number, end: number): Cause[] | undefined {
  return parts(bytes, start, end)?.map((part) => parseCause(bytes, part.at, part.end));
}

function parseCause(bytes: Uint8Array, at: number, end: number): Cause {
  const code = u16(bytes, at);
  const type = causeNames.get(code);
  const known = type === undefined ? undefined : parseKnownCause(type, bytes, at + 4, end);
  return known ?? { type: "CAUSE", code, len: end - at, info: octets(bytes, at + 4, end) };
}

function parseKnownCause(
  type: keyof typeof causeNumbers,
  bytes: Uint8Array,
  at: number,
  end: number,
): Cause | undefined {
  const length = end - at;
  switch (type) {
    case "INVALID_STREAM_IDENTIFIER":
      return length === 4 ? { type, sid: u16(bytes, at) } : undefined;
    case "MISSING_MANDATORY_PARAMETER":
      return length >= 4 && length === 4 + 2 * u32(bytes, at)
        ? { type, types: shorts(bytes, at + 4, end) }
        : undefined;
    case "STALE_COOKIE_ERROR":
      return length === 4 ? { type, staleness: u32(bytes, at) } : undefined;
    case "UNRESOLVABLE_ADDRESS": {
      const params = parseParameters(bytes, at, end);
      return params?.length === 1 ? { type, param: params[0]! } : undefined;
    }
    case "UNRECOGNIZED_CHUNK_TYPE": {
      const chunks = length > longestQuote ? undefined : parseChunks(bytes, at, end);
      return chunks?.length === 1 ? { type, chk: chunks[0]! } : undefined;
    }
    case "UNRECOGNIZED_PARAMETERS":
    case "RESTART_WITH_NEW_ADDRESSES": {
      const params = parseParameters(bytes, at, end);
      return params && { type, params };
    }
    case "NO_USER_DATA":
      return length === 4 ? { type, tsn: u32(bytes, at) } : undefined;
    case "USER_INITIATED_ABORT":
    case "PROTOCOL_VIOLATION":
      return { type, info: decodeUtf8(bytes.subarray(at, end)) };
    default:
      return length === 0 ? { type } : undefined;
  }
}

function octets(bytes: Uint8Array, start: number, end: number): number[] {
  return [...bytes.subarray(start, end)];
}

function shorts(bytes: Uint8Array, start: number, end: number): number[] {
  const numbers: number[] = [];
  for (let at = start; at + 2 <= end; at += 2) numbers.push(u16(bytes, at));
  return numbers;
}
