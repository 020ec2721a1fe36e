/** A map with addresses for keys, without text and without trusting them: a seeded hash, and chains. */
import { type Address, sameAddress } from "../../base/address.ts";
import { jhash3 } from "../../base/hash/jhash.ts";

interface Entry<Value> {
  readonly address: Address;
  value: Value;
  next: Entry<Value> | undefined;
}

export class AddressMap<Value> {
  readonly #seed: number;
  readonly #chains: Map<number, Entry<Value>> = new Map();
  #size = 0;

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  get size(): number {
    return this.#size;
  }

  get(address: Address): Value | undefined {
    return this.#find(address)?.value;
  }

  set(address: Address, value: Value): void {
    const entry = this.#find(address);
    if (entry !== undefined) {
      entry.value = value;
      return;
    }
    const hash = hashAddress(address, this.#seed);
    this.#chains.set(hash, { address, value, next: this.#chains.get(hash) });
    this.#size++;
  }

  delete(address: Address): boolean {
    const hash = hashAddress(address, this.#seed);
    let before: Entry<Value> | undefined;
    let entry = this.#chains.get(hash);
    while (entry !== undefined && !sameAddress(entry.address, address)) {
      before = entry;
      entry = entry.next;
    }
    if (entry === undefined) return false;
    if (before !== undefined) before.next = entry.next;
    else if (entry.next !== undefined) this.#chains.set(hash, entry.next);
    else this.#chains.delete(hash);
    this.#size--;
    return true;
  }

  /** Oldest first, but for addresses whose hashes collide. */
  *values(): IterableIterator<Value> {
    for (let entry of this.#chains.values())
      for (;;) {
        yield entry.value;
        if (entry.next === undefined) break;
        entry = entry.next;
      }
  }

  clear(): void {
    this.#chains.clear();
    this.#size = 0;
  }

  #find(address: Address): Entry<Value> | undefined {
    let entry = this.#chains.get(hashAddress(address, this.#seed));
    while (entry !== undefined && !sameAddress(entry.address, address)) entry = entry.next;
    return entry;
  }
}

/**
 * 32 bits of an address that nobody without the seed can foresee. Every word is mixed under the seed: of a sum of two
 * that anybody can compute, many addresses would share the hash whatever the seed.
 */
export function hashAddress({ w0, w1, w2, w3 }: Address, seed: number): number {
  if ((w0 | w1) === 0) return jhash3(w2, w3, seed, seed);
  return jhash3(w2, w3, jhash3(w0, w1, seed, seed), seed);
}
