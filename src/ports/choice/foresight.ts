/** Random numbers that can be looked at before they are drawn, so that a choice can be explained before it is made. */
import { type Random, restoredRandom, type SavedRandom, saveRandom } from "../../base/random.ts";

const range = 0x1_0000_0000;

export interface SavedForesight {
  readonly seen: readonly number[];
  readonly source: SavedRandom | undefined;
}

export class Foresight implements Random {
  #source: Random;
  /** Numbers seen but not drawn yet, and how many of them have been given out in this turn. */
  #seen: number[] = [];
  #given = 0;
  #looking = false;

  constructor(source: Random) {
    this.#source = source;
  }

  /** What was seen and not drawn, and the source where it stands: undefined where that cannot be written down. */
  save(): SavedForesight {
    return { seen: [...this.#seen], source: saveRandom(this.#source) };
  }

  /** Goes on where it stood. */
  restore({ seen, source }: SavedForesight): void {
    if (source !== undefined) this.#source = restoredRandom(source);
    this.#seen = [...seen];
  }

  /** Runs `look` on numbers that will come again afterwards. */
  foretell<T>(look: () => T): T {
    this.#looking = true;
    try {
      return look();
    } finally {
      this.#looking = false;
      this.#given = 0;
    }
  }

  uint32(): number {
    if (this.#looking) {
      if (this.#given === this.#seen.length) this.#seen.push(this.#source.uint32());
      return this.#seen[this.#given++]!;
    }
    return this.#seen.length === 0 ? this.#source.uint32() : this.#seen.shift()!;
  }

  below(bound: number): number {
    const last = range - bound;
    for (;;) {
      const drawn = this.uint32() >>> 0;
      const rest = drawn % bound;
      if (drawn - rest <= last) return rest; // `drawn` is in a whole stretch of `bound` numbers
    }
  }

  bytes(into: Uint8Array): Uint8Array {
    for (let at = 0; at < into.length; at++) into[at] = this.uint32();
    return into;
  }

  fork(name: string): Random {
    return this.#source.fork(name);
  }
}
