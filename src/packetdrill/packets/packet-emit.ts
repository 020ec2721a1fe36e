/**
 * A packet of a script as the bytes of an IP packet. Its numbers are those of the wire already; what the script leaves
 * out is chosen as the real tools choose it: TTL 255, identification 0, no fragments, right checksums, zeros as payload.
 */
import { putU16, putU32 } from "../../base/bytes.ts";
import { checksum, pseudoHeaderSum } from "../../base/hash/checksum.ts";
import { fillTransportChecksum } from "../../wire/checksums.ts";
import { emitIpv4, fillIpv4Checksum, ipv4HeaderLength } from "../../wire/ip/ipv4.ts";
import { emitIpv6, ipv6HeaderLength } from "../../wire/ip/ipv6.ts";
import { protocols } from "../../wire/protocols.ts";
import { emitSctp, fillSctpChecksum, sctpHeaderLength } from "../../wire/sctp/sctp.ts";
import { emitUdp, udpHeaderLength } from "../../wire/udp.ts";
import { parseTcpFlags } from "../language/names/tcp-flags.ts";
import { tcpOptionsLength } from "../language/names/tcp-option-lengths.ts";
import type { Echoed, IpAnnotations, Packet, Ports, Tcp, UdpLite } from "../language/script/packets.ts";
import type { Sctp } from "../language/script/sctp.ts";
import type { Envelope } from "./envelope.ts";
import { emitIcmp } from "./icmp-emit.ts";
import { type ChunkFillings, emitChunks, noFillings } from "./sctp-emit.ts";
import { emitTcpOptions } from "./tcp-option-bytes.ts";

export const udpLiteProtocol = 136;

/** IP's largest packet; what is longer cannot be made. */
const longestPacket = 65_535;

/** What the transport of a packet comes to: its protocol, its length, and how to write it. */
interface Layer {
  readonly protocol: number;
  readonly length: number;
  /** Writes `length` bytes, checksum and all. */
  readonly emit: (bytes: Uint8Array, at: number) => void;
}

/** What some packets need beside their addresses. */
export interface EmitExtras {
  /** Verification tag of an SCTP packet. */
  readonly tag?: number;
  readonly fillings?: ChunkFillings;
  /** What an ICMP error quotes where the script does not say; a TCP segment when left out. */
  readonly quoted?: Echoed;
}

/** The packet as bytes, or why there are none. */
export function emitPacket(packet: Packet, envelope: Envelope, extras: EmitExtras = {}): Uint8Array | string {
  if (packet.outer.length > 0) return "unsupported: encapsulated packets";
  if (packet.pspSpi !== undefined) return "unsupported: PSP";
  const inner = withPorts(envelope, packet.ports);
  const layer = transportLayer(packet, inner, extras);
  if (typeof layer === "string") return layer;
  const header = envelope.family === 4 ? ipv4HeaderLength : ipv6HeaderLength;
  const counted = envelope.family === 4 ? header + layer.length : layer.length;
  if (counted > longestPacket) return `a packet of ${counted} bytes does not fit into IP`;
  const bytes = new Uint8Array(header + layer.length);
  emitIp(packet.ip, inner, layer, bytes);
  layer.emit(bytes, header);
  return bytes;
}

/** Ports a script shows are kept, but for 0. */
function withPorts(envelope: Envelope, ports: Ports | undefined): Envelope {
  if (ports === undefined) return envelope;
  return {
    ...envelope,
    sourcePort: ports.source || envelope.sourcePort,
    destinationPort: ports.destination || envelope.destinationPort,
  };
}

function transportLayer(packet: Packet, envelope: Envelope, extras: EmitExtras): Layer | string {
  const { content } = packet;
  switch (content.protocol) {
    case "tcp":
      return encapsulated(tcpLayer(content, envelope), content.udpEncapsulation, envelope);
    case "udp":
      return udpLayer(content.length, envelope);
    case "udplite":
      return udpLiteLayer(content, envelope);
    case "icmp":
      return emitIcmp(content, envelope, extras.quoted);
    case "sctp":
      return encapsulated(sctpLayer(content, envelope, extras), content.udpEncapsulation, envelope);
  }
}

const ecnBits = { noecn: 0, ect1: 1, ect0: 2, ect01: 2, ce: 3 } as const;

/** The type of service byte that annotations amount to. */
export function trafficClassOf(ip: IpAnnotations): number {
  const ecn = ip.ecn === undefined ? 0 : ecnBits[ip.ecn];
  return ip.tos ?? ((ip.dscp ?? 0) << 2) | ecn;
}

