/** IPv4 and IPv6 for people: headers, options and extension headers, and on to what they carry. */
import { formatAddress, readAddressV4, readAddressV6 } from "../../base/address.ts";
import { i32, u16 } from "../../base/bytes.ts";
import { ipv4HeaderLength, ipv4Problem } from "../ip/ipv4.ts";
import { ipv4OptionLength, readIpv4Option } from "../ip/ipv4-options.ts";
import { ipv6HeaderLength } from "../ip/ipv6.ts";
import { ipv6ExtensionLength, isIpv6Extension } from "../ip/ipv6-extensions.ts";
import { protocolName, protocols } from "../protocols.ts";
import type { Extent, IpContext } from "./context.ts";
import {
  badField,
  dataFields,
  type Field,
  field,
  fieldsOf,
  flagNames,
  hex,
  type Row,
  showHex16,
  showU8,
  showU16,
  showV4,
  showV6,
} from "./field.ts";
import { extensionFields } from "./ipv6-extensions.ts";
import { dissectTransport } from "./transport.ts";

/** Packets inside packets (tunnels, quotations) that are still looked into. */
export const maximumDepth = 4;

/** The IP packet in bytes[start, end) and what is in it, layer by layer. */
export function dissectIp(
  bytes: Uint8Array,
  start: number,
  end: number,
  depth = 0,
  extent: Extent = "whole",
): Field[] {
  if (depth >= maximumDepth || start >= end) return dataFields("Data", start, end);
  return bytes[start]! >>> 4 === 6
    ? dissectIpv6(bytes, start, end, depth, extent)
    : dissectIpv4(bytes, start, end, depth, extent);
}

/** Takes apart the packets in a packet at `depth`. */
function insideOf(depth: number): IpContext["inside"] {
  return (bytes, start, end, extent) => dissectIp(bytes, start, end, depth + 1, extent);
}

const ecn = ["", ", ECT(1)", ", ECT(0)", ", CE"];

const showTrafficClass = (value: number): string => `DSCP ${value >>> 2}${ecn[value & 3]}`;
const showProtocol = (bytes: Uint8Array, at: number): string => `${protocolName(bytes[at]!)} (${bytes[at]!})`;

const ipv4Rows: readonly Row[] = [
  ["Version", 0, 1, (bytes, at) => String(bytes[at]! >>> 4)],
  ["Header length", 0, 1, (bytes, at) => String((bytes[at]! & 15) * 4)],
  ["Type of service", 1, 1, (bytes, at) => showTrafficClass(bytes[at]!)],
  ["Total length", 2, 2, showU16],
  ["Identification", 4, 2, showHex16],
  [
    "Flags",
    6,
    1,
    (bytes, at) =>
      flagNames(
        [
          [0x40, "DF"],
          [0x20, "MF"],
          [0x80, "reserved"],
        ],
        bytes[at]!,
      ),
  ],
  ["Fragment offset", 6, 2, (bytes, at) => String((u16(bytes, at) & 0x1fff) * 8)],
  ["Time to live", 8, 1, showU8],
  ["Protocol", 9, 1, showProtocol],
  ["Checksum", 10, 2, showHex16],
  ["Source", 12, 4, showV4],
  ["Destination", 16, 4, showV4],
];

function dissectIpv4(bytes: Uint8Array, start: number, end: number, depth: number, extent: Extent): Field[] {
  const problem = ipv4Problem(bytes, start, end);
  const unreadable = problem === "bad-version" || problem === "bad-header-length";
  if (unreadable || end - start < ipv4HeaderLength)
    return [badField("IPv4", problem ?? "truncated", start, end)];
  const headerEnd = Math.min(end, start + (bytes[start]! & 15) * 4);
  const fields = fieldsOf(ipv4Rows, bytes, start, headerEnd);
  fields.push(...ipv4Options(bytes, start + ipv4HeaderLength, headerEnd));
  const header = field("IPv4", "", start, headerEnd, fields);
  if (extent === "whole" && problem !== undefined) header.problem = problem;
  const source = readAddressV4(bytes, start + 12);
  const destination = readAddressV4(bytes, start + 16);
  header.value = `${formatAddress(source)} to ${formatAddress(destination)}`;
  const payloadEnd = Math.max(headerEnd, Math.min(end, start + u16(bytes, start + 2)));
  const rest = dataFields("Padding", payloadEnd, end);
  const fragment = u16(bytes, start + 6);
  if ((fragment & 0x3fff) !== 0 && ((fragment & 0x1fff) !== 0 || extent === "whole"))
    return [header, ...dataFields("Fragment", headerEnd, payloadEnd), ...rest];
  const context = { source, destination, extent, inside: insideOf(depth) };
  return [header, ...dissectTransport(bytes[start + 9]!, bytes, headerEnd, payloadEnd, context), ...rest];
}

