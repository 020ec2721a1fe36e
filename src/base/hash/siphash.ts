/**
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): 64 bits that nobody without the key can
 * foresee. 64-bit words are pairs of int32, low half first, as they lie in little-endian memory.
 */

/** 128 bits: k0 and k1, each as (low, high), int32. */
export interface SipKey {
  readonly k0Low: number;
  readonly k0High: number;
  readonly k1Low: number;
  readonly k1High: number;
}

/** 64 bits of hash, both halves int32. */
export interface Hash64 {
  readonly high: number;
  readonly low: number;
}

/** The key whose 16 bytes are `bytes[at, at + 16)`. */
export function sipKey(bytes: Uint8Array, at = 0): SipKey {
  return {
    k0Low: littleEndianWord(bytes, at),
    k0High: littleEndianWord(bytes, at + 4),
    k1Low: littleEndianWord(bytes, at + 8),
    k1High: littleEndianWord(bytes, at + 12),
  };
}

function littleEndianWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The hash of `bytes[start, end)`. */
export function siphash24(key: SipKey, bytes: Uint8Array, start = 0, end: number = bytes.length): Hash64 {
  const length = end - start;
  const words = scratchFor(length);
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) words[i >>> 2] = littleEndianWord(bytes, start + i);
  let rest = 0;
  for (let i = length - 1; i >= whole; i--) rest = (rest << 8) | bytes[start + i]!;
  words[whole >>> 2] = rest;
  return finish(key, words, length);
}

/** The hash of the 4 bytes of one word, as a little-endian machine stores it. */
export function siphash1(key: SipKey, a: number): Hash64 {
  short[0] = a;
  short[1] = 0;
  return finish(key, short, 4);
}

/** The hash of 8 bytes: two words, as a little-endian machine stores them. */
export function siphash2(key: SipKey, a: number, b: number): Hash64 {
  short[0] = a;
  short[1] = b;
  short[2] = 0;
  return finish(key, short, 8);
}

/** The hash of 12 bytes. */
export function siphash3(key: SipKey, a: number, b: number, c: number): Hash64 {
  short[0] = a;
  short[1] = b;
  short[2] = c;
  short[3] = 0;
  return finish(key, short, 12);
}

/** The hash of 16 bytes. */
export function siphash4(key: SipKey, a: number, b: number, c: number, d: number): Hash64 {
  short[0] = a;
  short[1] = b;
  short[2] = c;
  short[3] = d;
  short[4] = 0;
  return finish(key, short, 16);
}

/** The hash of all words of `message`, `4 * message.length` bytes. */
export function siphashWords(key: SipKey, message: ArrayLike<number>): Hash64 {
  const words = scratchFor(message.length * 4);
  for (let i = 0; i < message.length; i++) words[i] = message[i]!;
  words[message.length] = 0;
  return finish(key, words, message.length * 4);
}

/** Where a message waits as words; two more than it fills, for the last word and its length. */
const short = new Int32Array(66);

function scratchFor(length: number): Int32Array {
  return length <= 256 ? short : new Int32Array((length >>> 2) + 3);
}

/** `words` holds `length` bytes, zeros after them up to a whole word; the rest of the last 64 bits is set here. */
function finish(key: SipKey, words: Int32Array, length: number): Hash64 {
  const last = (length >>> 3) << 1;
  if ((length & 4) === 0) words[last + 1] = 0;
  words[last + 1]! |= length << 24;
  return compress(key, words, last + 2);
}

/** SipRounds in the paper's order, over `count` words: two a 64-bit word, four at the end. */
function compress(key: SipKey, words: Int32Array, count: number): Hash64 {
  let a0 = key.k0Low ^ 0x70736575;
  let a1 = key.k0High ^ 0x736f6d65;
  let b0 = key.k1Low ^ 0x6e646f6d;
  let b1 = key.k1High ^ 0x646f7261;
  let c0 = key.k0Low ^ 0x6e657261;
  let c1 = key.k0High ^ 0x6c796765;
  let d0 = key.k1Low ^ 0x79746573;
  let d1 = key.k1High ^ 0x74656462;
  for (let at = 0; at <= count; at += 2) {
    const ending = at === count;
    const low = ending ? 0 : words[at]!;
    const high = ending ? 0 : words[at + 1]!;
    if (ending) c0 ^= 0xff;
    d0 ^= low;
    d1 ^= high;
    for (let round = ending ? 4 : 2; round > 0; round--) {
      let t = b0;
      a0 = (a0 + b0) | 0; // v0 += v1
      a1 = (a1 + b1 + (a0 >>> 0 < b0 >>> 0 ? 1 : 0)) | 0;
      b0 = (t << 13) | (b1 >>> 19); // v1 = rotl(v1, 13) ^ v0
      b1 = (b1 << 13) | (t >>> 19);
      b0 ^= a0;
      b1 ^= a1;
      t = a0; // v0 = rotl(v0, 32)
      a0 = a1;
      a1 = t;
      c0 = (c0 + d0) | 0; // v2 += v3
      c1 = (c1 + d1 + (c0 >>> 0 < d0 >>> 0 ? 1 : 0)) | 0;
      t = d0; // v3 = rotl(v3, 16) ^ v2
      d0 = ((d0 << 16) | (d1 >>> 16)) ^ c0;
      d1 = ((d1 << 16) | (t >>> 16)) ^ c1;
      a0 = (a0 + d0) | 0; // v0 += v3
      a1 = (a1 + d1 + (a0 >>> 0 < d0 >>> 0 ? 1 : 0)) | 0;
      t = d0; // v3 = rotl(v3, 21) ^ v0
      d0 = ((d0 << 21) | (d1 >>> 11)) ^ a0;
      d1 = ((d1 << 21) | (t >>> 11)) ^ a1;
      c0 = (c0 + b0) | 0; // v2 += v1
      c1 = (c1 + b1 + (c0 >>> 0 < b0 >>> 0 ? 1 : 0)) | 0;
      t = b0; // v1 = rotl(v1, 17) ^ v2
      b0 = ((b0 << 17) | (b1 >>> 15)) ^ c0;
      b1 = ((b1 << 17) | (t >>> 15)) ^ c1;
      t = c0; // v2 = rotl(v2, 32)
      c0 = c1;
      c1 = t;
    }
    a0 ^= low;
    a1 ^= high;
  }
  return { high: a1 ^ b1 ^ c1 ^ d1, low: a0 ^ b0 ^ c0 ^ d0 };
}
