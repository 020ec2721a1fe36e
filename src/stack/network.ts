/** Hosts and links under one virtual clock. The same seed and the same calls give the same packets, byte for byte. */

import type { Random } from "../base/random.ts";
import { seededRandom } from "../base/random.ts";
import { type Instant, never } from "../base/time/clock.ts";
import { VirtualClock } from "../base/time/virtual-clock.ts";
import type { Tracer } from "../base/trace.ts";
import { type Faults, faulty } from "../link/faults.ts";
import { Hub } from "../link/hub.ts";
import type { Link, LinkCapabilities } from "../link/link.ts";
import { offloadCapabilities, pipe, plainCapabilities } from "../link/pipe.ts";
import { type Shape, shaped } from "../link/shaper.ts";
import { Switch } from "../link/switch.ts";
import { Host, type HostOptions } from "./host.ts";
import type { Interface } from "./interface/interface.ts";
import type { InterfaceOptions } from "./interface/interface-options.ts";
import { Recording } from "./recording.ts";

export interface NetworkOptions {
  /** All chance in the network comes from it. */
  readonly seed: number | string;
  /** Keep a capture of every link made from now on; see {@link Network.capture}. */
  readonly capture?: boolean | undefined;
  /** Is told what the hosts say of themselves. */
  readonly tracer?: Tracer;
}

/** What a cable is like: how long, how fast, how bad. Each direction has its own chance. */
export interface CableOptions extends Faults, Pick<Shape, "rate" | "queue"> {
  /** Largest IP packet. Default 1500. */
  readonly mtu?: number | undefined;
  /** `full`: 64 KiB segments and checksums nobody computes, as between two hosts in memory. Default `none`. */
  readonly offload?: "none" | "full" | undefined;
}

export interface LinkOptions extends CableOptions {
  /** Default `ip`: no frames, nobody to look for. */
  readonly medium?: LinkCapabilities["medium"] | undefined;
  /** How each end is set up. */
  readonly ends?: readonly [InterfaceOptions, InterfaceOptions] | undefined;
}

/** A hub or switch: hosts are plugged into it. */
export interface Segment {
  attach(host: Host, options?: InterfaceOptions & { readonly cable?: CableOptions | undefined }): Interface;
}

/** How long {@link Network.run} waits for peace: an hour. */
const patience = 3_600_000;

export class Network {
  readonly clock: VirtualClock = new VirtualClock();
  readonly random: Random;
  readonly #tracer: Tracer;
  readonly #recording: Recording | undefined;
  readonly #hosts: Map<string, Host> = new Map();
  #cables = 0;

  constructor({ seed, capture = false, tracer }: NetworkOptions) {
    this.random = seededRandom(seed);
    this.#tracer = tracer;
    this.#recording = capture ? new Recording(this.clock, "harbormaster") : undefined;
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  now(): Instant {
    return this.clock.now();
  }

  /** A new host. @throws RangeError where the name is taken. */
  host(name: string, options: Omit<Partial<HostOptions>, "clock" | "name"> = {}): Host {
    if (this.#hosts.has(name)) throw new RangeError(`there is a host ${JSON.stringify(name)} already`);
    const random = this.random.fork(`host ${name}`);
    const host = new Host({ random, tracer: this.#tracer, ...options, clock: this.clock, name });
    this.#hosts.set(name, host);
    return host;
  }

  /** Connects two hosts. @returns their interfaces. */
  link(a: Host, b: Host, options: LinkOptions = {}): [Interface, Interface] {
    const capabilities = capabilitiesOf(options, options.medium ?? "ip");
    const names: [string, string] = [`${a.name}-${b.name}`, `${b.name}-${a.name}`];
    const [left, right] = pipe(this.clock, { names, capabilities });
    const [optionsA = {}, optionsB = {}] = options.ends ?? [];
    return [
      a.addInterface(this.#cable(left, options, left.name), optionsA),
      b.addInterface(this.#cable(right, options, right.name), optionsB),
    ];
  }

  /** Gives a host a link of the caller's own making; it is captured like any other. */
  attach(host: Host, link: Link, options: InterfaceOptions = {}): Interface {
    return host.addInterface(this.#recording?.of(link, link.name) ?? link, options);
  }

  /** An Ethernet hub: everybody hears everything. */
  hub(options: CableOptions = {}): Segment {
    const hub = new Hub(this.clock, { capabilities: capabilitiesOf(options, "ethernet") });
    return this.#segment((name) => hub.port(name), options);
  }

  /** An Ethernet switch, which learns who is where. */
  switch(options: CableOptions = {}): Segment {
    const { medium: _, ...capabilities } = capabilitiesOf(options, "ethernet");
    const box = new Switch(this.clock, { capabilities });
    return this.#segment((name) => box.port(name), options);
  }

  /**
   * Lets time pass until nothing is left to do, or `limit` milliseconds have passed.
   * @returns true where peace was reached.
   */
  run(limit: number = patience): boolean {
    const until = this.clock.now() + limit;
    this.clock.run(until);
    return this.clock.next() === never;
  }

  /** Lets `milliseconds` pass. */
  advance(milliseconds: number): void {
    this.clock.advanceTo(this.clock.now() + milliseconds);
  }

  /** What has passed the links, as a pcapng file. @throws RangeError where the network was made without `capture`. */
  capture(): Uint8Array {
    if (this.#recording === undefined) throw new RangeError("the network was made without capture");
    return this.#recording.bytes();
  }

  /** Closes every host. */
  close(): void {
    for (const host of this.#hosts.values()) host.close();
  }

  #segment(port: (name: string) => Link, options: CableOptions): Segment {
    return {
      attach: (host, interfaceOptions = {}) => {
        const link = port(`${host.name}-eth`);
        return host.addInterface(
          this.#cable(link, interfaceOptions.cable ?? options, link.name),
          interfaceOptions,
        );
      },
    };
  }

  /** The link as its host gets it: what it sends is delayed and lost on the way, and captured before. */
  #cable(link: Link, options: CableOptions, name: string): Link {
    const random = this.random.fork(`cable ${this.#cables++}`);
    const { clock } = this;
    let end = link;
    if (isFaulty(options)) end = faulty(end, { clock, random, out: options, tracer: this.#tracer });
    if (options.rate !== undefined)
      end = shaped(end, { clock, out: { rate: options.rate, queue: options.queue } });
    return this.#recording?.of(end, name) ?? end;
  }
}

function capabilitiesOf(
  { mtu, offload = "none" }: CableOptions,
  medium: LinkCapabilities["medium"],
): LinkCapabilities {
  const base = offload === "full" ? offloadCapabilities : plainCapabilities;
  return { ...base, medium, mtu: mtu ?? base.mtu };
}

const faultKinds = ["loss", "duplication", "corruption", "reordering", "delay", "jitter"] as const;

function isFaulty(options: CableOptions): boolean {
  return faultKinds.some((kind) => (options[kind] ?? 0) > 0);
}
