/** Captures from files, pcapng or classic pcap, as IP packets: link headers off, cut packets filled up with zeros. */
import { u16 } from "../../base/bytes.ts";
import { parsePcapng } from "../../wire/capture/pcapng-reader.ts";
import { fillIpv4Checksum } from "../../wire/ip/ipv4.ts";
import type { Microseconds } from "../language/script/script.ts";

export interface RecordedPacket {
  /** Since the first packet of the file. */
  readonly time: Microseconds;
  /** From the IP header on. */
  readonly bytes: Uint8Array;
}

interface Frame {
  readonly nanoseconds: bigint;
  readonly linkType: number;
  readonly bytes: Uint8Array;
}

/** The IP packets of a file, or why it is no capture. Frames of anything else are left out. */
export function readCapture(file: Uint8Array): RecordedPacket[] | string {
  const frames = parsePcap(file) ?? parseNg(file);
  if (typeof frames === "string") return frames;
  const first = frames[0]?.nanoseconds ?? 0n;
  const packets: RecordedPacket[] = [];
  for (const { nanoseconds, linkType, bytes } of frames) {
    const start = ipStart(linkType, bytes);
    if (start === undefined || start >= bytes.length) continue;
    packets.push({ time: Number((nanoseconds - first) / 1000n), bytes: whole(bytes.subarray(start)) });
  }
  return packets;
}

function parseNg(file: Uint8Array): Frame[] | string {
  const capture = parsePcapng(file);
  if (typeof capture === "string")
    return capture === "not-pcapng" ? "neither pcap nor pcapng" : `pcapng: ${capture}`;
  return capture.packets.map(({ interface: number, nanoseconds, bytes, start, end }) => {
    const linkType = capture.interfaces[number]?.linkType ?? -1;
    return { nanoseconds, linkType, bytes: bytes.subarray(start, end) };
  });
}

/** Classic pcap, with microseconds or nanoseconds, in either byte order; undefined where it is none. */
function parsePcap(file: Uint8Array): Frame[] | string | undefined {
  if (file.length < 24) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = [0xa1b2c3d4, 0xa1b23c4d].includes(view.getUint32(0, true));
  const magic = view.getUint32(0, little);
  if (magic !== 0xa1b2c3d4 && magic !== 0xa1b23c4d) return undefined;
  const fraction = magic === 0xa1b23c4d ? 1n : 1000n;
  const linkType = view.getUint32(20, little) & 0xffff;
  const frames: Frame[] = [];
  for (let at = 24; at < file.length; ) {
    if (file.length - at < 16) return "pcap: truncated";
    const length = view.getUint32(at + 8, little);
    if (length > file.length - at - 16) return "pcap: truncated";
    const seconds = BigInt(view.getUint32(at, little)) * 1_000_000_000n;
    const nanoseconds = seconds + BigInt(view.getUint32(at + 4, little)) * fraction;
    frames.push({ nanoseconds, linkType, bytes: file.subarray(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return frames;
}

/** Where IP begins, by link type (tcpdump.org/linktypes.html); undefined for a frame of something else. */
function ipStart(linkType: number, bytes: Uint8Array): number | undefined {
  switch (linkType) {
    case 1:
      return afterEtherType(bytes, 12);
    case 0:
    case 108:
      return 4;
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return 0;
    case 113:
      return afterEtherType(bytes, 14);
    case 276:
      return bytes.length > 20 && isIp(u16(bytes, 0)) ? 20 : undefined;
    default:
      return undefined;
  }
}

const vlans: ReadonlySet<number> = new Set([0x8100, 0x88a8]);

/** Behind the EtherType at `at`, and behind the VLAN tags before it. */
function afterEtherType(bytes: Uint8Array, at: number): number | undefined {
  let place = at;
  while (place + 6 <= bytes.length && vlans.has(u16(bytes, place))) place += 4;
  return place + 2 < bytes.length && isIp(u16(bytes, place)) ? place + 2 : undefined;
}

function isIp(etherType: number): boolean {
  return etherType === 0x0800 || etherType === 0x86dd;
}

/**
 * As long as IP says: padding off, and zeros for what the capture did not keep. The checksum of an IPv4 header is made
 * right, which a capture before the network card's own hand may not have.
 */
function whole(bytes: Uint8Array): Uint8Array {
  const six = bytes[0]! >>> 4 === 6;
  const header = six ? 40 : (bytes[0]! & 15) * 4;
  if (bytes.length < header || header < 20) return bytes;
  const length = six ? 40 + u16(bytes, 4) : u16(bytes, 2);
  if (length < header) return bytes;
  const packet = new Uint8Array(length);
  packet.set(bytes.subarray(0, length));
  if (!six) fillIpv4Checksum(packet, 0);
  return packet;
}
