/** Packet memory that is used again: slots of two sizes, most recently used first so that they are still in the cache. */
import { copyBytes } from "../base/bytes.ts";
import { newPacket, type Packet } from "../base/packet.ts";

/** Holds any ordinary Ethernet frame, and the slots of a chunk fill one buffer. */
const smallSlot = 2048;
const slotsPerChunk = 32;
/** Holds any IP packet behind an Ethernet header with two VLAN tags. */
const largeSlot = 0xffff + 22;

export class PacketPool {
  readonly #small: Packet[] = [];
  readonly #large: Packet[] = [];

  /** A slot with room for `length` bytes from its start, which is 0. Everything else in it is left over from its last use. */
  take(length: number): Packet {
    if (length > largeSlot) return newPacket(new Uint8Array(length));
    const free = length > smallSlot ? this.#large : this.#small;
    const slot = free.pop() ?? (length > smallSlot ? newPacket(new Uint8Array(largeSlot)) : this.#newChunk());
    slot.start = 0;
    return slot;
  }

  /** A slot with what `packet` holds and says. */
  copyOf(packet: Packet): Packet {
    const length = packet.end - packet.start;
    const slot = this.take(length);
    copyBytes(packet.bytes, packet.start, packet.end, slot.bytes, 0);
    slot.end = length;
    slot.checksum = packet.checksum;
    slot.checksumStart = packet.checksumStart;
    slot.checksumOffset = packet.checksumOffset;
    slot.segmentSize = packet.segmentSize;
    slot.device = packet.device;
    return slot;
  }

  /** Takes a slot back. Nobody may look at it any more. */
  give(slot: Packet): void {
    if (slot.bytes.length === smallSlot) this.#small.push(slot);
    else if (slot.bytes.length === largeSlot) this.#large.push(slot);
  }

  #newChunk(): Packet {
    const chunk = new Uint8Array(smallSlot * slotsPerChunk);
    for (let at = smallSlot; at < chunk.length; at += smallSlot)
      this.#small.push(newPacket(chunk.subarray(at, at + smallSlot)));
    return newPacket(chunk.subarray(0, smallSlot));
  }
}
