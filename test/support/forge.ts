/** Packets that no stack has sent: put together field by field, with checksums that hold, for whoever plays the attacker. */
import { type Address, address, isV4 } from "../../src/base/address.ts";
import { putU16 } from "../../src/base/bytes.ts";
import { fillTransportChecksum } from "../../src/wire/checksums.ts";
import { emitIcmpv4, type Icmpv4Message, icmpv4Length } from "../../src/wire/icmp/icmpv4.ts";
import { emitIcmpv6, type Icmpv6Message, icmpv6Length } from "../../src/wire/icmp/icmpv6.ts";
import { emitIgmp, type IgmpMessage, igmpLength } from "../../src/wire/icmp/igmp.ts";
import { emitMld, type MldMessage, mldLength } from "../../src/wire/icmp/mld.ts";
import { emitNd, type NdMessage, ndLength } from "../../src/wire/icmp/nd.ts";
import { emitIpv4, ipv4HeaderLength } from "../../src/wire/ip/ipv4.ts";
import { emitIpv6, ipv6HeaderLength } from "../../src/wire/ip/ipv6.ts";
import { emitIpv6Extension } from "../../src/wire/ip/ipv6-extensions.ts";
import { protocols } from "../../src/wire/protocols.ts";
import { emitTcp, type TcpHeader, tcpHeaderLength } from "../../src/wire/tcp.ts";
import { emitUdp, udpHeaderLength } from "../../src/wire/udp.ts";

export interface Between {
  readonly source: string | Address;
  readonly destination: string | Address;
  /** Default 64; neighbour discovery 255. */
  readonly hopLimit?: number;
}

function ends({ source, destination }: Between): [Address, Address] {
  return [source, destination].map((end) => (typeof end === "string" ? address(end) : end)) as [
    Address,
    Address,
  ];
}

/** A whole packet around a payload whose checksum, if its protocol has one, is filled in. */
export function forgeIp(between: Between, protocol: number, payload: Uint8Array): Uint8Array {
  const [source, destination] = ends(between);
  fillTransportChecksum(protocol, source, destination, payload, 0, payload.length);
  return around(between, protocol, payload, 0, false, 0, "whole");
}

/** Bytes `[offset, offset + payload.length)` of a datagram; more follow unless it is the last. */
export function forgeFragment(
  between: Between,
  protocol: number,
  payload: Uint8Array,
  at: { readonly offset: number; readonly more: boolean; readonly identification: number },
): Uint8Array {
  return around(between, protocol, payload, at.offset, at.more, at.identification, "fragment");
}

function around(
  between: Between,
  protocol: number,
  payload: Uint8Array,
  fragmentOffset: number,
  moreFragments: boolean,
  identification: number,
  what: "whole" | "fragment",
): Uint8Array {
  const [source, destination] = ends(between);
  const { hopLimit = 64 } = between;
  const common = { trafficClass: 0, hopLimit, source, destination };
  if (isV4(destination)) {
    const bytes = new Uint8Array(ipv4HeaderLength + payload.length);
    bytes.set(payload, ipv4HeaderLength);
    const fragment = { identification, moreFragments, fragmentOffset, dontFragment: false };
    emitIpv4({ ...common, ...fragment, protocol, optionsLength: 0, payloadLength: payload.length }, bytes, 0);
    return bytes;
  }
  const extra = what === "whole" ? 0 : 8;
  const bytes = new Uint8Array(ipv6HeaderLength + extra + payload.length);
  bytes.set(payload, ipv6HeaderLength + extra);
  const nextHeader = what === "whole" ? protocol : protocols.fragment;
  emitIpv6({ ...common, flowLabel: 0, nextHeader, payloadLength: extra + payload.length }, bytes, 0);
  if (what === "fragment")
    emitIpv6Extension(
      { kind: "fragment", nextHeader: protocol, identification, moreFragments, fragmentOffset },
      bytes,
      ipv6HeaderLength,
    );
  return bytes;
}

export interface Ports {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const noSegment: TcpHeader = {
  sourcePort: 0,
  destinationPort: 0,
  sequence: 0,
  acknowledgment: 0,
  flags: 0,
  window: 65_535,
  checksum: 0,
  urgentPointer: 0,
  mss: 0,
  windowScale: -1,
  sackPermitted: false,
  timestamps: false,
  timestampValue: 0,
  timestampEcho: 0,
  sack: [],
};

export function forgeTcp(
  between: Between,
  fields: Ports & Partial<TcpHeader>,
  data: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const header = { ...noSegment, ...fields };
  const length = tcpHeaderLength(header);
  const payload = new Uint8Array(length + data.length);
  emitTcp(header, payload, 0);
  payload.set(data, length);
  return forgeIp(between, protocols.tcp, payload);
}

export function forgeUdp(between: Between, ports: Ports, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  return forgeIp(between, protocols.udp, udpPayload(ports, data));
}

/** A UDP header and what follows it, the checksum left out, to be cut in fragments. */
export function udpPayload(ports: Ports, data: Uint8Array): Uint8Array {
  const payload = new Uint8Array(udpHeaderLength + data.length);
  emitUdp({ ...ports, payloadLength: data.length, checksum: 0 }, payload, 0);
  payload.set(data, udpHeaderLength);
  return payload;
}

export function forgeIcmpv4(between: Between, message: Icmpv4Message): Uint8Array {
  const payload = new Uint8Array(icmpv4Length(message));
  emitIcmpv4(message, payload, 0);
  return forgeIp(between, protocols.icmp, payload);
}

export function forgeIcmpv6(between: Between, message: Icmpv6Message): Uint8Array {
  const payload = new Uint8Array(icmpv6Length(message));
  emitIcmpv6(message, payload, 0);
  return forgeIp(between, protocols.icmpv6, payload);
}

export function forgeNd(between: Between, message: NdMessage): Uint8Array {
  const payload = new Uint8Array(ndLength(message));
  emitNd(message, payload, 0);
  return forgeIp({ hopLimit: 255, ...between }, protocols.icmpv6, payload);
}

export function forgeIgmp(between: Between, message: IgmpMessage): Uint8Array {
  const payload = new Uint8Array(igmpLength(message));
  emitIgmp(message, payload, 0);
  return forgeIp({ hopLimit: 1, ...between }, protocols.igmp, payload);
}

export function forgeMld(between: Between, message: MldMessage): Uint8Array {
  const payload = new Uint8Array(mldLength(message));
  emitMld(message, payload, 0);
  return forgeIp({ hopLimit: 1, ...between }, protocols.icmpv6, payload);
}

/** A frame around an IP or ARP packet, of which `type` says what it is. */
export function forgeFrame(
  source: number,
  destination: number,
  type: number,
  packet: Uint8Array,
): Uint8Array {
  const frame = new Uint8Array(14 + packet.length);
  for (let i = 0; i < 6; i++) {
    frame[i] = Math.floor(destination / 2 ** (40 - 8 * i));
    frame[6 + i] = Math.floor(source / 2 ** (40 - 8 * i));
  }
  putU16(frame, 12, type);
  frame.set(packet, 14);
  return frame;
}
