/** The body of a response as it arrives: of known length, chunked, or until the connection ends (RFC 9112, sections 6 and 7). */
import { decodeLatin1 } from "../../base/text.ts";
import { contentLength, type Fields, hasOption } from "./head.ts";

/** How a body went wrong. */
export type BodyFault = "malformed-length" | "malformed-chunk" | "unknown-transfer-coding" | "truncated-body";

/** Takes bytes in, gives the body's out. */
export interface BodyReader {
  /** The body's length, where it is known before its end. */
  readonly length: number | undefined;
  /** Takes what arrived. "more" to go on, "done" once the body is complete; what follows is not looked at. */
  read(bytes: Uint8Array): "more" | "done" | BodyFault;
  /** The connection has ended. */
  end(): "done" | BodyFault;
}

/** The reader for a response with these fields. `emit` gets the body's bytes, lent. */
export function bodyReader(
  status: number,
  fields: Fields,
  emit: (bytes: Uint8Array) => void,
): BodyReader | BodyFault {
  if (status === 204 || status === 304) return fixedLength(0, emit);
  const coding = fields.get("transfer-encoding");
  if (coding !== undefined) {
    return hasOption(coding, "chunked") && !coding.includes(",")
      ? new ChunkedReader(emit)
      : "unknown-transfer-coding";
  }
  const length = contentLength(fields);
  if (length === "malformed") return "malformed-length";
  return length === undefined ? untilEnd(emit) : fixedLength(length, emit);
}

function fixedLength(length: number, emit: (bytes: Uint8Array) => void): BodyReader {
  let left = length;
  return {
    length,
    read: (bytes) => {
      const part = bytes.length > left ? bytes.subarray(0, left) : bytes;
      left -= part.length;
      if (part.length > 0) emit(part);
      return left === 0 ? "done" : "more";
    },
    end: () => (left === 0 ? "done" : "truncated-body"),
  };
}

function untilEnd(emit: (bytes: Uint8Array) => void): BodyReader {
  return {
    length: undefined,
    read: (bytes) => {
      if (bytes.length > 0) emit(bytes);
      return "more";
    },
    end: () => "done",
  };
}

const longestLine = 4096;
const mostTrailerBytes = 16_384;
const lineFeed = 0x0a;

/** RFC 9112, section 7.1. Chunk extensions and trailers are passed over, within limits. */
class ChunkedReader implements BodyReader {
  readonly length = undefined;
  readonly #emit: (bytes: Uint8Array) => void;
  #state: "size" | "data" | "data-end" | "trailer" | "done" = "size";
  #line = "";
  #left = 0;
  #trailerBytes = 0;

  constructor(emit: (bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  read(bytes: Uint8Array): "more" | "done" | BodyFault {
    let at = 0;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state === "data") {
        const part = bytes.subarray(at, at + this.#left);
        at += part.length;
        this.#left -= part.length;
        this.#emit(part);
        if (this.#left === 0) this.#state = "data-end";
        continue;
      }
      const lineEnd = bytes.indexOf(lineFeed, at);
      const stop = lineEnd < 0 ? bytes.length : lineEnd;
      if (this.#line.length + stop - at > longestLine) return "malformed-chunk";
      this.#line += decodeLatin1(bytes, at, stop);
      at = stop + 1;
      if (lineEnd >= 0 && !this.#takeLine()) return "malformed-chunk";
    }
    return this.#state === "done" ? "done" : "more";
  }

  end(): "done" | BodyFault {
    return this.#state === "done" ? "done" : "truncated-body";
  }

  /** A whole line has arrived: a chunk's size, the end of a chunk, or a trailer. */
  #takeLine(): boolean {
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    if (this.#state === "data-end") {
      this.#state = "size";
      return line === "";
    }
    if (this.#state === "trailer") {
      this.#trailerBytes += line.length;
      if (line === "") this.#state = "done";
      return this.#trailerBytes <= mostTrailerBytes;
    }
    const size = /^([0-9a-fA-F]{1,12})[ \t]*(;|$)/.exec(line)?.[1];
    if (size === undefined) return false;
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailer" : "data";
    return true;
  }
}
