/** TCP options one by one (RFC 9293, section 3.1), for those that are no fields of `TcpHeader` and for people. */
import { i32, putU16, putU32, u16 } from "../base/bytes.ts";
import { putU24, u24 } from "./fields.ts";
import { tcpOptionKinds } from "./tcp.ts";

/*
   +--------+--------+--------- ... ---------+
   |  Kind  | Length |         Data          |   Length counts all three; EOL and NOP are a Kind alone.
   +--------+--------+--------- ... ---------+
*/

/** Why an option, and with it the rest of the list, cannot be read (RFC 9293, MUST-7). */
export type TcpOptionsMalformed =
  /** Length is 0 or 1. */
  | "bad-option-length"
  /** Length points behind the header, or there is no Length. */
  | "truncated-option";

export type TcpOption =
  | { kind: "end-of-list" }
  | { kind: "no-operation" }
  | { kind: "mss"; mss: number }
  | { kind: "window-scale"; shift: number }
  | { kind: "sack-permitted" }
  /** Left and right edges in turn, int32 (RFC 2018). */
  | { kind: "sack"; edges: readonly number[] }
  /** int32 (RFC 7323). */
  | { kind: "timestamps"; value: number; echo: number }
  /** RFC 2385. */
  | { kind: "md5"; digest: Uint8Array }
  /** RFC 7413; an empty cookie is a request. */
  | { kind: "fast-open"; cookie: Uint8Array }
  /** The same under the experimental kind and identifier 0xf989, from before RFC 7413. */
  | { kind: "fast-open-experiment"; cookie: Uint8Array }
  /** RFC 9768, section 3.2.3: up to three 24-bit counters, in the order of `order` (0: EE0B first, 1: EE1B first). */
  | { kind: "accecn"; order: 0 | 1; counters: readonly number[] }
  /** RFC 6994. */
  | { kind: "experiment"; type: 253 | 254; identifier: number; data: Uint8Array }
  /** A kind not known here, or a known one of a length it must not have: to be skipped. */
  | { kind: "unknown"; type: number; data: Uint8Array };

const fastOpenIdentifier = 0xf989;

/** The options in bytes[start, end), up to and with the first end-of-list. */
export function parseTcpOptions(
  bytes: Uint8Array,
  start: number,
  end: number,
): TcpOption[] | TcpOptionsMalformed {
  const options: TcpOption[] = [];
  let at = start;
  while (at < end) {
    const option = readTcpOption(bytes, at, end);
    if (typeof option === "string") return option;
    options.push(option);
    if (option.kind === "end-of-list") break;
    at += tcpOptionLength(option);
  }
  return options;
}

/** The one option at `at`, which is before `end`. */
export function readTcpOption(bytes: Uint8Array, at: number, end: number): TcpOption | TcpOptionsMalformed {
  const type = bytes[at]!;
  if (type === tcpOptionKinds.endOfList) return { kind: "end-of-list" };
  if (type === tcpOptionKinds.noOperation) return { kind: "no-operation" };
  if (at + 1 >= end) return "truncated-option";
  const length = bytes[at + 1]!;
  if (length < 2) return "bad-option-length";
  if (at + length > end) return "truncated-option";
  return (
    readKnown(type, bytes, at + 2, at + length) ?? {
      kind: "unknown",
      type,
      data: bytes.slice(at + 2, at + length),
    }
  );
}

/** The option whose data is bytes[start, end), or undefined where we do not know such a one. */
function readKnown(type: number, bytes: Uint8Array, start: number, end: number): TcpOption | undefined {
  const length = end - start;
  switch (type) {
    case tcpOptionKinds.maximumSegmentSize:
      return length === 2 ? { kind: "mss", mss: u16(bytes, start) } : undefined;
    case tcpOptionKinds.windowScale:
      return length === 1 ? { kind: "window-scale", shift: bytes[start]! } : undefined;
    case tcpOptionKinds.sackPermitted:
      return length === 0 ? { kind: "sack-permitted" } : undefined;
    case tcpOptionKinds.sack:
      return length >= 8 && length % 8 === 0 ? { kind: "sack", edges: words(bytes, start, end) } : undefined;
    case tcpOptionKinds.timestamps:
      if (length !== 8) return undefined;
      return { kind: "timestamps", value: i32(bytes, start), echo: i32(bytes, start + 4) };
    case tcpOptionKinds.md5Signature:
      return length === 16 ? { kind: "md5", digest: bytes.slice(start, end) } : undefined;
    case tcpOptionKinds.fastOpenCookie:
      return { kind: "fast-open", cookie: bytes.slice(start, end) };
    case tcpOptionKinds.accEcn0:
    case tcpOptionKinds.accEcn1:
      return accEcn(type === tcpOptionKinds.accEcn0 ? 0 : 1, bytes, start, end);
    case tcpOptionKinds.experiment1:
    case tcpOptionKinds.experiment2:
      return experiment(type, bytes, start, end);
    default:
      return undefined;
  }
}

