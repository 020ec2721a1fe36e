/** Whole packets made by hand, for tests of links without a stack. */
import { type Address, familyOf, writeAddressV4, writeAddressV6 } from "../../src/base/address.ts";
import { putU16, putU32 } from "../../src/base/bytes.ts";
import type { Endpoint } from "../../src/base/endpoint.ts";
import { checksum, fold, pseudoHeaderSum } from "../../src/base/hash/checksum.ts";
import { checksumPartial, newPacket, type Packet } from "../../src/base/packet.ts";

export interface Flow {
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** What the link is asked to do: nothing, the checksum, or also to cut into segments of so many bytes. */
export type Offload = "none" | "checksum" | number;

const headroom = 16;
const udp = 17;
const tcp = 6;

export function udpPacket(flow: Flow, payload: Uint8Array, offload: Offload): Packet {
  const header = new Uint8Array(8);
  putU16(header, 0, flow.from.port);
  putU16(header, 2, flow.to.port);
  putU16(header, 4, 8 + payload.length);
  return ipPacket(flow, udp, [header, payload], 6, offload);
}

export interface TcpFields {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly options?: readonly number[];
}

export const tcpFlags = { fin: 1, syn: 2, reset: 4, push: 8, acknowledge: 16 } as const;

export function tcpPacket(flow: Flow, fields: TcpFields, payload: Uint8Array, offload: Offload): Packet {
  const options = fields.options ?? [];
  const header = new Uint8Array(20 + options.length);
  putU16(header, 0, flow.from.port);
  putU16(header, 2, flow.to.port);
  putU32(header, 4, fields.sequence);
  putU32(header, 8, fields.acknowledgment);
  header[12] = header.length << 2;
  header[13] = fields.flags;
  putU16(header, 14, 65_535);
  header.set(options, 20);
  return ipPacket(flow, tcp, [header, payload], 16, offload);
}

function ipPacket(
  { from, to }: Flow,
  protocol: number,
  [header, payload]: readonly [Uint8Array, Uint8Array],
  checksumOffset: number,
  offload: Offload,
): Packet {
  const v4 = familyOf(from.address) === 4;
  const ip = v4 ? 20 : 40;
  const length = header.length + payload.length;
  const bytes = new Uint8Array(headroom + ip + length);
  if (v4) writeHeaderV4(bytes, protocol, length, from.address, to.address);
  else {
    bytes[headroom] = 0x60;
    putU16(bytes, headroom + 4, length);
    bytes[headroom + 6] = protocol;
    bytes[headroom + 7] = 64;
    writeAddressV6(from.address, bytes, headroom + 8);
    writeAddressV6(to.address, bytes, headroom + 24);
  }
  const transport = headroom + ip;
  bytes.set(header, transport);
  bytes.set(payload, transport + header.length);
  const pseudo = pseudoHeaderSum(from.address, to.address, protocol, length);
  const packet = newPacket(bytes, headroom);
  if (offload === "none") {
    putU16(bytes, transport + checksumOffset, checksum(bytes, transport, bytes.length, pseudo) || 0xffff);
    return packet;
  }
  putU16(bytes, transport + checksumOffset, fold(pseudo));
  packet.checksum = checksumPartial;
  packet.checksumStart = ip;
  packet.checksumOffset = checksumOffset;
  packet.segmentSize = offload === "checksum" ? 0 : offload;
  return packet;
}

function writeHeaderV4(
  bytes: Uint8Array,
  protocol: number,
  length: number,
  from: Address,
  to: Address,
): void {
  bytes[headroom] = 0x45;
  putU16(bytes, headroom + 2, 20 + length);
  putU16(bytes, headroom + 6, 0x4000);
  bytes[headroom + 8] = 64;
  bytes[headroom + 9] = protocol;
  writeAddressV4(from, bytes, headroom + 12);
  writeAddressV4(to, bytes, headroom + 16);
  putU16(bytes, headroom + 10, checksum(bytes, headroom, headroom + 20));
}
