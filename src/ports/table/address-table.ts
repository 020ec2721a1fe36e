/**
 * Addresses as small integers, so that a flow is four words whatever its family: equal addresses, one number. Counted
 * references; open addressing with a keyed hash, and deletion that moves the followers up, so that nothing rots.
 */
import type { Address } from "../../base/address.ts";
import { jhash3 } from "../../base/hash/jhash.ts";
import type { Random } from "../../base/random.ts";

const none = -1;

export class AddressTable {
  /** Slot to id + 1; 0 is an empty slot. */
  #slots = new Int32Array(16);
  /** Four words an id. */
  #words = new Int32Array(4 * 8);
  #references = new Int32Array(8);
  #freeIds: number[] = [];
  #used = 0;
  #count = 0;
  readonly #seed: number;

  constructor(random: Random) {
    this.#seed = random.uint32() | 0;
  }

  get size(): number {
    return this.#count;
  }

  /** Bytes of its tables. */
  get bytes(): number {
    return this.#slots.byteLength + this.#words.byteLength + this.#references.byteLength;
  }

  /** The address's id, or -1. */
  find(address: Address): number {
    const mask = this.#slots.length - 1;
    for (let at = this.#hash(address) & mask; ; at = (at + 1) & mask) {
      const id = this.#slots[at]! - 1;
      if (id === none || this.#is(id, address)) return id;
    }
  }

  /** The address's id, with one reference more. */
  take(address: Address): number {
    const known = this.find(address);
    if (known !== none) {
      this.#references[known]!++;
      return known;
    }
    if ((this.#count + 1) * 2 > this.#slots.length) this.#grow();
    const id = this.#freeIds.pop() ?? this.#used++;
    if (id >= this.#references.length) this.#growIds();
    this.#words.set([address.w0, address.w1, address.w2, address.w3], id * 4);
    this.#references[id] = 1;
    this.#insert(id);
    this.#count++;
    return id;
  }

  /** One reference less; the last takes the address out. */
  give(id: number): void {
    if (--this.#references[id]! > 0) return;
    this.#remove(id);
    this.#freeIds.push(id);
    this.#count--;
  }

  #is(id: number, address: Address): boolean {
    const words = this.#words;
    const at = id * 4;
    return (
      words[at + 3] === address.w3 &&
      words[at + 2] === address.w2 &&
      words[at + 1] === address.w1 &&
      words[at] === address.w0
    );
  }

  #hash({ w0, w1, w2, w3 }: Address): number {
    return jhash3(w2, w3, jhash3(w0, w1, this.#seed, this.#seed), this.#seed);
  }

  #hashOfId(id: number): number {
    const at = id * 4;
    const words = this.#words;
    return jhash3(
      words[at + 2]!,
      words[at + 3]!,
      jhash3(words[at]!, words[at + 1]!, this.#seed, this.#seed),
      this.#seed,
    );
  }

  #insert(id: number): void {
    const mask = this.#slots.length - 1;
    let at = this.#hashOfId(id) & mask;
    while (this.#slots[at] !== 0) at = (at + 1) & mask;
    this.#slots[at] = id + 1;
  }

  #remove(id: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#hashOfId(id) & mask;
    while (slots[hole] !== id + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const home = this.#hashOfId(slots[at]! - 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at]!;
      hole = at;
    }
    slots[hole] = 0;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(before.length * 2);
    for (const entry of before) if (entry !== 0) this.#insert(entry - 1);
  }

  #growIds(): void {
    const words = new Int32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    const references = new Int32Array(this.#references.length * 2);
    references.set(this.#references);
    this.#references = references;
  }
}
