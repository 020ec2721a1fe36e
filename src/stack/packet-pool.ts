/** Packet memory that is used again: small slots for what fits an ordinary link, large ones for 64 KiB and more. */
import { checksumUnknown, newPacket, type Packet } from "../base/packet.ts";
import { largeSlot, smallSlot } from "../link/pool.ts";

/**
 * Bytes kept free before what `allocate` gives: Ethernet (14), IPv6 with a hop-by-hop header (48), and what links put
 * in front (virtio 10). A multiple of four, so that transport headers and what is summed are aligned.
 */
export const headroom = 128;

const smallPerArena = 64;
/** Slots kept for later; more are left to the garbage collector. */
const smallKept = 4096;
const largeKept = 64;

export class PacketPool {
  readonly #small: Packet[] = [];
  readonly #large: Packet[] = [];
  /** Slots handed out and not yet given back. */
  outstanding = 0;

  /** A slot whose `[start, end)` is `length` bytes of unknown content. @throws RangeError beyond 65,600 bytes. */
  allocate(length: number): Packet {
    const size = headroom + length;
    if (size > largeSlot) throw new RangeError(`no packet is ${length} bytes long`);
    const packet = size <= smallSlot ? (this.#small.pop() ?? this.#newSmall()) : this.#newLarge();
    this.outstanding++;
    packet.start = headroom;
    packet.end = size;
    packet.checksum = checksumUnknown;
    packet.checksumStart = 0;
    packet.checksumOffset = 0;
    packet.segmentSize = 0;
    return packet;
  }

  release(packet: Packet): void {
    this.outstanding--;
    if (packet.bytes.length === smallSlot) {
      if (this.#small.length < smallKept) this.#small.push(packet);
    } else if (this.#large.length < largeKept) this.#large.push(packet);
  }

  /** Neighbours in one buffer: the loops that look at memory as words then keep one view for many packets. */
  #newSmall(): Packet {
    const arena = new ArrayBuffer(smallSlot * smallPerArena);
    for (let i = 1; i < smallPerArena; i++)
      this.#small.push(newPacket(new Uint8Array(arena, i * smallSlot, smallSlot)));
    return newPacket(new Uint8Array(arena, 0, smallSlot));
  }

  #newLarge(): Packet {
    return this.#large.pop() ?? newPacket(new Uint8Array(largeSlot));
  }
}
