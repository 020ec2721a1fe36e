/** From fragments to the datagram: one buffer that reads as a packet which was never cut. */
import { putU16 } from "../../../base/bytes.ts";
import { fillIpv4Checksum, ipv4HeaderLength } from "../../../wire/ip/ipv4.ts";
import { ipv6HeaderLength } from "../../../wire/ip/ipv6.ts";
import { ipv6FragmentHeaderLength } from "../../../wire/ip/ipv6-extensions.ts";
import type { Datagram } from "./pieces.ts";

/** A whole IP packet, `[0, bytes.length)`, header fixed up. */
export interface Reassembled {
  readonly bytes: Uint8Array;
}

/** The first fragment's header, with Total Length, flags and checksum as of the whole (RFC 791, section 3.2). */
export function joinV4(datagram: Datagram, ecn: number): Reassembled {
  const header = datagram.first!.header;
  const bytes = new Uint8Array(header.length + datagram.total);
  bytes.set(header);
  copyPieces(datagram, bytes, header.length);
  bytes[1] = (bytes[1]! & 0xfc) | ecn;
  putU16(bytes, 2, bytes.length);
  putU16(bytes, 6, 0);
  fillIpv4Checksum(bytes, 0);
  return { bytes };
}

/** The Per-Fragment headers without the Fragment header, whose Next Header moves up (RFC 8200, section 4.5). */
export function joinV6(datagram: Datagram, ecn: number): Reassembled {
  const { header, nextHeaderAt } = datagram.first!;
  const kept = header.length - ipv6FragmentHeaderLength;
  const bytes = new Uint8Array(kept + datagram.total);
  bytes.set(header.subarray(0, kept));
  copyPieces(datagram, bytes, kept);
  bytes[nextHeaderAt] = header[kept]!;
  bytes[1] = (bytes[1]! & 0xcf) | (ecn << 4);
  putU16(bytes, 4, bytes.length - ipv6HeaderLength);
  return { bytes };
}

/** The first fragment as it arrived, for the ICMP error that says the rest never came; undefined where it never did. */
export function firstFragment({ first, pieces }: Datagram): Uint8Array | undefined {
  if (first === undefined) return undefined;
  const data = pieces[0]!.data;
  const bytes = new Uint8Array(Math.max(ipv4HeaderLength, first.header.length) + data.length);
  bytes.set(first.header);
  bytes.set(data, first.header.length);
  return bytes;
}

function copyPieces({ pieces }: Datagram, into: Uint8Array, at: number): void {
  for (const piece of pieces) into.set(piece.data, at + piece.offset);
}
