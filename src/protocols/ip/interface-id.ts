/** The lower 64 bits of addresses a host makes for itself (RFC 4291, appendix A; RFC 7217). */
import { type Address, addressV6 } from "../../base/address.ts";
import { type SipKey, siphashWords } from "../../base/hash/siphash.ts";

export interface InterfaceId {
  readonly high: number;
  readonly low: number;
}

/** Modified EUI-64 of a 48-bit Ethernet address: ff-fe in the middle, universal bit turned over. */
export function eui64(mac: number): InterfaceId {
  const top = Math.floor(mac / 0x100_0000);
  const bottom = mac % 0x100_0000;
  return { high: ((top << 8) | 0xff) ^ 0x0200_0000, low: 0xfe00_0000 | bottom | 0 };
}

/**
 * An identifier that stays the same on one network and tells nothing on another: F(prefix, interface, network, counter,
 * secret) of RFC 7217, section 5, with SipHash for F.
 * @param counter DAD_Counter: one more for each identifier that proved a duplicate.
 */
export function stableId(
  { w0, w1 }: Address,
  interfaceNumber: number,
  counter: number,
  secret: SipKey,
): InterfaceId {
  return siphashWords(secret, [w0, w1, interfaceNumber, counter]);
}

/** The address of `prefix`, 64 bits long, with this identifier. */
export function withInterfaceId({ w0, w1 }: Address, { high, low }: InterfaceId): Address {
  return addressV6(w0, w1, high, low);
}

/** fe80::/64. */
export const linkLocalPrefix: Address = addressV6(0xfe800000, 0, 0, 0);
