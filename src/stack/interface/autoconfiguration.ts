/** An interface that sets itself up: its fe80:: address, and what routers tell it (RFC 4862; RFC 4861, section 6.3). */
import { type Address, address, anyV6, isLinkLocal, sameAddress } from "../../base/address.ts";
import { type SipKey, sipKey } from "../../base/hash/siphash.ts";
import { contains, type Prefix } from "../../base/prefix.ts";
import { type Instant, never } from "../../base/time/clock.ts";
import {
  eui64,
  type InterfaceId,
  linkLocalPrefix,
  stableId,
  withInterfaceId,
} from "../../protocols/ip/interface-id.ts";
import {
  type Lifetimes,
  type LinkParameters,
  prolong,
  RouterDiscovery,
} from "../../protocols/ip/router-discovery.ts";
import { advertisedMetric } from "../../protocols/ip/routes.ts";
import type { TimerId, TimerOwner } from "../../protocols/ip/timers.ts";
import type { NdMessage } from "../../wire/icmp/nd.ts";
import type { Addressing } from "./addressing.ts";
import type { EthernetLayer, EthernetParts } from "./ethernet-layer.ts";
import type { InterfaceAddress } from "./interface.ts";
import { inUse } from "./local-addresses.ts";
import { Nd, type RouterMessages } from "./nd.ts";
import { sendNd } from "./nd-send.ts";
import type { NetworkInterface } from "./network-interface.ts";

export interface AutoconfigurationPlan {
  readonly linkLocal: "eui64" | "stable" | "none";
  readonly dad: boolean;
  readonly routerDiscovery: boolean;
}

/** Addresses formed from advertisements, and routers believed, on one interface. */
const mostFormed = 16;
/** IDGEN_RETRIES (RFC 7217, section 7). */
const mostRetries = 3;
const allRouters = address("ff02::2");
/** By what routers of medium, high, reserved and low preference (RFC 4191, section 2.1) rank before others. */
const preferenceMetrics = [0, -1, 0, 1] as const;
/** As Linux does (IP6_RT_PRIO_ADDRCONF). */
const onLinkMetric = 256;
/** A redirect is a hint, not a configuration: as Linux does (net.ipv6.route.gc_timeout's order). */
const redirectLifetime = 600_000;

type RouterAdvertisement = Extract<NdMessage, { kind: "router-advertisement" }>;
type Redirect = Extract<NdMessage, { kind: "redirect" }>;

interface Formed extends Lifetimes {
  readonly entry: InterfaceAddress;
}

export class Autoconfiguration implements RouterMessages, TimerOwner {
  readonly nd: Nd;
  readonly #parts: EthernetParts;
  readonly #addressing: Addressing;
  readonly #layer: EthernetLayer;
  readonly #by: NetworkInterface;
  readonly #plan: AutoconfigurationPlan;
  readonly #discovery: RouterDiscovery;
  readonly #secret: SipKey;
  readonly #timer: TimerId;
  #formed: Formed[] = [];
  #duplicates = 0;

