/**
 * Writing captures as pcapng (draft-ietf-opsawg-pcapng): several interfaces, nanoseconds, the direction of each packet
 * and a comment on it. Blocks are little-endian, as every tool reads them. Reading is in pcapng-reader.ts.
 */
import { copyBytes } from "../../base/bytes.ts";
import { encodeUtf8 } from "../../base/text.ts";
import type { Instant } from "../../base/time/clock.ts";
import { pad4 } from "../fields.ts";

/*
   +---------------------------------------------------------------+
   |                          Block Type                           |
   +---------------------------------------------------------------+
   |                      Block Total Length                       |
   +---------------------------------------------------------------+
   /                          Block Body                           /   padded to 32 bits, options last
   +---------------------------------------------------------------+
   |                      Block Total Length                       |
   +---------------------------------------------------------------+
   Option: Code (2), Length (2), Value padded to 32 bits; code 0 ends the list.
*/

export const pcapngBlockTypes = {
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  enhancedPacket: 6,
} as const;

export const byteOrderMagic = 0x1a2b3c4d;

/** What an interface carries (IANA PCAP link types). */
export const linkTypes = { ethernet: 1, ip: 101 } as const;

export const pcapngOptionCodes = {
  endOfOptions: 0,
  comment: 1,
  hardware: 2,
  operatingSystem: 3,
  application: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  timestampResolution: 9,
  packetFlags: 2,
} as const;

/** Begins a section: everything up to the next one. Empty texts are left out. */
export interface PcapngSection {
  hardware: string;
  operatingSystem: string;
  application: string;
  comment: string;
}

/** Describes an interface; packets refer to it by its place among those of the section, from 0. */
export interface PcapngInterface {
  /** {@link linkTypes}, or another. */
  linkType: number;
  /** Bytes kept of each packet; 0: all. */
  snapLength: number;
  name: string;
  description: string;
}

export type PcapngDirection = "inbound" | "outbound" | "unknown";

/** One packet: `bytes[start, end)`. */
export interface PcapngPacket {
  interface: number;
  /** Nanoseconds since 1970, or since whatever the clock counts from. */
  nanoseconds: bigint;
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Length on the link, where the capture holds less of it. */
  originalLength: number;
  direction: PcapngDirection;
  comment: string;
}

/** An instant in milliseconds as nanoseconds, without loss for clocks that count from 1970. */
export function nanosecondsOf(instant: Instant): bigint {
  const whole = Math.floor(instant);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((instant - whole) * 1e6));
}

/** A Section Header Block: the first thing in a file. */
export function pcapngSection(section: PcapngSection): Uint8Array {
  const options = [
    textOption(pcapngOptionCodes.comment, section.comment),
    textOption(pcapngOptionCodes.hardware, section.hardware),
    textOption(pcapngOptionCodes.operatingSystem, section.operatingSystem),
    textOption(pcapngOptionCodes.application, section.application),
  ];
  const { block, optionsAt } = newBlock(pcapngBlockTypes.sectionHeader, 16, options);
  put32(block, 8, byteOrderMagic);
  // Version 1.0; the section's length is not known ahead.
  put32(block, 12, 1);
  put32(block, 16, 0xffffffff);
  put32(block, 20, 0xffffffff);
  putOptions(block, optionsAt, options);
  return block;
}

/** An Interface Description Block, its timestamps in nanoseconds. */
export function pcapngInterface(description: PcapngInterface): Uint8Array {
  const options = [
    textOption(pcapngOptionCodes.interfaceName, description.name),
    textOption(pcapngOptionCodes.interfaceDescription, description.description),
    { code: pcapngOptionCodes.timestampResolution, value: Uint8Array.of(9) },
  ];
  const { block, optionsAt } = newBlock(pcapngBlockTypes.interfaceDescription, 8, options);
  put32(block, 8, description.linkType);
  put32(block, 12, description.snapLength);
  putOptions(block, optionsAt, options);
  return block;
}

const directionBits: Record<PcapngDirection, number> = { unknown: 0, inbound: 1, outbound: 2 };

/** An Enhanced Packet Block. */
export function pcapngPacket(packet: PcapngPacket): Uint8Array {
  const length = packet.end - packet.start;
  const options = [textOption(pcapngOptionCodes.comment, packet.comment)];
  if (packet.direction !== "unknown")
    options.push({
      code: pcapngOptionCodes.packetFlags,
      value: Uint8Array.of(directionBits[packet.direction], 0, 0, 0),
    });
  const { block, optionsAt } = newBlock(pcapngBlockTypes.enhancedPacket, 20 + pad4(length), options);
  put32(block, 8, packet.interface);
  put32(block, 12, Number(BigInt.asUintN(32, packet.nanoseconds >> 32n)));
  put32(block, 16, Number(BigInt.asUintN(32, packet.nanoseconds)));
  put32(block, 20, length);
  put32(block, 24, packet.originalLength);
  copyBytes(packet.bytes, packet.start, packet.end, block, 28);
  putOptions(block, optionsAt, options);
  return block;
}

interface PcapngOption {
  code: number;
  value: Uint8Array;
}

/** Longer texts are cut: an option's length has 16 bits. */
const maximumText = 0xffff;

function textOption(code: number, text: string): PcapngOption {
  const value = encodeUtf8(text);
  return { code, value: value.length > maximumText ? value.slice(0, maximumText) : value };
}

/** A block with room for `bodyLength` bytes and the options that are not empty, its type and lengths written. */
function newBlock(
  type: number,
  bodyLength: number,
  options: readonly PcapngOption[],
): { block: Uint8Array; optionsAt: number } {
  let optionsLength = 0;
  for (const { value } of options) if (value.length > 0) optionsLength += 4 + pad4(value.length);
  if (optionsLength > 0) optionsLength += 4;
  const total = 12 + bodyLength + optionsLength;
  const block = new Uint8Array(total);
  put32(block, 0, type);
  put32(block, 4, total);
  put32(block, total - 4, total);
  return { block, optionsAt: 8 + bodyLength };
}

function putOptions(block: Uint8Array, start: number, options: readonly PcapngOption[]): void {
  let at = start;
  for (const { code, value } of options) {
    if (value.length === 0) continue;
    put32(block, at, code | (value.length << 16));
    block.set(value, at + 4);
    at += 4 + pad4(value.length);
  }
}

/** Little-endian. */
function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}
