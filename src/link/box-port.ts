/** A socket in a box that joins several cables: what hubs and switches are made of. */

import { checksumUnknown, type Packet } from "../base/packet.ts";
import type { Clock } from "../base/time/clock.ts";
import { Inbox, type QueueLimits } from "./inbox.ts";
import { type Link, type LinkCapabilities, type LinkReceiver, type LinkStats, newLinkStats } from "./link.ts";
import { fits } from "./pipe.ts";
import type { PacketPool } from "./pool.ts";
import { completeChecksum } from "./segment.ts";

/** What the box does with what comes in by one of its ports. */
export interface Box {
  readonly capabilities: LinkCapabilities;
  forward(packet: Packet, from: BoxPort): void;
  /** The port is gone. */
  detach(port: BoxPort): void;
}

/** The host's end: a sender is never held back; what a full port cannot take is lost there and counted there. */
export class BoxPort implements Link {
  readonly name: string;
  readonly capabilities: LinkCapabilities;
  readonly stats: LinkStats = newLinkStats();
  readonly #box: Box;
  readonly #inbox: Inbox;
  #closed = false;

  constructor(clock: Clock, box: Box, name: string, pool: PacketPool, limits: QueueLimits) {
    this.name = name;
    this.capabilities = box.capabilities;
    this.#box = box;
    this.#inbox = new Inbox(clock, pool, this.stats, limits);
  }

  open(receiver: LinkReceiver): void {
    this.#inbox.open(receiver);
  }

  send(packets: readonly Packet[], count: number): number {
    for (let i = 0; i < count; i++) {
      const packet = packets[i]!;
      if (this.#closed || !fits(packet, this.capabilities)) {
        this.stats.dropped++;
        continue;
      }
      this.stats.sentPackets++;
      this.stats.sentBytes += packet.end - packet.start;
      this.#box.forward(packet, this);
    }
    return count;
  }

  /** The box puts a packet on the cable to this port's host. */
  deliver(packet: Packet): void {
    if (!this.#inbox.listening) return;
    const arrived = this.#inbox.push(packet);
    if (arrived === undefined) this.stats.dropped++;
    else if (!this.capabilities.partialChecksum) {
      completeChecksum(arrived);
      arrived.checksum = checksumUnknown;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inbox.close();
    this.#box.detach(this);
  }
}
