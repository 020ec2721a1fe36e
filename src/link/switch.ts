/**
 * An Ethernet switch (IEEE 802.1D, section 7): it learns by which port a station is reached from the frames it sends, and
 * floods what is for everyone, for a group or for nobody it knows.
 */

import type { Packet } from "../base/packet.ts";
import type { Clock, Instant } from "../base/time/clock.ts";
import { type Box, BoxPort } from "./box-port.ts";
import { defaultQueueLimits, type QueueLimits } from "./inbox.ts";
import type { Link, LinkCapabilities } from "./link.ts";
import { plainCapabilities } from "./pipe.ts";
import { PacketPool } from "./pool.ts";

export interface SwitchOptions {
  /** What is not given is as on plain Ethernet. */
  readonly capabilities?: Partial<Omit<LinkCapabilities, "medium">> | undefined;
  /** What may wait at each port. */
  readonly queue?: QueueLimits | undefined;
  /** Milliseconds a silent station is remembered; the standard recommends 300,000. */
  readonly agingTime?: number | undefined;
  /** Stations it can remember. One more is not learned until another has aged: frames to it are flooded. */
  readonly tableSize?: number | undefined;
}

/** A station as the switch knows it. */
export interface Station {
  /** `02:00:00:00:00:01`. */
  readonly mac: string;
  readonly port: string;
  /** Milliseconds since its last frame. */
  readonly age: number;
}

export interface SwitchCounts {
  /** Frames sent on to the one port that leads to their destination. */
  forwarded: number;
  /** Frames sent on to all other ports. */
  flooded: number;
  /** Frames whose destination lies where they came from, or that no switch passes on. */
  filtered: number;
  /** Frames whose source was not learned because the table was full. */
  tableFull: number;
}

interface Entry {
  port: BoxPort;
  seen: Instant;
}

const headerLength = 14;

export class Switch {
  readonly counts: SwitchCounts = { forwarded: 0, flooded: 0, filtered: 0, tableFull: 0 };
  readonly #clock: Clock;
  readonly #agingTime: number;
  readonly #tableSize: number;
  readonly #limits: QueueLimits;
  readonly #pool = new PacketPool();
  readonly #box: Box;
  readonly #ports: BoxPort[] = [];
  /** By address as a 48-bit number; the longest silent first. */
  readonly #stations = new Map<number, Entry>();

  constructor(clock: Clock, options: SwitchOptions = {}) {
    this.#clock = clock;
    this.#agingTime = options.agingTime ?? 300_000;
    this.#tableSize = options.tableSize ?? 1024;
    this.#limits = options.queue ?? defaultQueueLimits;
    this.#box = {
      capabilities: { ...plainCapabilities, ...options.capabilities, medium: "ethernet" },
      forward: (packet, from) => this.#forward(packet, from),
      detach: (port) => this.#detach(port),
    };
  }

  /** A new port. Closing it takes it out of the switch. */
  port(name: string): Link {
    const port = new BoxPort(this.#clock, this.#box, name, this.#pool, this.#limits);
    this.#ports.push(port);
    return port;
  }

  /** The stations it knows, the longest silent first. */
  stations(): Station[] {
    const now = this.#clock.now();
    return [...this.#stations]
      .filter(([, { seen }]) => now - seen < this.#agingTime)
      .map(([mac, { port, seen }]) => ({ mac: formatMac(mac), port: port.name, age: now - seen }));
  }

  #forward(packet: Packet, from: BoxPort): void {
    const { bytes, start, end } = packet;
    if (end - start < headerLength) {
      this.counts.filtered++;
      return;
    }
    const now = this.#clock.now();
    const destination = macAt(bytes, start);
    this.#learn(macAt(bytes, start + 6), from, now);
    if (isReserved(destination)) {
      this.counts.filtered++;
      return;
    }
    const known = isGroup(destination) ? undefined : this.#stations.get(destination);
    if (known === undefined || now - known.seen >= this.#agingTime) {
      this.counts.flooded++;
      for (const port of this.#ports) if (port !== from) port.deliver(packet);
    } else if (known.port === from) this.counts.filtered++;
    else {
      this.counts.forwarded++;
      known.port.deliver(packet);
    }
  }

  #learn(source: number, port: BoxPort, now: Instant): void {
    if (isGroup(source)) return;
    const known = this.#stations.get(source);
    if (known !== undefined) this.#stations.delete(source);
    else if (this.#stations.size >= this.#tableSize && !this.#forgetOldest(now)) {
      this.counts.tableFull++;
      return;
    }
    this.#stations.set(source, { port, seen: now });
  }

  /** Makes room where the longest silent station has aged. */
  #forgetOldest(now: Instant): boolean {
    for (const [mac, { seen }] of this.#stations)
      return now - seen >= this.#agingTime && this.#stations.delete(mac);
    return false;
  }

  #detach(port: BoxPort): void {
    this.#ports.splice(this.#ports.indexOf(port), 1);
    for (const [mac, entry] of this.#stations) if (entry.port === port) this.#stations.delete(mac);
  }
}

function macAt(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 8) | bytes[at + 1]!;
  const low = (bytes[at + 2]! << 24) | (bytes[at + 3]! << 16) | (bytes[at + 4]! << 8) | bytes[at + 5]!;
  return high * 0x1_0000_0000 + (low >>> 0);
}

/** Multicast, or everyone. */
function isGroup(mac: number): boolean {
  return (Math.floor(mac / 2 ** 40) & 1) === 1;
}

/** 01-80-C2-00-00-00 to -0F: between neighbours, never passed on (IEEE 802.1D, section 7.12.6). */
function isReserved(mac: number): boolean {
  return mac >= 0x0180_c200_0000 && mac <= 0x0180_c200_000f;
}

function formatMac(mac: number): string {
  return mac
    .toString(16)
    .padStart(12, "0")
    .replace(/..(?=.)/g, "$&:");
}