function ipv4Options(bytes: Uint8Array, start: number, end: number): Field[] {
  const fields: Field[] = [];
  for (let at = start; at < end; ) {
    const option = readIpv4Option(bytes, at, end);
    if ("reason" in option) {
      fields.push(badField("Option", option.reason, at, end));
      break;
    }
    const length = ipv4OptionLength(option);
    const value = "route" in option ? option.route.map(formatAddress).join(" ") : "";
    const name = option.kind === "unknown" ? `Option ${option.type}` : `Option: ${option.kind}`;
    fields.push(field(name, value, at, at + length));
    at += length;
  }
  return fields;
}

const ipv6Rows: readonly Row[] = [
  ["Version", 0, 1, (bytes, at) => String(bytes[at]! >>> 4)],
  ["Traffic class", 0, 2, (bytes, at) => showTrafficClass((u16(bytes, at) >>> 4) & 0xff)],
  ["Flow label", 1, 3, (bytes, at) => hex(i32(bytes, at - 1) & 0xfffff, 5)],
  ["Payload length", 4, 2, showU16],
  ["Next header", 6, 1, showProtocol],
  ["Hop limit", 7, 1, showU8],
  ["Source", 8, 16, showV6],
  ["Destination", 24, 16, showV6],
];

function dissectIpv6(bytes: Uint8Array, start: number, end: number, depth: number, extent: Extent): Field[] {
  if (end - start < ipv6HeaderLength) return [badField("IPv6", "truncated", start, end)];
  const headerEnd = start + ipv6HeaderLength;
  const source = readAddressV6(bytes, start + 8);
  const destination = readAddressV6(bytes, start + 24);
  const value = `${formatAddress(source)} to ${formatAddress(destination)}`;
  const header = field("IPv6", value, start, headerEnd, fieldsOf(ipv6Rows, bytes, start, end));
  const whole = headerEnd + u16(bytes, start + 4);
  if (whole > end && extent === "whole") header.problem = "truncated";
  const payloadEnd = Math.min(end, whole);
  const context = { source, destination, extent, inside: insideOf(depth) };
  return [
    header,
    ...afterIpv6(bytes[start + 6]!, bytes, headerEnd, payloadEnd, context),
    ...dataFields("Padding", payloadEnd, end),
  ];
}

/** Extension headers one by one, then the upper layer. Unlike the walk a host does, this one judges nothing. */
function afterIpv6(
  nextHeader: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  context: IpContext,
): Field[] {
  const layers: Field[] = [];
  let protocol = nextHeader;
  let at = start;
  while (isIpv6Extension(protocol)) {
    const next = end - at < 8 ? end + 1 : at + ipv6ExtensionLength(protocol, bytes, at);
    if (next > end) return [...layers, badField(protocolName(protocol), "truncated", at, end)];
    layers.push(field(protocolName(protocol), "", at, next, extensionFields(protocol, bytes, at, next)));
    const later = protocol === protocols.fragment && (u16(bytes, at + 2) & 0xfff8) !== 0;
    const first = protocol === protocols.fragment && (bytes[at + 3]! & 1) !== 0 && context.extent === "whole";
    if (later || first) return [...layers, ...dataFields("Fragment", next, end)];
    protocol = bytes[at]!;
    at = next;
  }
  return [...layers, ...dissectTransport(protocol, bytes, at, end, context)];
}
