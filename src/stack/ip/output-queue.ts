/** What an interface has to send: filled during a batch, handed to the link at its end, bounded where the link is full. */
import type { Packet } from "../../base/packet.ts";
import type { Link } from "../../link/link.ts";
import { planSegments, writeSegment } from "../../link/segment.ts";
import type { PacketPool } from "../packet-pool.ts";

/** As Linux does (txqueuelen), and a bound on memory for packets of 64 KiB. */
export const queueLimits: { readonly packets: number; readonly bytes: number } = {
  packets: 1000,
  bytes: 16 << 20,
};

/** With so much waiting, who can wait does: what is made later is still in the cache when the link takes it. */
const enough: typeof queueLimits = { packets: 256, bytes: 256 << 10 };

/** Packets handed over at once: enough to spread a call's cost, few enough to be in the cache still. */
const chunkSize = 64;
/** Where TCP has its checksum; a packet of many segments is TCP or UDP. */
const tcpChecksumOffset = 16;

export class OutputQueue {
  readonly #link: Link;
  readonly #pool: PacketPool;
  /** Called when the queue has something to do that it had not before. */
  readonly #onReady: () => void;
  // Arrays keep their length and are counted beside: shortening one costs more than all else here.
  /** `[head, tail)` waits. */
  readonly #waiting: Packet[] = [];
  #head = 0;
  #tail = 0;
  #bytes = 0;
  /** `[0, chunkCount)` is on its way to the link: all of it is sent, or waits for `unblock` and then goes first. */
  readonly #chunk: Packet[] = [];
  #chunkCount = 0;
  #blocked = false;
  #closed = false;
  /** Somebody was told to wait. */
  #awaited = false;

  constructor(link: Link, pool: PacketPool, onReady: () => void) {
    this.#link = link;
    this.#pool = pool;
    this.#onReady = onReady;
  }

  get length(): number {
    return this.#tail - this.#head + this.#chunkCount;
  }

  /** Those of them that the link has not been offered. */
  get waiting(): number {
    return this.#tail - this.#head;
  }

  /** Takes the packet, or says that there is no room for it: it remains the caller's then. */
  push(packet: Packet): boolean {
    const length = packet.end - packet.start;
    const waiting = this.#tail - this.#head;
    if (this.#closed || waiting >= queueLimits.packets || this.#bytes + length > queueLimits.bytes)
      return false;
    if (waiting === 0 && !this.#blocked) this.#onReady();
    this.#waiting[this.#tail++] = packet;
    this.#bytes += length;
    return true;
  }

  /** Whether more is welcome. Whoever is told that it is not hears of it by `onReady` when it is. */
  admits(): boolean {
    const admits = this.#tail - this.#head < enough.packets && this.#bytes < enough.bytes;
    if (!admits) this.#awaited = true;
    return admits;
  }

  /** Hands over what waits now. The link may call back, and the queue fill again, before it returns. */
  flush(): void {
    if (this.#blocked || this.#closed) return;
    if (this.#chunkCount > 0 && !this.#send()) return;
    for (let left = this.#tail - this.#head; left > 0; ) {
      left -= this.#fillChunk(left);
      if (!this.#send()) return;
    }
    if (this.#tail > this.#head || this.#awaited) this.#ready();
  }

  /** The link has room again. */
  unblock(): void {
    this.#blocked = false;
    if (this.length > 0 || this.#awaited) this.#ready();
  }

  #ready(): void {
    this.#awaited = false;
    this.#onReady();
  }

  close(): void {
    this.#closed = true;
    for (let i = this.#head; i < this.#tail; i++) this.#pool.release(this.#waiting[i]!);
    for (let i = 0; i < this.#chunkCount; i++) this.#pool.release(this.#chunk[i]!);
    this.#head = 0;
    this.#tail = 0;
    this.#chunkCount = 0;
    this.#bytes = 0;
  }

  /** Moves up to `most` packets into the chunk, cut to size where the link does not do that. @returns how many. */
  #fillChunk(most: number): number {
    let moved = 0;
    while (moved < most && this.#chunkCount < chunkSize) {
      const packet = this.#waiting[this.#head++]!;
      this.#bytes -= packet.end - packet.start;
      moved++;
      if (packet.segmentSize === 0 || this.#linkCuts(packet)) this.#chunk[this.#chunkCount++] = packet;
      else this.#cut(packet);
    }
    if (this.#head === this.#tail) {
      this.#head = 0;
      this.#tail = 0;
    } else if (this.#head >= queueLimits.packets) {
      this.#waiting.copyWithin(0, this.#head, this.#tail);
      this.#tail -= this.#head;
      this.#head = 0;
    }
    return moved;
  }

  #linkCuts({ checksumOffset }: Packet): boolean {
    const { tcpSegmentation, udpSegmentation } = this.#link.capabilities;
    return checksumOffset === tcpChecksumOffset ? tcpSegmentation : udpSegmentation;
  }

  #cut(packet: Packet): void {
    const plan = planSegments(packet, this.#link.capabilities.medium);
    if (typeof plan === "string") {
      this.#chunk[this.#chunkCount++] = packet;
      return;
    }
    const length = plan.payloadStart - packet.start + packet.segmentSize;
    for (let i = 0; i < plan.count; i++) {
      const segment = this.#pool.allocate(length);
      writeSegment(plan, i, segment);
      this.#chunk[this.#chunkCount++] = segment;
    }
    this.#pool.release(packet);
  }

  /** @returns false: the link took less than the chunk. */
  #send(): boolean {
    const chunk = this.#chunk;
    const count = this.#chunkCount;
    const link = this.#link;
    const taken = link.give === undefined ? link.send(chunk, count) : link.give(chunk, count);
    if (this.#closed) return false;
    for (let i = 0; i < taken; i++) this.#pool.release(chunk[i]!);
    this.#chunkCount = count - taken;
    if (taken === count) return true;
    chunk.copyWithin(0, taken, count);
    this.#blocked = true;
    return false;
  }
}
