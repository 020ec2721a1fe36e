/**
 * CRC32c, the checksum of SCTP (RFC 9260, section 6.8 and appendix A): reflected, polynomial 0x1EDC6F41, by eight bytes
 * at a time ("slicing-by-8"). Its check value, of the digits 1 to 9, is e3069283.
 */
import { littleEndian } from "../bytes.ts";
import { wordsOf } from "../words.ts";

const reflectedPolynomial = 0x82f63b78;

/**
 * Eight tables of 256: entry `k * 256 + b` is the CRC of byte b with k zero bytes after it.
 */
const table: Int32Array = makeTable();

function makeTable(): Int32Array {
  const entries = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ reflectedPolynomial : crc >>> 1;
    entries[byte] = crc;
  }
  for (let i = 256; i < entries.length; i++) {
    const shorter = entries[i - 256]!;
    entries[i] = (shorter >>> 8) ^ entries[shorter & 255]!;
  }
  return entries;
}

/** The CRC of `bytes[start, end)`, unsigned; `crc` is that of what came before. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length, crc = 0): number {
  const base = bytes.byteOffset;
  const aligned = Math.min(end, start + (-(base + start) & 3));
  let state = byBytes(bytes, start, aligned, ~crc);
  if (!littleEndian || end - aligned < 8) return ~byBytes(bytes, aligned, end, state) >>> 0;
  const words = wordsOf(bytes.buffer);
  const first = (base + aligned) >>> 2;
  const last = first + (((end - aligned) >>> 3) << 1);
  for (let i = first; i < last; i += 2) {
    const x = words[i]! ^ state;
    const y = words[i + 1]!;
    state =
      table[1792 + (x & 255)]! ^
      table[1536 + ((x >>> 8) & 255)]! ^
      table[1280 + ((x >>> 16) & 255)]! ^
      table[1024 + (x >>> 24)]! ^
      table[768 + (y & 255)]! ^
      table[512 + ((y >>> 8) & 255)]! ^
      table[256 + ((y >>> 16) & 255)]! ^
      table[y >>> 24]!;
  }
  return ~byBytes(bytes, last * 4 - base, end, state) >>> 0;
}

function byBytes(bytes: Uint8Array, start: number, end: number, state: number): number {
  for (let i = start; i < end; i++) state = (state >>> 8) ^ table[(state ^ bytes[i]!) & 255]!;
  return state;
}
