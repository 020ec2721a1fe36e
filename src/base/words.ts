/** Memory seen as 32-bit words, for the loops that sum or hash whole packets. */

/** The words of `buffer` from its first byte on; up to three bytes at its end are in none. */
export function wordsOf(buffer: ArrayBufferLike): Uint32Array {
  if (buffer !== lastBuffer) {
    lastBuffer = buffer;
    lastWords = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
  }
  return lastWords;
}

/** Packets come from few arenas, so that the last view nearly always serves; a new one costs 50 to 100 ns. */
let lastBuffer: ArrayBufferLike = new ArrayBuffer(0);
let lastWords: Uint32Array = new Uint32Array(lastBuffer);