function emitIp(ip: IpAnnotations, envelope: Envelope, layer: Layer, bytes: Uint8Array): void {
  const { source, destination } = envelope;
  const common = {
    ...{
      trafficClass: trafficClassOf(ip),
      hopLimit: ip.ttl ?? 255,
      source,
      destination,
      payloadLength: layer.length,
    },
  };
  if (envelope.family === 6) {
    emitIpv6({ ...common, flowLabel: ip.flowLabel ?? 0, nextHeader: layer.protocol }, bytes, 0);
    return;
  }
  const flags = { identification: 0, dontFragment: false, moreFragments: false, fragmentOffset: 0 };
  emitIpv4({ ...common, ...flags, protocol: layer.protocol, optionsLength: 0 }, bytes, 0);
  fillIpv4Checksum(bytes, 0);
}

const tcpHeaderLength = 20;

function tcpLayer(tcp: Tcp, envelope: Envelope): Layer {
  const optionsLength = tcpOptionsLength(tcp.options) ?? 0;
  const length = tcpHeaderLength + optionsLength + tcp.seq.length + (tcp.diagnostic === undefined ? 0 : 8);
  return {
    protocol: protocols.tcp,
    length,
    emit: (bytes, at) => {
      const flags = parseTcpFlags(tcp.flags);
      const words = (tcpHeaderLength + optionsLength) >>> 2;
      putU16(bytes, at, envelope.sourcePort);
      putU16(bytes, at + 2, envelope.destinationPort);
      putU32(bytes, at + 4, tcp.seq.start);
      putU32(bytes, at + 8, tcp.ack ?? 0);
      putU16(bytes, at + 12, (words << 12) | (typeof flags === "number" ? flags : 0));
      putU16(bytes, at + 14, tcp.win ?? 0);
      putU16(bytes, at + 18, tcp.urg ?? 0);
      const payload = emitTcpOptions(tcp.options, bytes, at + tcpHeaderLength);
      if (tcp.diagnostic !== undefined) {
        putU32(bytes, payload, tcp.diagnostic.code);
        putU32(bytes, payload + 4, tcp.diagnostic.pen ?? 0);
      }
      fill(protocols.tcp, envelope, bytes, at, at + length);
    },
  };
}

function fill(protocol: number, envelope: Envelope, bytes: Uint8Array, start: number, end: number): void {
  fillTransportChecksum(protocol, envelope.source, envelope.destination, bytes, start, end);
}

function udpLayer(payload: number, envelope: Envelope): Layer {
  const length = udpHeaderLength + payload;
  return {
    protocol: protocols.udp,
    length,
    emit: (bytes, at) => {
      const { sourcePort, destinationPort } = envelope;
      emitUdp({ sourcePort, destinationPort, payloadLength: payload, checksum: 0 }, bytes, at);
      fill(protocols.udp, envelope, bytes, at, at + length);
    },
  };
}

/** RFC 3828, section 3.1: the checksum covers the pseudo-header and as much as the coverage says, 0 being all. */
function udpLiteLayer(content: UdpLite, envelope: Envelope): Layer {
  const length = udpHeaderLength + content.length;
  return {
    protocol: udpLiteProtocol,
    length,
    emit: (bytes, at) => {
      putU16(bytes, at, envelope.sourcePort);
      putU16(bytes, at + 2, envelope.destinationPort);
      putU16(bytes, at + 4, content.coverage);
      const covered = content.coverage === 0 ? length : Math.min(content.coverage, length);
      const pseudo = pseudoHeaderSum(envelope.source, envelope.destination, udpLiteProtocol, length);
      putU16(bytes, at + 6, checksum(bytes, at, at + covered, pseudo) || 0xffff);
    },
  };
}

function sctpLayer(content: Sctp, envelope: Envelope, extras: EmitExtras): Layer {
  const { body } = content;
  const chunks =
    body.form === "bytes"
      ? Uint8Array.from(body.bytes)
      : emitChunks(body.chunks, extras.fillings ?? noFillings);
  const length = sctpHeaderLength + chunks.length;
  return {
    protocol: protocols.sctp,
    length,
    emit: (bytes, at) => {
      const { sourcePort, destinationPort } = envelope;
      emitSctp({ sourcePort, destinationPort, verificationTag: extras.tag ?? 0 }, bytes, at);
      bytes.set(chunks, at + sctpHeaderLength);
      if (content.checksum === "zero_checksum") return;
      fillSctpChecksum(bytes, at, at + length);
      if (content.checksum === "bad_crc32c") bytes[at + 8] = bytes[at + 8]! + 1;
    },
  };
}

/** The layer in a UDP datagram of its own (RFC 6951). */
function encapsulated(layer: Layer, ports: Ports | undefined, envelope: Envelope): Layer {
  if (ports === undefined) return layer;
  const length = udpHeaderLength + layer.length;
  return {
    protocol: protocols.udp,
    length,
    emit: (bytes, at) => {
      layer.emit(bytes, at + udpHeaderLength);
      const { source: sourcePort, destination: destinationPort } = ports;
      emitUdp({ sourcePort, destinationPort, payloadLength: layer.length, checksum: 0 }, bytes, at);
      fill(protocols.udp, envelope, bytes, at, at + length);
    },
  };
}
