/** A packet taken apart for people: a tree in which each field knows its bytes, and a line that says it all. */
import { formatAddress, readAddressV4, readAddressV6 } from "../base/address.ts";
import { u16 } from "../base/bytes.ts";
import { formatEndpoint } from "../base/endpoint.ts";
import type { Field } from "./dissect/field.ts";
import { ndText } from "./dissect/icmp.ts";
import { groupText } from "./dissect/igmp.ts";
import { dissectIp } from "./dissect/ip.ts";
import { dissectEthernet } from "./dissect/link.ts";
import { parseIgmp } from "./icmp/igmp.ts";
import { parseMld } from "./icmp/mld.ts";
import { isNdType, parseNd } from "./icmp/nd.ts";
import { ipv4Problem } from "./ip/ipv4.ts";
import { parseIpv6 } from "./ip/ipv6.ts";
import { walkIpv6 } from "./ip/ipv6-walk.ts";
import type { LineFlows } from "./line/flows.ts";
import { packetLine } from "./line.ts";
import { type ArpPacket, arpOperations, isArpAnnouncement, isArpProbe, parseArp } from "./link/arp.ts";
import { etherTypes, parseEthernet } from "./link/ethernet.ts";
import { formatMac } from "./link/mac.ts";
import { protocols } from "./protocols.ts";

export type { Field } from "./dissect/field.ts";

export type Medium = "ip" | "ethernet";

/** The packet or frame in bytes[start, end) layer by layer, outermost first. Malformed ones too: fields say what is wrong. */
export function dissect(medium: Medium, bytes: Uint8Array, start: number, end: number): Field[] {
  return medium === "ethernet" ? dissectEthernet(bytes, start, end) : dissectIp(bytes, start, end);
}

/** The tree as text, two spaces deeper a level, one field a line. */
export function dissectionText(fields: readonly Field[], depth = 0): string {
  const lines: string[] = [];
  for (const { name, value, problem, fields: inner } of fields) {
    const said = [value, problem === "" ? "" : `[${problem}]`].filter((part) => part !== "").join(" ");
    lines.push(`${"  ".repeat(depth)}${name}${said === "" ? "" : `: ${said}`}\n`);
    lines.push(dissectionText(inner, depth + 1));
  }
  return lines.join("");
}

/** The packet or frame on one line: who, to whom, and what as {@link packetLine} says it. */
export function summarize(
  medium: Medium,
  bytes: Uint8Array,
  start: number,
  end: number,
  flows?: LineFlows,
): string {
  if (medium === "ip") return summarizeIp(bytes, start, end, flows);
  const frame = parseEthernet(bytes, start, end);
  if (typeof frame === "string") return `malformed Ethernet: ${frame}`;
  if (frame.type === etherTypes.arp) return summarizeArp(parseArp(bytes, frame.payloadStart, end));
  if (frame.type === etherTypes.ipv4 || frame.type === etherTypes.ipv6)
    return summarizeIp(bytes, frame.payloadStart, end, flows);
  return `${formatMac(frame.source)} > ${formatMac(frame.destination)} EtherType 0x${frame.type.toString(16)}`;
}

function summarizeArp(packet: ArpPacket | string): string {
  if (typeof packet === "string") return `malformed ARP: ${packet}`;
  const target = formatAddress(packet.targetAddress);
  const sender = formatAddress(packet.senderAddress);
  if (isArpProbe(packet)) return `ARP probe: is anyone ${target}?`;
  if (isArpAnnouncement(packet)) return `ARP announcement: ${sender} is at ${formatMac(packet.senderMac)}`;
  if (packet.operation === arpOperations.request) return `ARP request: who is ${target}? ${sender} asks`;
  if (packet.operation === arpOperations.reply)
    return `ARP reply: ${sender} is at ${formatMac(packet.senderMac)}`;
  return `ARP operation ${packet.operation}`;
}

const portNames: ReadonlyMap<number, string> = new Map([
  [protocols.tcp, "TCP "],
  // The lines of the other two begin with their names.
  [protocols.udp, ""],
  [protocols.sctp, ""],
]);

function summarizeIp(bytes: Uint8Array, start: number, end: number, flows: LineFlows | undefined): string {
  const line = packetLine(bytes, start, end, flows);
  const found = locate(bytes, start, end);
  if (found === undefined) return line.replace(/^\/\/ /, "");
  const { source, destination, protocol, at, payloadEnd } = found;
  const name = portNames.get(protocol);
  if (name === undefined || payloadEnd - at < 4 || line.startsWith("//")) {
    const what = describe(protocol, bytes, at, payloadEnd) ?? line.replace(/^\/\/ /, "");
    return `${formatAddress(source)} > ${formatAddress(destination)} ${what}`;
  }
  const from = formatEndpoint({ address: source, port: u16(bytes, at) });
  const to = formatEndpoint({ address: destination, port: u16(bytes, at + 2) });
  return `${from} > ${to} ${name}${line}`;
}

/** Addresses and transport of a packet that is well formed as far as these. */
function locate(bytes: Uint8Array, start: number, end: number) {
  if (start < end && bytes[start]! >>> 4 === 4) {
    if (ipv4Problem(bytes, start, end) !== undefined) return undefined;
    return {
      source: readAddressV4(bytes, start + 12),
      destination: readAddressV4(bytes, start + 16),
      protocol: bytes[start + 9]!,
      at: start + (bytes[start]! & 15) * 4,
      payloadEnd: start + u16(bytes, start + 2),
    };
  }
  const packet = parseIpv6(bytes, start, end);
  if (typeof packet === "string") return undefined;
  const chain = walkIpv6(packet.nextHeader, start + 6, bytes, packet.payloadStart, packet.payloadEnd);
  if (chain.kind === "problem") return undefined;
  return {
    source: readAddressV6(bytes, start + 8),
    destination: readAddressV6(bytes, start + 24),
    protocol: chain.protocol,
    at: chain.payloadStart,
    payloadEnd: packet.payloadEnd,
  };
}

/** Messages that packetdrill has only numbers for, or nothing at all. */
function describe(protocol: number, bytes: Uint8Array, start: number, end: number): string | undefined {
  if (protocol === protocols.igmp) {
    const message = parseIgmp(bytes, start, end);
    return typeof message === "string" ? undefined : `IGMP ${groupText(message)}`;
  }
  if (protocol !== protocols.icmpv6 || end <= start) return undefined;
  if (isNdType(bytes[start]!)) {
    const message = parseNd(bytes, start, end);
    return typeof message === "string" ? undefined : ndText(message);
  }
  const message = parseMld(bytes, start, end);
  return typeof message === "string" ? undefined : `multicast listener ${groupText(message)}`;
}
