/**
 * The rhythm of a host. Everything that happens to it, packets from a link, a timer, a call, is a batch: input first,
 * then every transport's `flush`, then the queues are handed to the links.
 *
 * Links may deliver while they are being sent to, and sockets' owners may call from inside their callbacks: what comes
 * in while transports are at work waits, copied and bounded, for the end of the batch.
 */
import { copyBytes } from "../base/bytes.ts";
import { checksumPartial, checksumTrusted, type Packet } from "../base/packet.ts";
import type { Instant } from "../base/time/clock.ts";
import type { NetworkInterface } from "./interface/network-interface.ts";
import type { PacketPool } from "./packet-pool.ts";

/** What a batch is made of. */
export interface BatchWorld {
  readClock(): Instant;
  /** What a link delivered. */
  input(packet: Packet, by: NetworkInterface): void;
  /** An IP packet of our own that we are to hear too. */
  inputOwn(packet: Packet, by: NetworkInterface): void;
  /** Every transport's `flush`. */
  flushTransports(): void;
  /** Hands queues to links. @returns true where they have filled again meanwhile. */
  flushQueues(): boolean;
  /** The rounds of one batch are used up: come back at once, but let others run first. */
  resumeSoon(): void;
  dropped(packet: Packet, by: NetworkInterface): void;
}

type Origin = "link" | "own";

interface Deferred {
  readonly packet: Packet;
  readonly by: NetworkInterface;
  readonly origin: Origin;
}

/** Packets that may wait for the end of a batch. */
export const deferredLimit = 4096;
/** Times the queues are emptied in a batch before others get their turn: two hosts in one process could go on for ever. */
const mostRounds = 1024;

export class Batches {
  readonly #world: BatchWorld;
  readonly #pool: PacketPool;
  /** Transports are at work. */
  #busy = false;
  #sending = false;
  #now: Instant = 0;
  #deferred: Deferred[] = [];

  constructor(world: BatchWorld, pool: PacketPool) {
    this.#world = world;
    this.#pool = pool;
  }

  /** The one clock reading of the batch under way; outside of any, the clock's. */
  now(): Instant {
    return this.#busy ? this.#now : this.#world.readClock();
  }

  /** Packets that wait for the end of the batch. */
  get deferred(): number {
    return this.#deferred.length;
  }

  /** A batch is under way: its end sends what is due. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Packets from a link. */
  receive(packets: readonly Packet[], count: number, by: NetworkInterface): void {
    if (this.#busy) {
      for (let i = 0; i < count; i++) this.defer(packets[i]!, by, "link");
      return;
    }
    this.#begin();
    try {
      for (let i = 0; i < count; i++) this.#world.input(packets[i]!, by);
    } finally {
      this.#finish();
    }
  }

  /** Timers, calls: whatever `work` is, as a batch of its own or as part of the one under way. */
  run(work: () => void): void {
    if (this.#busy) {
      work();
      return;
    }
    this.#begin();
    try {
      work();
    } finally {
      this.#finish();
    }
  }

  /** Sends what calls have made due, unless a batch is under way whose end will. */
  flush(): void {
    if (this.#busy) return;
    this.#begin();
    this.#finish();
  }

  /** Keeps a copy of a packet until the input of this batch is over. */
  defer(packet: Packet, by: NetworkInterface, origin: Origin): void {
    if (this.#deferred.length >= deferredLimit) {
      this.#world.dropped(packet, by);
      return;
    }
    const copy = this.#pool.allocate(packet.end - packet.start);
    copyBytes(packet.bytes, packet.start, packet.end, copy.bytes, copy.start);
    copy.checksum = packet.checksum === checksumPartial ? checksumTrusted : packet.checksum;
    copy.segmentSize = packet.segmentSize;
    this.#deferred.push({ packet: copy, by, origin });
  }

  /** Gives back what still waits: nobody will hear it. */
  close(): void {
    for (const { packet } of this.#deferred) this.#pool.release(packet);
    this.#deferred = [];
  }

  #begin(): void {
    this.#busy = true;
    this.#now = this.#world.readClock();
  }

  /** Input is over. A callback that throws leaves the host able to go on. */
  #finish(): void {
    this.#settle();
    // Inside a send of ours: the loop further out goes on with what is queued now.
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let rounds = 0; this.#world.flushQueues(); rounds++) {
        if (rounds === mostRounds) {
          this.#world.resumeSoon();
          break;
        }
        this.#settle(); // somebody waited for room in a queue
      }
    } finally {
      this.#sending = false;
    }
  }

  /** Transports do what is due. */
  #settle(): void {
    this.#busy = true;
    try {
      this.#flushTransports();
    } finally {
      this.#busy = false;
    }
  }

  /** Transports finish, and what came in meanwhile is taken in, until nothing is left. */
  #flushTransports(): void {
    for (let rounds = 0; rounds < mostRounds; rounds++) {
      this.#world.flushTransports();
      if (this.#deferred.length === 0) return;
      const deferred = this.#deferred;
      this.#deferred = [];
      for (const { packet, by, origin } of deferred) {
        if (origin === "link") this.#world.input(packet, by);
        else this.#world.inputOwn(packet, by);
        this.#pool.release(packet);
      }
    }
    this.#world.resumeSoon();
  }
}
