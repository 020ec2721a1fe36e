/** TCP options of a script as bytes and back: in their order, each NOP counts, nothing is padded. */
import { putU16, putU32, u16, u32 } from "../../base/bytes.ts";
import { hexadecimalBytes, hexadecimalText } from "../language/names/hexadecimal.ts";
import { accEcnCounters, tcpOptionLength } from "../language/names/tcp-option-lengths.ts";
import type { TcpOption, TcpOptions } from "../language/script/packets.ts";

const kinds = { eol: 0, nop: 1, mss: 2, wscale: 3, sackOK: 4, sack: 5, TS: 8, md5: 19, FO: 34 } as const;
const accEcnKinds = [0xac, 0xae] as const;
const experimentKind = 0xfe;
/** Identifiers of experiments (RFC 6994; IANA, TCP Experimental Option Experiment Identifiers). */
const experiments = { fastOpen: 0xf989, accEcn0: 0xacc0, accEcn1: 0xacc1, ackRateRequest: 0x00ac } as const;

/** Writes the options; those of `<...>` are none. @returns where they end. */
export function emitTcpOptions(options: TcpOptions, bytes: Uint8Array, start: number): number {
  if (options === null) return start;
  if (typeof options === "string") {
    bytes.set(hexadecimalBytes(options), start);
    return start + options.length / 2;
  }
  let at = start;
  for (const option of options) {
    emitOption(option, bytes, at);
    at += tcpOptionLength(option);
  }
  return at;
}

function emitOption(option: TcpOption, bytes: Uint8Array, at: number): void {
  const length = tcpOptionLength(option);
  const data = at + 2;
  if (length > 1) bytes[at + 1] = length;
  switch (option.kind) {
    case "AccECN": {
      bytes[at] = option.experimental ? experimentKind : accEcnKinds[option.order];
      const counters = option.experimental ? data + 2 : data;
      if (option.experimental)
        putU16(bytes, data, option.order === 0 ? experiments.accEcn0 : experiments.accEcn1);
      for (const [index, counter] of accEcnCounters(option).entries())
        putU24(bytes, counters + 3 * index, counter);
      return;
    }
    case "FOEXP":
      emitExperiment(experiments.fastOpen, hexadecimalBytes(option.cookie), bytes, at);
      return;
    case "experimental":
      emitExperiment(option.id, hexadecimalBytes(option.bytes), bytes, at);
      return;
    case "tarr": {
      const rate = option.rate === undefined ? [] : [option.rate];
      emitExperiment(experiments.ackRateRequest, Uint8Array.from(rate), bytes, at);
      return;
    }
    case "generic":
      bytes[at] = option.number;
      bytes.set(hexadecimalBytes(option.bytes), data);
      return;
    default:
      bytes[at] = kinds[option.kind];
      emitPlain(option, bytes, data);
  }
}

type PlainOption = Exclude<TcpOption, { kind: "AccECN" | "FOEXP" | "experimental" | "tarr" | "generic" }>;

function emitPlain(option: PlainOption, bytes: Uint8Array, data: number): void {
  switch (option.kind) {
    case "mss":
      putU16(bytes, data, option.value);
      return;
    case "wscale":
      bytes[data] = option.value;
      return;
    case "sack":
      for (const [index, { left, right }] of option.blocks.entries()) {
        putU32(bytes, data + 8 * index, left);
        putU32(bytes, data + 8 * index + 4, right);
      }
      return;
    case "TS":
      putU32(bytes, data, option.val ?? 0);
      putU32(bytes, data + 4, option.ecr ?? 0);
      return;
    case "FO":
      bytes.set(hexadecimalBytes(option.cookie), data);
      return;
    case "md5":
      if (option.digest !== "valid") bytes.set(hexadecimalBytes(option.digest), data);
      return;
    default:
      return;
  }
}

function emitExperiment(id: number, data: Uint8Array, bytes: Uint8Array, at: number): void {
  bytes[at] = experimentKind;
  putU16(bytes, at + 2, id);
  bytes.set(data, at + 4);
}

