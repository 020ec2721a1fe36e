/** SCTP chunks of a script as bytes. Lengths are what the script says, right or wrong; what it leaves open is filled in. */
import { parseAddress, writeAddressV4, writeAddressV6 } from "../../base/address.ts";
import { encodeUtf8 } from "../../base/text.ts";
import type {
  Cause,
  Chunk,
  Gap,
  Parameter,
  StreamIdentifier,
  Value,
  Values,
} from "../language/script/sctp.ts";
import { causeNumbers, chunkNumbers, parameterNumbers } from "./chunk-fields.ts";

/** What a script leaves to the run. */
export interface ChunkFillings {
  /** The State Cookie of the last INIT ACK seen, for a COOKIE_ECHO with `val=...`. */
  readonly cookie: Uint8Array;
  /** Heartbeat information of the last HEARTBEAT seen, for a HEARTBEAT_ACK with `val=...`. */
  readonly heartbeat: Uint8Array;
}

type Bytes = readonly number[];

/** The chunks one after the other, each padded with zeros to four bytes. */
export function emitChunks(chunks: readonly Chunk[], fillings: ChunkFillings): Uint8Array {
  return Uint8Array.from(chunks.flatMap((chunk) => padded(chunkBytes(chunk, fillings))));
}

function chunkBytes(chunk: Chunk, fillings: ChunkFillings): Bytes {
  const number = chunk.type === "CHUNK" ? (chunk.number ?? 0) : chunkNumbers[chunk.type];
  const flags = "flgs" in chunk ? (chunk.flgs ?? 0) : 0;
  const body = chunkBody(chunk, fillings);
  const written = "len" in chunk && chunk.len !== null ? chunk.len : body.length + 4;
  return [number, flags, ...short(written), ...body];
}

function chunkBody(chunk: Chunk, fillings: ChunkFillings): Bytes {
  switch (chunk.type) {
    case "DATA":
      return [
        ...[...long(chunk.tsn), ...short(chunk.sid), ...short(chunk.ssn), ...long(chunk.ppid)],
        ...zeros((chunk.len ?? 16) - 16),
      ];
    case "I_DATA":
      return [
        ...[
          ...long(chunk.tsn),
          ...short(chunk.sid),
          0,
          0,
          ...long(chunk.mid),
          ...long(chunk.ppid ?? chunk.fsn ?? 0),
        ],
        ...zeros((chunk.len ?? 20) - 20),
      ];
    case "INIT":
    case "INIT_ACK":
      return [
        ...[
          ...long(chunk.tag),
          ...long(chunk.a_rwnd),
          ...short(chunk.os),
          ...short(chunk.is),
          ...long(chunk.tsn),
        ],
        ...parameters(chunk.parameters),
      ];
    case "SACK":
      return sack(chunk.cum_tsn, chunk.a_rwnd, [chunk.gaps ?? []], chunk.dups);
    case "NR_SACK":
      return sack(chunk.cum_tsn, chunk.a_rwnd, [chunk.gaps ?? [], chunk.nr_gaps ?? []], chunk.dups);
    case "HEARTBEAT_ACK":
      return parameters(chunk.parameters, fillings.heartbeat);
    case "HEARTBEAT":
    case "RECONFIG":
      return parameters(chunk.parameters);
    case "ABORT":
    case "ERROR":
      return joined((chunk.causes ?? []).map(causeBytes));
    case "SHUTDOWN":
      return long(chunk.cum_tsn);
    case "COOKIE_ECHO":
      return content(chunk.len, chunk.val, 0, fillings.cookie);
    case "PAD":
      return content(chunk.len, chunk.val, 0x50);
    case "ECNE":
    case "CWR":
      return long(chunk.tsn);
    case "FORWARD_TSN":
    case "I_FORWARD_TSN":
      return [...long(chunk.cum_tsn), ...(chunk.ids ?? []).flatMap((id) => streamIdentifier(chunk.type, id))];
    case "CHUNK":
      return content(chunk.len, chunk.val, 0);
    default:
      return [];
  }
}

function sack(cumulative: Value, window: Value, gaps: readonly (readonly Gap[])[], dups: Values): Bytes {
  const counts = gaps.map((list) => list.length);
  const duplicates = dups ?? [];
  const reserved = gaps.length > 1 ? [...short(duplicates.length), 0, 0] : short(duplicates.length);
  return [
    ...[...long(cumulative), ...long(window), ...counts.flatMap(short), ...reserved],
    ...gaps.flat().flatMap((gap) => [...short(gap.start), ...short(gap.end)]),
    ...duplicates.flatMap(long),
  ];
}

/** RFC 3758, section 3.2; RFC 8260, section 2.3.1. */
function streamIdentifier(type: "FORWARD_TSN" | "I_FORWARD_TSN", id: StreamIdentifier): Bytes {
  const [stream = 0, second = 0, third = 0] = id;
  return type === "FORWARD_TSN"
    ? [...short(stream), ...short(second)]
    : [...short(stream), ...short(second), ...long(third)];
}

/** Each is padded but the last, whose padding is the chunk's. */
function parameters(list: readonly Parameter[] | null, heartbeat?: Uint8Array): Bytes {
  return joined((list ?? []).map((parameter) => parameterBytes(parameter, heartbeat)));
}

function joined(parts: readonly Bytes[]): Bytes {
  return parts.flatMap((part, index) => (index === parts.length - 1 ? part : padded(part)));
}

function parameterBytes(parameter: Parameter, heartbeat?: Uint8Array): Bytes {
  const number = "number" in parameter ? (parameter.number ?? 0) : parameterNumbers[parameter.type];
  const body = parameterBody(parameter, heartbeat);
  const written = "len" in parameter && parameter.len !== null ? parameter.len : body.length + 4;
  return [...short(number), ...short(written), ...body];
}

