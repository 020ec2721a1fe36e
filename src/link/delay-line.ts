/** Packets that wait, each for its own instant: how long a wire is, how far one packet lags behind another. */

import type { Packet } from "../base/packet.ts";
import { type Alarm, type Clock, type Instant, never } from "../base/time/clock.ts";
import type { PacketPool } from "./pool.ts";

interface Waiting {
  readonly packet: Packet;
  readonly due: Instant;
  /** Among equals, first come first served. */
  readonly order: number;
}

export class DelayLine {
  readonly #clock: Clock;
  readonly #pool: PacketPool;
  readonly #alarm: Alarm;
  readonly #limit: number;
  readonly #release: (packets: readonly Packet[], count: number) => number;
  /** A binary heap, the next one due first. */
  readonly #heap: Waiting[] = [];
  #order = 0;
  /** Due packets that the far side has not taken yet. */
  #due: Packet[] = [];

  /**
   * @param limit Most packets that may wait.
   * @param release Takes due packets, lent, and says how many it took; the rest waits for {@link resume}.
   */
  constructor(
    clock: Clock,
    pool: PacketPool,
    limit: number,
    release: (packets: readonly Packet[], count: number) => number,
  ) {
    this.#clock = clock;
    this.#pool = pool;
    this.#limit = limit;
    this.#release = release;
    this.#alarm = clock.alarm(() => this.resume());
  }

  /** Packets waiting. */
  get length(): number {
    return this.#heap.length + this.#due.length;
  }

  /** Something is due that the far side has not taken. */
  get blocked(): boolean {
    return this.#due.length > 0;
  }

  /** A copy of `packet` that waits until `due`, for last changes; undefined where there is no room. */
  add(packet: Packet, due: Instant): Packet | undefined {
    if (this.length >= this.#limit) return undefined;
    const copy = this.#pool.copyOf(packet);
    this.#push({ packet: copy, due, order: this.#order++ });
    if (!this.blocked && this.#heap[0]!.packet === copy) this.#alarm.set(due);
    return copy;
  }

  /** Releases what is due; called also when the far side has room again. */
  resume(): void {
    const now = this.#clock.now();
    while (this.#heap.length > 0 && this.#heap[0]!.due <= now) this.#due.push(this.#pop().packet);
    const due = this.#due;
    if (due.length > 0) {
      this.#due = [];
      const taken = this.#release(due, due.length);
      for (let i = 0; i < taken; i++) this.#pool.give(due[i]!);
      this.#due = due.slice(taken);
    }
    this.#alarm.set(this.blocked ? never : (this.#heap[0]?.due ?? never));
  }

  /** Forgets everything. */
  clear(): void {
    for (const { packet } of this.#heap) this.#pool.give(packet);
    for (const packet of this.#due) this.#pool.give(packet);
    this.#heap.length = 0;
    this.#due = [];
    this.#alarm.set(never);
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap;
    let at = heap.push(waiting) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (before(heap[parent]!, waiting)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = waiting;
  }

  #pop(): Waiting {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    if (heap.length > 0) heap[at] = last;
    return first;
  }
}

function before(a: Waiting, b: Waiting): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
