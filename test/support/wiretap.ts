/** A link around a link: keeps what came of late, loses some of it, lets forged packets in, and looks at what goes out. */
import { newPacket, type Packet } from "../../src/base/packet.ts";
import type { Link, LinkCapabilities, LinkReceiver, LinkStats } from "../../src/link/link.ts";

/** Packets remembered of those that came in. */
const remembered = 64;

export class Wiretap implements Link {
  /** What came in of late, copied, in no order. */
  readonly recent: Uint8Array[] = [];
  /** What the host has sent of late, likewise. */
  readonly recentSent: Uint8Array[] = [];
  /** Packets handed to the host, real and forged. */
  delivered = 0;
  /** Bytes the host has sent. */
  sentBytes = 0;
  /** Whether a packet is lost, each way. */
  loses: () => boolean = () => false;
  /** Is shown what the host sends, lent. */
  onSent: (packet: Packet) => void = () => {};
  readonly #inner: Link;
  readonly #slot: Packet = newPacket(new Uint8Array(0));
  #receiver: LinkReceiver | undefined;
  #next = 0;
  #nextSent = 0;

  constructor(inner: Link) {
    this.#inner = inner;
  }

  get name(): string {
    return this.#inner.name;
  }

  get capabilities(): LinkCapabilities {
    return this.#inner.capabilities;
  }

  get stats(): LinkStats {
    return this.#inner.stats;
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    this.#inner.open({
      ...receiver,
      receive: (packets, count) => {
        for (let i = 0; i < count; i++) this.#receive(packets[i]!);
      },
      writable: () => receiver.writable?.(),
    });
  }

  /** Gives the host `bytes[0, length)`, as if the wire had brought it. */
  inject(bytes: Uint8Array, length: number): void {
    const slot = this.#slot;
    slot.bytes = bytes;
    slot.start = 0;
    slot.end = length;
    slot.checksum = 0;
    this.delivered++;
    this.#receiver?.receive([slot], 1);
  }

  send(packets: readonly Packet[], count: number): number {
    for (let i = 0; i < count; i++) {
      const packet = packets[i]!;
      this.sentBytes += packet.end - packet.start;
      this.recentSent[this.#nextSent] = packet.bytes.slice(
        packet.start,
        Math.min(packet.end, packet.start + 1514),
      );
      this.#nextSent = (this.#nextSent + 1) % remembered;
      this.onSent(packet);
      if (this.loses()) continue;
      if (this.#inner.send([packet], 1) === 0) return i;
    }
    return count;
  }

  close(): void {
    this.#inner.close();
  }

  #receive(packet: Packet): void {
    if (this.loses()) return;
    if (packet.segmentSize === 0) {
      this.recent[this.#next] = packet.bytes.slice(packet.start, packet.end);
      this.#next = (this.#next + 1) % remembered;
    }
    this.delivered++;
    this.#receiver?.receive([packet], 1);
  }
}
