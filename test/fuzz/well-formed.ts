/** What a host may send: packets that every parser takes and whose checksums hold. What an ICMP error quotes is another's. */
import type { Address } from "../../src/base/address.ts";
import { verifyTransportChecksum } from "../../src/wire/checksums.ts";
import { parseIcmpv4 } from "../../src/wire/icmp/icmpv4.ts";
import { parseIcmpv6 } from "../../src/wire/icmp/icmpv6.ts";
import { parseIgmp } from "../../src/wire/icmp/igmp.ts";
import { parseMld } from "../../src/wire/icmp/mld.ts";
import { isNdType, parseNd } from "../../src/wire/icmp/nd.ts";
import { parseIpv4 } from "../../src/wire/ip/ipv4.ts";
import { parseIpv4Options } from "../../src/wire/ip/ipv4-options.ts";
import { parseIpv6 } from "../../src/wire/ip/ipv6.ts";
import { walkIpv6 } from "../../src/wire/ip/ipv6-walk.ts";
import { parseArp } from "../../src/wire/link/arp.ts";
import { etherTypes, parseEthernet } from "../../src/wire/link/ethernet.ts";
import { protocols } from "../../src/wire/protocols.ts";
import { parseTcp } from "../../src/wire/tcp.ts";
import { parseUdp } from "../../src/wire/udp.ts";

/** What is wrong with bytes[start, end), or undefined. */
export function problemOf(
  medium: "ip" | "ethernet",
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  if (medium === "ip") return problemOfIp(bytes, start, end);
  const frame = parseEthernet(bytes, start, end);
  if (typeof frame === "string") return `Ethernet ${frame}`;
  if (frame.type !== etherTypes.arp) return problemOfIp(bytes, frame.payloadStart, end);
  const arp = parseArp(bytes, frame.payloadStart, end);
  return typeof arp === "string" ? `ARP ${arp}` : undefined;
}

function problemOfIp(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (bytes[start]! >>> 4 === 6) return problemOfV6(bytes, start, end);
  const packet = parseIpv4(bytes, start, end);
  if (typeof packet === "string") return `IPv4 ${packet}`;
  const { optionsStart, payloadStart, payloadEnd, source, destination, protocol } = packet;
  if (!Array.isArray(parseIpv4Options(bytes, optionsStart, payloadStart))) return "IPv4 options";
  if (packet.moreFragments || packet.fragmentOffset > 0) return undefined;
  return problemOfTransport(protocol, source, destination, bytes, payloadStart, payloadEnd);
}

function problemOfV6(bytes: Uint8Array, start: number, end: number): string | undefined {
  const packet = parseIpv6(bytes, start, end);
  if (typeof packet === "string") return `IPv6 ${packet}`;
  const { nextHeader, payloadStart, payloadEnd, source, destination } = packet;
  const chain = walkIpv6(nextHeader, start + 6, bytes, payloadStart, payloadEnd);
  if (chain.kind === "problem") return `IPv6 ${chain.reason}`;
  if (chain.protocol === protocols.fragment) return undefined;
  return problemOfTransport(chain.protocol, source, destination, bytes, chain.payloadStart, payloadEnd);
}

function problemOfTransport(
  protocol: number,
  source: Address,
  destination: Address,
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  const wrong = verifyTransportChecksum(protocol, source, destination, bytes, start, end);
  if (wrong !== undefined) return `${protocol} ${wrong}`;
  const parsed = parseTransport(protocol, bytes, start, end);
  return typeof parsed === "string" ? `${protocol} ${parsed}` : undefined;
}

function parseTransport(protocol: number, bytes: Uint8Array, start: number, end: number): unknown {
  if (protocol === protocols.tcp) return parseTcp(bytes, start, end);
  if (protocol === protocols.udp) return parseUdp(bytes, start, end);
  if (protocol === protocols.icmp) return parseIcmpv4(bytes, start, end);
  if (protocol === protocols.igmp) return parseIgmp(bytes, start, end);
  if (protocol !== protocols.icmpv6) return "unexpected protocol";
  if (isNdType(bytes[start]!)) return parseNd(bytes, start, end);
  return bytes[start]! > 129 ? parseMld(bytes, start, end) : parseIcmpv6(bytes, start, end);
}
