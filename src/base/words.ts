/** Memory seen as 32-bit words, for the loops that sum or hash whole packets. */

/** The words of `buffer` from its first byte on; up to three bytes at its end are in none. */
export function wordsOf(buffer: ArrayBufferLike): Uint32Array {
  if (buffer !== lastBuffer) {
    lastWords = recalled(buffer);
    lastBuffer = buffer;
  }
  return lastWords;
}

/** Packets come from few arenas, so that a view made before nearly always serves; a new one costs 50 to 100 ns. */
let lastBuffer: ArrayBufferLike = new ArrayBuffer(0);
let lastWords: Uint32Array = new Uint32Array(lastBuffer);
const buffers: ArrayBufferLike[] = new Array<ArrayBufferLike>(8).fill(lastBuffer);
const views: Uint32Array[] = new Array<Uint32Array>(8).fill(lastWords);
let oldest = 0;
/** Bytes of the largest buffer that is kept from collection for its view: an arena of a packet pool. */
const largestKept = 1 << 20;

function recalled(buffer: ArrayBufferLike): Uint32Array {
  for (let i = 0; i < buffers.length; i++) if (buffers[i] === buffer) return views[i]!;
  const words = new Uint32Array(buffer, 0, buffer.byteLength >>> 2);
  if (buffer.byteLength > largestKept) return words;
  buffers[oldest] = buffer;
  views[oldest] = words;
  oldest = (oldest + 1) % buffers.length;
  return words;
}
