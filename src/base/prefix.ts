/** Address prefixes: 192.0.2.0/24, 2001:db8::/32 (RFC 4632, section 3.1; RFC 4291, section 2.3). */
import { type Address, type Family, familyOf, formatAddress, isV4, parseAddress } from "./address.ts";

/** An address and how many of its leading bits count. Bits beyond them are kept as given. */
export interface Prefix {
  readonly address: Address;
  /** 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly length: number;
}

/** Bits in an address of a family. */
export function addressBits(family: Family): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/**
 * Strict text to prefix; without `/length` it is the one address. Host bits are kept: `192.0.2.5/24` says both an
 * address and its network.
 * @returns undefined where the text is no prefix.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const most = addressBits(familyOf(address));
  if (slash < 0) return { address, length: most };
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > most) return undefined;
  return { address, length: Number(digits) };
}

/** As {@link parsePrefix}, for text the program itself wrote. @throws TypeError where it is no prefix. */
export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new TypeError(`not an address prefix: ${JSON.stringify(text)}`);
  return parsed;
}

export function formatPrefix({ address, length }: Prefix): string {
  return `${formatAddress(address)}/${length}`;
}

/** True where `address` is of the prefix's family and agrees in its leading bits. */
export function contains(prefix: Prefix, address: Address): boolean {
  const own = prefix.address;
  if (isV4(own)) return isV4(address) && ((own.w3 ^ address.w3) & mask(prefix.length)) === 0;
  return (
    ((own.w0 ^ address.w0) & mask(prefix.length)) === 0 &&
    ((own.w1 ^ address.w1) & mask(prefix.length - 32)) === 0 &&
    ((own.w2 ^ address.w2) & mask(prefix.length - 64)) === 0 &&
    ((own.w3 ^ address.w3) & mask(prefix.length - 96)) === 0 &&
    !isV4(address)
  );
}

/** The prefix with the bits beyond its length cleared: the network's own address. */
export function networkOf({ address, length }: Prefix): Prefix {
  if (isV4(address)) return { address: { ...address, w3: address.w3 & mask(length) }, length };
  return {
    address: {
      w0: address.w0 & mask(length),
      w1: address.w1 & mask(length - 32),
      w2: address.w2 & mask(length - 64),
      w3: address.w3 & mask(length - 96),
    },
    length,
  };
}

/** The directed broadcast address of an IPv4 prefix; undefined for IPv6, and for /31 and /32 (RFC 3021). */
export function broadcastOf({ address, length }: Prefix): Address | undefined {
  if (!isV4(address) || length > 30) return undefined;
  return { ...address, w3: address.w3 | ~mask(length) };
}

/** Leading bits that two addresses of one family share (RFC 6724, section 2.2, CommonPrefixLen). */
export function commonPrefixLength(a: Address, b: Address): number {
  if (isV4(a) !== isV4(b)) return 0;
  if (isV4(a)) return Math.clz32(a.w3 ^ b.w3);
  if (a.w0 !== b.w0) return Math.clz32(a.w0 ^ b.w0);
  if (a.w1 !== b.w1) return 32 + Math.clz32(a.w1 ^ b.w1);
  if (a.w2 !== b.w2) return 64 + Math.clz32(a.w2 ^ b.w2);
  return 96 + Math.clz32(a.w3 ^ b.w3);
}

/** `length` leading ones in a 32-bit word; a length outside 0 to 32 counts as the nearer of the two. */
function mask(length: number): number {
  if (length <= 0) return 0;
  return length >= 32 ? -1 : -1 << (32 - length);
}
