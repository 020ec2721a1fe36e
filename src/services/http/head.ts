/** The head of an HTTP/1.1 message: start line and fields (RFC 9112, sections 2 to 5). Shared by server and client. */

import { decodeLatin1 } from "../../base/text.ts";

/** Field names in lower case; fields of one name joined by ", " (RFC 9110, section 5.3). */
export type Fields = ReadonlyMap<string, string>;

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** Bytes received until a head among them is whole. */
export class HeadBuffer {
  readonly #limit: number;
  #bytes = new Uint8Array(1024);
  #length = 0;
  /** No head ends before this. */
  #scanned = 0;

  /** @param limit Largest head in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes kept. */
  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
  }

  /** Takes the next head out, with the empty line that ends it. Empty lines before it are passed over. */
  take(): { readonly text: string } | "incomplete" | "too-large" {
    this.#drop(this.#emptyLines());
    const stop = Math.min(this.#length, this.#limit);
    const end = this.#headEnd(stop);
    if (end < 0) {
      this.#scanned = Math.max(0, stop - 3);
      return this.#length >= this.#limit ? "too-large" : "incomplete";
    }
    const text = decodeLatin1(this.#bytes, 0, end);
    this.#drop(end);
    return { text };
  }

  /** Everything kept, taken out. */
  takeRest(): Uint8Array {
    const rest = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
    return rest;
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#scanned = 0;
  }

  /** RFC 9112, section 2.2: a message may follow an empty line. */
  #emptyLines(): number {
    let at = 0;
    while (at < this.#length && (this.#bytes[at] === carriageReturn || this.#bytes[at] === lineFeed)) at++;
    return at;
  }

  /** One past the empty line that ends the head, or -1. A bare LF ends a line too (RFC 9112, section 2.2). */
  #headEnd(stop: number): number {
    const bytes = this.#bytes;
    for (let at = this.#scanned; at < stop; at++) {
      if (bytes[at] !== lineFeed) continue;
      const next = bytes[at + 1] === carriageReturn ? at + 2 : at + 1;
      if (next < stop && bytes[next] === lineFeed) return next + 1;
    }
    return -1;
  }
}

/** The lines of a head, or undefined where one holds a bare CR or a NUL. */
export function headLines(text: string): string[] | undefined {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  while (lines.at(-1) === "") lines.pop();
  return lines.some((line) => line.includes("\r") || line.includes("\0")) ? undefined : lines;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const mostFields = 128;

export function isToken(text: string): boolean {
  return token.test(text);
}

/** Field lines as a map, or undefined where one is malformed: folded, nameless, or with space before its colon. */
export function parseFields(lines: readonly string[]): Fields | undefined {
  if (lines.length > mostFields) return undefined;
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    if (colon < 1 || !isToken(name)) return undefined;
    const key = name.toLowerCase();
    const value = trimOws(line.slice(colon + 1));
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return fields;
}

/** Takes optional white space off both ends, in linear time. */
function trimOws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Whether a comma-separated field holds `option`, without regard to case. */
export function hasOption(value: string | undefined, option: string): boolean {
  return value?.split(",").some((part) => part.trim().toLowerCase() === option) ?? false;
}

/** Content-Length: a number, undefined where absent, "malformed" where it is none or says two things. */
export function contentLength(fields: Fields): number | undefined | "malformed" {
  const value = fields.get("content-length");
  if (value === undefined) return undefined;
  const parts = value.split(",").map((part) => part.trim());
  if (parts.some((part) => part !== parts[0]) || !/^\d{1,15}$/.test(parts[0]!)) return "malformed";
  return Number(parts[0]);
}
