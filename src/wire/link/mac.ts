/** Ethernet addresses: the 48 bits as one integer, first byte on the wire on top, so that they compare with `===`. */
import { type Address, isV4 } from "../../base/address.ts";

/** An integer from 0 to 2^48 - 1. */
export type MacAddress = number;

export const broadcastMac: MacAddress = 0xffff_ffff_ffff;

/** True for multicast and broadcast: the first bit on the wire, the low bit of the first byte, is set. */
export function isGroupMac(mac: MacAddress): boolean {
  return Math.floor(mac / 0x100_0000_0000) % 2 === 1;
}

/** Where frames to a multicast address go (RFC 1112, section 6.4; RFC 2464, section 7). */
export function multicastMac(group: Address): MacAddress {
  return isV4(group) ? 0x0100_5e00_0000 + (group.w3 & 0x7f_ffff) : 0x3333_0000_0000 + (group.w3 >>> 0);
}

/** `02:00:00:00:00:01`. */
export function formatMac(mac: MacAddress): string {
  const digits = mac.toString(16).padStart(12, "0");
  return digits.replace(/..(?!$)/g, "$&:");
}

/** Six pairs of hexadecimal digits with colons or hyphens between them. @returns undefined where the text is none. */
export function parseMac(text: string): MacAddress | undefined {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$|^[0-9a-f]{2}(-[0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Number.parseInt(text.replace(/[:-]/g, ""), 16);
}
