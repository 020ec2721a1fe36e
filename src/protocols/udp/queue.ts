/** Datagrams that wait to be received: payloads in one ring, bounded as SO_RCVBUF bounds them. */
import type { Address } from "../../base/address.ts";
import { ByteRing } from "../../base/ring.ts";

/** A datagram in the queue. */
export interface Waiting {
  readonly length: number;
  readonly source: Address;
  readonly sourcePort: number;
  /** Index of the interface it came in by. */
  readonly device: number;
  /** What it counts against the limit. */
  readonly cost: number;
}

/**
 * Bytes of kernel memory a datagram takes on Linux (skb->truesize, measured on 6.18): an sk_buff, and a head from the
 * small-head cache or the next power of two above payload, headers and skb_shared_info.
 */
export function memoryCost(length: number): number {
  const head = length + 384;
  return 256 + (head <= 576 ? 576 : 2 ** Math.ceil(Math.log2(head)));
}

/** Below this the cost is one number, worked out once. */
const smallest = 192;
const smallestCost = memoryCost(smallest);

export class DatagramQueue {
  /** Bounded by `limit`, not by itself. */
  readonly #payloads = new ByteRing(Infinity);
  #waiting: Waiting[] = [];
  #first = 0;
  #cost = 0;
  /** Datagrams lost because there was no room. */
  drops = 0;
  /** SO_RCVBUF: memory, as {@link memoryCost} counts it. */
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Datagrams waiting. */
  get length(): number {
    return this.#waiting.length - this.#first;
  }

  /** Memory they take: the rx_queue of /proc/net/udp. */
  get cost(): number {
    return this.#cost;
  }

  get head(): Waiting | undefined {
    return this.#waiting[this.#first];
  }

  /** Copies `bytes[start, end)` in, or counts a drop. As Linux does: into an empty queue fits anything. */
  push(
    bytes: Uint8Array,
    start: number,
    end: number,
    source: Address,
    sourcePort: number,
    device: number,
  ): boolean {
    const length = end - start;
    const cost = length <= smallest ? smallestCost : memoryCost(length);
    if (this.#cost + cost > this.limit && this.#cost > 0) {
      this.drops++;
      return false;
    }
    this.#payloads.write(bytes, start, end);
    this.#cost += cost;
    this.#waiting.push({ length, source, sourcePort, device, cost });
    return true;
  }

  /** Copies the head's payload, or as much of it as `into` holds. */
  copyHead(into: Uint8Array): number {
    return this.#payloads.peek(0, into, 0, Math.min(into.length, this.head?.length ?? 0));
  }

  dropHead(): void {
    const { head } = this;
    if (head === undefined) return;
    this.#payloads.skip(head.length);
    this.#cost -= head.cost;
    this.#first++;
    if (this.#first === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#first = 0;
    } else if (this.#first >= 64 && this.#first * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
  }

  clear(): void {
    this.#payloads.clear();
    this.#waiting = [];
    this.#first = 0;
    this.#cost = 0;
  }
}
