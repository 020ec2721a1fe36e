/** Where things stand in a packet, whatever state it is in: for those who change fields and repair checksums. */
import { u16 } from "../../src/base/bytes.ts";
import { isIpv6Extension } from "../../src/wire/ip/ipv6-extensions.ts";
import { protocols } from "../../src/wire/protocols.ts";

/** What the bytes are: an Ethernet frame, an IP packet, or something without a layout. */
export type Kind = "ethernet" | "ip" | "other";

export interface Layout {
  /** 0: nothing could be made out. */
  readonly family: 0 | 4 | 6;
  /** Where the IP header begins. */
  readonly ip: number;
  readonly transport: number;
  readonly protocol: number;
  /** Of the last IPv6 Fragment header; 0: none. */
  readonly fragmentAt: number;
}

const nothing: Layout = { family: 0, ip: 0, transport: 0, protocol: -1, fragmentAt: 0 };

export function layoutOf(bytes: Uint8Array, length: number, kind: Kind): Layout {
  if (kind === "other") return nothing;
  const ip = kind === "ip" ? 0 : length >= 14 && u16(bytes, 12) === 0x8100 ? 18 : 14;
  if (length < ip + 20) return nothing;
  const version = bytes[ip]! >>> 4;
  if (version === 4) {
    const transport = ip + Math.max(5, bytes[ip]! & 15) * 4;
    if (transport > length) return nothing;
    return { family: 4, ip, transport, protocol: bytes[ip + 9]!, fragmentAt: 0 };
  }
  return version === 6 && length >= ip + 40 ? layoutV6(bytes, length, ip) : nothing;
}

function layoutV6(bytes: Uint8Array, length: number, ip: number): Layout {
  let protocol = bytes[ip + 6]!;
  let transport = ip + 40;
  let fragmentAt = 0;
  while (isIpv6Extension(protocol) && transport + 8 <= length) {
    if (protocol === protocols.fragment) fragmentAt = transport;
    const size = protocol === protocols.fragment ? 8 : (bytes[transport + 1]! + 1) * 8;
    protocol = bytes[transport]!;
    transport += size;
  }
  return transport > length ? nothing : { family: 6, ip, transport, protocol, fragmentAt };
}

/** Where the transport's bytes end, as the headers say. */
export function transportEnd(bytes: Uint8Array, length: number, layout: Layout): number {
  const { family, ip, transport, protocol } = layout;
  const end = family === 4 ? ip + u16(bytes, ip + 2) : ip + 40 + u16(bytes, ip + 4);
  if (protocol !== protocols.udp || transport + 8 > length) return Math.min(end, length);
  return Math.min(end, length, transport + u16(bytes, transport + 4));
}

/** A fragment's checksum, if it has one, is about bytes that are elsewhere. */
export function isFragment(bytes: Uint8Array, { family, ip, fragmentAt }: Layout): boolean {
  return family === 4 ? (u16(bytes, ip + 6) & 0x3fff) !== 0 : fragmentAt > 0;
}
