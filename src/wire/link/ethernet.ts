/** Ethernet II frames with at most one 802.1Q tag (RFC 894, RFC 2464; IEEE 802.3 and 802.1Q). No FCS. */
import { putU16, u16 } from "../../base/bytes.ts";
import { putU48, u48 } from "../fields.ts";
import type { MacAddress } from "./mac.ts";

/*
   +---------------------+---------------------+ - - - - - - - - - - +-----------+---------
   | Destination (6)     | Source (6)          | 0x8100 (2)  TCI (2) | Type (2)  | Payload
   +---------------------+---------------------+ - - - - - - - - - - +-----------+---------
    TCI: priority (3 bits), drop eligible (1), VLAN identifier (12)
*/

export const ethernetHeaderLength = 14;
/** Bytes that a tag adds. */
export const vlanTagLength = 4;

export const etherTypes = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
} as const;

/** Smaller values of the Type field are lengths: IEEE 802.3 frames with LLC, which carry no IP for us. */
const smallestType = 0x0600;

export type EthernetMalformed = "truncated" | "not-ethernet-ii";

export interface EthernetHeader {
  destination: MacAddress;
  source: MacAddress;
  /** EtherType of the payload, behind the tag if there is one. */
  type: number;
  /** The tag's control information, 16 bits, or -1: untagged. */
  tag: number;
}

/** A header found in bytes, with where its payload lies; short frames are padded, so the payload knows its own length. */
export interface EthernetFrame extends EthernetHeader {
  payloadStart: number;
  payloadEnd: number;
}

/** The frame in bytes[start, end), without FCS. */
export function parseEthernet(
  bytes: Uint8Array,
  start: number,
  end: number,
): EthernetFrame | EthernetMalformed {
  if (end - start < ethernetHeaderLength) return "truncated";
  const outer = u16(bytes, start + 12);
  const tagged = outer === etherTypes.vlan;
  if (tagged && end - start < ethernetHeaderLength + vlanTagLength) return "truncated";
  const type = tagged ? u16(bytes, start + 16) : outer;
  if (type < smallestType) return "not-ethernet-ii";
  return {
    destination: u48(bytes, start),
    source: u48(bytes, start + 6),
    type,
    tag: tagged ? u16(bytes, start + 14) : -1,
    payloadStart: start + ethernetHeaderLength + (tagged ? vlanTagLength : 0),
    payloadEnd: end,
  };
}

/** Writes the header, with a tag where `tag` is not -1. @returns its length: 14 or 18. */
export function emitEthernet(header: EthernetHeader, bytes: Uint8Array, at: number): number {
  putU48(bytes, at, header.destination);
  putU48(bytes, at + 6, header.source);
  if (header.tag < 0) {
    putU16(bytes, at + 12, header.type);
    return ethernetHeaderLength;
  }
  putU16(bytes, at + 12, etherTypes.vlan);
  putU16(bytes, at + 14, header.tag);
  putU16(bytes, at + 16, header.type);
  return ethernetHeaderLength + vlanTagLength;
}
