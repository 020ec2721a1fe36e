/** What the parts of a host know of each other. */
import type { Address } from "../base/address.ts";
import type { Packet } from "../base/packet.ts";
import type { Random } from "../base/random.ts";
import type { Instant } from "../base/time/clock.ts";
import type { Tracer } from "../base/trace.ts";
import type { PathMtuCache } from "../protocols/ip/path-mtu.ts";
import type { RateLimits } from "../protocols/ip/rate-limit.ts";
import type { RouteTable } from "../protocols/ip/routes.ts";
import type { CounterName, Counters } from "./counters.ts";
import type { HostTimers } from "./host-timers.ts";
import type { LocalAddresses } from "./interface/local-addresses.ts";
import type { NetworkInterface } from "./interface/network-interface.ts";
import type { PacketPool } from "./packet-pool.ts";
import type { IpDatagram, Transport } from "./transport.ts";

/** Bytes that somebody else owns: a packet, a frame, a datagram. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export interface Core {
  readonly name: string;
  readonly random: Random;
  readonly timers: HostTimers;
  readonly counters: Counters;
  readonly pool: PacketPool;
  readonly addresses: LocalAddresses;
  readonly routes: RouteTable;
  readonly pathMtus: PathMtuCache;
  readonly tracer: Tracer;
  /** By IP protocol number. */
  readonly transports: readonly (Transport | undefined)[];
  /** In order of index; the loopback is the first. */
  readonly interfaces: readonly NetworkInterface[];
  /** How many ICMP errors are sent. */
  readonly icmpLimits: RateLimits;
  /** Sees every datagram for us before its transport does; true where somebody took it. Undefined: nobody looks. */
  rawTap: ((datagram: IpDatagram) => boolean) | undefined;
  /** The time of the batch under way, or now. */
  now(): Instant;
  interfaceAt(index: number): NetworkInterface | undefined;
  /** Whether `address` is one of ours and in use. */
  isOurs(address: Address): boolean;
  /** The interface a packet is for that `by` received: another than the loopback where we sent it to ourselves. */
  arrival(packet: Packet, by: NetworkInterface): NetworkInterface;
  /** Counts and traces something thrown away; `layer` and `reason` together name why. */
  drop(
    layer: string,
    reason: string,
    counter: CounterName | undefined,
    where?: NetworkInterface,
    what?: Span,
  ): void;
  /** Has an IP packet come in by `where` after the batch under way. It is copied. */
  loopBack(packet: Packet, where: NetworkInterface): void;
  /** A route that ends by itself was added. */
  scheduleRouteExpiry(): void;
}
