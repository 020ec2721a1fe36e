/** How far an address reaches (RFC 4007; RFC 6724, section 3.1), and how it is labelled (RFC 6724, section 2.1). */
import { type Address, isLinkLocal, isLoopback, isMulticast, isV4 } from "../../base/address.ts";
import { contains, type Prefix, prefix } from "../../base/prefix.ts";

export const interfaceLocal = 1;
export const linkLocal = 2;
export const siteLocal = 5;
export const globalScope = 14;

/** The number in the scope field of a multicast address; a unicast address counts as the scope that equals its reach. */
export function scopeOf(address: Address): number {
  if (isV4(address)) {
    if (isLoopback(address) || isLinkLocal(address)) return linkLocal;
    return address.w3 >>> 8 === 0xe00000 ? linkLocal : globalScope;
  }
  if (isMulticast(address)) return (address.w0 >>> 16) & 15;
  if (isLinkLocal(address) || isLoopback(address)) return linkLocal;
  return address.w0 >>> 22 === 0x3fb ? siteLocal : globalScope;
}

/** Whether a multicast address never leaves its link (224.0.0.0/24, ffx1:: and ffx2::). */
export function staysOnLink(address: Address): boolean {
  return isMulticast(address) && scopeOf(address) <= linkLocal;
}

interface Policy {
  readonly prefix: Prefix;
  readonly label: number;
}

/** The default policy table, longest prefix first; precedence is for choosing destinations, which we do not do. */
const policies: readonly Policy[] = [
  { prefix: prefix("::1/128"), label: 0 },
  { prefix: prefix("::/96"), label: 3 },
  { prefix: prefix("2001::/32"), label: 5 },
  { prefix: prefix("2002::/16"), label: 2 },
  { prefix: prefix("3ffe::/16"), label: 12 },
  { prefix: prefix("fec0::/10"), label: 11 },
  { prefix: prefix("fc00::/7"), label: 13 },
];

const labelV4 = 4;
const labelOther = 1;

export function labelOf(address: Address): number {
  if (isV4(address)) return labelV4;
  return policies.find((policy) => contains(policy.prefix, address))?.label ?? labelOther;
}