function parameterBody(parameter: Parameter, heartbeat?: Uint8Array): Bytes {
  switch (parameter.type) {
    case "HEARTBEAT_INFORMATION":
      return content(parameter.len, parameter.val, 0, heartbeat);
    case "STATE_COOKIE":
      return content(parameter.len, parameter.val, 0x41);
    case "PAD":
    case "PARAMETER":
      return content(parameter.len, parameter.val, 0);
    case "IPV4_ADDRESS":
    case "IPV6_ADDRESS":
      return addressBytes(parameter.addr ?? "", parameter.type === "IPV4_ADDRESS" ? 4 : 16);
    case "HOSTNAME_ADDRESS":
      return [...encodeUtf8(parameter.addr ?? ""), 0];
    case "UNRECOGNIZED_PARAMETER":
      return parameters(parameter.params);
    case "COOKIE_PRESERVATIVE":
      return long(parameter.incr);
    case "SUPPORTED_ADDRESS_TYPES":
      return (parameter.types ?? []).flatMap(short);
    case "SUPPORTED_EXTENSIONS":
      return parameter.types ?? [];
    case "OUTGOING_SSN_RESET":
      return [
        ...[...long(parameter.req_sn), ...long(parameter.resp_sn), ...long(parameter.last_tsn)],
        ...(parameter.sids ?? []).flatMap(short),
      ];
    case "INCOMING_SSN_RESET":
      return [...long(parameter.req_sn), ...(parameter.sids ?? []).flatMap(short)];
    case "SSN_TSN_RESET":
      return long(parameter.req_sn);
    case "RECONFIG_RESPONSE":
      return [
        ...[...long(parameter.resp_sn), ...long(parameter.result)],
        ...(parameter.sender_next_tsn === undefined ? [] : long(parameter.sender_next_tsn)),
        ...(parameter.receiver_next_tsn === undefined ? [] : long(parameter.receiver_next_tsn)),
      ];
    case "ADD_OUTGOING_STREAMS":
    case "ADD_INCOMING_STREAMS":
      return [...long(parameter.req_sn), ...short(parameter.number_of_new_streams), 0, 0];
    case "RECONFIG_REQUEST_GENERIC":
      return [
        ...long(parameter.req_sn),
        ...content(parameter.len === null ? null : parameter.len - 4, parameter.val, 0),
      ];
    case "ZERO_CHECKSUM_ACCEPTABLE":
      return long(parameter.edmid);
    case "ADAPTATION_INDICATION":
      return long(parameter.adaptation_code_point);
    default:
      return [];
  }
}

function addressBytes(text: string, length: 4 | 16): Bytes {
  const bytes = new Uint8Array(length);
  const address = parseAddress(text);
  if (address === undefined) return [...bytes];
  if (length === 4) writeAddressV4(address, bytes, 0);
  else writeAddressV6(address, bytes, 0);
  return [...bytes];
}

function causeBytes(cause: Cause): Bytes {
  const number = cause.type === "CAUSE" ? (cause.code ?? 0) : causeNumbers[cause.type];
  const body = causeBody(cause);
  const written = cause.type === "CAUSE" && cause.len !== null ? cause.len : body.length + 4;
  return [...short(number), ...short(written), ...body];
}

function causeBody(cause: Cause): Bytes {
  switch (cause.type) {
    case "INVALID_STREAM_IDENTIFIER":
      return [...short(cause.sid), 0, 0];
    case "MISSING_MANDATORY_PARAMETER":
      return [...long((cause.types ?? []).length), ...(cause.types ?? []).flatMap(short)];
    case "STALE_COOKIE_ERROR":
      return long(cause.staleness);
    case "UNRESOLVABLE_ADDRESS":
      return cause.param === null ? [] : parameterBytes(cause.param);
    case "UNRECOGNIZED_CHUNK_TYPE":
      return cause.chk === null ? [] : chunkBytes(cause.chk, noFillings);
    case "UNRECOGNIZED_PARAMETERS":
    case "RESTART_WITH_NEW_ADDRESSES":
      return parameters(cause.params);
    case "NO_USER_DATA":
      return long(cause.tsn);
    case "USER_INITIATED_ABORT":
    case "PROTOCOL_VIOLATION":
      return [...encodeUtf8(cause.info ?? "")];
    case "CAUSE":
      return content(cause.len, cause.info, 0);
    default:
      return [];
  }
}

export const noFillings: ChunkFillings = { cookie: new Uint8Array(0), heartbeat: new Uint8Array(0) };

/** The bytes written, filled up to the length written; or what takes their place. `len` counts four bytes of header. */
function content(len: Value, val: Values, fill: number, instead: Uint8Array = new Uint8Array(0)): Bytes {
  if (val === null && len === null) return [...instead];
  const bytes = val ?? [];
  const missing = len === null ? 0 : len - 4 - bytes.length;
  return missing <= 0 ? bytes : [...bytes, ...new Array<number>(missing).fill(fill)];
}

function zeros(count: number): Bytes {
  return new Array<number>(Math.max(0, count)).fill(0);
}

function padded(bytes: Bytes): Bytes {
  return [...bytes, ...zeros(-bytes.length & 3)];
}

function short(value: Value): Bytes {
  const number = value ?? 0;
  return [(number >>> 8) & 0xff, number & 0xff];
}

function long(value: Value): Bytes {
  const number = value ?? 0;
  return [...short(number >>> 16), ...short(number & 0xffff)];
}
