/** A captured IP packet as a script would write it, with the numbers of the wire. */
import type { Address } from "../../base/address.ts";
import { u16, u32 } from "../../base/bytes.ts";
import { parseIpv4 } from "../../wire/ip/ipv4.ts";
import { parseIpv6 } from "../../wire/ip/ipv6.ts";
import { walkIpv6 } from "../../wire/ip/ipv6-walk.ts";
import { protocols } from "../../wire/protocols.ts";
import { parseSctp, verifySctpChecksum } from "../../wire/sctp/sctp.ts";
import { parseTcp } from "../../wire/tcp.ts";
import { parseUdp, udpHeaderLength } from "../../wire/udp.ts";
import { type IpFamily, icmpNames } from "../language/names/icmp-names.ts";
import { formatTcpFlags } from "../language/names/tcp-flags.ts";
import type { Content, Icmp, Packet, Sequence, Tcp } from "../language/script/packets.ts";
import type { Sctp } from "../language/script/sctp.ts";
import type { Envelope } from "./envelope.ts";
import { udpLiteProtocol } from "./packet-emit.ts";
import { parseChunks } from "./sctp-parse.ts";
import { parseTcpOptions } from "./tcp-option-bytes.ts";

/** One packet, its numbers untranslated. */
export interface Seen {
  readonly envelope: Envelope;
  /** Direction "outbound"; its annotations are complete. */
  readonly packet: Packet;
  /** IPv4's total length or IPv6's payload length. */
  readonly ipLength: number;
  /** Of the IPv4 header in words; 5 for IPv6. */
  readonly ihl: number;
  /** Reserved bits of a TCP header. */
  readonly reserved: number;
  /** Verification tag of an SCTP packet. */
  readonly tag: number;
  /** What every packet has to be and this one is not: right checksums, zeros as payload. */
  readonly flaw: string | undefined;
}

/** The packet in `bytes`, or why it is none. */
export function parsePacket(bytes: Uint8Array): Seen | string {
  const ip = bytes[0] !== undefined && bytes[0] >>> 4 === 6 ? parseIp6(bytes) : parseIp4(bytes);
  if (typeof ip === "string") return ip;
  const transport = parseTransport(ip.protocol, ip.family, bytes, ip.start, ip.end);
  if (typeof transport === "string") return transport;
  const { content, sourcePort, destinationPort } = transport;
  const { family, source, destination, trafficClass: tos, ttl, flowLabel } = ip;
  const annotations = family === 4 ? { tos, ttl } : { tos, ttl, flowLabel };
  const packet: Packet = {
    kind: "packet",
    at: 0,
    direction: "outbound",
    outer: [],
    ip: annotations,
    content,
  };
  return {
    envelope: { family, source, sourcePort, destination, destinationPort },
    packet,
    ipLength: ip.length,
    ihl: ip.ihl,
    reserved: transport.reserved ?? 0,
    tag: transport.tag ?? 0,
    flaw: transport.flaw,
  };
}

interface Ip {
  readonly family: IpFamily;
  readonly source: Address;
  readonly destination: Address;
  readonly trafficClass: number;
  readonly ttl: number;
  readonly flowLabel: number;
  readonly protocol: number;
  readonly length: number;
  readonly ihl: number;
  readonly start: number;
  readonly end: number;
}

function parseIp4(bytes: Uint8Array): Ip | string {
  const ip = parseIpv4(bytes, 0, bytes.length);
  if (typeof ip === "string") return `IPv4: ${ip}`;
  const {
    source,
    destination,
    trafficClass,
    hopLimit: ttl,
    protocol,
    payloadStart: start,
    payloadEnd: end,
  } = ip;
  if (ip.moreFragments || ip.fragmentOffset > 0) return "IPv4: a fragment";
  const ihl = start / 4;
  return {
    family: 4,
    source,
    destination,
    trafficClass,
    ttl,
    flowLabel: 0,
    protocol,
    length: end,
    ihl,
    start,
    end,
  };
}

function parseIp6(bytes: Uint8Array): Ip | string {
  const ip = parseIpv6(bytes, 0, bytes.length);
  if (typeof ip === "string") return `IPv6: ${ip}`;
  const { source, destination, trafficClass, hopLimit: ttl, flowLabel, payloadStart, payloadEnd: end } = ip;
  const chain = walkIpv6(ip.nextHeader, 6, bytes, payloadStart, end);
  if (chain.kind === "problem") return `IPv6: ${chain.reason}`;
  const { protocol, payloadStart: start } = chain;
  const length = end - payloadStart;
  return {
    family: 6,
    source,
    destination,
    trafficClass,
    ttl,
    flowLabel,
    protocol,
    length,
    ihl: 5,
    start,
    end,
  };
}

interface Transport {
  readonly content: Content;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly reserved?: number;
  readonly tag?: number;
  readonly flaw?: string | undefined;
}

