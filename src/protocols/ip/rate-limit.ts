/**
 * Token buckets for ICMP (RFC 4443, section 2.4 (f); RFC 1812, section 4.3.2.8). As Linux does: one bucket for the
 * host (net.ipv4.icmp_msgs_per_sec 1000, icmp_msgs_burst 50) and one a destination (icmp_ratelimit: one a second,
 * six saved up).
 */
import type { Address } from "../../base/address.ts";
import type { Instant } from "../../base/time/clock.ts";
import { hashAddress } from "./address-map.ts";

/** May be changed while they are in use. */
export interface RateLimits {
  /** Per second, in all; and how many may come at once. */
  rate: number;
  burst: number;
  /** Milliseconds between two to one destination, 0 for no limit of that kind; and how many may come at once. */
  interval: number;
  destinationBurst: number;
}

export const icmpRateLimits: Readonly<RateLimits> = {
  rate: 1000,
  burst: 50,
  interval: 1000,
  destinationBurst: 6,
};

/** Destinations share buckets by hash: memory is fixed, and a flood of addresses can only quieten us. */
const buckets = 1024;

export class RateLimiter {
  readonly #limits: Readonly<RateLimits>;
  readonly #seed: number;
  readonly #tokens: Float64Array = new Float64Array(buckets);
  readonly #filled: Float64Array = new Float64Array(buckets).fill(-Infinity);
  #hostTokens: number;
  #hostFilled: Instant = -Infinity;

  constructor(limits: Readonly<RateLimits>, seed: number) {
    this.#limits = limits;
    this.#seed = seed;
    this.#hostTokens = limits.burst;
  }

  /** Takes a token for one error to `destination`; false: stay silent. */
  allow(destination: Address, now: Instant): boolean {
    const { rate, burst, interval, destinationBurst } = this.#limits;
    const host = refilled(this.#hostTokens, ((now - this.#hostFilled) * rate) / 1000, burst);
    this.#hostTokens = host;
    this.#hostFilled = now;
    const at = this.#bucket(destination);
    const earned = interval > 0 ? (now - this.#filled[at]!) / interval : destinationBurst;
    const tokens = refilled(this.#tokens[at]!, earned, destinationBurst);
    this.#tokens[at] = tokens;
    this.#filled[at] = now;
    if (host < 1 || tokens < 1) return false;
    this.#hostTokens = host - 1;
    this.#tokens[at] = tokens - 1;
    return true;
  }

  #bucket(destination: Address): number {
    return hashAddress(destination, this.#seed) & (buckets - 1);
  }
}

function refilled(tokens: number, earned: number, burst: number): number {
  return Math.min(burst, tokens + earned);
}
