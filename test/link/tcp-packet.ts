/** TCP and UDP packets with a partial checksum, as a host hands them to a link with offloads. */
import { address, familyOf, writeAddressV4, writeAddressV6 } from "../../src/base/address.ts";
import { putU16, putU32 } from "../../src/base/bytes.ts";
import { checksum, fold, pseudoHeaderSum } from "../../src/base/hash/checksum.ts";
import { checksumPartial, newPacket, type Packet } from "../../src/base/packet.ts";

export interface PacketWish {
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: 6 | 17;
  readonly sequence?: number;
  readonly flags?: number;
  /** Bytes of options behind the header of TCP. */
  readonly optionBytes?: number;
  /** IPv4 options or IPv6 extension headers, already coded; the first one's type for IPv6. */
  readonly extension?: readonly number[];
  readonly extensionType?: number;
  readonly identification?: number;
}

const headroom = 5;

/** 10.0.0.1:1000 to 10.0.0.2:2000 unless wished otherwise, with `length` bytes of payload. */
export function tcpPacket(medium: "ip" | "ethernet", length: number, wish: PacketWish = {}): Packet {
  const { protocol = 6, extension = [], optionBytes = 0 } = wish;
  const source = address(wish.source ?? "10.0.0.1");
  const destination = address(wish.destination ?? "10.0.0.2");
  const v4 = familyOf(source) === 4;
  const network = headroom + (medium === "ip" ? 0 : 14);
  const transport = network + (v4 ? 20 : 40) + extension.length;
  const payload = transport + (protocol === 6 ? 20 + optionBytes : 8);
  const bytes = new Uint8Array(payload + length).map((_, i) => (i < payload ? 0 : i * 13 + (i >>> 8)));
  const size = bytes.length - transport;
  if (medium === "ethernet")
    bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...(v4 ? [8, 0] : [0x86, 0xdd])], headroom);
  if (v4) {
    bytes.set([0x45 + extension.length / 4, 0x0b], network);
    putU16(bytes, network + 2, bytes.length - network);
    putU16(bytes, network + 4, wish.identification ?? 0x1234);
    bytes.set([0x40, 0, 64, protocol], network + 6);
    writeAddressV4(source, bytes, network + 12);
    writeAddressV4(destination, bytes, network + 16);
    bytes.set(extension, network + 20);
    putU16(bytes, network + 10, checksum(bytes, network, transport));
  } else {
    bytes.set([0x60, 0x12, 0x34, 0x56], network);
    putU16(bytes, network + 4, bytes.length - network - 40);
    bytes.set([extension.length > 0 ? (wish.extensionType ?? 0) : protocol, 64], network + 6);
    writeAddressV6(source, bytes, network + 8);
    writeAddressV6(destination, bytes, network + 24);
    bytes.set(extension, network + 40);
  }
  putU16(bytes, transport, 1000);
  putU16(bytes, transport + 2, 2000);
  if (protocol === 6) {
    putU32(bytes, transport + 4, wish.sequence ?? 1);
    putU32(bytes, transport + 8, 77);
    bytes.set([((20 + optionBytes) / 4) << 4, wish.flags ?? 0x18, 0x20, 0], transport + 12);
    bytes.fill(1, transport + 20, payload);
  } else putU16(bytes, transport + 4, size);
  const checksumOffset = protocol === 6 ? 16 : 6;
  putU16(bytes, transport + checksumOffset, fold(pseudoHeaderSum(source, destination, protocol, size)));
  const packet = newPacket(bytes, headroom);
  packet.checksum = checksumPartial;
  packet.checksumStart = transport - headroom;
  packet.checksumOffset = checksumOffset;
  return packet;
}
