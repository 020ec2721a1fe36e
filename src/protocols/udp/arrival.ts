/** A datagram arrives (RFC 768; RFC 1122, section 4.1; RFC 8200, section 8.1). */
import type { Address } from "../../base/address.ts";
import { type ChecksumState, checksumUnknown } from "../../base/packet.ts";
import { type ChecksumMalformed, verifyTransportChecksum } from "../../wire/checksums.ts";
import { protocols } from "../../wire/protocols.ts";
import { parseUdp, type UdpDatagram, type UdpMalformed } from "../../wire/udp.ts";

export type UdpDropReason = UdpMalformed | ChecksumMalformed;

/**
 * The datagram in bytes[start, end), or why it is dropped. A checksum of zero says that there is none: IPv4 takes it,
 * IPv6 does not (RFC 6935 lets tunnels, and we have none).
 */
export function receiveUdp(
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Address,
  destination: Address,
  known: ChecksumState,
): UdpDatagram | UdpDropReason {
  const datagram = parseUdp(bytes, start, end);
  if (typeof datagram === "string" || known !== checksumUnknown) return datagram;
  const { udp } = protocols;
  const wrong = verifyTransportChecksum(udp, source, destination, bytes, start, datagram.payloadEnd);
  return wrong ?? datagram;
}
