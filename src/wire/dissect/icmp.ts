/** ICMP of both families for people: errors with the packet they quote, echoes, Neighbor Discovery, MLD. */
import { formatAddress } from "../../base/address.ts";
import { icmpv4Types } from "../icmp/icmpv4.ts";
import { icmpv6Types } from "../icmp/icmpv6.ts";
import { isMldType, parseMld } from "../icmp/mld.ts";
import { isNdType, type NdMessage, parseNd } from "../icmp/nd.ts";
import { type NdOption, ndOptionLength } from "../icmp/nd-options.ts";
import { formatMac } from "../link/mac.ts";
import { protocols } from "../protocols.ts";
import { type IpContext, judgeTransport } from "./context.ts";
import {
  dataFields,
  type Field,
  field,
  fieldsOf,
  named,
  type Row,
  readU8,
  showHex16,
  showU8,
  showU16,
  showU32,
  showV4,
  showV6,
} from "./field.ts";
import { groupText, recordFields } from "./igmp.ts";

const typesV4 = new Map<number, string>([
  [icmpv4Types.echoReply, "echo reply"],
  [icmpv4Types.destinationUnreachable, "destination unreachable"],
  [icmpv4Types.sourceQuench, "source quench"],
  [icmpv4Types.redirect, "redirect"],
  [icmpv4Types.echoRequest, "echo request"],
  [icmpv4Types.timeExceeded, "time exceeded"],
  [icmpv4Types.parameterProblem, "parameter problem"],
  [icmpv4Types.timestampRequest, "timestamp request"],
  [icmpv4Types.timestampReply, "timestamp reply"],
]);

const typesV6 = new Map<number, string>([
  [icmpv6Types.destinationUnreachable, "destination unreachable"],
  [icmpv6Types.packetTooBig, "packet too big"],
  [icmpv6Types.timeExceeded, "time exceeded"],
  [icmpv6Types.parameterProblem, "parameter problem"],
  [icmpv6Types.echoRequest, "echo request"],
  [icmpv6Types.echoReply, "echo reply"],
  [icmpv6Types.multicastListenerQuery, "multicast listener query"],
  [icmpv6Types.multicastListenerReport, "multicast listener report"],
  [icmpv6Types.multicastListenerDone, "multicast listener done"],
  [icmpv6Types.routerSolicitation, "router solicitation"],
  [icmpv6Types.routerAdvertisement, "router advertisement"],
  [icmpv6Types.neighborSolicitation, "neighbor solicitation"],
  [icmpv6Types.neighborAdvertisement, "neighbor advertisement"],
  [icmpv6Types.redirect, "redirect"],
  [icmpv6Types.multicastListenerReportV2, "multicast listener report v2"],
]);

function typeName(protocol: number, type: number): string {
  return (protocol === protocols.icmp ? typesV4 : typesV6).get(type) ?? `type ${type}`;
}

function headRows(names: ReadonlyMap<number, string>): readonly Row[] {
  return [
    ["Type", 0, 1, named(names, readU8)],
    ["Code", 1, 1, showU8],
    ["Checksum", 2, 2, showHex16],
  ];
}

const headV4 = headRows(typesV4);
const headV6 = headRows(typesV6);

const identifierRows: readonly Row[] = [
  ["Identifier", 4, 2, showU16],
  ["Sequence number", 6, 2, showU16],
];

/** The four bytes after the checksum, for types in which they mean something. */
const wordRowsV4: Readonly<Record<number, readonly Row[]>> = {
  [icmpv4Types.echoReply]: identifierRows,
  [icmpv4Types.echoRequest]: identifierRows,
  [icmpv4Types.timestampRequest]: identifierRows,
  [icmpv4Types.timestampReply]: identifierRows,
  [icmpv4Types.destinationUnreachable]: [["Next-hop MTU", 6, 2, showU16]],
  [icmpv4Types.redirect]: [["Gateway", 4, 4, showV4]],
  [icmpv4Types.parameterProblem]: [["Pointer", 4, 1, showU8]],
};

const targetRow: Row = ["Target", 8, 16, showV6];

