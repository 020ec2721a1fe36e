/** Multicast Listener Discovery, versions 1 and 2: ICMPv6 types 130 to 132 and 143 (RFC 2710, RFC 3810). */
import { type Address, readAddressV6, writeAddressV6 } from "../../base/address.ts";
import { putU16, u16 } from "../../base/bytes.ts";
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
import { icmpv6Types } from "./icmpv6.ts";

/*
   Version 1, and the start of a version 2 query:
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     Type      |     Code      |          Checksum             |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     Maximum Response Delay    |          Reserved             |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                    Multicast Address (16)                     |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   | Resv  |S| QRV |     QQIC      |     Number of Sources (N)     |   version 2 only, then N sources
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   Version 2 report: Type, 0, Checksum, 0 (2), Number of Multicast Address Records (2), records.
*/

export type MldMalformed = "truncated" | "bad-type" | "bad-length";

export type MldMessage =
  /** Milliseconds. A general query has group `::`. */
  | { kind: "query"; maximumResponse: number; group: Address }
  | MldQueryV2
  | { kind: "report" | "done"; group: Address }
  | { kind: "report-v2"; records: readonly GroupRecord[] };

export interface MldQueryV2 {
  kind: "query-v2";
  /** Milliseconds; above 32,767 the wire has a floating code. */
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

/** Whether {@link parseMld} knows the ICMPv6 type. */
export function isMldType(type: number): boolean {
  return (
    (type >= icmpv6Types.multicastListenerQuery && type <= icmpv6Types.multicastListenerDone) ||
    type === icmpv6Types.multicastListenerReportV2
  );
}

const lengthV1 = 24;
const queryLengthV2 = 28;

/** The message in bytes[start, end), which starts with the ICMPv6 type. */
export function parseMld(bytes: Uint8Array, start: number, end: number): MldMessage | MldMalformed {
  if (end - start < 8) return "truncated";
  const type = bytes[start]!;
  if (type === icmpv6Types.multicastListenerReportV2) {
    const records = readGroupRecords(16, u16(bytes, start + 6), bytes, start + 8, end);
    return records === undefined ? "truncated" : { kind: "report-v2", records };
  }
  if (!isMldType(type)) return "bad-type";
  if (end - start < lengthV1) return "truncated";
  const group = readAddressV6(bytes, start + 8);
  if (type === icmpv6Types.multicastListenerReport) return { kind: "report", group };
  if (type === icmpv6Types.multicastListenerDone) return { kind: "done", group };
  // RFC 3810, section 8.1: the length tells the version.
  if (end - start >= queryLengthV2) return readQueryV2(bytes, start, end, group);
  return end - start === lengthV1
    ? { kind: "query", maximumResponse: u16(bytes, start + 4), group }
    : "bad-length";
}

function readQueryV2(
  bytes: Uint8Array,
  start: number,
  end: number,
  group: Address,
): MldQueryV2 | MldMalformed {
  const sources = readAddresses(16, u16(bytes, start + 26), bytes, start + queryLengthV2, end);
  if (sources === undefined) return "truncated";
  return {
    kind: "query-v2",
    maximumResponse: decodeFloat(u16(bytes, start + 4), 12),
    group,
    suppress: (bytes[start + 24]! & 8) !== 0,
    robustness: bytes[start + 24]! & 7,
    interval: decodeFloat(bytes[start + 25]!, 4),
    sources,
  };
}

/** Bytes of the message on the wire. */
export function mldLength(message: MldMessage): number {
  if (message.kind === "report-v2") return 8 + groupRecordsLength(16, message.records);
  return message.kind === "query-v2" ? queryLengthV2 + message.sources.length * 16 : lengthV1;
}

const typeOf: Record<MldMessage["kind"], number> = {
  query: icmpv6Types.multicastListenerQuery,
  "query-v2": icmpv6Types.multicastListenerQuery,
  report: icmpv6Types.multicastListenerReport,
  done: icmpv6Types.multicastListenerDone,
  "report-v2": icmpv6Types.multicastListenerReportV2,
};

/** Writes the message; its checksum, which covers addresses, is `fillTransportChecksum`'s. @returns its length. */
export function emitMld(message: MldMessage, bytes: Uint8Array, at: number): number {
  bytes.fill(0, at, at + 8);
  bytes[at] = typeOf[message.kind];
  if (message.kind === "report-v2") {
    putU16(bytes, at + 6, message.records.length);
    return 8 + emitGroupRecords(16, message.records, bytes, at + 8);
  }
  writeAddressV6(message.group, bytes, at + 8);
  if (message.kind === "query") putU16(bytes, at + 4, message.maximumResponse);
  if (message.kind !== "query-v2") return lengthV1;
  putU16(bytes, at + 4, encodeFloat(message.maximumResponse, 12));
  bytes[at + 24] = (message.suppress ? 8 : 0) | message.robustness;
  bytes[at + 25] = encodeFloat(message.interval, 4);
  putU16(bytes, at + 26, message.sources.length);
  return queryLengthV2 + writeAddresses(16, message.sources, bytes, at + queryLengthV2);
}
