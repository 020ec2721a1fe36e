/**
 * Parameters of SCTP chunks (RFC 9260, section 3.2.1; ASCONF RFC 5061, AUTH RFC 4895, streams RFC 6525, zero checksum
 * RFC 9653). What nests another parameter or a cause keeps it as bytes, so that nothing here recurses.
 */
import {
  type Address,
  isV4,
  readAddressV4,
  readAddressV6,
  writeAddressV4,
  writeAddressV6,
} from "../../base/address.ts";
import { i32, putU16, putU32, u16, u32 } from "../../base/bytes.ts";
import { pad4 } from "../fields.ts";

/*
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |        Parameter Type         |       Parameter Length        |   Length counts the four bytes, not the padding.
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   \                        Parameter Value                        \
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

/** The top two bits say what to do with one not known: stop or go on, silent or report (section 3.2.1). */
export const sctpParameterTypes = {
  "HEARTBEAT-INFO": 1,
  "IPV4-ADDRESS": 5,
  "IPV6-ADDRESS": 6,
  "STATE-COOKIE": 7,
  "UNRECOGNIZED-PARAMETER": 8,
  "COOKIE-PRESERVATIVE": 9,
  "HOST-NAME-ADDRESS": 11,
  "SUPPORTED-ADDRESS-TYPES": 12,
  "OUTGOING-SSN-RESET": 13,
  "INCOMING-SSN-RESET": 14,
  "SSN-TSN-RESET": 15,
  "RE-CONFIG-RESPONSE": 16,
  "ADD-OUTGOING-STREAMS": 17,
  "ADD-INCOMING-STREAMS": 18,
  "ECN-CAPABLE": 0x8000,
  "ZERO-CHECKSUM-ACCEPTABLE": 0x8001,
  RANDOM: 0x8002,
  "CHUNK-LIST": 0x8003,
  "REQUESTED-HMAC-ALGORITHMS": 0x8004,
  PADDING: 0x8005,
  "SUPPORTED-EXTENSIONS": 0x8008,
  "FORWARD-TSN-SUPPORTED": 0xc000,
  "ADD-IP-ADDRESS": 0xc001,
  "DELETE-IP-ADDRESS": 0xc002,
  "ERROR-CAUSE-INDICATION": 0xc003,
  "SET-PRIMARY-ADDRESS": 0xc004,
  "SUCCESS-INDICATION": 0xc005,
  "ADAPTATION-LAYER-INDICATION": 0xc006,
} as const;

export type SctpParameterType = keyof typeof sctpParameterTypes;

export type SctpParameter =
  | { type: "IPV4-ADDRESS" | "IPV6-ADDRESS"; address: Address }
  /** Bytes that are nobody's but the sender's, text, or whole parameters (UNRECOGNIZED-PARAMETER). */
  | {
      type:
        | "HEARTBEAT-INFO"
        | "STATE-COOKIE"
        | "UNRECOGNIZED-PARAMETER"
        | "HOST-NAME-ADDRESS"
        | "RANDOM"
        | "PADDING";
      value: Uint8Array;
    }
  | { type: "ECN-CAPABLE" | "FORWARD-TSN-SUPPORTED" }
  /** Milliseconds, request number, error detection method, correlation and code point: one unsigned word each. */
  | {
      type:
        | "COOKIE-PRESERVATIVE"
        | "SSN-TSN-RESET"
        | "ZERO-CHECKSUM-ACCEPTABLE"
        | "SUCCESS-INDICATION"
        | "ADAPTATION-LAYER-INDICATION";
      word: number;
    }
  /** Parameter types 5, 6 and 11, or HMAC identifiers. */
  | { type: "SUPPORTED-ADDRESS-TYPES" | "REQUESTED-HMAC-ALGORITHMS"; numbers: readonly number[] }
  | { type: "CHUNK-LIST" | "SUPPORTED-EXTENSIONS"; chunkTypes: readonly number[] }
  | {
      type: "ADD-IP-ADDRESS" | "DELETE-IP-ADDRESS" | "SET-PRIMARY-ADDRESS";
      correlation: number;
      address: Address;
    }
  /** `causes` are whole error causes. */
  | { type: "ERROR-CAUSE-INDICATION"; correlation: number; causes: Uint8Array }
  /** No streams: all of them. Sequence numbers and TSNs are int32. */
  | {
      type: "OUTGOING-SSN-RESET";
      request: number;
      response: number;
      lastTsn: number;
      streams: readonly number[];
    }
  | { type: "INCOMING-SSN-RESET"; request: number; streams: readonly number[] }
  /** `nextTsns`: the sender's and the receiver's, or none. */
  | { type: "RE-CONFIG-RESPONSE"; response: number; result: number; nextTsns: readonly number[] }
  | { type: "ADD-OUTGOING-STREAMS" | "ADD-INCOMING-STREAMS"; request: number; streams: number }
  | { type: "UNKNOWN"; number: number; value: Uint8Array };

export type SctpParametersMalformed =
  | "truncated-parameter"
  /** Less than its header, behind its chunk, or not what its type must have. */
  | "bad-parameter-length"
  /** An IPv4-mapped IPv6 address (RFC 9260, section 3.3.2.1.2). */
  | "mapped-address";