const wordRowsV6: Readonly<Record<number, readonly Row[]>> = {
  [icmpv6Types.echoReply]: identifierRows,
  [icmpv6Types.echoRequest]: identifierRows,
  [icmpv6Types.packetTooBig]: [["MTU", 4, 4, showU32]],
  [icmpv6Types.parameterProblem]: [["Pointer", 4, 4, showU32]],
  [icmpv6Types.multicastListenerQuery]: [
    ["Maximum response code", 4, 2, showU16],
    ["Group", 8, 16, showV6],
  ],
  [icmpv6Types.multicastListenerReport]: [["Group", 8, 16, showV6]],
  [icmpv6Types.multicastListenerDone]: [["Group", 8, 16, showV6]],
  [icmpv6Types.routerAdvertisement]: [
    ["Hop limit", 4, 1, showU8],
    ["Managed", 5, 1, (bytes, at) => ((bytes[at]! & 0x80) !== 0 ? "yes" : "no")],
    ["Other configuration", 5, 1, (bytes, at) => ((bytes[at]! & 0x40) !== 0 ? "yes" : "no")],
    ["Router lifetime", 6, 2, showU16],
    ["Reachable time", 8, 4, showU32],
    ["Retransmission timer", 12, 4, showU32],
  ],
  [icmpv6Types.neighborSolicitation]: [targetRow],
  [icmpv6Types.neighborAdvertisement]: [
    ["Router", 4, 1, (bytes, at) => ((bytes[at]! & 0x80) !== 0 ? "yes" : "no")],
    ["Solicited", 4, 1, (bytes, at) => ((bytes[at]! & 0x40) !== 0 ? "yes" : "no")],
    ["Override", 4, 1, (bytes, at) => ((bytes[at]! & 0x20) !== 0 ? "yes" : "no")],
    targetRow,
  ],
  [icmpv6Types.redirect]: [targetRow, ["Destination", 24, 16, showV6]],
};

const errorsV4 = new Set<number>([
  icmpv4Types.destinationUnreachable,
  icmpv4Types.sourceQuench,
  icmpv4Types.redirect,
  icmpv4Types.timeExceeded,
  icmpv4Types.parameterProblem,
]);

/** The ICMP or ICMPv6 message in bytes[start, end). */
export function dissectIcmp(
  protocol: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  context: IpContext,
): Field {
  const four = protocol === protocols.icmp;
  const name = four ? "ICMP" : "ICMPv6";
  if (end - start < 8) return { ...field(name, "", start, end), problem: "truncated" };
  const type = bytes[start]!;
  const rows = (four ? wordRowsV4 : wordRowsV6)[type] ?? [];
  const fields = [
    ...fieldsOf(four ? headV4 : headV6, bytes, start, end),
    ...fieldsOf(rows, bytes, start, end),
  ];
  judgeTransport(fields, protocol, bytes, start, end, context);
  const icmp = field(name, typeName(protocol, type), start, end, fields);
  if (four ? errorsV4.has(type) : type < 128) fields.push(...context.inside(bytes, start + 8, end, "quoted"));
  else if (!four && isNdType(type)) addNd(icmp, bytes, start, end);
  else if (!four && isMldType(type)) addMld(icmp, bytes, start, end);
  else fields.push(...dataFields("Data", start + 8, end));
  return icmp;
}

function addNd(icmp: Field, bytes: Uint8Array, start: number, end: number): void {
  const message = parseNd(bytes, start, end);
  if (typeof message === "string") {
    icmp.problem = message;
    return;
  }
  icmp.value = ndText(message);
  let at = end;
  for (const option of message.options) at -= ndOptionLength(option);
  for (const option of message.options) {
    const next = at + ndOptionLength(option);
    icmp.fields.push(field(`Option: ${option.kind}`, ndOptionText(option), at, next));
    at = next;
  }
}

/** `neighbor solicitation for fe80::7`. */
export function ndText(message: NdMessage): string {
  const name = message.kind.replace("-", " ");
  if (message.kind === "redirect")
    return `redirect for ${formatAddress(message.destination)} to ${formatAddress(message.target)}`;
  return "target" in message ? `${name} for ${formatAddress(message.target)}` : name;
}

function ndOptionText(option: NdOption): string {
  switch (option.kind) {
    case "source-link-layer":
    case "target-link-layer":
      return formatMac(option.mac);
    case "prefix-information": {
      const flags = [option.onLink ? "on-link" : "", option.autonomous ? "autonomous" : ""].filter(Boolean);
      const prefix = `${formatAddress(option.prefix)}/${option.prefixLength}`;
      return `${[prefix, ...flags].join(", ")}, valid ${option.validLifetime} s, preferred ${option.preferredLifetime} s`;
    }
    case "mtu":
      return String(option.mtu);
    case "unknown":
      return `type ${option.type}`;
    default:
      return "";
  }
}

function addMld(icmp: Field, bytes: Uint8Array, start: number, end: number): void {
  const message = parseMld(bytes, start, end);
  if (typeof message === "string") {
    icmp.problem = message;
    return;
  }
  icmp.value = groupText(message);
  if ("records" in message) icmp.fields.push(...recordFields(16, message.records, start + 8));
}
