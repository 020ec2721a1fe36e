/** A file as the sequence of bytes a transfer carries: as it is (octet), or as netascii (RFC 1350, section 1). */
import type { FileContent } from "../file-source.ts";

/** Reads on from where it stopped. */
export interface BlockReader {
  /** Fills `into`. @returns the bytes put there; fewer than asked for only at the end. */
  next(into: Uint8Array): number;
}

export function octetReader(file: FileContent): BlockReader {
  let offset = 0;
  return {
    next: (into) => {
      const count = readFully(file, offset, into);
      offset += count;
      return count;
    },
  };
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const sourceChunk = 8192;

/** Line ends become CR LF and a CR of the file's own CR NUL (RFC 764, the NVT). */
export function netasciiReader(file: FileContent): BlockReader {
  const source = new Uint8Array(sourceChunk);
  let offset = 0;
  let at = 0;
  let end = 0;
  /** The second byte of a pair that did not fit; -1: none. */
  let owed = -1;

  const refill = (): boolean => {
    at = 0;
    end = readFully(file, offset, source);
    offset += end;
    return end > 0;
  };

  return {
    next: (into) => {
      let filled = 0;
      while (filled < into.length) {
        if (owed >= 0) {
          into[filled++] = owed;
          owed = -1;
        } else if (at === end && !refill()) {
          return filled;
        } else {
          const byte = source[at++]!;
          into[filled++] = byte === lineFeed ? carriageReturn : byte;
          if (byte === lineFeed || byte === carriageReturn) owed = byte === lineFeed ? lineFeed : 0;
        }
      }
      return filled;
    },
  };
}

/** A source may give less than it was asked for; only nothing means the end. */
function readFully(file: FileContent, offset: number, into: Uint8Array): number {
  let filled = 0;
  while (filled < into.length) {
    const count = file.read(offset + filled, into.subarray(filled));
    if (count <= 0) break;
    filled += count;
  }
  return filled;
}
