/** IGMP, versions 1 to 3 (RFC 1112 appendix I, RFC 2236, RFC 3376). */
import { type Address, readAddressV4, writeAddressV4 } from "../../base/address.ts";
import { putU16, u16 } from "../../base/bytes.ts";
import { checksum } from "../../base/hash/checksum.ts";
import {
  decodeFloat,
  emitGroupRecords,
  encodeFloat,
  type GroupRecord,
  groupRecordsLength,
  readAddresses,
  readGroupRecords,
  writeAddresses,
} from "./group-records.ts";

/*
   Versions 1 and 2, and the start of a version 3 query:
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |      Type     | Max Resp Time |           Checksum            |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                         Group Address                         |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   | Resv  |S| QRV |     QQIC      |     Number of Sources (N)     |   version 3 only, then N sources
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   Version 3 report: Type, 0, Checksum, 0 (2), Number of Group Records (2), records.
*/

export const igmpTypes = {
  query: 0x11,
  reportV1: 0x12,
  reportV2: 0x16,
  leave: 0x17,
  reportV3: 0x22,
} as const;

export type IgmpMalformed = "truncated" | "bad-type" | "bad-length";

export type IgmpMessage =
  /** A general query has group 0.0.0.0. Version 1 has no response time: 0 stands for its 10 seconds. */
  | { kind: "query"; version: 1 | 2; maximumResponse: number; group: Address }
  | IgmpQueryV3
  | { kind: "report"; version: 1 | 2; group: Address }
  | { kind: "leave"; group: Address }
  | { kind: "report-v3"; records: readonly GroupRecord[] };

export interface IgmpQueryV3 {
  kind: "query-v3";
  /** Milliseconds; the wire has tenths of a second, and above 12.7 s a floating code. */
  maximumResponse: number;
  group: Address;
  /** S flag: routers do not update their timers. */
  suppress: boolean;
  /** QRV: 0 to 7. */
  robustness: number;
  /** Querier's query interval in seconds. */
  interval: number;
  sources: readonly Address[];
}

/** The message in bytes[start, end). Checksums are the caller's (`verifyTransportChecksum`). */
export function parseIgmp(bytes: Uint8Array, start: number, end: number): IgmpMessage | IgmpMalformed {
  if (end - start < 8) return "truncated";
  const group = readAddressV4(bytes, start + 4);
  switch (bytes[start]) {
    case igmpTypes.query:
      // RFC 3376, section 7.1: the length tells the version.
      if (end - start >= 12) return readQueryV3(bytes, start, end, group);
      if (end - start !== 8) return "bad-length";
      return {
        kind: "query",
        version: bytes[start + 1] === 0 ? 1 : 2,
        maximumResponse: bytes[start + 1]! * 100,
        group,
      };
    case igmpTypes.reportV1:
      return { kind: "report", version: 1, group };
    case igmpTypes.reportV2:
      return { kind: "report", version: 2, group };
    case igmpTypes.leave:
      return { kind: "leave", group };
    case igmpTypes.reportV3: {
      const records = readGroupRecords(4, u16(bytes, start + 6), bytes, start + 8, end);
      return records === undefined ? "truncated" : { kind: "report-v3", records };
    }
    default:
      return "bad-type";
  }
}

function readQueryV3(
  bytes: Uint8Array,
  start: number,
  end: number,
  group: Address,
): IgmpQueryV3 | IgmpMalformed {
  const sources = readAddresses(4, u16(bytes, start + 10), bytes, start + 12, end);
  if (sources === undefined) return "truncated";
  return {
    kind: "query-v3",
    maximumResponse: decodeFloat(bytes[start + 1]!, 4) * 100,
    group,
    suppress: (bytes[start + 8]! & 8) !== 0,
    robustness: bytes[start + 8]! & 7,
    interval: decodeFloat(bytes[start + 9]!, 4),
    sources,
  };
}

/** Bytes of the message on the wire. */
export function igmpLength(message: IgmpMessage): number {
  if (message.kind === "report-v3") return 8 + groupRecordsLength(4, message.records);
  return message.kind === "query-v3" ? 12 + message.sources.length * 4 : 8;
}

/** Writes the message with its checksum. @returns its length. */
export function emitIgmp(message: IgmpMessage, bytes: Uint8Array, at: number): number {
  const length = igmpLength(message);
  bytes.fill(0, at, at + Math.min(length, 12));
  bytes[at] = typeOf(message);
  if (message.kind === "report-v3") {
    putU16(bytes, at + 6, message.records.length);
    emitGroupRecords(4, message.records, bytes, at + 8);
  } else {
    writeAddressV4(message.group, bytes, at + 4);
    if (message.kind === "query") bytes[at + 1] = message.maximumResponse / 100;
    if (message.kind === "query-v3") emitQueryV3(message, bytes, at);
  }
  putU16(bytes, at + 2, checksum(bytes, at, at + length));
  return length;
}

function emitQueryV3(query: IgmpQueryV3, bytes: Uint8Array, at: number): void {
  bytes[at + 1] = encodeFloat(Math.floor(query.maximumResponse / 100), 4);
  bytes[at + 8] = (query.suppress ? 8 : 0) | query.robustness;
  bytes[at + 9] = encodeFloat(query.interval, 4);
  putU16(bytes, at + 10, query.sources.length);
  writeAddresses(4, query.sources, bytes, at + 12);
}

function typeOf(message: IgmpMessage): number {
  switch (message.kind) {
    case "query":
    case "query-v3":
      return igmpTypes.query;
    case "report":
      return message.version === 1 ? igmpTypes.reportV1 : igmpTypes.reportV2;
    case "leave":
      return igmpTypes.leave;
    case "report-v3":
      return igmpTypes.reportV3;
  }
}
