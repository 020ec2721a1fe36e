/** IGMP versions 1 to 3 (RFC 1112 appendix I, RFC 2236, RFC 3376). Records with sources are read past, not kept. */
import { type Address, readAddressV4, writeAddressV4 } from "../base/address.ts";
import { putU16, u16 } from "../base/bytes.ts";
import { checksum } from "../base/checksum.ts";
import { decodeResponseCode, type GroupRecord } from "./group-records.ts";

/*
    Query, Report and Leave (8 bytes; a version 3 query has 4 more and sources)
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     Type      | Max Resp Code |           Checksum            |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                         Group Address                         |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    Version 3 Report: 8 bytes, the last two the number of records; a record:
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |  Record Type  |  Aux Data Len |     Number of Sources (N)     |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                       Multicast Address, N sources, aux data  |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

export const igmpTypes = {
  query: 0x11,
  reportV1: 0x12,
  reportV2: 0x16,
  leave: 0x17,
  reportV3: 0x22,
} as const;

export type IgmpMalformed = "truncated" | "unknown-type";

export type IgmpMessage =
  /** `maxResponse` in milliseconds; a `group` of 0.0.0.0 asks for all. */
  | { kind: "query"; version: 1 | 2 | 3; maxResponse: number; group: Address }
  | { kind: "report"; version: 1 | 2; group: Address }
  | { kind: "leave"; group: Address }
  | { kind: "report-v3"; records: readonly GroupRecord[] };

const fixedLength = 8;
const queryLengthV3 = 12;
const recordLength = 8;
/** A version 1 query does not say; RFC 2236, section 4: ten seconds. */
const maxResponseV1 = 10_000;

/** The message in bytes[start, end). Checksums are the caller's (`verifyTransportChecksum`). */
export function parseIgmp(bytes: Uint8Array, start: number, end: number): IgmpMessage | IgmpMalformed {
  if (end - start < fixedLength) return "truncated";
  const group = readAddressV4(bytes, start + 4);
  switch (bytes[start]) {
    case igmpTypes.query:
      return parseQuery(bytes[start + 1]!, group, end - start);
    case igmpTypes.reportV1:
      return { kind: "report", version: 1, group };
    case igmpTypes.reportV2:
      return { kind: "report", version: 2, group };
    case igmpTypes.leave:
      return { kind: "leave", group };
    case igmpTypes.reportV3:
      return parseReport(bytes, start, end);
    default:
      return "unknown-type";
  }
}

/** Section 7.1 of RFC 3376: length and code tell the version. */
function parseQuery(code: number, group: Address, length: number): IgmpMessage | IgmpMalformed {
  if (length >= queryLengthV3)
    return { kind: "query", version: 3, maxResponse: decodeResponseCode(code, 8) * 100, group };
  if (length > fixedLength) return "truncated";
  if (code === 0) return { kind: "query", version: 1, maxResponse: maxResponseV1, group };
  return { kind: "query", version: 2, maxResponse: code * 100, group };
}

function parseReport(bytes: Uint8Array, start: number, end: number): IgmpMessage | IgmpMalformed {
  const records: GroupRecord[] = [];
  let at = start + fixedLength;
  for (let left = u16(bytes, start + 6); left > 0; left--) {
    if (end - at < recordLength) return "truncated";
    const next = at + recordLength + (u16(bytes, at + 2) + bytes[at + 1]!) * 4;
    if (next > end) return "truncated";
    records.push({ type: bytes[at]!, group: readAddressV4(bytes, at + 4) });
    at = next;
  }
  return { kind: "report-v3", records };
}

/** Bytes of the message on the wire. */
export function igmpLength(message: IgmpMessage): number {
  if (message.kind === "report-v3") return fixedLength + message.records.length * recordLength;
  return message.kind === "query" && message.version === 3 ? queryLengthV3 : fixedLength;
}

/** Writes the message with its checksum; a version 3 query says its time plainly. @returns its length. */
export function emitIgmp(message: IgmpMessage, bytes: Uint8Array, at: number): number {
  const length = igmpLength(message);
  bytes.fill(0, at, at + length);
  bytes[at] = typeOf(message);
  if (message.kind === "report-v3") emitRecords(message.records, bytes, at);
  else writeAddressV4(message.group, bytes, at + 4);
  if (message.kind === "query" && message.version > 1)
    bytes[at + 1] = Math.min(127, message.maxResponse / 100);
  putU16(bytes, at + 2, checksum(bytes, at, at + length));
  return length;
}

function typeOf(message: IgmpMessage): number {
  if (message.kind === "query") return igmpTypes.query;
  if (message.kind === "leave") return igmpTypes.leave;
  if (message.kind === "report-v3") return igmpTypes.reportV3;
  return message.version === 1 ? igmpTypes.reportV1 : igmpTypes.reportV2;
}

function emitRecords(records: readonly GroupRecord[], bytes: Uint8Array, at: number): void {
  putU16(bytes, at + 6, records.length);
  let next = at + fixedLength;
  for (const { type, group } of records) {
    bytes[next] = type;
    writeAddressV4(group, bytes, next + 4);
    next += recordLength;
  }
}
