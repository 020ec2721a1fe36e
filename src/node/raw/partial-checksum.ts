/**
 * Raw sockets show packets of local programs before anyone computed their checksum, and do not say so: the field then
 * holds just the pseudo-header sum. A packet from a real wire has that value once in 65,535, as it has the right one.
 */
import { u16, u32 } from "../../base/bytes.ts";
import { fold, sum } from "../../base/hash/checksum.ts";
import { checksumPartial, checksumTrusted, checksumUnknown, type Packet } from "../../base/packet.ts";

const tcp = 6;
const udp = 17;
const sctp = 132;
const icmpv6 = 58;

/** Sets the packet's checksum state: partial, or unknown, so that the stack verifies it. */
export function findPartialChecksum(packet: Packet): void {
  const { bytes, start, end } = packet;
  const v4 = bytes[start]! >>> 4 === 4;
  const header = v4 ? (bytes[start]! & 15) * 4 : 40;
  const protocol = v4 ? bytes[start + 9]! : bytes[start + 6]!;
  const transport = start + header;
  packet.checksum = checksumUnknown;
  packet.segmentSize = 0;
  // The kernel verifies ICMPv6, and SCTP's checksum is zero before a device computes it.
  if (
    protocol === icmpv6 ||
    (protocol === sctp && end - transport >= 12 && u32(bytes, transport + 8) === 0)
  ) {
    packet.checksum = checksumTrusted;
    return;
  }
  const offset = protocol === tcp ? 16 : protocol === udp ? 6 : -1;
  if (offset < 0 || end - transport < offset + 2) return;
  const addresses = sum(bytes, v4 ? start + 12 : start + 8, v4 ? start + 20 : start + 40);
  if (u16(bytes, transport + offset) !== fold(addresses + protocol + (end - transport))) return;
  packet.checksum = checksumPartial;
  packet.checksumStart = header;
  packet.checksumOffset = offset;
}
