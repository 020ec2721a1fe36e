/** The routing table of a host: longest prefix, then lowest metric, then the oldest (RFC 1122, section 3.3.1). */
import { type Address, type Family, familyOf, isV4, sameAddress } from "../../base/address.ts";
import { contains, networkOf, type Prefix } from "../../base/prefix.ts";
import { type Instant, never } from "../../base/time/clock.ts";

/** Who put a route there; what is learned never replaces what was configured. */
export type RouteOrigin = "address" | "static" | "advertised" | "redirect";

export interface RouteEntry {
  readonly prefix: Prefix;
  /** The interface's index. */
  readonly device: number;
  /** The gateway; undefined: on-link. */
  readonly via: Address | undefined;
  /** Lower is preferred. */
  readonly metric: number;
  /** The source address to prefer over the general choice. */
  readonly source: Address | undefined;
  readonly origin: RouteOrigin;
  /** When it ceases to hold. */
  readonly expires: Instant;
}

/** As Linux does: what a router advertises ranks behind a configured route of the same length. */
export const advertisedMetric = 1024;

interface Suspect {
  readonly gateway: Address;
  readonly until: Instant;
}

/** Gateways remembered as dead. */
const mostSuspects = 64;

/** Most routes of a table, and most of them learned from the network. */
const limit = 4096;
export const learnedRouteLimit = 256;

export class RouteTable {
  /** Gateways that did not answer, and when they are tried again. */
  #suspects: Suspect[] = [];
  /** Longest prefix first, then lowest metric, then age. */
  #v4: RouteEntry[] = [];
  #v6: RouteEntry[] = [];
  #learned = 0;
  /** Changes with every change of the table: what was looked up under another number is stale. */
  generation = 0;

  get entries(): readonly RouteEntry[] {
    return [...this.#v4, ...this.#v6];
  }

  /** How many of them came from the network: advertised, or by redirect. */
  get learned(): number {
    return this.#learned;
  }

  get nextDeadline(): Instant {
    let next = never;
    for (const entry of this.#v4) if (entry.expires < next) next = entry.expires;
    for (const entry of this.#v6) if (entry.expires < next) next = entry.expires;
    for (const { until } of this.#suspects) if (until < next) next = until;
    return next;
  }

  /**
   * Adds a route, or replaces the one with the same prefix, device, gateway, source and origin.
   * @returns the route as the table keeps it, or undefined where there is no room for it.
   */
  add(route: RouteEntry): RouteEntry | undefined {
    const entry: RouteEntry = { ...route, prefix: networkOf(route.prefix) };
    const list = this.#list(familyOf(entry.prefix.address));
    const same = list.findIndex((other) => sameRoute(other, entry));
    if (same >= 0) this.#removeAt(list, same);
    const learned = isLearned(entry);
    if (learned && this.#learned >= learnedRouteLimit && !this.#dropOneLearned()) return undefined;
    if (list.length >= limit) return undefined;
    let at = list.length;
    while (at > 0 && precedes(entry, list[at - 1]!)) at--;
    list.splice(at, 0, entry);
    if (learned) this.#learned++;
    this.generation++;
    return entry;
  }

  /** Something else that routes are made of has changed: addresses, path MTUs. */
  touch(): void {
    this.generation++;
  }

  /** Removes every route for which `chosen` holds. @returns how many. */
  remove(chosen: (entry: RouteEntry) => boolean): number {
    let removed = 0;
    for (const list of [this.#v4, this.#v6])
      for (let i = list.length - 1; i >= 0; i--)
        if (chosen(list[i]!)) {
          this.#removeAt(list, i);
          removed++;
        }
    if (removed > 0) this.generation++;
    return removed;
  }

  expire(now: Instant): void {
    this.remove((entry) => entry.expires <= now);
    const left = this.#suspects.filter(({ until }) => until > now);
    if (left.length === this.#suspects.length) return;
    this.#suspects = left;
    this.generation++;
  }

  /**
   * A gateway did not answer: until then, routes by others are taken where there are any (RFC 1122, section 3.3.1.4;
   * RFC 4861, section 6.3.6).
   */
  suspect(gateway: Address, until: Instant): void {
    const used = (isV4(gateway) ? this.#v4 : this.#v6).some(({ via }) => sameOptional(via, gateway));
    if (!used) return;
    const others = this.#suspects.filter((one) => !sameAddress(one.gateway, gateway));
    this.#suspects = [...others.slice(1 - mostSuspects), { gateway, until }];
    this.generation++;
  }

  /** The route to take, by `device` alone where that is not 0. */
  lookup(destination: Address, device: number): RouteEntry | undefined {
    const list = isV4(destination) ? this.#v4 : this.#v6;
    let fallback: RouteEntry | undefined;
    for (const entry of list) {
      if ((device !== 0 && entry.device !== device) || !contains(entry.prefix, destination)) continue;
      if (!this.#isSuspect(entry)) return entry;
      fallback ??= entry;
    }
    return fallback;
  }

  #isSuspect({ via }: RouteEntry): boolean {
    return via !== undefined && this.#suspects.some(({ gateway }) => sameAddress(gateway, via));
  }

  #list(family: Family): RouteEntry[] {
    return family === 4 ? this.#v4 : this.#v6;
  }

  #removeAt(list: RouteEntry[], at: number): void {
    if (isLearned(list[at]!)) this.#learned--;
    list.splice(at, 1);
  }

  /** Redirects are a cache: the one that ends first makes room. */
  #dropOneLearned(): boolean {
    let first: RouteEntry | undefined;
    for (const entry of this.entries)
      if (entry.origin === "redirect" && (first === undefined || entry.expires < first.expires))
        first = entry;
    return first !== undefined && this.remove((entry) => entry === first) > 0;
  }
}

function isLearned({ origin }: RouteEntry): boolean {
  return origin === "advertised" || origin === "redirect";
}

function precedes(a: RouteEntry, b: RouteEntry): boolean {
  return a.prefix.length > b.prefix.length || (a.prefix.length === b.prefix.length && a.metric < b.metric);
}

function sameRoute(a: RouteEntry, b: RouteEntry): boolean {
  return (
    a.prefix.length === b.prefix.length &&
    a.device === b.device &&
    a.origin === b.origin &&
    sameAddress(a.prefix.address, b.prefix.address) &&
    sameOptional(a.via, b.via) &&
    sameOptional(a.source, b.source)
  );
}

function sameOptional(a: Address | undefined, b: Address | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sameAddress(a, b);
}
