/**
 * What a network card does for a host that leaves it work: cutting a TCP or UDP packet of up to 64 KiB into packets of
 * `segmentSize` payload bytes (TSO, USO), and completing partial checksums.
 *
 * Every segment gets the headers of the whole, changed where they must be: IP lengths, IPv4 Identification and header
 * checksum, TCP sequence number, FIN and PSH on the last one alone, CWR on the first (RFC 3168, section 6.1.2), UDP
 * length, transport checksum.
 */
import { type Address, readAddressV4, readAddressV6 } from "../base/address.ts";
import { copyBytes, i32, putU16, putU32, u16 } from "../base/bytes.ts";
import { checksum, fold, pseudoHeaderSum, sum } from "../base/hash/checksum.ts";
import { checksumPartial, checksumTrusted, type Packet } from "../base/packet.ts";
import type { LinkCapabilities } from "./link.ts";

type Medium = LinkCapabilities["medium"];

const tcp = 6;
const udp = 17;
const flagsAt = 13;
const finAndPush = 0x09;
const congestionWindowReduced = 0x80;

/** How a packet falls apart. Positions are in its own memory, absolute. */
export interface SegmentPlan {
  readonly packet: Packet;
  /** Packets it becomes. */
  readonly count: number;
  readonly family: 4 | 6;
  readonly protocol: typeof tcp | typeof udp;
  readonly networkStart: number;
  readonly transportStart: number;
  readonly payloadStart: number;
  /** The pseudo-header's sum without a length. */
  readonly pseudoSum: number;
  /** A UDP datagram sent without a checksum stays without (RFC 768). */
  readonly withChecksum: boolean;
}

export type Unsegmentable = "not-ip" | "truncated" | "not-tcp-or-udp" | "fragment";

/** How to cut a packet whose `segmentSize` is not 0; a reason where it is nothing that can be cut. */
export function planSegments(packet: Packet, medium: Medium): SegmentPlan | Unsegmentable {
  const network = networkHeader(packet, medium);
  if (typeof network === "string") return network;
  const { bytes, end } = packet;
  const { family, protocol, transportStart } = network;
  if (protocol !== tcp && protocol !== udp) return "not-tcp-or-udp";
  if (end - transportStart < (protocol === tcp ? 20 : 8)) return "truncated";
  const headerLength = protocol === tcp ? (bytes[transportStart + 12]! >>> 4) * 4 : 8;
  const payloadStart = transportStart + headerLength;
  if (headerLength < 8 || payloadStart > end) return "truncated";
  const field = u16(bytes, transportStart + (protocol === tcp ? 16 : 6));
  const whole = end - transportStart;
  const partial = packet.checksum === checksumPartial;
  return {
    packet,
    count: Math.max(1, Math.ceil((end - payloadStart) / packet.segmentSize)),
    family,
    protocol,
    networkStart: network.networkStart,
    transportStart,
    payloadStart,
    pseudoSum: partial
      ? field + (~whole & 0xffff)
      : pseudoHeaderSum(network.source, network.destination, protocol, 0),
    withChecksum: protocol === tcp || partial || field !== 0,
  };
}

/** Writes segment `index` into `into` from `into.start` on, and sets the rest of `into`. It has room. */
export function writeSegment(plan: SegmentPlan, index: number, into: Packet): void {
  const { packet, networkStart, transportStart, payloadStart } = plan;
  const start = payloadStart + index * packet.segmentSize;
  const end = Math.min(packet.end, start + packet.segmentSize);
  const { bytes } = into;
  const shift = into.start - packet.start;
  copyBytes(packet.bytes, packet.start, payloadStart, bytes, into.start);
  copyBytes(packet.bytes, start, end, bytes, payloadStart + shift);
  into.end = payloadStart + shift + (end - start);
  into.checksum = checksumTrusted;
  into.checksumStart = 0;
  into.checksumOffset = 0;
  into.segmentSize = 0;
  fixNetworkHeader(plan, index, into, networkStart + shift);
  fixTransportHeader(plan, index, into, transportStart + shift);
}