function putU24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 16;
  putU16(bytes, at + 1, value & 0xffff);
}

function u24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | u16(bytes, at + 1);
}

/** The options in bytes[start, end), or all of them in hexadecimal where they are malformed. */
export function parseTcpOptions(bytes: Uint8Array, start: number, end: number): TcpOption[] | string {
  const options: TcpOption[] = [];
  for (let at = start; at < end; ) {
    const kind = bytes[at]!;
    const length = kind <= kinds.nop ? 1 : (bytes[at + 1] ?? 0);
    if (length === 0 || at + length > end || (kind > kinds.nop && length < 2))
      return hexadecimalText(bytes, start, end);
    options.push(parseOption(kind, bytes, at + 2, at + length));
    at += length;
  }
  return options;
}

function parseOption(kind: number, bytes: Uint8Array, data: number, end: number): TcpOption {
  const length = end - data;
  if (kind === kinds.eol) return { kind: "eol" };
  if (kind === kinds.nop) return { kind: "nop" };
  if (kind === kinds.mss && length === 2) return { kind: "mss", value: u16(bytes, data) };
  if (kind === kinds.wscale && length === 1) return { kind: "wscale", value: bytes[data]! };
  if (kind === kinds.sackOK && length === 0) return { kind: "sackOK" };
  if (kind === kinds.sack && length % 8 === 0) return parseSack(bytes, data, end);
  if (kind === kinds.TS && length === 8) {
    return { kind: "TS", val: u32(bytes, data), ecr: u32(bytes, data + 4), literalEcr: false };
  }
  const rest = hexadecimalText(bytes, data, end);
  if (kind === kinds.md5) return { kind: "md5", digest: rest };
  if (kind === kinds.FO) return { kind: "FO", cookie: rest };
  if (kind === accEcnKinds[0] && length % 3 === 0 && length <= 9) return parseAccEcn(0, bytes, data, end);
  if (kind === accEcnKinds[1] && length % 3 === 0 && length <= 9) return parseAccEcn(1, bytes, data, end);
  if (kind === experimentKind && length >= 2) return parseExperiment(bytes, data, end);
  return { kind: "generic", number: kind, bytes: rest };
}

function parseSack(bytes: Uint8Array, data: number, end: number): TcpOption {
  const blocks = [];
  for (let at = data; at < end; at += 8) blocks.push({ left: u32(bytes, at), right: u32(bytes, at + 4) });
  return { kind: "sack", blocks };
}

function parseAccEcn(order: 0 | 1, bytes: Uint8Array, data: number, end: number): TcpOption {
  const names = order === 0 ? (["e0b", "ceb", "e1b"] as const) : (["e1b", "ceb", "e0b"] as const);
  const counters: { e0b?: number; ceb?: number; e1b?: number } = {};
  for (let at = data; at < end; at += 3) counters[names[(at - data) / 3]!] = u24(bytes, at);
  return { kind: "AccECN", order, experimental: false, ...counters };
}

function parseExperiment(bytes: Uint8Array, data: number, end: number): TcpOption {
  const id = u16(bytes, data);
  const rest = hexadecimalText(bytes, data + 2, end);
  if (id === experiments.fastOpen) return { kind: "FOEXP", cookie: rest };
  if (id === experiments.ackRateRequest && end - data === 2) return { kind: "tarr" };
  if (id === experiments.ackRateRequest && end - data === 3) return { kind: "tarr", rate: bytes[data + 2]! };
  const length = end - data - 2;
  if (length <= 9 && length % 3 === 0 && (id === experiments.accEcn0 || id === experiments.accEcn1)) {
    const option = parseAccEcn(id === experiments.accEcn0 ? 0 : 1, bytes, data + 2, end);
    return { ...option, experimental: true } as TcpOption;
  }
  return { kind: "experimental", id, bytes: rest };
}
