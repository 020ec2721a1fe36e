/**
 * Who lives behind which link-layer address: neighbour unreachability detection as RFC 4861, section 7.3 has it, for
 * IPv6 and, with ARP requests as solicitations (RFC 826; RFC 1122, section 2.3.2), for IPv4. One table an interface.
 */
import type { Address } from "../../base/address.ts";
import type { Packet } from "../../base/packet.ts";
import type { Random } from "../../base/random.ts";
import type { Instant } from "../../base/time/clock.ts";
import { AddressMap } from "./address-map.ts";
import {
  defaultNeighbourTimes,
  delayFirstProbe,
  mostProbes,
  type Neighbour,
  type NeighbourNews,
  type NeighbourTimes,
} from "./neighbour.ts";
import type { TimerId, TimerOwner, Timers } from "./timers.ts";

export interface NeighbourLimits {
  /** Linux: net.ipv4.neigh.default.gc_thresh3. */
  readonly neighbours: number;
  /** Packets and bytes that wait for one answer; the oldest goes first (RFC 4861, section 7.2.2). */
  readonly waitingPackets: number;
  readonly waitingBytes: number;
}

export const neighbourLimits: NeighbourLimits = {
  neighbours: 1024,
  waitingPackets: 64,
  waitingBytes: 128 << 10,
};

/** What the table asks of its interface. */
export interface NeighbourWorld {
  /** Asks who has the address: everybody, or, with a known link-layer address, its holder. */
  solicit(neighbour: Neighbour, way: "multicast" | "unicast"): void;
  /** Sends a packet that waited; `neighbour.mac` is known now. The packet is the callee's. */
  transmit(packet: Packet, neighbour: Neighbour): void;
  /** Nobody answered for the destination of a packet that waited. The packet is the callee's. */
  unreachable(packet: Packet, neighbour: Neighbour): void;
  /** It answers no more, whether packets wait or not. */
  lost(neighbour: Neighbour): void;
  /** A packet gave way to newer ones that wait. The packet is the callee's. */
  overflow(packet: Packet): void;
}

export class NeighbourTable implements TimerOwner {
  readonly times: NeighbourTimes = { ...defaultNeighbourTimes };
  readonly #limits: NeighbourLimits;
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #world: NeighbourWorld;
  readonly #byAddress: AddressMap<Neighbour>;
  readonly #byTimer: Map<TimerId, Neighbour> = new Map();

  constructor(limits: NeighbourLimits, timers: Timers, random: Random, world: NeighbourWorld) {
    this.#limits = limits;
    this.#timers = timers;
    this.#random = random;
    this.#world = world;
    this.#byAddress = new AddressMap(random.uint32());
  }

  get size(): number {
    return this.#byAddress.size;
  }

  get entries(): Iterable<Neighbour> {
    return this.#byAddress.values();
  }

  find(address: Address): Neighbour | undefined {
    return this.#byAddress.get(address);
  }

  /** The neighbour, made if need be; undefined where the table is full of neighbours that must stay. */
  obtain(address: Address, now: Instant): Neighbour | undefined {
    return this.#byAddress.get(address) ?? this.#create(address, "dynamic", now);
  }

  /** Configures a neighbour for good. */
  setPermanent(address: Address, mac: number, now: Instant): void {
    const old = this.find(address);
    if (old !== undefined) this.remove(old);
    const neighbour = this.#create(address, "permanent", now);
    if (neighbour === undefined) return;
    neighbour.mac = mac;
    neighbour.state = "REACHABLE";
    neighbour.reachableUntil = Infinity;
  }

  /**
   * Sends a packet to the neighbour now or, if it must be found first, later. The packet is the table's from here on.
   * The caller's fast path: REACHABLE and `reachableUntil` ahead needs no call.
   */
  send(packet: Packet, neighbour: Neighbour, now: Instant): void {
    if (neighbour.state === "REACHABLE" && now >= neighbour.reachableUntil) neighbour.state = "STALE";
    if (neighbour.state === "STALE") this.#delay(neighbour, now);
    if (neighbour.mac >= 0) {
      this.#world.transmit(packet, neighbour);
      return;
    }
    this.#wait(packet, neighbour);
    if (neighbour.state === "INCOMPLETE" && neighbour.probes === 0) this.#probe(neighbour, now);
  }

  /** Section 7.3.1: something above saw the neighbour answer lately. */
  confirm(neighbour: Neighbour, now: Instant): void {
    if (neighbour.mac < 0 || neighbour.permanent || neighbour.state === "GONE") return;
    this.#reachable(neighbour, now);
  }

  /**
   * An advertisement or ARP reply (RFC 4861, section 7.2.5 and the table of appendix C). It makes no neighbour: nobody
   * asked, nobody is told.
   */
  advertised(address: Address, news: NeighbourNews, now: Instant): void {
    const neighbour = this.find(address);
    if (neighbour === undefined || neighbour.permanent) return;
    if (neighbour.state === "INCOMPLETE") {
      if (news.mac < 0) return;
      if (news.router !== undefined) neighbour.router = news.router;
      this.#learn(neighbour, news.mac);
      if (news.solicited) this.#reachable(neighbour, now);
      else this.#stale(neighbour);
      this.#sendWaiting(neighbour);
      return;
    }
    const differs = news.mac >= 0 && news.mac !== neighbour.mac;
    if (differs && !news.override) {
      if (neighbour.state === "REACHABLE") this.#stale(neighbour);
      return;
    }
    if (differs) this.#learn(neighbour, news.mac);
    if (news.solicited) this.#reachable(neighbour, now);
    else if (differs) this.#stale(neighbour);
    if (news.router !== undefined) neighbour.router = news.router;
  }

