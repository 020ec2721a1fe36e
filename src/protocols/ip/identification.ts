/**
 * The identification of datagrams that may be fragmented. IPv4: a counter a destination, started and spaced at random,
 * so that nobody learns how much we send to others (RFC 7739's reasoning; as Linux does in `__ip_select_ident`).
 * Datagrams with DF that are never cut carry 0 (RFC 6864, section 4.1). IPv6: random (RFC 7739, section 5.2).
 */
import type { Address } from "../../base/address.ts";
import { jhash3 } from "../../base/hash/jhash.ts";
import type { Random } from "../../base/random.ts";

const counters = 2048;
/** Largest step: the 16-bit space still lasts for thousands of datagrams to one destination. */
const largestStep = 8;

export class Identification {
  readonly #random: Random;
  readonly #seed: number;
  readonly #counters: Uint16Array = new Uint16Array(counters);

  constructor(random: Random) {
    this.#random = random;
    this.#seed = random.uint32() | 0;
    random.bytes(new Uint8Array(this.#counters.buffer));
  }

  /** `segments` numbers in a row, for a packet that will be cut into so many; the first is returned. */
  v4(source: Address, destination: Address, protocol: number, segments: number): number {
    const at = jhash3(source.w3, destination.w3, protocol, this.#seed) & (counters - 1);
    const first = (this.#counters[at]! + this.#random.below(largestStep)) & 0xffff;
    this.#counters[at] = first + segments;
    return first;
  }

  v6(): number {
    return this.#random.uint32();
  }
}
