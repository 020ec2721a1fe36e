/**
 * The Internet checksum: the 16-bit one's complement of the one's complement sum of all 16-bit words (RFC 1071).
 *
 * A *sum* here is partial: a non-negative integer below 2^32 that stands for its residue modulo 65535, except that
 * only a sum of nothing but zeros is 0. Sums of pieces that start on even offsets are simply added; see
 * {@link appendSum} for the others.
 */
import { type Address, isV4 } from "../address.ts";
import { littleEndian, swap16 } from "../bytes.ts";
import { wordsOf } from "../words.ts";

/** Shorter ranges are summed byte by byte, which then costs less than to look at memory as words. */
const wordLimit = 64;

/** The partial sum of `bytes[start, end)`, up to 8 MiB, added to `initial`. A last odd byte is padded with zero. */
export function sum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  if (end - start >= wordLimit) return initial + wordSum(bytes, start, end);
  let high = 0;
  let low = 0;
  const even = end - ((end - start) & 1);
  for (let i = start; i < even; i += 2) {
    high += bytes[i]!;
    low += bytes[i + 1]!;
  }
  if (even < end) high += bytes[even]!;
  return initial + high * 256 + low;
}

/**
 * 32-bit words added in doubles, which hold 2^53; a word is congruent to the sum of its halves. The sum comes out as
 * the machine's byte order and the alignment of `start` have it, which RFC 1071, section 2(B), lets one swap away.
 */
function wordSum(bytes: Uint8Array, start: number, end: number): number {
  const base = bytes.byteOffset;
  const firstWord = (base + start + 3) >>> 2;
  const wordsEnd = (base + end) >>> 2;
  const words = wordsOf(bytes.buffer);
  let a = 0;
  let b = 0;
  let i = firstWord;
  for (const unrolled = firstWord + ((wordsEnd - firstWord) & ~3); i < unrolled; i += 4) {
    a += words[i]! + words[i + 1]!;
    b += words[i + 2]! + words[i + 3]!;
  }
  for (; i < wordsEnd; i++) a += words[i]!;
  a += edgeSum(bytes, start, firstWord * 4 - base) + edgeSum(bytes, wordsEnd * 4 - base, end);
  const total = a + b;
  const low = total >>> 0;
  const high = (total - low) / 0x1_0000_0000;
  const folded = fold((low >>> 16) + (low & 0xffff) + (high >>> 16) + (high & 0xffff));
  return (((base + start) & 1) === 1) === littleEndian ? folded : swap16(folded);
}

/** The bytes before the first whole word or after the last, weighted as the word loop weights them. */
function edgeSum(bytes: Uint8Array, start: number, end: number): number {
  let total = 0;
  for (let i = start; i < end; i++)
    total += ((bytes.byteOffset + i) & 1) === (littleEndian ? 1 : 0) ? bytes[i]! * 256 : bytes[i]!;
  return total;
}

/** A partial sum brought down to 16 bits with end-around carry. */
export function fold(sum: number): number {
  let folded = (sum >>> 16) + (sum & 0xffff);
  folded = (folded >>> 16) + (folded & 0xffff);
  return (folded >>> 16) + (folded & 0xffff);
}

/** The checksum field for `bytes[start, end)`, in which the field itself is zero. 0 means that it verified. */
export function checksum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  return ~fold(sum(bytes, start, end, initial)) & 0xffff;
}

/** The sum of two pieces that follow each other, the first `length` bytes long (RFC 1071, section 2(B)). */
export function appendSum(first: number, length: number, second: number): number {
  return first + ((length & 1) === 0 ? second : swap16(fold(second)));
}

/**
 * The sum of the pseudo-header in front of a transport header of `length` bytes with its payload
 * (RFC 9293, section 3.1; RFC 8200, section 8.1).
 */
export function pseudoHeaderSum(
  source: Address,
  destination: Address,
  protocol: number,
  length: number,
): number {
  const tail = protocol + (length >>> 16) + (length & 0xffff) + halves(source.w3) + halves(destination.w3);
  if (isV4(source)) return tail;
  return (
    tail +
    halves(source.w0) +
    halves(source.w1) +
    halves(source.w2) +
    halves(destination.w0) +
    halves(destination.w1) +
    halves(destination.w2)
  );
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}

/**
 * The checksum field after one 16-bit word under it changed (RFC 1624, section 3, equation 3). Where nothing but zeros is
 * left under it the field must be 0xffff, and this says 0: whoever may have that case sums anew.
 */
export function updateChecksum(field: number, before: number, after: number): number {
  return ~fold((~field & 0xffff) + (~before & 0xffff) + after) & 0xffff;
}
