/** Multicast Listener Discovery: ICMPv6 types 130 to 132 and 143 (RFC 2710, RFC 3810). Sources are read past, not kept. */
import { type Address, readAddressV6, writeAddressV6 } from "../base/address.ts";
import { putU16, u16 } from "../base/bytes.ts";
import { decodeResponseCode, type GroupRecord } from "./group-records.ts";
import { icmpv6Types } from "./icmpv6.ts";

/*
    Query, Report and Done (24 bytes; a version 2 query has 4 more and sources)
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     Type      |     Code      |          Checksum             |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |    Maximum Response Code      |           Reserved            |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                  Multicast Address (16 bytes)                 |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    Version 2 Report: 8 bytes, the last two the number of records; a record:
   |  Record Type  |  Aux Data Len | Number of Sources | Multicast Address (16), sources, aux data
*/

export type MldMalformed = "truncated" | "unknown-type";

export type MldMessage =
  /** `maxResponse` in milliseconds; a `group` of :: asks for all. */
  | { kind: "query"; version: 1 | 2; maxResponse: number; group: Address }
  | { kind: "report" | "done"; group: Address }
  | { kind: "report-v2"; records: readonly GroupRecord[] };

const fixedLength = 24;
const queryLengthV2 = 28;
const reportHeader = 8;
const recordLength = 20;

/** The message in bytes[start, end), which starts with the ICMPv6 type. */
export function parseMld(bytes: Uint8Array, start: number, end: number): MldMessage | MldMalformed {
  if (end - start < reportHeader) return "truncated";
  const type = bytes[start]!;
  if (type === icmpv6Types.multicastListenerReportV2) return parseReport(bytes, start, end);
  if (type < icmpv6Types.multicastListenerQuery || type > icmpv6Types.multicastListenerDone)
    return "unknown-type";
  if (end - start < fixedLength) return "truncated";
  const group = readAddressV6(bytes, start + 8);
  if (type === icmpv6Types.multicastListenerReport) return { kind: "report", group };
  if (type === icmpv6Types.multicastListenerDone) return { kind: "done", group };
  const code = u16(bytes, start + 4);
  if (end - start >= queryLengthV2)
    return { kind: "query", version: 2, maxResponse: decodeResponseCode(code, 16), group };
  return end - start > fixedLength ? "truncated" : { kind: "query", version: 1, maxResponse: code, group };
}

function parseReport(bytes: Uint8Array, start: number, end: number): MldMessage | MldMalformed {
  const records: GroupRecord[] = [];
  let at = start + reportHeader;
  for (let left = u16(bytes, start + 6); left > 0; left--) {
    if (end - at < recordLength) return "truncated";
    const next = at + recordLength + u16(bytes, at + 2) * 16 + bytes[at + 1]! * 4;
    if (next > end) return "truncated";
    records.push({ type: bytes[at]!, group: readAddressV6(bytes, at + 4) });
    at = next;
  }
  return { kind: "report-v2", records };
}

/** Bytes of the message on the wire. */
export function mldLength(message: MldMessage): number {
  if (message.kind === "report-v2") return reportHeader + message.records.length * recordLength;
  return message.kind === "query" && message.version === 2 ? queryLengthV2 : fixedLength;
}

/** Writes the message; its checksum, which covers addresses, is `fillTransportChecksum`'s. @returns its length. */
export function emitMld(message: MldMessage, bytes: Uint8Array, at: number): number {
  const length = mldLength(message);
  bytes.fill(0, at, at + length);
  bytes[at] = typeOf(message);
  if (message.kind === "report-v2") emitRecords(message.records, bytes, at);
  else writeAddressV6(message.group, bytes, at + 8);
  if (message.kind === "query") putU16(bytes, at + 4, Math.min(0x7fff, message.maxResponse));
  return length;
}

function typeOf({ kind }: MldMessage): number {
  if (kind === "query") return icmpv6Types.multicastListenerQuery;
  if (kind === "report") return icmpv6Types.multicastListenerReport;
  return kind === "done" ? icmpv6Types.multicastListenerDone : icmpv6Types.multicastListenerReportV2;
}

function emitRecords(records: readonly GroupRecord[], bytes: Uint8Array, at: number): void {
  putU16(bytes, at + 6, records.length);
  let next = at + reportHeader;
  for (const { type, group } of records) {
    bytes[next] = type;
    writeAddressV6(group, bytes, next + 4);
    next += recordLength;
  }
}