function parseTransport(
  protocol: number,
  family: IpFamily,
  bytes: Uint8Array,
  start: number,
  end: number,
): Transport | string {
  switch (protocol) {
    case protocols.tcp:
      return parseTcpSegment(bytes, start, end);
    case protocols.udp:
      return parseDatagram(bytes, start, end);
    case udpLiteProtocol:
      return parseUdpLite(bytes, start, end);
    case protocols.sctp:
      return parseSctpPacket(bytes, start, end);
    case family === 4 ? protocols.icmp : protocols.icmpv6:
      return parseIcmp(family, bytes, start, end);
    default:
      return `protocol ${protocol}`;
  }
}

function parseTcpSegment(bytes: Uint8Array, start: number, end: number): Transport | string {
  const segment = parseTcp(bytes, start, end);
  if (typeof segment === "string") return `TCP: ${segment}`;
  const { sourcePort, destinationPort, payloadStart, optionsStart, flags } = segment;
  const length = end - payloadStart;
  const first = segment.sequence >>> 0;
  const seq: Sequence = { start: first, end: (first + length) >>> 0, length, form: "relative" };
  const content: Tcp = {
    ...{ protocol: "tcp", flags: formatTcpFlags(flags), seq },
    ...{ ack: segment.acknowledgment >>> 0, win: segment.window, urg: segment.urgentPointer },
    options: parseTcpOptions(bytes, optionsStart, payloadStart),
  };
  const reserved = (bytes[start + 12]! >>> 1) & 7;
  return { content, sourcePort, destinationPort, reserved, flaw: nonZero(bytes, payloadStart, end) };
}

function nonZero(bytes: Uint8Array, start: number, end: number): string | undefined {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return `payload byte ${at - start} is not 0`;
  return undefined;
}

function parseDatagram(bytes: Uint8Array, start: number, end: number): Transport | string {
  const udp = parseUdp(bytes, start, end);
  if (typeof udp === "string") return `UDP: ${udp}`;
  const { sourcePort, destinationPort, payloadLength: length, payloadStart, payloadEnd } = udp;
  const flaw = nonZero(bytes, payloadStart, payloadEnd);
  return { content: { protocol: "udp", length }, sourcePort, destinationPort, flaw };
}

function parseUdpLite(bytes: Uint8Array, start: number, end: number): Transport | string {
  const length = end - start - udpHeaderLength;
  if (length < 0) return "UDP-Lite: truncated";
  const [sourcePort, destinationPort, coverage] = [
    u16(bytes, start),
    u16(bytes, start + 2),
    u16(bytes, start + 4),
  ];
  return { content: { protocol: "udplite", length, coverage }, sourcePort, destinationPort };
}

function parseSctpPacket(bytes: Uint8Array, start: number, end: number): Transport | string {
  const header = parseSctp(bytes, start, end);
  if (typeof header === "string") return `SCTP: ${header}`;
  const { sourcePort, destinationPort, zeroChecksum, chunksStart } = header;
  const chunks = parseChunks(bytes, chunksStart, end);
  const body: Sctp["body"] =
    chunks === undefined
      ? { form: "bytes", bytes: [...bytes.subarray(chunksStart, end)] }
      : { form: "chunks", chunks };
  const flaw = zeroChecksum || verifySctpChecksum(bytes, start, end) ? undefined : "bad CRC32c";
  const content: Sctp = { protocol: "sctp", checksum: zeroChecksum ? "zero_checksum" : "good", body };
  return { content, sourcePort, destinationPort, tag: header.verificationTag >>> 0, flaw };
}

const icmpHeaderLength = 8;

/** ICMP has no ports; those of the packet it quotes say to which connection it belongs. */
function parseIcmp(family: IpFamily, bytes: Uint8Array, start: number, end: number): Transport | string {
  if (end - start < icmpHeaderLength) return "ICMP: truncated";
  const type = bytes[start]!;
  const names = icmpNames(family, type, bytes[start + 1]!);
  const echo = family === 4 ? type === 0 || type === 8 : type === 128 || type === 129;
  const length = end - start - icmpHeaderLength;
  const content: Icmp = echo
    ? { protocol: "icmp", ...names, id: u16(bytes, start + 4), echoed: { protocol: "raw", length } }
    : {
        protocol: "icmp",
        ...names,
        ...mtuOf(family, type, bytes, start),
        echoed: { protocol: "raw", length },
      };
  return { content, sourcePort: 0, destinationPort: 0 };
}

function mtuOf(family: IpFamily, type: number, bytes: Uint8Array, start: number): { mtu?: number } {
  const tooBig = family === 4 ? type === 3 && bytes[start + 1] === 4 : type === 2;
  return tooBig ? { mtu: u32(bytes, start + 4) } : {};
}
