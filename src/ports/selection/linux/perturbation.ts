/**
 * Linux's table_perturb: 65,536 counters, random at first, that connect(2) moves on. A host that talks to few
 * destinations keeps only the few it has moved.
 */
import { jhash1 } from "../../../base/hash/jhash.ts";
import type { Random } from "../../../base/random.ts";
import type { Memory } from "../../selection.ts";

const size = 65536;
const crowd = 1024;

export class Perturbation implements Memory {
  readonly #seed: number;
  /** Int32, which a Map keeps without a box. */
  readonly #moved = new Map<number, number>();
  #all: Int32Array | undefined;

  constructor(random: Random) {
    this.#seed = random.uint32() | 0;
  }

  /** The counter, unsigned. */
  at(index: number): number {
    if (this.#all !== undefined) return this.#all[index]! >>> 0;
    return (this.#moved.get(index) ?? this.#first(index)) >>> 0;
  }

  advance(index: number, by: number): void {
    const value = (this.at(index) + by) | 0;
    if (this.#all !== undefined) this.#all[index] = value;
    else this.#moved.set(index, value);
    if (this.#moved.size > crowd) this.#spread();
  }

  /** The counters that were moved. */
  save(): Record<string, number> {
    const saved: Record<string, number> = {};
    for (let index = 0; index < size; index++) {
      const value = this.at(index) | 0;
      if (value !== this.#first(index)) saved[index] = value;
    }
    return saved;
  }

  restore(saved: Readonly<Record<string, number>>): void {
    this.#moved.clear();
    this.#all = undefined;
    for (const [index, value] of Object.entries(saved)) this.#moved.set(Number(index), value | 0);
    if (this.#moved.size > crowd) this.#spread();
  }

  #first(index: number): number {
    return jhash1(index, this.#seed);
  }

  #spread(): void {
    this.#all = new Int32Array(size);
    for (let i = 0; i < size; i++) this.#all[i] = this.#first(i);
    for (const [index, value] of this.#moved) this.#all[index] = value;
    this.#moved.clear();
  }
}
