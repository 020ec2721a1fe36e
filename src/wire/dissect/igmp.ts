/** IGMP for people, and what MLD shares with it. */
import { formatAddress, isUnspecified } from "../../base/address.ts";
import type { AddressSize, GroupRecord } from "../icmp/group-records.ts";
import { type IgmpMessage, igmpTypes, parseIgmp } from "../icmp/igmp.ts";
import type { MldMessage } from "../icmp/mld.ts";
import { protocols } from "../protocols.ts";
import { type IpContext, judgeTransport } from "./context.ts";
import {
  countOf,
  type Field,
  field,
  fieldsOf,
  named,
  type Row,
  readU8,
  showHex16,
  showU8,
  showU16,
  showV4,
} from "./field.ts";

const types = new Map<number, string>([
  [igmpTypes.query, "query"],
  [igmpTypes.reportV1, "report v1"],
  [igmpTypes.reportV2, "report v2"],
  [igmpTypes.leave, "leave"],
  [igmpTypes.reportV3, "report v3"],
]);

const headRows: readonly Row[] = [
  ["Type", 0, 1, named(types, readU8)],
  ["Maximum response code", 1, 1, showU8],
  ["Checksum", 2, 2, showHex16],
];

const groupRow: Row = ["Group", 4, 4, showV4];
const recordsRow: Row = ["Group records", 6, 2, showU16];

export function dissectIgmp(bytes: Uint8Array, start: number, end: number, context: IpContext): Field {
  const message = parseIgmp(bytes, start, end);
  const igmp = field("IGMP", "", start, end, fieldsOf(headRows, bytes, start, end));
  judgeTransport(igmp.fields, protocols.igmp, bytes, start, end, context);
  if (typeof message === "string") return { ...igmp, problem: message };
  igmp.value = groupText(message);
  if (message.kind === "report-v3") {
    igmp.fields.push(
      ...fieldsOf([recordsRow], bytes, start, end),
      ...recordFields(4, message.records, start + 8),
    );
    return igmp;
  }
  igmp.fields.push(...fieldsOf([groupRow], bytes, start, end));
  if (message.kind === "query-v3")
    for (const [index, source] of message.sources.entries())
      igmp.fields.push(
        field("Source", formatAddress(source), start + 12 + index * 4, start + 16 + index * 4),
      );
  return igmp;
}

/** `query for 239.1.2.3`, `general query`, `report v3 of 2 groups`. */
export function groupText(message: IgmpMessage | MldMessage): string {
  const name = message.kind.replace(/-(v\d)$/, " $1");
  if ("records" in message) return `${name} of ${countOf(message.records.length, "group")}`;
  return isUnspecified(message.group) ? `general ${name}` : `${name} for ${formatAddress(message.group)}`;
}

const recordNames = [
  "",
  "mode is include",
  "mode is exclude",
  "change to include",
  "change to exclude",
  "allow new sources",
  "block old sources",
];

/** The records of a report, the first of which stands at `start`. */
export function recordFields(size: AddressSize, records: readonly GroupRecord[], start: number): Field[] {
  const fields: Field[] = [];
  let at = start;
  for (const { type, group, sources } of records) {
    const end = at + 4 + size + sources.length * size;
    const list = sources.length === 0 ? "" : ` from ${sources.map(formatAddress).join(", ")}`;
    const name = recordNames[type] ?? `record type ${type}`;
    fields.push(field("Group record", `${name}: ${formatAddress(group)}${list}`, at, end));
    at = end;
  }
  return fields;
}
