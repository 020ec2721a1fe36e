/** Chance as the core sees it: given, replayable, and forked by name so that one more draw here changes nothing there. */
import { type SipKey, siphash24, sipKey } from "./hash/siphash.ts";
import { encodeUtf8 } from "./text.ts";

export interface Random {
  /** A uniform 32-bit unsigned integer. */
  uint32(): number;
  /** A uniform integer in [0, bound); `bound` is 1 to 2^32. */
  below(bound: number): number;
  /** Fills `into` and returns it. */
  bytes(into: Uint8Array): Uint8Array;
  /** An independent stream that depends only on this one's seed and `name`, not on how much was drawn. */
  fork(name: string): Random;
}

/**
 * A stream fixed by its seed: xoshiro128** (Blackman and Vigna, 2018) over a state that SipHash-2-4 makes of the seed, so
 * that seeds and forks alike in all but one bit share nothing. Replayable, not secret: whoever sees output can
 * compute the rest.
 */
export function seededRandom(seed: number | string | Uint8Array): Random {
  const bytes = typeof seed === "object" ? seed : encodeUtf8(`${typeof seed} ${seed}`);
  return new Xoshiro(deriveKey(seedKey, bytes));
}

/** A stream of {@link seededRandom} where it stands, as plain data. Whoever has it knows all that is still to come. */
export interface SavedRandom {
  readonly key: readonly [number, number, number, number];
  readonly state: readonly [number, number, number, number];
}

/** Undefined for streams that are not ours to write down. */
export function saveRandom(random: Random): SavedRandom | undefined {
  return random instanceof Xoshiro ? random.save() : undefined;
}

/** The stream goes on where it stood. @throws TypeError where that is no saved stream */
export function restoredRandom(saved: SavedRandom): Random {
  const [k0Low, k0High, k1Low, k1High] = words(saved?.key);
  return new Xoshiro({ k0Low, k0High, k1Low, k1High }, words(saved?.state));
}

function words(four: unknown): SavedRandom["key"] {
  const valid = Array.isArray(four) && four.length === 4 && four.every((word) => word === (word | 0));
  if (!valid) throw new TypeError("not a saved stream of random numbers");
  return four as unknown as SavedRandom["key"];
}

/** Any fixed key: it makes 128 bits of a seed of any length. */
const seedKey: SipKey = sipKey(encodeUtf8("harbormaster seed"));

function deriveKey(key: SipKey, name: Uint8Array): SipKey {
  const message = new Uint8Array(name.length + 1);
  message.set(name, 1);
  const first = siphash24(key, message);
  message[0] = 1;
  const second = siphash24(key, message);
  return { k0Low: first.low, k0High: first.high, k1Low: second.low, k1High: second.high };
}

class Xoshiro implements Random {
  readonly #key: SipKey;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(key: SipKey, [a, b, c, d]: SavedRandom["state"] = firstState(key)) {
    this.#key = key;
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  save(): SavedRandom {
    const { k0Low, k0High, k1Low, k1High } = this.#key;
    return { key: [k0Low, k0High, k1Low, k1High], state: [this.#a, this.#b, this.#c, this.#d] };
  }

  uint32(): number {
    const b = this.#b;
    const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9);
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b = b ^ this.#c;
    this.#a ^= this.#d;
    this.#c ^= b << 9;
    this.#d = rotateLeft(this.#d, 11);
    return scrambled >>> 0;
  }

  below(bound: number): number {
    if (!(bound >= 1 && bound <= range) || !Number.isInteger(bound))
      throw new RangeError(`bound must be an integer from 1 to 2^32, not ${bound}`);
    const unbiased = range - (range % bound);
    let drawn = this.uint32();
    while (drawn >= unbiased) drawn = this.uint32();
    return drawn % bound;
  }

  bytes(into: Uint8Array): Uint8Array {
    for (let at = 0; at < into.length; at += 4) {
      const drawn = this.uint32();
      for (let i = 0; i < 4 && at + i < into.length; i++) into[at + i] = drawn >>> (8 * i);
    }
    return into;
  }

  fork(name: string): Random {
    return new Xoshiro(deriveKey(this.#key, encodeUtf8(name)));
  }
}

function firstState(key: SipKey): SavedRandom["state"] {
  const { k0Low, k0High, k1Low, k1High } = deriveKey(key, stateName);
  return [k0Low, k0High, k1Low, k1High | 1]; // the one forbidden state is all zeros
}

/** No text: no fork can have this name. */
const stateName = Uint8Array.of(0xff);

const range = 0x1_0000_0000;

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
