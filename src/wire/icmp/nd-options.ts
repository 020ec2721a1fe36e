/** The options of Neighbor Discovery (RFC 4861, section 4.6; nonce RFC 3971, section 5.3.2). */
import { type Address, readAddressV6, writeAddressV6 } from "../../base/address.ts";
import { putU32, u32 } from "../../base/bytes.ts";
import { putU48, u48 } from "../fields.ts";
import type { MacAddress } from "../link/mac.ts";

/*
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |     Type      |    Length     |              ...              |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+   Length counts units of eight bytes, all of them.
   ~                              ...                              ~
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

export type NdOption =
  | { kind: "source-link-layer" | "target-link-layer"; mac: MacAddress }
  | NdPrefixInformation
  /** `quoted` begins with the IPv6 header; it is cut to whole units by whoever sends it. */
  | { kind: "redirected-header"; quoted: Uint8Array }
  | { kind: "mtu"; mtu: number }
  | { kind: "nonce"; nonce: Uint8Array }
  /** RDNSS, route information and whatever else: ignored (RFC 4861, section 4.6). `data` starts after Length. */
  | { kind: "unknown"; type: number; data: Uint8Array };

export interface NdPrefixInformation {
  kind: "prefix-information";
  prefix: Address;
  /** Bits. */
  prefixLength: number;
  onLink: boolean;
  autonomous: boolean;
  /** Seconds; 2^32 - 1 is for ever. */
  validLifetime: number;
  preferredLifetime: number;
}

/** The whole message is dropped then (RFC 4861, sections 6.1, 7.1 and 8.1). */
export type NdOptionsMalformed = "zero-option-length" | "truncated-option";

const types = {
  sourceLinkLayer: 1,
  targetLinkLayer: 2,
  prefixInformation: 3,
  redirectedHeader: 4,
  mtu: 5,
  nonce: 14,
} as const;

export function parseNdOptions(
  bytes: Uint8Array,
  start: number,
  end: number,
): NdOption[] | NdOptionsMalformed {
  const options: NdOption[] = [];
  let at = start;
  while (at < end) {
    if (end - at < 8) return "truncated-option";
    const length = bytes[at + 1]! * 8;
    if (length === 0) return "zero-option-length";
    if (at + length > end) return "truncated-option";
    options.push(readOption(bytes, at, length));
    at += length;
  }
  return options;
}

/** A known type of a length it must not have is given as unknown. */
function readOption(bytes: Uint8Array, at: number, length: number): NdOption {
  const type = bytes[at]!;
  if (type === types.sourceLinkLayer && length === 8)
    return { kind: "source-link-layer", mac: u48(bytes, at + 2) };
  if (type === types.targetLinkLayer && length === 8)
    return { kind: "target-link-layer", mac: u48(bytes, at + 2) };
  if (type === types.prefixInformation && length === 32) return readPrefix(bytes, at);
  if (type === types.redirectedHeader)
    return { kind: "redirected-header", quoted: bytes.slice(at + 8, at + length) };
  if (type === types.mtu && length === 8) return { kind: "mtu", mtu: u32(bytes, at + 4) };
  if (type === types.nonce) return { kind: "nonce", nonce: bytes.slice(at + 2, at + length) };
  return { kind: "unknown", type, data: bytes.slice(at + 2, at + length) };
}

function readPrefix(bytes: Uint8Array, at: number): NdPrefixInformation {
  return {
    kind: "prefix-information",
    prefix: readAddressV6(bytes, at + 16),
    prefixLength: bytes[at + 2]!,
    onLink: (bytes[at + 3]! & 0x80) !== 0,
    autonomous: (bytes[at + 3]! & 0x40) !== 0,
    validLifetime: u32(bytes, at + 4),
    preferredLifetime: u32(bytes, at + 8),
  };
}

/** Bytes of the option on the wire: always a multiple of eight. */
export function ndOptionLength(option: NdOption): number {
  switch (option.kind) {
    case "source-link-layer":
    case "target-link-layer":
    case "mtu":
      return 8;
    case "prefix-information":
      return 32;
    case "redirected-header":
      return (option.quoted.length + 15) & ~7;
    case "nonce":
      return (option.nonce.length + 9) & ~7;
    case "unknown":
      return (option.data.length + 9) & ~7;
  }
}

/** Writes the options, zeros where data does not fill its last unit. @returns their length. */
export function emitNdOptions(options: readonly NdOption[], bytes: Uint8Array, at: number): number {
  let next = at;
  for (const option of options) {
    const length = ndOptionLength(option);
    bytes.fill(0, next, next + length);
    bytes[next + 1] = length / 8;
    emitOption(option, bytes, next);
    next += length;
  }
  return next - at;
}

function emitOption(option: NdOption, bytes: Uint8Array, at: number): void {
  switch (option.kind) {
    case "source-link-layer":
    case "target-link-layer":
      bytes[at] = option.kind === "source-link-layer" ? types.sourceLinkLayer : types.targetLinkLayer;
      putU48(bytes, at + 2, option.mac);
      return;
    case "prefix-information":
      bytes[at] = types.prefixInformation;
      bytes[at + 2] = option.prefixLength;
      bytes[at + 3] = (option.onLink ? 0x80 : 0) | (option.autonomous ? 0x40 : 0);
      putU32(bytes, at + 4, option.validLifetime);
      putU32(bytes, at + 8, option.preferredLifetime);
      writeAddressV6(option.prefix, bytes, at + 16);
      return;
    case "redirected-header":
      bytes[at] = types.redirectedHeader;
      bytes.set(option.quoted, at + 8);
      return;
    case "mtu":
      bytes[at] = types.mtu;
      putU32(bytes, at + 4, option.mtu);
      return;
    case "nonce":
      bytes[at] = types.nonce;
      bytes.set(option.nonce, at + 2);
      return;
    case "unknown":
      bytes[at] = option.type;
      bytes.set(option.data, at + 2);
  }
}
