/** Transport checksums: which protocol has which, where it stands, and when a UDP datagram may go without. */
import { type Address, isV4 } from "../base/address.ts";
import { putU16, u16 } from "../base/bytes.ts";
import { checksum, fold, pseudoHeaderSum, sum } from "../base/hash/checksum.ts";
import type { Packet } from "../base/packet.ts";
import { protocols } from "./protocols.ts";

export type ChecksumMalformed =
  | "bad-checksum"
  /** UDP over IPv6 without a checksum (RFC 8200, section 8.1). The tunnels of RFC 6936 must look before they ask here. */
  | "zero-checksum";

/** UDP's checksum field, from the start of its header. */
const udpField = 6;

/** Where the checksum field of `protocol` stands in its header, or -1 where it has none of this kind (SCTP's is a CRC32c). */
export function checksumOffset(protocol: number): number {
  switch (protocol) {
    case protocols.tcp:
      return 16;
    case protocols.udp:
      return udpField;
    case protocols.icmp:
    case protocols.icmpv6:
    case protocols.igmp:
      return 2;
    default:
      return -1;
  }
}

/** ICMP for IPv4 and IGMP are summed alone, all else with the pseudo-header. */
function pseudoSum(protocol: number, source: Address, destination: Address, length: number): number {
  if (protocol === protocols.icmp || protocol === protocols.igmp) return 0;
  return pseudoHeaderSum(source, destination, protocol, length);
}

/**
 * Why the transport header and payload bytes[start, end) are to be dropped, or undefined. The header is whole; UDP's
 * Length is obeyed by the caller's `end`. A protocol without such a checksum passes.
 */
export function verifyTransportChecksum(
  protocol: number,
  source: Address,
  destination: Address,
  bytes: Uint8Array,
  start: number,
  end: number,
): ChecksumMalformed | undefined {
  const field = checksumOffset(protocol);
  if (field < 0) return undefined;
  if (protocol === protocols.udp && u16(bytes, start + udpField) === 0)
    return isV4(source) ? undefined : "zero-checksum";
  const initial = pseudoSum(protocol, source, destination, end - start);
  return checksum(bytes, start, end, initial) === 0 ? undefined : "bad-checksum";
}

/**
 * The checksum bytes[start, end) should have, whatever is in its field: never 0 for UDP (RFC 768), never 0xffff for the
 * others (RFC 1624, section 3). The protocol is one that has such a checksum, and its header is whole.
 */
export function transportChecksum(
  protocol: number,
  source: Address,
  destination: Address,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const found = u16(bytes, start + checksumOffset(protocol));
  const initial = pseudoSum(protocol, source, destination, end - start) + (0xffff - found);
  const value = checksum(bytes, start, end, initial);
  return value === 0 && protocol === protocols.udp ? 0xffff : value;
}

/** Computes the checksum of bytes[start, end) and puts it in its field. */
export function fillTransportChecksum(
  protocol: number,
  source: Address,
  destination: Address,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const field = checksumOffset(protocol);
  if (field < 0) return;
  putU16(bytes, start + field, transportChecksum(protocol, source, destination, bytes, start, end));
}

/** Puts only the sum of the pseudo-header in the field: `checksumPartial`, for the link to complete. */
export function fillPartialChecksum(
  protocol: number,
  source: Address,
  destination: Address,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  const field = checksumOffset(protocol);
  if (field < 0) return;
  putU16(bytes, start + field, fold(pseudoSum(protocol, source, destination, end - start)));
}

/** Completes the partial checksum of a packet that goes out on a real wire (`Packet.checksumStart`, `checksumOffset`). */
export function completeChecksum(packet: Packet): void {
  const start = packet.start + packet.checksumStart;
  const value = ~fold(sum(packet.bytes, start, packet.end)) & 0xffff;
  // A field at UDP's place is UDP's, whose zero would say that there is none; to TCP and ICMP 0xffff means the same.
  putU16(
    packet.bytes,
    start + packet.checksumOffset,
    value === 0 && packet.checksumOffset === udpField ? 0xffff : value,
  );
}