function words(bytes: Uint8Array, start: number, end: number): number[] {
  const found: number[] = [];
  for (let at = start; at < end; at += 4) found.push(i32(bytes, at));
  return found;
}

function accEcn(order: 0 | 1, bytes: Uint8Array, start: number, end: number): TcpOption | undefined {
  if ((end - start) % 3 !== 0 || end - start > 9) return undefined;
  const counters: number[] = [];
  for (let at = start; at < end; at += 3) counters.push(u24(bytes, at));
  return { kind: "accecn", order, counters };
}

function experiment(type: 253 | 254, bytes: Uint8Array, start: number, end: number): TcpOption | undefined {
  if (end - start < 2) return undefined;
  const identifier = u16(bytes, start);
  const data = bytes.slice(start + 2, end);
  if (type === tcpOptionKinds.experiment2 && identifier === fastOpenIdentifier)
    return { kind: "fast-open-experiment", cookie: data };
  return { kind: "experiment", type, identifier, data };
}

/** Bytes of the option on the wire. */
export function tcpOptionLength(option: TcpOption): number {
  switch (option.kind) {
    case "end-of-list":
    case "no-operation":
      return 1;
    case "mss":
      return 4;
    case "window-scale":
      return 3;
    case "sack-permitted":
      return 2;
    case "sack":
      return 2 + option.edges.length * 4;
    case "timestamps":
      return 10;
    case "md5":
      return 2 + option.digest.length;
    case "fast-open":
      return 2 + option.cookie.length;
    case "fast-open-experiment":
      return 4 + option.cookie.length;
    case "accecn":
      return 2 + option.counters.length * 3;
    case "experiment":
      return 4 + option.data.length;
    case "unknown":
      return 2 + option.data.length;
  }
}

/** Writes the options exactly as listed, without padding: the caller lists its NOPs. @returns their length. */
export function emitTcpOptions(options: readonly TcpOption[], bytes: Uint8Array, at: number): number {
  let next = at;
  for (const option of options) {
    const length = tcpOptionLength(option);
    bytes[next] = typeOf(option);
    if (length > 1) {
      bytes[next + 1] = length;
      emitData(option, bytes, next + 2);
    }
    next += length;
  }
  return next - at;
}

function typeOf(option: TcpOption): number {
  switch (option.kind) {
    case "end-of-list":
      return tcpOptionKinds.endOfList;
    case "no-operation":
      return tcpOptionKinds.noOperation;
    case "mss":
      return tcpOptionKinds.maximumSegmentSize;
    case "window-scale":
      return tcpOptionKinds.windowScale;
    case "sack-permitted":
      return tcpOptionKinds.sackPermitted;
    case "sack":
      return tcpOptionKinds.sack;
    case "timestamps":
      return tcpOptionKinds.timestamps;
    case "md5":
      return tcpOptionKinds.md5Signature;
    case "fast-open":
      return tcpOptionKinds.fastOpenCookie;
    case "fast-open-experiment":
      return tcpOptionKinds.experiment2;
    case "accecn":
      return option.order === 0 ? tcpOptionKinds.accEcn0 : tcpOptionKinds.accEcn1;
    case "experiment":
    case "unknown":
      return option.type;
  }
}

function emitData(option: TcpOption, bytes: Uint8Array, at: number): void {
  switch (option.kind) {
    case "end-of-list":
    case "no-operation":
    case "sack-permitted":
      return;
    case "mss":
      putU16(bytes, at, option.mss);
      return;
    case "window-scale":
      bytes[at] = option.shift;
      return;
    case "sack":
      for (const [index, edge] of option.edges.entries()) putU32(bytes, at + index * 4, edge);
      return;
    case "timestamps":
      putU32(bytes, at, option.value);
      putU32(bytes, at + 4, option.echo);
      return;
    case "md5":
      bytes.set(option.digest, at);
      return;
    case "fast-open":
      bytes.set(option.cookie, at);
      return;
    case "fast-open-experiment":
      putU16(bytes, at, fastOpenIdentifier);
      bytes.set(option.cookie, at + 2);
      return;
    case "accecn":
      for (const [index, counter] of option.counters.entries()) putU24(bytes, at + index * 3, counter);
      return;
    case "experiment":
      putU16(bytes, at, option.identifier);
      bytes.set(option.data, at + 2);
      return;
    case "unknown":
      bytes.set(option.data, at);
      return;
  }
}
