/**
 * IP addresses as four 32-bit words, so that IPv4 and IPv6 share every table and no hot path sees text.
 * An IPv4 address is held as its IPv4-mapped IPv6 form, ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2), which never
 * appears on a wire: a dual-stack socket therefore needs no second code path.
 */
import ipaddr from "ipaddr.js";

/** An IPv4 or IPv6 address. Immutable; compare with {@link sameAddress}, never with `===`. Words are int32 (`| 0`). */
export interface Address {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

/** The IP version of a packet, an interface address or a flow. */
export type Family = 4 | 6;

const mappedPrefix = 0xffff;

/** 0.0.0.0: any IPv4 address. */
export const anyV4: Address = { w0: 0, w1: 0, w2: mappedPrefix, w3: 0 };
/** `::`: any IPv6 address; on a dual-stack socket, any address at all. */
export const anyV6: Address = { w0: 0, w1: 0, w2: 0, w3: 0 };
/** 127.0.0.1. */
export const loopbackV4: Address = { w0: 0, w1: 0, w2: mappedPrefix, w3: 0x7f000001 };
/** `::1`. */
export const loopbackV6: Address = { w0: 0, w1: 0, w2: 0, w3: 1 };
/** 255.255.255.255. */
export const limitedBroadcast: Address = { w0: 0, w1: 0, w2: mappedPrefix, w3: -1 };

/** The IPv4 address whose 32 bits, most significant first, are `bits`. */
export function addressV4(bits: number): Address {
  return { w0: 0, w1: 0, w2: mappedPrefix, w3: bits | 0 };
}

export function addressV6(w0: number, w1: number, w2: number, w3: number): Address {
  return { w0: w0 | 0, w1: w1 | 0, w2: w2 | 0, w3: w3 | 0 };
}

/** The four bytes at `at` as an IPv4 address. */
export function readAddressV4(bytes: Uint8Array, at: number): Address {
  return { w0: 0, w1: 0, w2: mappedPrefix, w3: word(bytes, at) };
}

/** The sixteen bytes at `at` as an IPv6 address. */
export function readAddressV6(bytes: Uint8Array, at: number): Address {
  return { w0: word(bytes, at), w1: word(bytes, at + 4), w2: word(bytes, at + 8), w3: word(bytes, at + 12) };
}

/** Writes the low 32 bits (the IPv4 address) at `at`. */
export function writeAddressV4(address: Address, bytes: Uint8Array, at: number): void {
  writeWord(address.w3, bytes, at);
}

/** Writes all 128 bits at `at`. */
export function writeAddressV6(address: Address, bytes: Uint8Array, at: number): void {
  writeWord(address.w0, bytes, at);
  writeWord(address.w1, bytes, at + 4);
  writeWord(address.w2, bytes, at + 8);
  writeWord(address.w3, bytes, at + 12);
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function writeWord(value: number, bytes: Uint8Array, at: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.w3 === b.w3 && a.w2 === b.w2 && a.w1 === b.w1 && a.w0 === b.w0;
}

/** Orders addresses as 128-bit numbers: negative, zero or positive. */
export function compareAddress(a: Address, b: Address): number {
  return (
    (a.w0 >>> 0) - (b.w0 >>> 0) ||
    (a.w1 >>> 0) - (b.w1 >>> 0) ||
    (a.w2 >>> 0) - (b.w2 >>> 0) ||
    (a.w3 >>> 0) - (b.w3 >>> 0)
  );
}

export function isV4(address: Address): boolean {
  return address.w2 === mappedPrefix && address.w1 === 0 && address.w0 === 0;
}

export function familyOf(address: Address): Family {
  return isV4(address) ? 4 : 6;
}

/** 0.0.0.0 or `::`. */
export function isUnspecified(address: Address): boolean {
  return (
    address.w3 === 0 &&
    address.w0 === 0 &&
    address.w1 === 0 &&
    (address.w2 === 0 || address.w2 === mappedPrefix)
  );
}

/** 127.0.0.0/8 or `::1`. */
export function isLoopback(address: Address): boolean {
  return isV4(address) ? address.w3 >>> 24 === 127 : sameAddress(address, loopbackV6);
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticast(address: Address): boolean {
  return isV4(address) ? address.w3 >>> 28 === 0xe : address.w0 >>> 24 === 0xff;
}

/** 169.254.0.0/16 or fe80::/10. */
export function isLinkLocal(address: Address): boolean {
  return isV4(address) ? address.w3 >>> 16 === 0xa9fe : address.w0 >>> 22 === 0x3fa;
}

/**
 * Strict text to address: dotted quad without shortcuts or leading zeros, or RFC 4291 text; no zone.
 * @returns undefined where the text is no address.
 */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text))
    return readAddressV4(Uint8Array.from(ipaddr.IPv4.parse(text).octets), 0);
  if (text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  return readAddressV6(Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray()), 0);
}

/** As {@link parseAddress}, for text the program itself wrote. @throws TypeError where it is no address. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new TypeError(`not an IP address: ${JSON.stringify(text)}`);
  return parsed;
}

/** The canonical text: dotted quad, or RFC 5952. */
export function formatAddress(value: Address): string {
  if (isV4(value))
    return `${value.w3 >>> 24}.${(value.w3 >>> 16) & 255}.${(value.w3 >>> 8) & 255}.${value.w3 & 255}`;
  const bytes = new Uint8Array(16);
  writeAddressV6(value, bytes, 0);
  return new ipaddr.IPv6(Array.from(bytes)).toRFC5952String();
}