  constructor(
    parts: EthernetParts,
    addressing: Addressing,
    layer: EthernetLayer,
    by: NetworkInterface,
    plan: AutoconfigurationPlan,
  ) {
    this.#parts = parts;
    this.#addressing = addressing;
    this.#layer = layer;
    this.#by = by;
    this.#plan = plan;
    const random = parts.core.random.fork(`autoconfiguration of ${by.name}`);
    this.#secret = sipKey(random.bytes(new Uint8Array(16)));
    this.nd = new Nd(parts, addressing, layer, by, this);
    this.#timer = parts.core.timers.add(this);
    this.#discovery = new RouterDiscovery(parts.core.timers, random, {
      solicit: () => this.#solicit(),
      defaultRouter: (router, expires, preference) => this.#defaultRouter(router, expires, preference),
      onLink: (prefix, expires) => this.#onLink(prefix, expires),
      autoconfigure: (prefix, preferred, valid) => this.#autoconfigure(prefix, preferred, valid),
      parameters: (parameters) => this.#parameters(parameters),
    });
  }

  /** The interface is up: gives it the address that everything else starts from (RFC 4862, section 5.3). */
  start(): void {
    if (this.#plan.linkLocal !== "none") this.#formLinkLocal();
    else if (this.#plan.routerDiscovery) this.#discovery.start(this.#now());
  }

  close(): void {
    this.nd.close();
    this.#discovery.stop();
    this.#parts.core.timers.remove(this.#timer);
  }

  /** Gives the interface an IPv6 address, on trial first where that is wanted. */
  assign(prefix: Prefix, route: "connected" | "unrouted"): InterfaceAddress {
    const state = this.#plan.dad ? "tentative" : "preferred";
    const entry = this.#addressing.assign(this.#by, prefix, state, route);
    if (entry.state === "tentative") this.nd.dad.start(entry.address, this.#now());
    return entry;
  }

  unassign(entry: InterfaceAddress): void {
    this.nd.dad.stop(entry.address);
    this.#formed = this.#formed.filter((one) => one.entry !== entry);
    this.#addressing.unassign(this.#by, entry);
  }

  // RouterMessages

  settled(entry: InterfaceAddress): void {
    if (!isLinkLocal(entry.address)) return;
    if (entry.state === "preferred") {
      if (this.#plan.routerDiscovery) this.#discovery.start(this.#now());
    } else if (this.#plan.linkLocal === "stable" && this.#duplicates < mostRetries) {
      this.#duplicates++;
      this.unassign(entry);
      this.#formLinkLocal();
    }
  }

  advertisement(message: RouterAdvertisement, from: Address): string | undefined {
    if (!isLinkLocal(from)) return "ra-not-from-link";
    if (!this.#plan.routerDiscovery) return "ra-not-wanted";
    this.#discovery.advertised(from, message, this.#by.mtu, this.#now());
    this.#parts.core.scheduleRouteExpiry();
    return undefined;
  }

  /** RFC 4861, section 8.1: only the router that is used may send packets elsewhere. */
  redirect(message: Redirect, from: Address): string | undefined {
    const { target, destination } = message;
    const { core, output } = this.#parts;
    if (!isLinkLocal(from)) return "redirect-not-from-link";
    const toDestination = sameAddress(target, destination);
    if (!toDestination && !isLinkLocal(target)) return "redirect-bad-target";
    if (core.isOurs(target)) return "redirect-to-ourselves";
    const route = output.route(destination, { device: this.#by.index });
    if (typeof route === "string" || !sameAddress(route.nextHop, from)) return "redirect-not-from-router";
    core.routes.add({
      prefix: { address: destination, length: 128 },
      device: this.#by.index,
      via: toDestination ? undefined : target,
      metric: 0,
      source: undefined,
      origin: "redirect",
      expires: this.#now() + redirectLifetime,
    });
    core.scheduleRouteExpiry();
    return undefined;
  }

  noRouter(neighbour: Address): void {
    this.#parts.core.routes.remove(
      ({ device, origin, via }) =>
        device === this.#by.index &&
        (origin === "advertised" || origin === "redirect") &&
        via !== undefined &&
        sameAddress(via, neighbour),
    );
  }

  /** Lifetimes of formed addresses (RFC 4862, section 5.5.4). */
  timerExpired(_id: TimerId, now: Instant): void {
    for (const { entry, validUntil, preferredUntil } of [...this.#formed])
      if (validUntil <= now) this.unassign(entry);
      else if (preferredUntil <= now && entry.state === "preferred")
        this.#addressing.setState(this.#by, entry, "deprecated");
    this.#rearm(now);
  }

  #formLinkLocal(): void {
    const own = withInterfaceId(linkLocalPrefix, this.#interfaceId(linkLocalPrefix));
    const entry = this.assign({ address: own, length: 64 }, "connected");
    if (entry.state === "preferred") this.settled(entry);
  }

  #interfaceId(prefix: Address): InterfaceId {
    const { mac, index } = this.#by;
    return this.#plan.linkLocal === "stable"
      ? stableId(prefix, index, this.#duplicates, this.#secret)
      : eui64(mac);
  }

  /** Section 6.3.7: from the link-local address, with ours, so that the router need not ask. */
  #solicit(): void {
    const { core, output } = this.#parts;
    const own = this.#by.addresses.find(
      (entry) => isLinkLocal(entry.address) && inUse(entry) && entry.family === 6,
    );
    const message: NdMessage = {
      kind: "router-solicitation",
      options: own === undefined ? [] : [{ kind: "source-link-layer", mac: this.#by.mac }],
    };
    sendNd(core, output, this.#by, message, own?.address ?? anyV6, allRouters);
  }

  #defaultRouter(router: Address, expires: Instant, preference: number): void {
    const { routes } = this.#parts.core;
    const device = this.#by.index;
    routes.remove(
      (route) =>
        route.origin === "advertised" &&
        route.device === device &&
        route.via !== undefined &&
        sameAddress(route.via, router),
    );
    if (expires <= this.#now()) return;
    const prefix = { address: anyV6, length: 0 };
    const metric = advertisedMetric + (preferenceMetrics[preference] ?? 0);
    routes.add({ prefix, device, via: router, metric, source: undefined, origin: "advertised", expires });
  }

  #onLink(prefix: Prefix, expires: Instant): void {
    const { routes } = this.#parts.core;
    const device = this.#by.index;
    const route = { prefix, device, via: undefined, metric: onLinkMetric, source: undefined, expires };
    if (expires > this.#now()) routes.add({ ...route, origin: "advertised" });
    else
      routes.remove(
        (one) =>
          one.origin === "advertised" &&
          one.device === device &&
          one.via === undefined &&
          one.prefix.length === prefix.length &&
          contains(one.prefix, prefix.address),
      );
  }

  /** RFC 4862, section 5.5.3 (d) and (e). */
  #autoconfigure(prefix: Address, preferred: number, valid: number): void {
    const now = this.#now();
    const known = this.#formed.find(({ entry }) => contains({ address: entry.address, length: 64 }, prefix));
    if (known !== undefined) {
      const lifetimes = prolong(known, preferred, valid, now);
      this.#formed = this.#formed.map((one) => (one === known ? { entry: known.entry, ...lifetimes } : one));
      if (lifetimes.preferredUntil > now && known.entry.state === "deprecated")
        this.#addressing.setState(this.#by, known.entry, "preferred");
    } else if (valid > 0 && this.#formed.length < mostFormed) {
      const own = withInterfaceId(prefix, this.#interfaceId(prefix));
      if (this.#by.addresses.some((entry) => sameAddress(entry.address, own))) return;
      const entry = this.assign({ address: own, length: 64 }, "unrouted");
      this.#formed.push({ entry, preferredUntil: now + preferred, validUntil: now + valid });
    }
    this.#rearm(now);
  }

  #parameters({ hopLimit, mtu, reachableTime, retransTimer }: LinkParameters): void {
    const { times } = this.#layer.neighboursV6;
    if (hopLimit !== undefined) this.#by.hopLimit = hopLimit;
    if (reachableTime !== undefined) times.baseReachable = reachableTime;
    if (retransTimer !== undefined) {
      times.retransmit = retransTimer;
      this.nd.dad.retransmit = retransTimer;
    }
    if (mtu === undefined || mtu === this.#by.mtuV6) return;
    this.#by.mtuV6 = mtu;
    this.#parts.core.routes.touch();
  }

  #rearm(now: Instant): void {
    let next = never;
    for (const { preferredUntil, validUntil } of this.#formed) {
      if (preferredUntil > now && preferredUntil < next) next = preferredUntil;
      if (validUntil < next) next = validUntil;
    }
    this.#parts.core.timers.arm(this.#timer, next);
  }

  #now(): Instant {
    return this.#parts.core.now();
  }
}
