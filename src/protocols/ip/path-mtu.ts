/** Path MTU discovery (RFC 1191, RFC 8201): what was learned of each destination, for ten minutes. A bounded cache. */
import { type Address, isV4, sameAddress } from "../../base/address.ts";
import type { Instant } from "../../base/time/clock.ts";
import { hashAddress } from "./address-map.ts";

/** RFC 8200, section 5. */
export const minimumMtuV6 = 1280;
/** As Linux does (net.ipv4.route.min_pmtu): no error makes us go below; smaller paths get packets without DF. */
export const minimumMtuV4 = 552;
/** RFC 791: what every link carries whole. */
const smallestMtuV4 = 68;
/** RFC 1191, section 6.3, and RFC 8201, section 4; Linux: net.ipv4.route.mtu_expires. */
const lifetime = 600_000;
/** Destinations remembered. */
export const pathMtuLimit = 1024;

export interface PathMtu {
  readonly destination: Address;
  readonly mtu: number;
  /** The path is narrower than we go: do not set DF (IPv4 only). */
  readonly fragmentable: boolean;
  readonly expires: Instant;
}

export class PathMtuCache {
  readonly #seed: number;
  /** By hash of the destination; a newcomer with the same hash takes the place, as in any cache. */
  readonly #entries: Map<number, PathMtu> = new Map();

  constructor(seed: number) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What is known of the path, if anything. */
  lookup(destination: Address, now: Instant): PathMtu | undefined {
    const entry = this.#entries.get(this.#hash(destination));
    if (entry === undefined || !sameAddress(entry.destination, destination)) return undefined;
    return entry.expires > now ? entry : undefined;
  }

  /**
   * What is to be made of a report: a router said that a packet of `length` bytes was too big and that `reported` would
   * pass (0: it did not say). Nothing is changed: {@link learn} the entry once it is believed.
   * @param current the path MTU in use.
   * @returns the new entry, or undefined where the report is to be ignored: it would not lower anything, or, in IPv6,
   *   claims less than every link must carry (RFC 8201, section 4).
   */
  assess(
    destination: Address,
    reported: number,
    length: number,
    current: number,
    now: Instant,
  ): PathMtu | undefined {
    const v4 = isV4(destination);
    const claimed = v4 && reported === 0 ? plateauBelow(length) : reported;
    if (v4 ? claimed < smallestMtuV4 : claimed < minimumMtuV6) return undefined;
    const known = this.lookup(destination, now);
    const mtu = v4 ? Math.max(claimed, Math.min(minimumMtuV4, current)) : claimed;
    const fragmentable = v4 && (claimed < mtu || known?.fragmentable === true);
    if (mtu >= current && fragmentable === (known?.fragmentable === true)) return undefined;
    return { destination, mtu: Math.min(mtu, current), fragmentable, expires: now + lifetime };
  }

  learn(entry: PathMtu): void {
    const hash = this.#hash(entry.destination);
    this.#entries.delete(hash);
    if (this.#entries.size >= pathMtuLimit)
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    this.#entries.set(hash, entry);
  }

  /** Forgets what is over. @returns true where something was. */
  expire(now: Instant): boolean {
    const before = this.#entries.size;
    for (const [hash, entry] of this.#entries) if (entry.expires <= now) this.#entries.delete(hash);
    return this.#entries.size !== before;
  }

  get nextDeadline(): Instant {
    let next = Infinity;
    for (const entry of this.#entries.values()) if (entry.expires < next) next = entry.expires;
    return next;
  }

  #hash(address: Address): number {
    return hashAddress(address, this.#seed);
  }
}

/** RFC 1191, section 7.1, table 7-1: the MTUs of real networks, for routers that do not say theirs. */
const plateaus = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

function plateauBelow(length: number): number {
  return plateaus.find((plateau) => plateau < length) ?? smallestMtuV4;
}
