/** Packets as a real wire would carry them: whole checksums, nothing longer than one segment. */
import { checksumPartial, type Packet } from "../base/packet.ts";
import type { LinkCapabilities } from "./link.ts";
import type { PacketPool } from "./pool.ts";
import { completeChecksum, planSegments, writeSegment } from "./segment.ts";

/**
 * Visits each packet that `packet` is on the wire: itself, or copies in slots of `pool` that are lent for the visit.
 * One that says it stands for many and cannot be cut is visited as it is.
 */
export function eachWirePacket(
  packet: Packet,
  medium: LinkCapabilities["medium"],
  pool: PacketPool,
  visit: (packet: Packet) => void,
): void {
  if (packet.segmentSize === 0 && packet.checksum !== checksumPartial) {
    visit(packet);
    return;
  }
  const plan = packet.segmentSize === 0 ? undefined : planSegments(packet, medium);
  if (plan === undefined || typeof plan === "string") {
    const slot = pool.copyOf(packet);
    completeChecksum(slot);
    slot.segmentSize = 0;
    visit(slot);
    pool.give(slot);
    return;
  }
  const headers = plan.payloadStart - packet.start;
  for (let index = 0; index < plan.count; index++) {
    const slot = pool.take(headers + packet.segmentSize);
    writeSegment(plan, index, slot);
    visit(slot);
    pool.give(slot);
  }
}

/** Capabilities of a link behind which packets are looked at, lost or timed one by one. */
export function withoutOffloads(capabilities: LinkCapabilities): LinkCapabilities {
  return { ...capabilities, partialChecksum: false, tcpSegmentation: false, udpSegmentation: false };
}
