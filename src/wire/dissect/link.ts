/** Ethernet and ARP for people. */
import { u16 } from "../../base/bytes.ts";
import { arpLength } from "../link/arp.ts";
import { etherTypes, parseEthernet } from "../link/ethernet.ts";
import {
  badField,
  dataFields,
  type Field,
  field,
  fieldsOf,
  hex,
  named,
  type Row,
  showMac,
  showU8,
  showU16,
  showV4,
} from "./field.ts";
import { dissectIp } from "./ip.ts";

const typeNames = new Map<number, string>([
  [etherTypes.ipv4, "IPv4"],
  [etherTypes.arp, "ARP"],
  [etherTypes.ipv6, "IPv6"],
  [etherTypes.vlan, "802.1Q"],
]);

const showType = (bytes: Uint8Array, at: number): string => {
  const type = u16(bytes, at);
  return `${typeNames.get(type) ?? "unknown"} (${hex(type, 4)})`;
};

const addressRows: readonly Row[] = [
  ["Destination", 0, 6, showMac],
  ["Source", 6, 6, showMac],
];

const tagRows: readonly Row[] = [
  ["Tag type", 12, 2, showType],
  ["Priority", 14, 1, (bytes, at) => String(bytes[at]! >>> 5)],
  ["VLAN", 14, 2, (bytes, at) => String(u16(bytes, at) & 0xfff)],
];

/** An Ethernet II frame and what is in it, layer by layer. */
export function dissectEthernet(bytes: Uint8Array, start: number, end: number): Field[] {
  const frame = parseEthernet(bytes, start, end);
  if (typeof frame === "string") return [badField("Ethernet", frame, start, end)];
  const fields = fieldsOf(addressRows, bytes, start, end);
  if (frame.tag >= 0) fields.push(...fieldsOf(tagRows, bytes, start, end));
  fields.push(
    field("Type", showType(bytes, frame.payloadStart - 2), frame.payloadStart - 2, frame.payloadStart),
  );
  return [
    field("Ethernet", "", start, frame.payloadStart, fields),
    ...payload(frame.type, bytes, frame.payloadStart, end),
  ];
}

function payload(type: number, bytes: Uint8Array, start: number, end: number): Field[] {
  if (type === etherTypes.arp) return [dissectArp(bytes, start, end)];
  if (type === etherTypes.ipv4 || type === etherTypes.ipv6) return dissectIp(bytes, start, end);
  return dataFields("Data", start, end);
}

const operations = new Map<number, string>([
  [1, "request"],
  [2, "reply"],
]);

const arpRows: readonly Row[] = [
  ["Hardware type", 0, 2, showU16],
  ["Protocol type", 2, 2, showType],
  ["Hardware length", 4, 1, showU8],
  ["Protocol length", 5, 1, showU8],
  ["Operation", 6, 2, named(operations, u16)],
  ["Sender MAC", 8, 6, showMac],
  ["Sender address", 14, 4, showV4],
  ["Target MAC", 18, 6, showMac],
  ["Target address", 24, 4, showV4],
];

function dissectArp(bytes: Uint8Array, start: number, end: number): Field {
  const arp = field("ARP", "", start, Math.min(end, start + arpLength), fieldsOf(arpRows, bytes, start, end));
  if (end - start < arpLength) arp.problem = "truncated";
  return arp;
}
