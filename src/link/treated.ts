/**
 * A link around a link that does something to single packets on their way, each way by itself: loses, changes, delays
 * them. It offers no offloads, since what is lost on a wire is one packet, never a 64 KiB segment; those that the inner
 * link brings are cut first.
 */

import type { Packet } from "../base/packet.ts";
import type { Clock, Instant } from "../base/time/clock.ts";
import { DelayLine } from "./delay-line.ts";
import {
  type Link,
  type LinkCapabilities,
  type LinkReceiver,
  type LinkStats,
  newLinkStats,
  type PortClaim,
} from "./link.ts";
import { fits } from "./pipe.ts";
import { PacketPool } from "./pool.ts";
import { eachWirePacket, withoutOffloads } from "./wire-packets.ts";

/** Lets a packet go on at `due`: its copy, for last changes; undefined where too many wait already. */
export type Pass = (packet: Packet, due: Instant) => Packet | undefined;

/** What becomes of one wire packet: it passes once, or several times, or never. */
export type Treatment = (packet: Packet, now: Instant, pass: Pass) => void;

export interface Treatments<Counts> {
  /** What the treatments count. */
  readonly counts: Counts;
  readonly out: Treatment;
  readonly in: Treatment;
  /** Most packets that may wait each way. */
  readonly limit: number;
}

export class TreatedLink<Counts> implements Link {
  readonly name: string;
  readonly capabilities: LinkCapabilities;
  /** What the host has sent and received here; what was lost for want of room is dropped. */
  readonly stats: LinkStats = newLinkStats();
  readonly counts: Counts;
  readonly claim: PortClaim | undefined;
  readonly #inner: Link;
  readonly #clock: Clock;
  readonly #treatments: Treatments<Counts>;
  readonly #pool = new PacketPool();
  readonly #outgoing: DelayLine;
  readonly #incoming: DelayLine;
  #receiver: LinkReceiver | undefined;
  /** `send` was cut short. */
  #owesWritable = false;
  #closed = false;
  /** The inner link has closed; the host hears of it after the last packet. */
  #peerClosed = false;

  constructor(inner: Link, clock: Clock, treatments: Treatments<Counts>) {
    this.name = inner.name;
    this.capabilities = withoutOffloads(inner.capabilities);
    this.counts = treatments.counts;
    this.claim = inner.claim && ((protocol, address, port) => inner.claim!(protocol, address, port));
    this.#inner = inner;
    this.#clock = clock;
    this.#treatments = treatments;
    const { limit } = treatments;
    this.#outgoing = new DelayLine(clock, this.#pool, limit, (packets, count) => inner.send(packets, count));
    this.#incoming = new DelayLine(clock, this.#pool, limit, (packets, count) =>
      this.#receive(packets, count),
    );
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    this.#inner.open({
      receive: (packets, count) => {
        for (let i = 0; i < count; i++) this.#treat(packets[i]!, this.#treatments.in, this.#passIn);
        this.#incoming.resume();
      },
      writable: () => this.#roomAgain(),
      failed: (error) => receiver.failed?.(error),
      closed: () => {
        this.#peerClosed = true;
        if (this.#incoming.length === 0) receiver.closed?.();
      },
    });
  }

  send(packets: readonly Packet[], count: number): number {
    if (this.#outgoing.blocked) {
      this.#owesWritable = true;
      return 0;
    }
    for (let i = 0; i < count; i++) {
      const packet = packets[i]!;
      if (this.#closed || !fits(packet, this.capabilities)) {
        this.stats.dropped++;
        continue;
      }
      this.stats.sentPackets++;
      this.stats.sentBytes += packet.end - packet.start;
      this.#treat(packet, this.#treatments.out, this.#passOut);
    }
    this.#outgoing.resume();
    return count;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#incoming.clear();
    this.#outgoing.clear();
    this.#inner.close();
  }

  readonly #passOut: Pass = (packet, due) => this.#passTo(this.#outgoing, packet, due);
  readonly #passIn: Pass = (packet, due) => this.#passTo(this.#incoming, packet, due);

  #passTo(line: DelayLine, packet: Packet, due: Instant): Packet | undefined {
    const copy = line.add(packet, due);
    if (copy === undefined) this.stats.dropped++;
    return copy;
  }

  #treat(packet: Packet, treatment: Treatment, pass: Pass): void {
    const now = this.#clock.now();
    eachWirePacket(packet, this.capabilities.medium, this.#pool, (each) => treatment(each, now, pass));
  }

  #receive(packets: readonly Packet[], count: number): number {
    if (this.#closed) return count;
    this.stats.receivedPackets += count;
    for (let i = 0; i < count; i++) this.stats.receivedBytes += packets[i]!.end - packets[i]!.start;
    this.#receiver?.receive(packets, count);
    if (this.#peerClosed && this.#incoming.length === 0) this.#receiver?.closed?.();
    return count;
  }

  #roomAgain(): void {
    this.#outgoing.resume();
    if (this.#outgoing.blocked || !this.#owesWritable) return;
    this.#owesWritable = false;
    this.#receiver?.writable?.();
  }
}
