/** A hub: what comes in by one port goes out by all others. */

import type { Packet } from "../base/packet.ts";
import type { Clock } from "../base/time/clock.ts";
import { type Box, BoxPort } from "./box-port.ts";
import { defaultQueueLimits, type QueueLimits } from "./inbox.ts";
import type { Link, LinkCapabilities } from "./link.ts";
import { plainCapabilities } from "./pipe.ts";
import { PacketPool } from "./pool.ts";

export interface HubOptions {
  /** What is not given is as on plain Ethernet. */
  readonly capabilities?: Partial<LinkCapabilities> | undefined;
  /** What may wait at each port. */
  readonly queue?: QueueLimits | undefined;
}

export class Hub {
  readonly #clock: Clock;
  readonly #limits: QueueLimits;
  readonly #pool = new PacketPool();
  readonly #box: Box;
  readonly #ports: BoxPort[] = [];

  constructor(clock: Clock, options: HubOptions = {}) {
    this.#clock = clock;
    this.#limits = options.queue ?? defaultQueueLimits;
    this.#box = {
      capabilities: { ...plainCapabilities, medium: "ethernet", ...options.capabilities },
      forward: (packet, from) => this.#forward(packet, from),
      detach: (port) => this.#ports.splice(this.#ports.indexOf(port), 1),
    };
  }

  /** A new port. Closing it takes it out of the hub. */
  port(name: string): Link {
    const port = new BoxPort(this.#clock, this.#box, name, this.#pool, this.#limits);
    this.#ports.push(port);
    return port;
  }

  #forward(packet: Packet, from: BoxPort): void {
    for (const port of this.#ports) if (port !== from) port.deliver(packet);
  }
}
