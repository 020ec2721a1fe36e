/** A datagram leaves (RFC 768). */
import { copyBytes } from "../../base/bytes.ts";
import { checksumPartial, checksumUnknown, type Packet } from "../../base/packet.ts";
import { emitUdp, udpHeaderLength } from "../../wire/udp.ts";

/** Most payload of a datagram that is no jumbogram: 65,535 less the header, and for IPv4 less the IP header. */
export const longestPayloadV4: number = 65535 - 20 - udpHeaderLength;
export const longestPayloadV6: number = 65535 - udpHeaderLength;

/** Whether a checksum is sent: IPv4 may go without (RFC 1122, section 4.1.3.4). */
export type ChecksumWish = "checksum" | "none";

/** UDP's checksum field, from the start of its header. */
const checksumOffset = 6;

/** Fills a packet of 8 + (end - start) bytes with the header and a copy of `payload[start, end)`. IP sums them up. */
export function writeDatagram(
  packet: Packet,
  sourcePort: number,
  destinationPort: number,
  payload: Uint8Array,
  start: number,
  end: number,
  wish: ChecksumWish,
): void {
  const { bytes } = packet;
  emitUdp({ sourcePort, destinationPort, payloadLength: end - start, checksum: 0 }, bytes, packet.start);
  copyBytes(payload, start, end, bytes, packet.start + udpHeaderLength);
  packet.checksumOffset = checksumOffset;
  packet.checksum = wish === "none" ? checksumUnknown : checksumPartial;
}