  /** A message that names its sender's own address: NS, RS, RA, Redirect (sections 6.2.6, 7.2.3), or an ARP request. */
  introduced(address: Address, news: NeighbourNews, now: Instant): void {
    if (news.mac < 0) return;
    const neighbour = this.obtain(address, now);
    if (neighbour === undefined || neighbour.permanent) return;
    if (news.router === true) neighbour.router = true;
    if (neighbour.mac === news.mac) return;
    const waited = neighbour.state === "INCOMPLETE";
    this.#learn(neighbour, news.mac);
    this.#stale(neighbour);
    if (waited) this.#sendWaiting(neighbour);
  }

  timerExpired(id: TimerId, now: Instant): void {
    const neighbour = this.#byTimer.get(id);
    if (neighbour === undefined) return;
    if (neighbour.state === "DELAY") {
      neighbour.state = "PROBE";
      neighbour.probes = 0;
    }
    if (neighbour.state !== "PROBE" && neighbour.state !== "INCOMPLETE") return;
    if (neighbour.probes >= mostProbes) this.#giveUp(neighbour);
    else this.#probe(neighbour, now);
  }

  remove(neighbour: Neighbour): void {
    if (neighbour.state === "GONE") return;
    this.#byAddress.delete(neighbour.address);
    this.#byTimer.delete(neighbour.timer);
    this.#timers.remove(neighbour.timer);
    neighbour.state = "GONE";
    neighbour.mac = -1;
    const waiting = neighbour.waiting;
    neighbour.waiting = [];
    neighbour.waitingBytes = 0;
    for (const packet of waiting) this.#world.overflow(packet);
  }

  clear(): void {
    for (const neighbour of [...this.entries]) this.remove(neighbour);
  }

  #create(address: Address, kind: "dynamic" | "permanent", now: Instant): Neighbour | undefined {
    if (this.size >= this.#limits.neighbours && !this.#evict(now)) return undefined;
    const timer = this.#timers.add(this);
    const neighbour: Neighbour = {
      address,
      mac: -1,
      state: "INCOMPLETE",
      router: false,
      reachableUntil: 0,
      probes: 0,
      timer,
      waiting: [],
      waitingBytes: 0,
      permanent: kind === "permanent",
    };
    this.#byAddress.set(address, neighbour);
    this.#byTimer.set(timer, neighbour);
    return neighbour;
  }

  /**
   * The oldest that is only remembered goes first, then the oldest that was never heard of. Where all are in use, the
   * oldest of those: it is found again when it is needed, and nobody who answers for many addresses keeps all others out.
   */
  #evict(now: Instant): boolean {
    let unheard: Neighbour | undefined;
    let inUse: Neighbour | undefined;
    for (const neighbour of this.entries) {
      if (neighbour.permanent) continue;
      if (isOnlyRemembered(neighbour, now)) {
        this.remove(neighbour);
        return true;
      }
      if (neighbour.state === "INCOMPLETE") unheard ??= neighbour;
      else inUse ??= neighbour;
    }
    const victim = unheard ?? inUse;
    if (victim !== undefined) this.remove(victim);
    return victim !== undefined;
  }

  #wait(packet: Packet, neighbour: Neighbour): void {
    const { waiting } = neighbour;
    waiting.push(packet);
    neighbour.waitingBytes += packet.end - packet.start;
    while (
      waiting.length > 1 &&
      (waiting.length > this.#limits.waitingPackets || neighbour.waitingBytes > this.#limits.waitingBytes)
    ) {
      const oldest = waiting.shift()!;
      neighbour.waitingBytes -= oldest.end - oldest.start;
      this.#world.overflow(oldest);
    }
  }

  #sendWaiting(neighbour: Neighbour): void {
    const { waiting } = neighbour;
    neighbour.waiting = [];
    neighbour.waitingBytes = 0;
    for (const packet of waiting) this.#world.transmit(packet, neighbour);
  }

  #learn(neighbour: Neighbour, mac: number): void {
    neighbour.mac = mac;
  }

  #reachable(neighbour: Neighbour, now: Instant): void {
    // Section 6.3.4: uniformly between half and one and a half of the base.
    const spread = 0.5 + this.#random.below(1 << 16) / (1 << 16);
    neighbour.state = "REACHABLE";
    neighbour.reachableUntil = now + this.times.baseReachable * spread;
    neighbour.probes = 0;
    this.#timers.disarm(neighbour.timer);
  }

  #stale(neighbour: Neighbour): void {
    neighbour.state = "STALE";
    neighbour.probes = 0;
    this.#timers.disarm(neighbour.timer);
  }

  #delay(neighbour: Neighbour, now: Instant): void {
    neighbour.state = "DELAY";
    this.#timers.arm(neighbour.timer, now + delayFirstProbe);
  }

  #probe(neighbour: Neighbour, now: Instant): void {
    neighbour.probes++;
    this.#timers.arm(neighbour.timer, now + this.times.retransmit);
    this.#world.solicit(neighbour, neighbour.state === "PROBE" ? "unicast" : "multicast");
  }

  #giveUp(neighbour: Neighbour): void {
    const { waiting } = neighbour;
    neighbour.waiting = [];
    this.remove(neighbour);
    this.#world.lost(neighbour);
    for (const packet of waiting) this.#world.unreachable(packet, neighbour);
  }
}

/** STALE, or what becomes so when it is used. */
function isOnlyRemembered({ state, reachableUntil }: Neighbour, now: Instant): boolean {
  return state === "STALE" || (state === "REACHABLE" && reachableUntil <= now);
}
