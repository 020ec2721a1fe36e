/** Packet memory that is used again: slots of two sizes, most recently used first so that they are still in the cache. */
import { copyBytes } from "../base/bytes.ts";
import { newPacket, type Packet } from "../base/packet.ts";

/** Bytes of a slot that holds any ordinary Ethernet frame. All pools have slots of two sizes, and can so exchange them. */
export const smallSlot = 2048;
/** Holds any IP packet, and 128 bytes for what is put in front of it. */
export const largeSlot: number = 128 + 65_536 + 64;
const slotsPerChunk = 32;

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
    copyState(packet, slot);
    return slot;
  }

  /** As {@link copyOf}, but for the price of no copy: `packet` is left with the memory of another slot, where it is one. */
  exchange(packet: Packet): Packet {
    const { bytes } = packet;
    if (bytes.length !== smallSlot && bytes.length !== largeSlot) return this.copyOf(packet);
    const slot = this.take(bytes.length);
    packet.bytes = slot.bytes;
    slot.bytes = bytes;
    slot.start = packet.start;
    slot.end = packet.end;
    copyState(packet, slot);
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

/** Everything but the bytes and where they are. */
function copyState(from: Packet, to: Packet): void {
  to.checksum = from.checksum;
  to.checksumStart = from.checksumStart;
  to.checksumOffset = from.checksumOffset;
  to.segmentSize = from.segmentSize;
}