const names = new Map<number, SctpParameterType>(
  Object.entries(sctpParameterTypes).map(([name, number]) => [number, name as SctpParameterType]),
);

/** Length of a parameter with an IPv4 address in a parameter of its own. */
const longestWithV4 = 16;

/** The parameters in bytes[start, end); the padding of the last may be missing. */
export function parseSctpParameters(
  bytes: Uint8Array,
  start: number,
  end: number,
): SctpParameter[] | SctpParametersMalformed {
  const parameters: SctpParameter[] = [];
  for (let at = start; at < end; ) {
    if (end - at < 4) return "truncated-parameter";
    const length = u16(bytes, at + 2);
    if (length < 4 || length > end - at) return "bad-parameter-length";
    const parameter = readParameter(bytes, at, at + length);
    if (parameter === undefined) return "bad-parameter-length";
    if ("address" in parameter && isV4(parameter.address) && length > longestWithV4) return "mapped-address";
    parameters.push(parameter);
    at += pad4(length);
  }
  return parameters;
}

/** The parameter in bytes[at, end), or undefined where its type does not have that length. */
function readParameter(bytes: Uint8Array, at: number, end: number): SctpParameter | undefined {
  const start = at + 4;
  const length = end - start;
  const number = u16(bytes, at);
  const type = names.get(number);
  switch (type) {
    case undefined:
      return { type: "UNKNOWN", number, value: bytes.slice(start, end) };
    case "IPV4-ADDRESS":
      return length === 4 ? { type, address: readAddressV4(bytes, start) } : undefined;
    case "IPV6-ADDRESS":
      return length === 16 ? { type, address: readAddressV6(bytes, start) } : undefined;
    case "HEARTBEAT-INFO":
    case "STATE-COOKIE":
    case "UNRECOGNIZED-PARAMETER":
    case "HOST-NAME-ADDRESS":
    case "RANDOM":
    case "PADDING":
      return { type, value: bytes.slice(start, end) };
    case "ECN-CAPABLE":
    case "FORWARD-TSN-SUPPORTED":
      return length === 0 ? { type } : undefined;
    case "COOKIE-PRESERVATIVE":
    case "SSN-TSN-RESET":
    case "ZERO-CHECKSUM-ACCEPTABLE":
    case "SUCCESS-INDICATION":
    case "ADAPTATION-LAYER-INDICATION":
      return length === 4 ? { type, word: u32(bytes, start) } : undefined;
    case "SUPPORTED-ADDRESS-TYPES":
    case "REQUESTED-HMAC-ALGORITHMS":
      return length % 2 === 0 ? { type, numbers: numbersIn(bytes, start, end) } : undefined;
    case "CHUNK-LIST":
    case "SUPPORTED-EXTENSIONS":
      return { type, chunkTypes: Array.from(bytes.subarray(start, end)) };
    case "ADD-IP-ADDRESS":
    case "DELETE-IP-ADDRESS":
    case "SET-PRIMARY-ADDRESS":
      return readAddressChange(type, bytes, start, end);
    case "ERROR-CAUSE-INDICATION":
      if (length < 4) return undefined;
      return { type, correlation: u32(bytes, start), causes: bytes.slice(start + 4, end) };
    default:
      return readReconfiguration(type, bytes, start, end);
  }
}

function readAddressChange(
  type: "ADD-IP-ADDRESS" | "DELETE-IP-ADDRESS" | "SET-PRIMARY-ADDRESS",
  bytes: Uint8Array,
  start: number,
  end: number,
): SctpParameter | undefined {
  const size = end - start - 8;
  if (size !== 4 && size !== 16) return undefined;
  const nested = size === 4 ? sctpParameterTypes["IPV4-ADDRESS"] : sctpParameterTypes["IPV6-ADDRESS"];
  if (u16(bytes, start + 4) !== nested || u16(bytes, start + 6) !== size + 4) return undefined;
  const address = size === 4 ? readAddressV4(bytes, start + 8) : readAddressV6(bytes, start + 8);
  return { type, correlation: u32(bytes, start), address };
}

function readReconfiguration(
  type:
    | "OUTGOING-SSN-RESET"
    | "INCOMING-SSN-RESET"
    | "RE-CONFIG-RESPONSE"
    | "ADD-OUTGOING-STREAMS"
    | "ADD-INCOMING-STREAMS",
  bytes: Uint8Array,
  start: number,
  end: number,
): SctpParameter | undefined {
  const length = end - start;
  if (length < 4) return undefined;
  const request = i32(bytes, start);
  switch (type) {
    case "OUTGOING-SSN-RESET":
      if (length < 12 || length % 2 !== 0) return undefined;
      return {
        type,
        request,
        response: i32(bytes, start + 4),
        lastTsn: i32(bytes, start + 8),
        streams: numbersIn(bytes, start + 12, end),
      };
    case "INCOMING-SSN-RESET":
      return length % 2 === 0 ? { type, request, streams: numbersIn(bytes, start + 4, end) } : undefined;
    case "RE-CONFIG-RESPONSE": {
      if (length !== 8 && length !== 16) return undefined;
      const nextTsns = length === 8 ? [] : [i32(bytes, start + 8), i32(bytes, start + 12)];
      return { type, response: request, result: u32(bytes, start + 4), nextTsns };
    }
    default:
      return length === 8 ? { type, request, streams: u16(bytes, start + 4) } : undefined;
  }
}

