/** IPv4 options (RFC 791, section 3.1; RFC 1122, section 3.2.1.8). */
import { type Address, readAddressV4, writeAddressV4 } from "../../base/address.ts";
import { putU16, u16 } from "../../base/bytes.ts";
import { pad4 } from "../fields.ts";

/*
   +--------+--------+--------+--------- ... ---------+
   |  Type  | Length | Pointer|        Data           |   End of list and no-operation are a Type alone.
   +--------+--------+--------+--------- ... ---------+
    Type: copied flag (1 bit), class (2), number (5)
*/

export type Ipv4Option =
  | { kind: "end-of-list" }
  | { kind: "no-operation" }
  /** `pointer` counts from 1 at Type; the first slot is 4. All slots are listed, filled or not. */
  | {
      kind: "record-route" | "loose-source-route" | "strict-source-route";
      pointer: number;
      route: readonly Address[];
    }
  /** `flag` 0: timestamps alone, 1: addresses with them, 3: as 1 with the addresses given. `data` is as on the wire. */
  | { kind: "timestamp"; pointer: number; overflow: number; flag: number; data: Uint8Array }
  /** RFC 2113. */
  | { kind: "router-alert"; value: number }
  | { kind: "unknown"; type: number; data: Uint8Array };

/** What is wrong with a list of options; `at` is where, for the Pointer of a Parameter Problem (RFC 792). */
export interface Ipv4OptionsMalformed {
  reason: "bad-option-length" | "truncated-option" | "bad-option-pointer";
  at: number;
}

const types = {
  endOfList: 0,
  noOperation: 1,
  recordRoute: 7,
  timestamp: 68,
  looseSourceRoute: 131,
  strictSourceRoute: 137,
  routerAlert: 148,
} as const;

const routes = {
  [types.recordRoute]: "record-route",
  [types.looseSourceRoute]: "loose-source-route",
  [types.strictSourceRoute]: "strict-source-route",
} as const;

/** The options in bytes[start, end), up to and with the first end-of-list; what follows that is padding. */
export function parseIpv4Options(
  bytes: Uint8Array,
  start: number,
  end: number,
): Ipv4Option[] | Ipv4OptionsMalformed {
  const options: Ipv4Option[] = [];
  let at = start;
  while (at < end) {
    const option = readIpv4Option(bytes, at, end);
    if ("reason" in option) return option;
    options.push(option);
    if (option.kind === "end-of-list") break;
    at += ipv4OptionLength(option);
  }
  return options;
}

/** The one option at `at`, which is before `end`. */
export function readIpv4Option(
  bytes: Uint8Array,
  at: number,
  end: number,
): Ipv4Option | Ipv4OptionsMalformed {
  const type = bytes[at]!;
  if (type === types.endOfList) return { kind: "end-of-list" };
  if (type === types.noOperation) return { kind: "no-operation" };
  if (at + 1 >= end) return { reason: "truncated-option", at };
  const length = bytes[at + 1]!;
  if (length < 2) return { reason: "bad-option-length", at: at + 1 };
  if (at + length > end) return { reason: "truncated-option", at: at + 1 };
  switch (type) {
    case types.recordRoute:
    case types.looseSourceRoute:
    case types.strictSourceRoute:
      return readRoute(routes[type], bytes, at, length);
    case types.timestamp:
      return readTimestamp(bytes, at, length);
    case types.routerAlert:
      if (length !== 4) return { reason: "bad-option-length", at: at + 1 };
      return { kind: "router-alert", value: u16(bytes, at + 2) };
    default:
      return { kind: "unknown", type, data: bytes.slice(at + 2, at + length) };
  }
}

function readRoute(
  kind: (typeof routes)[keyof typeof routes],
  bytes: Uint8Array,
  at: number,
  length: number,
): Ipv4Option | Ipv4OptionsMalformed {
  if (length < 3 || (length - 3) % 4 !== 0) return { reason: "bad-option-length", at: at + 1 };
  const pointer = bytes[at + 2]!;
  if (pointer < 4) return { reason: "bad-option-pointer", at: at + 2 };
  const route: Address[] = [];
  for (let slot = at + 3; slot < at + length; slot += 4) route.push(readAddressV4(bytes, slot));
  return { kind, pointer, route };
}

function readTimestamp(bytes: Uint8Array, at: number, length: number): Ipv4Option | Ipv4OptionsMalformed {
  if (length < 4 || length % 4 !== 0) return { reason: "bad-option-length", at: at + 1 };
  const pointer = bytes[at + 2]!;
  if (pointer < 5) return { reason: "bad-option-pointer", at: at + 2 };
  const last = bytes[at + 3]!;
  const data = bytes.slice(at + 4, at + length);
  return { kind: "timestamp", pointer, overflow: last >>> 4, flag: last & 15, data };
}

/** Bytes of the option on the wire. */
export function ipv4OptionLength(option: Ipv4Option): number {
  switch (option.kind) {
    case "end-of-list":
    case "no-operation":
      return 1;
    case "router-alert":
      return 4;
    case "timestamp":
      return 4 + option.data.length;
    case "unknown":
      return 2 + option.data.length;
    default:
      return 3 + option.route.length * 4;
  }
}

/** Writes the options and zeros up to a multiple of four: `Ipv4Header.optionsLength`. @returns the padded length. */
export function emitIpv4Options(options: readonly Ipv4Option[], bytes: Uint8Array, at: number): number {
  let next = at;
  for (const option of options) {
    emitOption(option, bytes, next);
    next += ipv4OptionLength(option);
  }
  const end = at + pad4(next - at);
  bytes.fill(0, next, end);
  return end - at;
}

function emitOption(option: Ipv4Option, bytes: Uint8Array, at: number): void {
  if (option.kind === "end-of-list" || option.kind === "no-operation") {
    bytes[at] = option.kind === "end-of-list" ? types.endOfList : types.noOperation;
    return;
  }
  bytes[at + 1] = ipv4OptionLength(option);
  switch (option.kind) {
    case "router-alert":
      bytes[at] = types.routerAlert;
      putU16(bytes, at + 2, option.value);
      return;
    case "timestamp":
      bytes[at] = types.timestamp;
      bytes[at + 2] = option.pointer;
      bytes[at + 3] = (option.overflow << 4) | option.flag;
      bytes.set(option.data, at + 4);
      return;
    case "unknown":
      bytes[at] = option.type;
      bytes.set(option.data, at + 2);
      return;
    case "record-route":
    case "loose-source-route":
    case "strict-source-route":
      bytes[at] = routeType(option.kind);
      bytes[at + 2] = option.pointer;
      for (const [slot, address] of option.route.entries()) writeAddressV4(address, bytes, at + 3 + slot * 4);
  }
}

function routeType(kind: (typeof routes)[keyof typeof routes]): number {
  if (kind === "record-route") return types.recordRoute;
  return kind === "loose-source-route" ? types.looseSourceRoute : types.strictSourceRoute;
}
