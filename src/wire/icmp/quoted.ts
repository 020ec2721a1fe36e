/**
 * The packet that an ICMP error quotes (RFC 792; RFC 4443, section 2.4): cut short, perhaps with its checksum spoiled
 * by routers on the way, and written by whoever sent the error. So only what tells whose packet it was is read.
 */
import { type Address, readAddressV4, readAddressV6 } from "../../base/address.ts";
import { i32, u16 } from "../../base/bytes.ts";
import { ipv4HeaderLength } from "../ip/ipv4.ts";
import { ipv6HeaderLength } from "../ip/ipv6.ts";
import { ipv6ExtensionLength, isIpv6Extension } from "../ip/ipv6-extensions.ts";
import { protocols } from "../protocols.ts";

export type QuotedMalformed =
  | "truncated"
  | "bad-version"
  | "bad-header-length"
  /** A fragment other than the first: no transport header is in it. */
  | "later-fragment"
  | "too-many-extensions";

export interface QuotedPacket {
  source: Address;
  destination: Address;
  protocol: number;
  trafficClass: number;
  /** IPv6 only, else 0. */
  flowLabel: number;
  /** The whole packet's length by its header, not by what was quoted. */
  totalLength: number;
  /** Where the transport header starts, and where what was quoted of it ends: at least 8 bytes later. */
  transportStart: number;
  transportEnd: number;
}

/** Bytes of transport header that RFC 792 has quoted at least: ports and sequence number, or ports and the rest of UDP. */
const minimumTransport = 8;

/** Extension headers passed over before giving up. */
const maximumExtensions = 8;

/** An IPv4 packet quoted in bytes[start, end). */
export function parseQuotedIpv4(
  bytes: Uint8Array,
  start: number,
  end: number,
): QuotedPacket | QuotedMalformed {
  if (end - start < ipv4HeaderLength) return "truncated";
  if (bytes[start]! >>> 4 !== 4) return "bad-version";
  const headerLength = (bytes[start]! & 15) * 4;
  if (headerLength < ipv4HeaderLength) return "bad-header-length";
  if (end - start < headerLength + minimumTransport) return "truncated";
  if ((u16(bytes, start + 6) & 0x1fff) !== 0) return "later-fragment";
  return {
    source: readAddressV4(bytes, start + 12),
    destination: readAddressV4(bytes, start + 16),
    protocol: bytes[start + 9]!,
    trafficClass: bytes[start + 1]!,
    flowLabel: 0,
    totalLength: u16(bytes, start + 2),
    transportStart: start + headerLength,
    transportEnd: end,
  };
}

/** An IPv6 packet quoted in bytes[start, end). */
export function parseQuotedIpv6(
  bytes: Uint8Array,
  start: number,
  end: number,
): QuotedPacket | QuotedMalformed {
  if (end - start < ipv6HeaderLength) return "truncated";
  const first = i32(bytes, start);
  if (first >>> 28 !== 6) return "bad-version";
  let protocol = bytes[start + 6]!;
  let at = start + ipv6HeaderLength;
  for (let count = 0; isIpv6Extension(protocol); count++) {
    if (count === maximumExtensions) return "too-many-extensions";
    if (end - at < 8) return "truncated";
    if (protocol === protocols.fragment && (u16(bytes, at + 2) & 0xfff8) !== 0) return "later-fragment";
    const length = ipv6ExtensionLength(protocol, bytes, at);
    protocol = bytes[at]!;
    at += length;
  }
  if (end - at < minimumTransport) return "truncated";
  return {
    source: readAddressV6(bytes, start + 8),
    destination: readAddressV6(bytes, start + 24),
    protocol,
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    totalLength: ipv6HeaderLength + u16(bytes, start + 4),
    transportStart: at,
    transportEnd: end,
  };
}
