/** A packet as it is written to a TUN descriptor: behind the header that says how it was put together. */
import { virtioHeaderLength } from "../../../node/tun/virtio.ts";
import { parsePacket } from "../../../packetdrill/packets/packet-parse.ts";

const gsoTypeAt = 1;
const segmentSizeAt = 4;
const gsoTcp = { 4: 1, 6: 4 } as const;

/**
 * The header's length is left at 0: how much memory the kernel counts for a packet, and so the window it offers after it,
 * depends on where it cuts.
 * @param mss size of the segments that a longer TCP packet counts as merged from; 0: it counts as one.
 */
export function injected(packet: Uint8Array, mss: number): Uint8Array {
  const bytes = new Uint8Array(virtioHeaderLength + packet.length);
  bytes.set(packet, virtioHeaderLength);
  if (mss === 0) return bytes;
  const seen = parsePacket(packet);
  if (typeof seen === "string" || seen.packet.content.protocol !== "tcp") return bytes;
  const { length } = seen.packet.content.seq;
  if (length <= mss) return bytes;
  const view = new DataView(bytes.buffer);
  bytes[gsoTypeAt] = gsoTcp[seen.envelope.family];
  view.setUint16(segmentSizeAt, mss, true);
  return bytes;
}