function numbersIn(bytes: Uint8Array, start: number, end: number): number[] {
  const numbers: number[] = [];
  for (let at = start; at < end; at += 2) numbers.push(u16(bytes, at));
  return numbers;
}

/** Bytes of the parameter without its padding: its Length field. */
export function sctpParameterLength(parameter: SctpParameter): number {
  if ("value" in parameter) return 4 + parameter.value.length;
  if ("word" in parameter) return 8;
  if ("numbers" in parameter) return 4 + parameter.numbers.length * 2;
  if ("chunkTypes" in parameter) return 4 + parameter.chunkTypes.length;
  if ("causes" in parameter) return 8 + parameter.causes.length;
  if ("correlation" in parameter) return isV4(parameter.address) ? 16 : 28;
  switch (parameter.type) {
    case "IPV4-ADDRESS":
      return 8;
    case "IPV6-ADDRESS":
      return 20;
    case "OUTGOING-SSN-RESET":
      return 16 + parameter.streams.length * 2;
    case "INCOMING-SSN-RESET":
      return 8 + parameter.streams.length * 2;
    case "RE-CONFIG-RESPONSE":
      return 12 + parameter.nextTsns.length * 4;
    case "ADD-OUTGOING-STREAMS":
    case "ADD-INCOMING-STREAMS":
      return 12;
    default:
      return 4;
  }
}

/** Writes the parameters, each but the last padded with zeros to four bytes. @returns their length so. */
export function emitSctpParameters(
  parameters: readonly SctpParameter[],
  bytes: Uint8Array,
  start: number,
): number {
  let at = start;
  let end = start;
  for (const parameter of parameters) {
    bytes.fill(0, end, at);
    end = at + sctpParameterLength(parameter);
    putU16(bytes, at, parameter.type === "UNKNOWN" ? parameter.number : sctpParameterTypes[parameter.type]);
    putU16(bytes, at + 2, end - at);
    emitValue(parameter, bytes, at + 4);
    at += pad4(end - at);
  }
  return end - start;
}

function emitValue(parameter: SctpParameter, bytes: Uint8Array, at: number): void {
  if ("value" in parameter) bytes.set(parameter.value, at);
  else if ("word" in parameter) putU32(bytes, at, parameter.word);
  else if ("numbers" in parameter) putNumbers(parameter.numbers, bytes, at);
  else if ("chunkTypes" in parameter) bytes.set(parameter.chunkTypes, at);
  else if ("correlation" in parameter) emitCorrelated(parameter, bytes, at);
  else if ("address" in parameter) putAddress(parameter.address, bytes, at);
  else if ("request" in parameter || "response" in parameter) emitReconfiguration(parameter, bytes, at);
}

function emitCorrelated(
  parameter: Extract<SctpParameter, { correlation: number }>,
  bytes: Uint8Array,
  at: number,
): void {
  putU32(bytes, at, parameter.correlation);
  if ("causes" in parameter) {
    bytes.set(parameter.causes, at + 4);
    return;
  }
  const four = isV4(parameter.address);
  putU16(bytes, at + 4, sctpParameterTypes[four ? "IPV4-ADDRESS" : "IPV6-ADDRESS"]);
  putU16(bytes, at + 6, four ? 8 : 20);
  putAddress(parameter.address, bytes, at + 8);
}

function emitReconfiguration(
  parameter: Extract<SctpParameter, { request: number } | { response: number }>,
  bytes: Uint8Array,
  at: number,
): void {
  switch (parameter.type) {
    case "OUTGOING-SSN-RESET":
      putU32(bytes, at, parameter.request);
      putU32(bytes, at + 4, parameter.response);
      putU32(bytes, at + 8, parameter.lastTsn);
      putNumbers(parameter.streams, bytes, at + 12);
      return;
    case "INCOMING-SSN-RESET":
      putU32(bytes, at, parameter.request);
      putNumbers(parameter.streams, bytes, at + 4);
      return;
    case "RE-CONFIG-RESPONSE":
      putU32(bytes, at, parameter.response);
      putU32(bytes, at + 4, parameter.result);
      for (const [index, tsn] of parameter.nextTsns.entries()) putU32(bytes, at + 8 + index * 4, tsn);
      return;
    default:
      putU32(bytes, at, parameter.request);
      putU32(bytes, at + 4, parameter.streams << 16);
  }
}

function putAddress(address: Address, bytes: Uint8Array, at: number): void {
  if (isV4(address)) writeAddressV4(address, bytes, at);
  else writeAddressV6(address, bytes, at);
}

function putNumbers(numbers: readonly number[], bytes: Uint8Array, at: number): void {
  for (const [index, number] of numbers.entries()) putU16(bytes, at + index * 2, number);
}
