/**
 * The header that a TUN device opened with IFF_VNET_HDR puts before each packet (virtio 1.2, section 5.1.6, in its
 * 10-byte form; Linux's uapi/linux/virtio_net.h), little-endian:
 *
 *    0  flags        1 the checksum is partial, 2 it was verified
 *    1  gso_type     0 one packet, 1 TCP over IPv4, 4 TCP over IPv6, 5 UDP; | 0x80 the TCP carries CWR
 *    2  hdr_len      IP and transport header; from the kernel only a hint
 *    4  gso_size     payload bytes a segment
 *    6  csum_start   from the IP header
 *    8  csum_offset  from csum_start
 */
import { checksumPartial, checksumTrusted, checksumUnknown, type Packet } from "../../base/packet.ts";

export const virtioHeaderLength = 10;

const needsChecksum = 1;
const dataValid = 2;
const gsoNone = 0;
const gsoTcp4 = 1;
const gsoTcp6 = 4;
const gsoUdp = 5;
const gsoEcn = 0x80;

/** Says in `packet` what the header at `at` says of it. */
export function readVirtioHeader(bytes: Uint8Array, at: number, packet: Packet): void {
  const flags = bytes[at]!;
  if ((flags & needsChecksum) !== 0) {
    packet.checksum = checksumPartial;
    packet.checksumStart = bytes[at + 6]! | (bytes[at + 7]! << 8);
    packet.checksumOffset = bytes[at + 8]! | (bytes[at + 9]! << 8);
  } else packet.checksum = (flags & dataValid) !== 0 ? checksumTrusted : checksumUnknown;
  packet.segmentSize = (bytes[at + 1]! & ~gsoEcn) === gsoNone ? 0 : bytes[at + 4]! | (bytes[at + 5]! << 8);
}

/** Writes the header for `packet` at `at`. A packet that stands for many segments must have a partial checksum. */
export function writeVirtioHeader(packet: Packet, bytes: Uint8Array, at: number): void {
  const partial = packet.checksum === checksumPartial;
  bytes[at] = partial ? needsChecksum : 0;
  bytes[at + 1] = gsoNone;
  let headerLength = 0;
  if (packet.segmentSize > 0) {
    const transport = packet.start + packet.checksumStart;
    const version = packet.bytes[packet.start]! >>> 4;
    if (packet.checksumOffset === tcpChecksumOffset) {
      const congestionWindowReduced = (packet.bytes[transport + 13]! & 0x80) !== 0;
      bytes[at + 1] = (version === 4 ? gsoTcp4 : gsoTcp6) | (congestionWindowReduced ? gsoEcn : 0);
      headerLength = packet.checksumStart + (packet.bytes[transport + 12]! >>> 4) * 4;
    } else {
      bytes[at + 1] = gsoUdp;
      headerLength = packet.checksumStart + 8;
    }
  }
  bytes[at + 2] = headerLength;
  bytes[at + 3] = headerLength >>> 8;
  bytes[at + 4] = packet.segmentSize;
  bytes[at + 5] = packet.segmentSize >>> 8;
  bytes[at + 6] = partial ? packet.checksumStart : 0;
  bytes[at + 7] = partial ? packet.checksumStart >>> 8 : 0;
  bytes[at + 8] = partial ? packet.checksumOffset : 0;
  bytes[at + 9] = partial ? packet.checksumOffset >>> 8 : 0;
}

/** Where TCP keeps its checksum, and UDP does not. */
const tcpChecksumOffset = 16;
