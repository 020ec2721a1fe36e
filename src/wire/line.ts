/**
 * One IP packet as one line of a packetdrill script, without time and direction: `S 0:0(0) win 65535 <mss 1460>`,
 * `udp (10)`, `icmp unreachable port_unreachable [udp (10)]`. What that language has no word for is said in a comment,
 * so that lines put together are a script all the same.
 */
import type { Address, Family } from "../base/address.ts";
import { parseIpv4 } from "./ip/ipv4.ts";
import { parseIpv6 } from "./ip/ipv6.ts";
import { parseIpv6Extension } from "./ip/ipv6-extensions.ts";
import { walkIpv6 } from "./ip/ipv6-walk.ts";
import { absolute, type LineFlows } from "./line/flows.ts";
import { icmpLine } from "./line/icmp.ts";
import { sctpLine } from "./line/sctp.ts";
import { tcpLine } from "./line/tcp.ts";
import { protocolName, protocols } from "./protocols.ts";
import { parseTcp } from "./tcp.ts";
import { parseUdp } from "./udp.ts";

/** What the two IP versions have in common here. */
interface Datagram {
  family: Family;
  source: Address;
  destination: Address;
  trafficClass: number;
  protocol: number;
  start: number;
  end: number;
}

/**
 * The IP packet in bytes[start, end) as a line. Sequence numbers are as on the wire; given `flows`, which then is shown
 * every packet in its order, they count from the initial ones.
 */
export function packetLine(bytes: Uint8Array, start: number, end: number, flows?: LineFlows): string {
  const found =
    start < end && bytes[start]! >>> 4 === 6 ? datagramV6(bytes, start, end) : datagramV4(bytes, start, end);
  if (typeof found === "string") return `// ${found}`;
  const line = transportLine(found, bytes, flows);
  return line.startsWith("//") ? line : trafficClassText(found.trafficClass) + line;
}

function datagramV4(bytes: Uint8Array, start: number, end: number): Datagram | string {
  const packet = parseIpv4(bytes, start, end);
  if (typeof packet === "string") return `malformed IPv4: ${packet}`;
  const { source, destination, trafficClass, protocol, payloadStart, payloadEnd } = packet;
  if (packet.moreFragments || packet.fragmentOffset > 0)
    return fragmentText(
      packet.fragmentOffset,
      payloadEnd - payloadStart,
      packet.moreFragments,
      packet.identification,
    );
  return { family: 4, source, destination, trafficClass, protocol, start: payloadStart, end: payloadEnd };
}

function datagramV6(bytes: Uint8Array, start: number, end: number): Datagram | string {
  const packet = parseIpv6(bytes, start, end);
  if (typeof packet === "string") return `malformed IPv6: ${packet}`;
  const { source, destination, trafficClass, payloadStart, payloadEnd } = packet;
  const chain = walkIpv6(packet.nextHeader, start + 6, bytes, payloadStart, payloadEnd);
  if (chain.kind === "problem") return `malformed IPv6: ${chain.reason}`;
  const { protocol } = chain;
  if (protocol !== protocols.fragment)
    return {
      family: 6,
      source,
      destination,
      trafficClass,
      protocol,
      start: chain.payloadStart,
      end: payloadEnd,
    };
  const fragment = parseIpv6Extension(protocol, bytes, chain.payloadStart, payloadEnd);
  if (typeof fragment === "string" || fragment.kind !== "fragment")
    return "malformed IPv6: truncated-extension";
  const length = payloadEnd - chain.payloadStart - 8;
  return fragmentText(fragment.fragmentOffset, length, fragment.moreFragments, fragment.identification);
}

function fragmentText(offset: number, length: number, more: boolean, identification: number): string {
  return `fragment ${offset}:${offset + length} of packet ${identification}${more ? "" : ", the last"}`;
}

function transportLine(datagram: Datagram, bytes: Uint8Array, flows: LineFlows | undefined): string {
  const { family, protocol, start, end } = datagram;
  switch (protocol) {
    case protocols.tcp: {
      const segment = parseTcp(bytes, start, end);
      if (typeof segment === "string") return `// malformed TCP: ${segment}`;
      const base = flows?.baseOf(datagram.source, datagram.destination, segment) ?? absolute;
      return tcpLine(segment, bytes, base);
    }
    case protocols.udp: {
      const udp = parseUdp(bytes, start, end);
      return typeof udp === "string" ? `// malformed UDP: ${udp}` : `udp (${udp.payloadLength})`;
    }
    case family === 4 ? protocols.icmp : protocols.icmpv6:
      return icmpLine(family, bytes, start, end, flows) ?? "// malformed ICMP: truncated";
    case protocols.sctp:
      return sctpLine(bytes, start, end);
    default:
      return `// ${protocolName(protocol)} (${end - start})`;
  }
}

const ecnNames = ["", "[ect1] ", "[ect0] ", "[ce] "] as const;

/** Section 11.1 of the language: the ECN bits by name, or the whole byte where DSCP is not zero. */
function trafficClassText(trafficClass: number): string {
  if (trafficClass < 4) return ecnNames[trafficClass as 0 | 1 | 2 | 3];
  return `[tos 0x${trafficClass.toString(16).padStart(2, "0")}] `;
}
