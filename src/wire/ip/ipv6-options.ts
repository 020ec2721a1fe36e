/** The options of hop-by-hop and destination options headers (RFC 8200, section 4.2). */
import { putU16, putU32, u16, u32 } from "../../base/bytes.ts";

/*
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+- - - - - - - - -
   |  Option Type  |  Opt Data Len |  Option Data         Pad1 is a Type alone.
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+- - - - - - - - -
    The top two bits of Type say what a node does that does not know it: 00 skip, 01 discard, 10 discard and
    report, 11 discard and report unless the destination was multicast.
*/

export const ipv6OptionTypes = {
  pad1: 0x00,
  padN: 0x01,
  routerAlert: 0x05,
  jumboPayload: 0xc2,
} as const;

export type Ipv6Option =
  | { kind: "pad1" }
  /** `length` bytes of option data. */
  | { kind: "padn"; length: number }
  /** RFC 2711; 0 says that MLD is inside. */
  | { kind: "router-alert"; value: number }
  /** RFC 2675. */
  | { kind: "jumbo-payload"; length: number }
  | { kind: "unknown"; type: number; data: Uint8Array };

export type Ipv6OptionsMalformed = "truncated-option";

/** The options in bytes[start, end). */
export function parseIpv6Options(
  bytes: Uint8Array,
  start: number,
  end: number,
): Ipv6Option[] | Ipv6OptionsMalformed {
  const options: Ipv6Option[] = [];
  let at = start;
  while (at < end) {
    const option = readIpv6Option(bytes, at, end);
    if (typeof option === "string") return option;
    options.push(option);
    at += ipv6OptionLength(option);
  }
  return options;
}

/** The one option at `at`, which is before `end`. A known type of another length is given as unknown. */
export function readIpv6Option(
  bytes: Uint8Array,
  at: number,
  end: number,
): Ipv6Option | Ipv6OptionsMalformed {
  const type = bytes[at]!;
  if (type === ipv6OptionTypes.pad1) return { kind: "pad1" };
  if (at + 1 >= end) return "truncated-option";
  const length = bytes[at + 1]!;
  if (at + 2 + length > end) return "truncated-option";
  if (type === ipv6OptionTypes.padN) return { kind: "padn", length };
  if (type === ipv6OptionTypes.routerAlert && length === 2)
    return { kind: "router-alert", value: u16(bytes, at + 2) };
  if (type === ipv6OptionTypes.jumboPayload && length === 4)
    return { kind: "jumbo-payload", length: u32(bytes, at + 2) };
  return { kind: "unknown", type, data: bytes.slice(at + 2, at + 2 + length) };
}

/** Bytes of the option on the wire. */
export function ipv6OptionLength(option: Ipv6Option): number {
  switch (option.kind) {
    case "pad1":
      return 1;
    case "padn":
      return 2 + option.length;
    case "router-alert":
      return 4;
    case "jumbo-payload":
      return 6;
    case "unknown":
      return 2 + option.data.length;
  }
}

/** Writes the options as listed, without padding behind them. @returns their length. */
export function emitIpv6Options(options: readonly Ipv6Option[], bytes: Uint8Array, at: number): number {
  let next = at;
  for (const option of options) {
    emitOption(option, bytes, next);
    next += ipv6OptionLength(option);
  }
  return next - at;
}

function emitOption(option: Ipv6Option, bytes: Uint8Array, at: number): void {
  if (option.kind === "pad1") {
    bytes[at] = ipv6OptionTypes.pad1;
    return;
  }
  bytes[at + 1] = ipv6OptionLength(option) - 2;
  switch (option.kind) {
    case "padn":
      bytes[at] = ipv6OptionTypes.padN;
      bytes.fill(0, at + 2, at + 2 + option.length);
      return;
    case "router-alert":
      bytes[at] = ipv6OptionTypes.routerAlert;
      putU16(bytes, at + 2, option.value);
      return;
    case "jumbo-payload":
      bytes[at] = ipv6OptionTypes.jumboPayload;
      putU32(bytes, at + 2, option.length);
      return;
    case "unknown":
      bytes[at] = option.type;
      bytes.set(option.data, at + 2);
  }
}
