/** Finding routers and believing them (RFC 4861, sections 6.3 and 12; RFC 4862, section 5.5): one interface's view. */
import { type Address, isMulticast } from "../../base/address.ts";
import { contains, type Prefix } from "../../base/prefix.ts";
import type { Random } from "../../base/random.ts";
import { type Instant, never } from "../../base/time/clock.ts";
import type { NdRouterAdvertisement } from "../../wire/icmp/nd.ts";
import type { NdPrefixInformation } from "../../wire/icmp/nd-options.ts";
import { linkLocalPrefix } from "./interface-id.ts";
import { minimumMtuV6 } from "./path-mtu.ts";
import type { TimerId, TimerOwner, Timers } from "./timers.ts";

/** MAX_RTR_SOLICITATION_DELAY, RTR_SOLICITATION_INTERVAL and MAX_RTR_SOLICITATIONS (RFC 4861, section 10). */
const firstDelay = 1000;
const interval = 4000;
const mostSolicitations = 3;

/** What a network can make us remember: prefixes of one advertisement that are looked at. */
const mostPrefixes = 16;
/** 2^32 - 1 seconds mean for ever. */
const infinite = 0xffff_ffff;
/** RFC 4861, section 6.3.4: what a router may set Reachable Time and Retrans Timer to. */
const longestReachable = 3_600_000;

/** What an advertisement changes. */
export interface RouterWorld {
  /** Sends a Router Solicitation. */
  solicit(): void;
  /** `router` is a default router until then; at `now` or before, it no longer is. */
  defaultRouter(router: Address, expires: Instant, preference: number): void;
  /** `prefix` is on the link until then. */
  onLink(prefix: Prefix, expires: Instant): void;
  /** An address may be formed under `prefix`, which is 64 bits long (RFC 4862, section 5.5.3). */
  autoconfigure(prefix: Address, preferredLifetime: number, validLifetime: number): void;
  parameters(parameters: LinkParameters): void;
}

/** Undefined: the router did not say. */
export interface LinkParameters {
  readonly hopLimit: number | undefined;
  readonly mtu: number | undefined;
  /** Milliseconds. */
  readonly reachableTime: number | undefined;
  readonly retransTimer: number | undefined;
}

export class RouterDiscovery implements TimerOwner {
  readonly #timers: Timers;
  readonly #random: Random;
  readonly #world: RouterWorld;
  readonly #timer: TimerId;
  #solicitations = 0;

  constructor(timers: Timers, random: Random, world: RouterWorld) {
    this.#timers = timers;
    this.#random = random;
    this.#world = world;
    this.#timer = timers.add(this);
  }

  /** The interface has come up (section 6.3.7). */
  start(now: Instant): void {
    this.#solicitations = 0;
    this.#timers.arm(this.#timer, now + this.#random.below(firstDelay));
  }

  stop(): void {
    this.#timers.remove(this.#timer);
  }

  timerExpired(id: TimerId, now: Instant): void {
    this.#solicitations++;
    this.#timers.arm(id, this.#solicitations < mostSolicitations ? now + interval : never);
    this.#world.solicit();
  }

  /**
   * A valid advertisement (section 6.1.2 is the caller's).
   * @param linkMtu what an advertised MTU may not exceed.
   */
  advertised(router: Address, message: NdRouterAdvertisement, linkMtu: number, now: Instant): void {
    if (message.lifetime > 0) this.#timers.disarm(this.#timer);
    this.#world.defaultRouter(router, now + message.lifetime * 1000, message.preference);
    this.#world.parameters(parametersOf(message, linkMtu));
    const prefixes = message.options.filter((option) => option.kind === "prefix-information");
    for (const prefix of prefixes.slice(0, mostPrefixes)) this.#prefix(prefix, now);
  }

  #prefix(option: NdPrefixInformation, now: Instant): void {
    const { prefix, prefixLength, onLink, autonomous, preferredLifetime, validLifetime } = option;
    if (prefixLength > 128 || !isAdvertisable(prefix)) return;
    if (onLink)
      this.#world.onLink({ address: prefix, length: prefixLength }, now + milliseconds(validLifetime));
    if (!autonomous || prefixLength !== 64 || preferredLifetime > validLifetime) return;
    this.#world.autoconfigure(prefix, milliseconds(preferredLifetime), milliseconds(validLifetime));
  }
}

/**
 * Link-local prefixes are everybody's own (RFC 4862, section 5.5.3 (b)), nobody lives under a multicast prefix, and under
 * 0:0:0:0::/64 stand the unspecified, the loopback and all IPv4-mapped addresses: no router has a say in IPv4.
 */
function isAdvertisable(prefix: Address): boolean {
  if (isMulticast(prefix) || contains({ address: linkLocalPrefix, length: 10 }, prefix)) return false;
  return (prefix.w0 | prefix.w1) !== 0;
}

function parametersOf(message: NdRouterAdvertisement, linkMtu: number): LinkParameters {
  const { hopLimit, reachableTime, retransTimer, options } = message;
  let mtu: number | undefined;
  for (const option of options)
    if (option.kind === "mtu" && option.mtu >= minimumMtuV6 && option.mtu <= linkMtu) mtu = option.mtu;
  return {
    hopLimit: hopLimit === 0 ? undefined : hopLimit,
    mtu,
    reachableTime: reachableTime === 0 || reachableTime > longestReachable ? undefined : reachableTime,
    retransTimer: retransTimer === 0 || retransTimer > longestReachable ? undefined : retransTimer,
  };
}

function milliseconds(lifetime: number): number {
  return lifetime === infinite ? never : lifetime * 1000;
}

/** An address formed from a prefix, as its lifetimes stand. */
export interface Lifetimes {
  readonly preferredUntil: Instant;
  readonly validUntil: Instant;
}

const twoHours = 7_200_000;

/**
 * New lifetimes of an address that exists already (RFC 4862, section 5.5.3 (e)): an advertisement cannot take an
 * address away faster than in two hours.
 */
export function prolong(old: Lifetimes, preferred: number, valid: number, now: Instant): Lifetimes {
  const remaining = old.validUntil - now;
  const preferredUntil = now + preferred;
  if (valid > twoHours || valid > remaining) return { preferredUntil, validUntil: now + valid };
  if (remaining <= twoHours) return { preferredUntil, validUntil: old.validUntil };
  return { preferredUntil, validUntil: now + twoHours };
}
