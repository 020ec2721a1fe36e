/**
 * What has arrived for one receiver of a link in memory: packets copied into slots, handed over in batches when an
 * alarm at "now" rings. So nothing is delivered from inside a send, however two hosts answer each other.
 */

import { invariant } from "../base/invariant.ts";
import type { Packet } from "../base/packet.ts";
import type { Alarm, Clock } from "../base/time/clock.ts";
import { never } from "../base/time/clock.ts";
import type { LinkReceiver, LinkStats } from "./link.ts";
import type { PacketPool } from "./pool.ts";

/** How much may wait for one receiver. */
export interface QueueLimits {
  readonly packets: number;
  readonly bytes: number;
}

export const defaultQueueLimits: QueueLimits = { packets: 1024, bytes: 4 << 20 };

/** How the bytes of a packet get into a slot: see `Link.send` and `Link.give`. */
export type Transfer = "copy" | "exchange";

export class Inbox {
  readonly #limits: QueueLimits;
  readonly #pool: PacketPool;
  readonly #stats: LinkStats;
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  readonly #afterDelivery: () => void;
  #receiver: LinkReceiver | undefined;
  /** What waits, and the batch before it: the two change places at each delivery. */
  #waiting: Packet[] = [];
  #count = 0;
  #bytes = 0;
  #lent: Packet[] = [];
  #closed = false;

  /** @param afterDelivery Called after each batch, when there is room again. */
  constructor(
    clock: Clock,
    pool: PacketPool,
    stats: LinkStats,
    limits: QueueLimits,
    afterDelivery: () => void = () => {},
  ) {
    this.#clock = clock;
    this.#pool = pool;
    this.#stats = stats;
    this.#limits = limits;
    this.#afterDelivery = afterDelivery;
    this.#alarm = clock.alarm(() => this.#deliver());
  }

  get receiver(): LinkReceiver | undefined {
    return this.#receiver;
  }

  /** True while packets reach somebody. */
  get listening(): boolean {
    return this.#receiver !== undefined && !this.#closed;
  }

  open(receiver: LinkReceiver): void {
    invariant(this.#receiver === undefined, "a link is opened once");
    this.#receiver = receiver;
  }

  /**
   * A copy of `packet` that is delivered soon, for last changes; undefined where there is no room. `exchange` leaves it
   * with other memory instead.
   */
  push(packet: Packet, how: Transfer = "copy"): Packet | undefined {
    const length = packet.end - packet.start;
    if (this.#count >= this.#limits.packets || this.#bytes + length > this.#limits.bytes) return undefined;
    const slot = how === "copy" ? this.#pool.copyOf(packet) : this.#pool.exchange(packet);
    if (this.#count === 0) this.#alarm.set(this.#clock.now());
    this.#waiting[this.#count++] = slot;
    this.#bytes += length;
    return slot;
  }

  /** Nothing is delivered after it. */
  close(): void {
    this.#closed = true;
    this.#alarm.set(never);
    for (let i = 0; i < this.#count; i++) this.#pool.give(this.#waiting[i]!);
    this.#count = 0;
    this.#bytes = 0;
  }

  #deliver(): void {
    const batch = this.#waiting;
    const count = this.#count;
    this.#waiting = this.#lent;
    this.#lent = batch;
    this.#count = 0;
    this.#stats.receivedPackets += count;
    this.#stats.receivedBytes += this.#bytes;
    this.#bytes = 0;
    try {
      this.#receiver?.receive(batch, count);
    } finally {
      for (let i = 0; i < count; i++) this.#pool.give(batch[i]!);
      // Even where a receiver threw, whoever was held back may go on.
      if (!this.#closed) this.#afterDelivery();
    }
  }
}
