/** A cable between two hosts in memory: two ends, each a link. */

import { checksumUnknown, type Packet } from "../base/packet.ts";
import type { Clock } from "../base/time/clock.ts";
import { Inbox, type QueueLimits, type Transfer } from "./inbox.ts";
import { type Link, type LinkCapabilities, type LinkReceiver, type LinkStats, newLinkStats } from "./link.ts";
import { PacketPool } from "./pool.ts";
import { completeChecksum } from "./segment.ts";

export interface PipeOptions {
  /** Names of the two ends. */
  readonly names?: readonly [string, string] | undefined;
  /** What is not given is as on a plain wire: IP packets of up to 1500 bytes, no headroom, no offloads. */
  readonly capabilities?: Partial<LinkCapabilities> | undefined;
  /** What may be on its way to each end; beyond it, the sender is held back. */
  readonly queue?: QueueLimits | undefined;
}

/** Beyond it the sender is held back, so nothing is gained by more than a cache holds. */
export const pipeQueueLimits: QueueLimits = { packets: 1024, bytes: 512 << 10 };

/** A plain wire for IP packets. */
export const plainCapabilities: LinkCapabilities = {
  medium: "ip",
  mtu: 1500,
  headroom: 0,
  partialChecksum: false,
  tcpSegmentation: false,
  udpSegmentation: false,
};

/** Everything that a link in memory can spare two hosts: 64 KiB segments, checksums that nobody computes. */
export const offloadCapabilities: LinkCapabilities = {
  ...plainCapabilities,
  partialChecksum: true,
  tcpSegmentation: true,
  udpSegmentation: true,
};

/** The two ends of a new pipe. What one sends, the other receives, in order, nothing lost while both are open. */
export function pipe(clock: Clock, options: PipeOptions = {}): [Link, Link] {
  const capabilities = { ...plainCapabilities, ...options.capabilities };
  const limits = options.queue ?? pipeQueueLimits;
  const [nameA, nameB] = options.names ?? ["pipe0", "pipe1"];
  const a = new PipeEnd(clock, nameA, capabilities, limits);
  const b = new PipeEnd(clock, nameB, capabilities, limits);
  a.connect(b);
  b.connect(a);
  return [a, b];
}

/** One end: what it sends goes into the inbox of its peer. */
export class PipeEnd implements Link {
  readonly name: string;
  readonly capabilities: LinkCapabilities;
  readonly stats: LinkStats = newLinkStats();
  readonly #inbox: Inbox;
  #peer: PipeEnd = this;
  /** The peer's `send` was cut short. */
  #owesWritable = false;
  #closed = false;
  /** Rings when the peer has closed. */
  readonly #hangUp: () => void;

  constructor(clock: Clock, name: string, capabilities: LinkCapabilities, limits: QueueLimits) {
    this.name = name;
    this.capabilities = capabilities;
    this.#inbox = new Inbox(clock, new PacketPool(), this.stats, limits, () => this.#roomAgain());
    const alarm = clock.alarm(() => {
      if (!this.#closed) this.#inbox.receiver?.closed?.();
    });
    this.#hangUp = () => alarm.set(clock.now());
  }

  /** Says where packets go; until then the end is its own peer. */
  connect(peer: PipeEnd): void {
    this.#peer = peer;
  }

  open(receiver: LinkReceiver): void {
    this.#inbox.open(receiver);
  }

  send(packets: readonly Packet[], count: number): number {
    return this.#sendAll(packets, count, "copy");
  }

  give(packets: readonly Packet[], count: number): number {
    return this.#sendAll(packets, count, "exchange");
  }

  #sendAll(packets: readonly Packet[], count: number, how: Transfer): number {
    for (let i = 0; i < count; i++) {
      const packet = packets[i]!;
      const taken = this.#peer.#inbox.listening && fits(packet, this.capabilities);
      if (this.#closed || !taken) this.stats.dropped++;
      else if (!this.#transfer(packet, how)) return i;
    }
    return count;
  }

  #transfer(packet: Packet, how: Transfer): boolean {
    const peer = this.#peer;
    const length = packet.end - packet.start;
    const arrived = peer.#inbox.push(packet, how);
    if (arrived === undefined) {
      peer.#owesWritable = true;
      return false;
    }
    if (!this.capabilities.partialChecksum) {
      completeChecksum(arrived);
      arrived.checksum = checksumUnknown;
    }
    this.stats.sentPackets++;
    this.stats.sentBytes += length;
    return true;
  }

  #roomAgain(): void {
    if (!this.#owesWritable) return;
    this.#owesWritable = false;
    if (!this.#peer.#closed) this.#peer.#inbox.receiver?.writable?.();
  }

  /** The peer is told once it has received what was on its way. Whoever sends to a closed end loses it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inbox.close();
    if (this.#peer !== this) this.#peer.#hangUp();
  }
}

/** True for a packet that a link of these capabilities carries. */
export function fits(packet: Packet, capabilities: LinkCapabilities): boolean {
  const length = packet.end - packet.start;
  const header = capabilities.medium === "ip" ? 0 : ethernetHeaderLimit;
  if (packet.segmentSize === 0) return length <= capabilities.mtu + header;
  return (capabilities.tcpSegmentation || capabilities.udpSegmentation) && length <= 0xffff + header;
}

/** An Ethernet header with two VLAN tags. */
const ethernetHeaderLimit = 22;
