/** ARP for IPv4 over Ethernet (RFC 826; probes and announcements RFC 5227). */
import {
  type Address,
  isUnspecified,
  readAddressV4,
  sameAddress,
  writeAddressV4,
} from "../../base/address.ts";
import { putU16, u16 } from "../../base/bytes.ts";
import { putU48, u48 } from "../fields.ts";
import { etherTypes } from "./ethernet.ts";
import type { MacAddress } from "./mac.ts";

/*
   +-----------------------+-----------------------+
   | Hardware type (2) = 1 | Protocol type (2)     |
   +-----------+-----------+-----------------------+
   | HLEN = 6  | PLEN = 4  | Operation (2)         |
   +-----------+-----------+-----------------------+
   | Sender hardware (6)   | Sender protocol (4)   |
   +-----------------------+-----------------------+
   | Target hardware (6)   | Target protocol (4)   |
   +-----------------------+-----------------------+
*/

export const arpLength = 28;

export const arpOperations = { request: 1, reply: 2 } as const;

const ethernetHardware = 1;

export type ArpMalformed = "truncated" | "foreign-hardware" | "foreign-protocol" | "bad-address-length";

export interface ArpPacket {
  /** {@link arpOperations}; others exist and are ignored by hosts. */
  operation: number;
  senderMac: MacAddress;
  senderAddress: Address;
  targetMac: MacAddress;
  targetAddress: Address;
}

/** The packet in bytes[start, end); what follows it is Ethernet padding. */
export function parseArp(bytes: Uint8Array, start: number, end: number): ArpPacket | ArpMalformed {
  if (end - start < arpLength) return "truncated";
  if (u16(bytes, start) !== ethernetHardware) return "foreign-hardware";
  if (u16(bytes, start + 2) !== etherTypes.ipv4) return "foreign-protocol";
  if (bytes[start + 4] !== 6 || bytes[start + 5] !== 4) return "bad-address-length";
  return {
    operation: u16(bytes, start + 6),
    senderMac: u48(bytes, start + 8),
    senderAddress: readAddressV4(bytes, start + 14),
    targetMac: u48(bytes, start + 18),
    targetAddress: readAddressV4(bytes, start + 24),
  };
}

/** @returns the packet's length. */
export function emitArp(packet: ArpPacket, bytes: Uint8Array, at: number): number {
  putU16(bytes, at, ethernetHardware);
  putU16(bytes, at + 2, etherTypes.ipv4);
  bytes[at + 4] = 6;
  bytes[at + 5] = 4;
  putU16(bytes, at + 6, packet.operation);
  putU48(bytes, at + 8, packet.senderMac);
  writeAddressV4(packet.senderAddress, bytes, at + 14);
  putU48(bytes, at + 18, packet.targetMac);
  writeAddressV4(packet.targetAddress, bytes, at + 24);
  return arpLength;
}

/** A question whether an address is in use, by one who has none yet (RFC 5227, section 1.1). */
export function isArpProbe(packet: ArpPacket): boolean {
  return packet.operation === arpOperations.request && isUnspecified(packet.senderAddress);
}

/** Somebody says that an address is theirs from now on (RFC 5227, section 1.1), as a request or, as some do, a reply. */
export function isArpAnnouncement(packet: ArpPacket): boolean {
  return sameAddress(packet.senderAddress, packet.targetAddress) && !isUnspecified(packet.senderAddress);
}
