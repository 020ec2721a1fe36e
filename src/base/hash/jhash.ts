/** Bob Jenkins's lookup3 as Linux has it (include/linux/jhash.h): what its socket tables and reuseport groups hash with. */

const initial = 0xdeadbeef | 0;

/** jhash_3words: the hash of three words, int32. */
export function jhash3(a: number, b: number, c: number, seed: number): number {
  return words(a, b, c, (initial + 12 + seed) | 0);
}

/** jhash_2words. */
export function jhash2(a: number, b: number, seed: number): number {
  return words(a, b, 0, (initial + 8 + seed) | 0);
}

/** jhash_1word. */
export function jhash1(a: number, seed: number): number {
  return words(a, 0, 0, (initial + 4 + seed) | 0);
}

function words(a: number, b: number, c: number, start: number): number {
  return final((a + start) | 0, (b + start) | 0, (c + start) | 0);
}

/** jhash: the hash of `bytes[start, end)`, int32. */
export function jhash(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let a = (initial + (end - start) + seed) | 0;
  let b = a;
  let c = a;
  let at = start;
  for (; end - at > 12; at += 12) {
    a = (a + word(bytes, at, end)) | 0;
    b = (b + word(bytes, at + 4, end)) | 0;
    c = (c + word(bytes, at + 8, end)) | 0;
    // __jhash_mix
    a = rotated((a - c) | 0, c, 4);
    c = (c + b) | 0;
    b = rotated((b - a) | 0, a, 6);
    a = (a + c) | 0;
    c = rotated((c - b) | 0, b, 8);
    b = (b + a) | 0;
    a = rotated((a - c) | 0, c, 16);
    c = (c + b) | 0;
    b = rotated((b - a) | 0, a, 19);
    a = (a + c) | 0;
    c = rotated((c - b) | 0, b, 4);
    b = (b + a) | 0;
  }
  if (at === end) return c; // only for no bytes at all
  return final(
    (a + word(bytes, at, end)) | 0,
    (b + word(bytes, at + 4, end)) | 0,
    (c + word(bytes, at + 8, end)) | 0,
  );
}

/** The little-endian word at `at`; bytes from `end` on count as zero. */
function word(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = Math.min(at + 4, end) - 1; i >= at; i--) value = (value << 8) | bytes[i]!;
  return value;
}

function rotated(value: number, by: number, bits: number): number {
  return value ^ ((by << bits) | (by >>> (32 - bits)));
}

/** __jhash_final */
function final(a: number, b: number, c: number): number {
  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
  return ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
}
