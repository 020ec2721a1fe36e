/** What tests of links share: packets to send, and ears that remember. */
import { newPacket, type Packet } from "../../src/base/packet.ts";
import type { Link } from "../../src/link/link.ts";

/** What a link brought, copied, and what else it said. */
export interface Heard {
  readonly packets: { bytes: Uint8Array; checksum: number; segmentSize: number; batch: number }[];
  readonly events: string[];
}

export function listen(link: Link, onPacket: (bytes: Uint8Array) => void = () => {}): Heard {
  const heard: Heard = { packets: [], events: [] };
  let batch = 0;
  link.open({
    receive(packets, count) {
      batch++;
      for (let i = 0; i < count; i++) {
        const { bytes, start, end, checksum, segmentSize } = packets[i]!;
        const copy = bytes.slice(start, end);
        heard.packets.push({ bytes: copy, checksum, segmentSize, batch });
        onPacket(copy);
      }
    },
    writable: () => heard.events.push("writable"),
    closed: () => heard.events.push("closed"),
    failed: (error) => heard.events.push(error.message),
  });
  return heard;
}

/** A station's address: 02:00:00:00:00:0n. */
export function mac(n: number): number[] {
  return [2, 0, 0, 0, 0, n];
}

/** A packet that any link carries: `length` bytes, told apart by `tag`; on Ethernet from station 1 to station 2. */
export function sample(link: Link, tag: number, length = 60): Packet {
  const bytes = new Uint8Array(length + 3).map((_, i) => (tag * 31 + i * 7) & 255);
  if (link.capabilities.medium === "ethernet") bytes.set([...mac(2), ...mac(1), 0x08, 0x00], 3);
  return newPacket(bytes, 3);
}

/** A frame between stations. */
export function frame(to: readonly number[], from: readonly number[], tag = 0): Packet {
  return newPacket(Uint8Array.from([...to, ...from, 0x08, 0x00, ...new Array(46).fill(tag)]));
}

export function contents(packet: Packet): Uint8Array {
  return packet.bytes.slice(packet.start, packet.end);
}
