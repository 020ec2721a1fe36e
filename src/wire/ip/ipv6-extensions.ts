/** IPv6 extension headers, one at a time (RFC 8200, section 4). The walk over all of them is in ipv6-walk.ts. */
import { putU16, putU32, u16, u32 } from "../../base/bytes.ts";
import { protocols } from "../protocols.ts";
import { emitIpv6Options, type Ipv6Option, ipv6OptionLength, parseIpv6Options } from "./ipv6-options.ts";

/*
   Hop-by-hop and destination options: Hdr Ext Len counts eight-byte units after the first.
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |  Next Header  |  Hdr Ext Len  |          Options ...          |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   Routing:
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |  Next Header  |  Hdr Ext Len  |  Routing Type | Segments Left |   type-specific data ...
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   Fragment:
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   |                         Identification                        |
   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
*/

export type Ipv6Extension =
  /** Options are padded to a multiple of eight by `emitIpv6Extension`; parsing lists that padding with them. */
  | { kind: "hop-by-hop" | "destination-options"; nextHeader: number; options: readonly Ipv6Option[] }
  /** `data` starts after Segments Left; its length and four is a multiple of eight. */
  | { kind: "routing"; nextHeader: number; routingType: number; segmentsLeft: number; data: Uint8Array }
  | Ipv6FragmentHeader;

export interface Ipv6FragmentHeader {
  kind: "fragment";
  nextHeader: number;
  /** In bytes: a multiple of 8. */
  fragmentOffset: number;
  moreFragments: boolean;
  /** 32 bits, unsigned. */
  identification: number;
}

export const ipv6FragmentHeaderLength = 8;

export type Ipv6ExtensionMalformed = "truncated" | "truncated-option";

/** Whether `nextHeader` names one of the headers this file reads. */
export function isIpv6Extension(nextHeader: number): boolean {
  return (
    nextHeader === protocols.hopByHop ||
    nextHeader === protocols.routing ||
    nextHeader === protocols.fragment ||
    nextHeader === protocols.destinationOptions
  );
}

/** Bytes of the extension header at `start`, of the kind `nextHeader` before it says; at least two of them are there. */
export function ipv6ExtensionLength(nextHeader: number, bytes: Uint8Array, start: number): number {
  return nextHeader === protocols.fragment ? ipv6FragmentHeaderLength : 8 + bytes[start + 1]! * 8;
}

/** The extension header in bytes[start, end), of the kind `nextHeader` (see {@link isIpv6Extension}) says. */
export function parseIpv6Extension(
  nextHeader: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): Ipv6Extension | Ipv6ExtensionMalformed {
  if (end - start < 8) return "truncated";
  const headerEnd = start + ipv6ExtensionLength(nextHeader, bytes, start);
  if (headerEnd > end) return "truncated";
  if (nextHeader === protocols.fragment) return readFragment(bytes, start);
  if (nextHeader === protocols.routing)
    return {
      kind: "routing",
      nextHeader: bytes[start]!,
      routingType: bytes[start + 2]!,
      segmentsLeft: bytes[start + 3]!,
      data: bytes.slice(start + 4, headerEnd),
    };
  const options = parseIpv6Options(bytes, start + 2, headerEnd);
  if (typeof options === "string") return options;
  const kind = nextHeader === protocols.hopByHop ? "hop-by-hop" : "destination-options";
  return { kind, nextHeader: bytes[start]!, options };
}

function readFragment(bytes: Uint8Array, start: number): Ipv6FragmentHeader {
  const field = u16(bytes, start + 2);
  return {
    kind: "fragment",
    nextHeader: bytes[start]!,
    fragmentOffset: field & 0xfff8,
    moreFragments: (field & 1) !== 0,
    identification: u32(bytes, start + 4),
  };
}

/** Writes the header at `at`. @returns its length, a multiple of eight. */
export function emitIpv6Extension(extension: Ipv6Extension, bytes: Uint8Array, at: number): number {
  bytes[at] = extension.nextHeader;
  bytes[at + 1] = 0;
  if (extension.kind === "fragment") {
    putU16(bytes, at + 2, extension.fragmentOffset | (extension.moreFragments ? 1 : 0));
    putU32(bytes, at + 4, extension.identification);
    return ipv6FragmentHeaderLength;
  }
  const length =
    extension.kind === "routing" ? emitRouting(extension, bytes, at) : emitOptions(extension, bytes, at);
  bytes[at + 1] = length / 8 - 1;
  return length;
}

function emitRouting(
  routing: Extract<Ipv6Extension, { kind: "routing" }>,
  bytes: Uint8Array,
  at: number,
): number {
  bytes[at + 2] = routing.routingType;
  bytes[at + 3] = routing.segmentsLeft;
  bytes.set(routing.data, at + 4);
  return 4 + routing.data.length;
}

function emitOptions(
  { options }: Extract<Ipv6Extension, { kind: "hop-by-hop" | "destination-options" }>,
  bytes: Uint8Array,
  at: number,
): number {
  const length = 2 + emitIpv6Options(options, bytes, at + 2);
  return length + emitIpv6Options(paddingAfter(length), bytes, at + length);
}

/** The Pad1 or PadN that brings `length` to a multiple of eight. */
function paddingAfter(length: number): Ipv6Option[] {
  const missing = -length & 7;
  if (missing === 0) return [];
  return [missing === 1 ? { kind: "pad1" } : { kind: "padn", length: missing - 2 }];
}

/** Bytes {@link emitIpv6Extension} would write. */
export function ipv6ExtensionEmittedLength(extension: Ipv6Extension): number {
  if (extension.kind === "fragment") return ipv6FragmentHeaderLength;
  if (extension.kind === "routing") return 4 + extension.data.length;
  let length = 2;
  for (const option of extension.options) length += ipv6OptionLength(option);
  return (length + 7) & ~7;
}