function fixNetworkHeader({ family }: SegmentPlan, index: number, { bytes, end }: Packet, at: number): void {
  if (family === 6) {
    putU16(bytes, at + 4, end - at - 40);
    return;
  }
  putU16(bytes, at + 2, end - at);
  putU16(bytes, at + 4, u16(bytes, at + 4) + index);
  putU16(bytes, at + 10, 0);
  putU16(bytes, at + 10, checksum(bytes, at, at + (bytes[at]! & 15) * 4));
}

function fixTransportHeader(plan: SegmentPlan, index: number, { bytes, end }: Packet, at: number): void {
  const field = at + (plan.protocol === tcp ? 16 : 6);
  if (plan.protocol === tcp) {
    putU32(bytes, at + 4, i32(bytes, at + 4) + index * plan.packet.segmentSize);
    if (index < plan.count - 1) bytes[at + flagsAt]! &= ~finAndPush;
    if (index > 0) bytes[at + flagsAt]! &= ~congestionWindowReduced;
  } else putU16(bytes, at + 4, end - at);
  if (!plan.withChecksum) return;
  putU16(bytes, field, 0);
  putU16(bytes, field, transportChecksum(bytes, at, end, plan.pseudoSum + (end - at), plan.protocol));
}

/** Completes the checksum of a packet that has a partial one, in place. */
export function completeChecksum(packet: Packet): void {
  if (packet.checksum !== checksumPartial) return;
  const start = packet.start + packet.checksumStart;
  const field = start + packet.checksumOffset;
  const protocol = packet.checksumOffset === 6 ? udp : tcp;
  putU16(packet.bytes, field, transportChecksum(packet.bytes, start, packet.end, 0, protocol));
  packet.checksum = checksumTrusted;
}

/** A UDP checksum of zero is sent as all ones (RFC 768). */
function transportChecksum(
  bytes: Uint8Array,
  start: number,
  end: number,
  initial: number,
  protocol: number,
): number {
  const complement = ~fold(sum(bytes, start, end, initial)) & 0xffff;
  return complement === 0 && protocol === udp ? 0xffff : complement;
}

interface NetworkHeader {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly networkStart: number;
  readonly transportStart: number;
  readonly source: Address;
  readonly destination: Address;
}

function networkHeader({ bytes, start, end }: Packet, medium: Medium): NetworkHeader | Unsegmentable {
  const at = medium === "ip" ? start : skipEthernet(bytes, start, end);
  if (end - at < 20) return "truncated";
  const version = bytes[at]! >>> 4;
  if (version === 4) return headerV4(bytes, at, end);
  return version === 6 ? headerV6(bytes, at, end) : "not-ip";
}

/** Past the Ethernet header and its VLAN tags (IEEE 802.1Q). */
function skipEthernet(bytes: Uint8Array, start: number, end: number): number {
  let type = start + 12;
  while (type + 4 <= end && (u16(bytes, type) === 0x8100 || u16(bytes, type) === 0x88a8)) type += 4;
  return type + 2;
}

function headerV4(bytes: Uint8Array, at: number, end: number): NetworkHeader | Unsegmentable {
  const transportStart = at + (bytes[at]! & 15) * 4;
  if (transportStart < at + 20 || transportStart > end) return "truncated";
  if ((u16(bytes, at + 6) & 0x3fff) !== 0) return "fragment";
  return {
    family: 4,
    protocol: bytes[at + 9]!,
    networkStart: at,
    transportStart,
    source: readAddressV4(bytes, at + 12),
    destination: readAddressV4(bytes, at + 16),
  };
}

/** Extension headers that every segment simply repeats (RFC 8200, section 4.1): hop-by-hop, routing, destination. */
const repeated: readonly number[] = [0, 43, 60];

function headerV6(bytes: Uint8Array, at: number, end: number): NetworkHeader | Unsegmentable {
  let protocol = bytes[at + 6]!;
  let next = at + 40;
  while (repeated.includes(protocol)) {
    if (next + 8 > end) return "truncated";
    protocol = bytes[next]!;
    next += (bytes[next + 1]! + 1) * 8;
  }
  if (next > end) return "truncated";
  if (protocol === 44) return "fragment";
  return {
    family: 6,
    protocol,
    networkStart: at,
    transportStart: next,
    source: readAddressV6(bytes, at + 8),
    destination: readAddressV6(bytes, at + 24),
  };
}
