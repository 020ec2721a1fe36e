/** Reading pcapng captures of either byte order (draft-ietf-opsawg-pcapng), whoever wrote them. */
import { decodeUtf8 } from "../../base/text.ts";
import { pad4 } from "../fields.ts";
import {
  byteOrderMagic,
  type PcapngDirection,
  type PcapngInterface,
  type PcapngPacket,
  pcapngBlockTypes,
  pcapngOptionCodes,
} from "./pcapng.ts";

export type PcapngMalformed =
  | "not-pcapng"
  | "truncated"
  | "bad-block-length"
  | "bad-packet-length"
  | "unknown-interface";

/** A whole file. Interfaces of later sections are numbered on after those of earlier ones. */
export interface PcapngCapture {
  interfaces: PcapngInterface[];
  packets: PcapngPacket[];
}

/** A file being read: what the blocks so far have said. */
interface Reading {
  view: DataView;
  bytes: Uint8Array;
  littleEndian: boolean;
  /** Index of the section's interface 0. */
  firstInterface: number;
  /** How to bring the timestamps of each interface to nanoseconds: times the one, divided by the other. */
  scales: { times: bigint; dividedBy: bigint }[];
  capture: PcapngCapture;
}

/** The capture in `bytes`; packets are where they are in it, not copied. Blocks of other kinds are passed over. */
export function parsePcapng(bytes: Uint8Array): PcapngCapture | PcapngMalformed {
  const reading: Reading = {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    bytes,
    littleEndian: true,
    firstInterface: 0,
    scales: [],
    capture: { interfaces: [], packets: [] },
  };
  if (bytes.length < 12 || reading.view.getUint32(0, true) !== pcapngBlockTypes.sectionHeader)
    return "not-pcapng";
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < 12) return "truncated";
    const problem = beginSection(reading, at);
    if (problem !== undefined) return problem;
    const length = u32(reading, at + 4);
    if (length < 12 || length % 4 !== 0) return "bad-block-length";
    if (at + length > bytes.length) return "truncated";
    if (u32(reading, at + length - 4) !== length) return "bad-block-length";
    const found = readBlock(reading, at, at + length - 4);
    if (found !== undefined) return found;
    at += length;
  }
  return reading.capture;
}

/** Where a section begins, its byte order is what the rest is read with. */
function beginSection(reading: Reading, at: number): PcapngMalformed | undefined {
  if (reading.view.getUint32(at, true) !== pcapngBlockTypes.sectionHeader) return undefined;
  if (reading.bytes.length - at < 28) return "truncated";
  if (reading.view.getUint32(at + 8, true) === byteOrderMagic) reading.littleEndian = true;
  else if (reading.view.getUint32(at + 8, false) === byteOrderMagic) reading.littleEndian = false;
  else return "not-pcapng";
  reading.firstInterface = reading.capture.interfaces.length;
  return undefined;
}

/** The block whose body is [at + 8, end). */
function readBlock(reading: Reading, at: number, end: number): PcapngMalformed | undefined {
  const type = u32(reading, at);
  if (type === pcapngBlockTypes.interfaceDescription) return readInterface(reading, at + 8, end);
  if (type === pcapngBlockTypes.enhancedPacket) return readPacket(reading, at + 8, end);
  return undefined;
}

function readInterface(reading: Reading, start: number, end: number): PcapngMalformed | undefined {
  if (end - start < 8) return "bad-block-length";
  const found = {
    linkType: u16(reading, start),
    snapLength: u32(reading, start + 4),
    name: "",
    description: "",
  };
  let scale = { times: 1000n, dividedBy: 1n };
  eachOption(reading, start + 8, end, (code, at, length) => {
    if (code === pcapngOptionCodes.interfaceName) found.name = decodeUtf8(reading.bytes, at, at + length);
    if (code === pcapngOptionCodes.interfaceDescription)
      found.description = decodeUtf8(reading.bytes, at, at + length);
    if (code === pcapngOptionCodes.timestampResolution && length >= 1) scale = scaleOf(reading.bytes[at]!);
  });
  reading.capture.interfaces.push(found);
  reading.scales.push(scale);
  return undefined;
}

/** if_tsresol: the top bit says a power of two, else of ten; the rest is the negative exponent. */
function scaleOf(resolution: number): { times: bigint; dividedBy: bigint } {
  if (resolution >= 128) return { times: 1_000_000_000n, dividedBy: 2n ** BigInt(resolution - 128) };
  return resolution <= 9
    ? { times: 10n ** BigInt(9 - resolution), dividedBy: 1n }
    : { times: 1n, dividedBy: 10n ** BigInt(resolution - 9) };
}

const directions: readonly PcapngDirection[] = ["unknown", "inbound", "outbound", "unknown"];

function readPacket(reading: Reading, start: number, end: number): PcapngMalformed | undefined {
  if (end - start < 20) return "bad-block-length";
  const index = reading.firstInterface + u32(reading, start);
  const scale = reading.scales[index];
  if (scale === undefined) return "unknown-interface";
  const length = u32(reading, start + 12);
  if (length > end - start - 20) return "bad-packet-length";
  const stamp = (BigInt(u32(reading, start + 4)) << 32n) | BigInt(u32(reading, start + 8));
  const packet: PcapngPacket = {
    interface: index,
    nanoseconds: (stamp * scale.times) / scale.dividedBy,
    bytes: reading.bytes,
    start: start + 20,
    end: start + 20 + length,
    originalLength: u32(reading, start + 16),
    direction: "unknown",
    comment: "",
  };
  eachOption(reading, start + 20 + pad4(length), end, (code, at, size) => {
    if (code === pcapngOptionCodes.comment) packet.comment = decodeUtf8(reading.bytes, at, at + size);
    if (code === pcapngOptionCodes.packetFlags && size === 4)
      packet.direction = directions[u32(reading, at) & 3]!;
  });
  reading.capture.packets.push(packet);
  return undefined;
}

/** Options that run out of their block end the list. */
function eachOption(
  reading: Reading,
  start: number,
  end: number,
  take: (code: number, at: number, length: number) => void,
): void {
  let at = start;
  while (at + 4 <= end) {
    const code = u16(reading, at);
    const length = u16(reading, at + 2);
    if (code === pcapngOptionCodes.endOfOptions || at + 4 + length > end) return;
    take(code, at + 4, length);
    at += 4 + pad4(length);
  }
}

function u16(reading: Reading, at: number): number {
  return reading.view.getUint16(at, reading.littleEndian);
}

function u32(reading: Reading, at: number): number {
  return reading.view.getUint32(at, reading.littleEndian);
}
