/**
 * A queue of bytes in a ring: what a socket's send and receive buffers are made of.
 * Memory grows with what is in it, doubling up to the capacity, so that an idle connection holds none.
 */
import { copyBytes } from "./bytes.ts";
import { invariant } from "./invariant.ts";

const smallest = 1024;
const none = new Uint8Array(0);

export class ByteRing {
  #capacity: number;
  #memory = none;
  /** Where the first byte stands. */
  #head = 0;
  #length = 0;
  /** From the first byte to the end of all that is stored, placed bytes too. */
  #extent = 0;

  /** @param capacity Most bytes it will hold. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Bytes in it. */
  get length(): number {
    return this.#length;
  }

  /** Bytes it can still take; 0 where it was shrunk below what it holds. */
  get free(): number {
    return Math.max(0, this.#capacity - this.#length);
  }

  /** Appends as much of `bytes[start, end)` as there is room for, and says how much that was. */
  write(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
    const count = Math.min(end - start, this.free);
    if (count <= 0) return 0;
    this.#put(this.#length, bytes, start, start + count);
    this.#length += count;
    return count;
  }

  /**
   * Stores bytes ahead of the end, `offset` after the first byte, where they wait for {@link commit}: segments out of
   * order. What does not fit the capacity is left out.
   * @returns the bytes stored.
   */
  place(offset: number, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
    invariant(offset >= this.#length, "bytes in the queue are not overwritten");
    const count = Math.min(end - start, this.#capacity - offset);
    if (count <= 0) return 0;
    this.#put(offset, bytes, start, start + count);
    return count;
  }

  /** The next `count` placed bytes now belong to the queue. */
  commit(count: number): void {
    invariant(count >= 0 && this.#length + count <= this.#memory.length, "only placed bytes are committed");
    this.#length += count;
  }

  /** Moves up to `max` bytes from the front to `into[at, ...)` and says how many. */
  read(into: Uint8Array, at = 0, max: number = into.length - at): number {
    const count = this.peek(0, into, at, max);
    this.skip(count);
    return count;
  }

  /** Copies up to `max` bytes from `offset` on, leaving them, and says how many. */
  peek(offset: number, into: Uint8Array, at = 0, max: number = into.length - at): number {
    const count = Math.max(0, Math.min(max, this.#length - offset, into.length - at));
    if (count > 0) this.copyTo(offset, count, into, at);
    return count;
  }

  /** Copies exactly `length` bytes from `offset` on to `into[at, ...)`, leaving them. */
  copyTo(offset: number, length: number, into: Uint8Array, at: number): void {
    invariant(offset >= 0 && offset + length <= this.#length, "only bytes in the queue are copied");
    if (length === 0) return;
    const memory = this.#memory;
    const from = (this.#head + offset) & (memory.length - 1);
    const first = Math.min(length, memory.length - from);
    copyBytes(memory, from, from + first, into, at);
    if (first < length) copyBytes(memory, 0, length - first, into, at + first);
  }

  /** Drops `count` bytes from the front. */
  skip(count: number): void {
    invariant(count >= 0 && count <= this.#length, "only bytes in the queue are skipped");
    if (count === 0) return;
    this.#head = (this.#head + count) & (this.#memory.length - 1);
    this.#length -= count;
    this.#extent -= count;
    if (this.#extent === 0) this.#head = 0; // what is used again is in the cache still
  }

  /** Sets the capacity. Nothing held is lost: where it holds more, it takes nothing until it has drained. */
  resize(capacity: number): void {
    this.#capacity = capacity;
  }

  /** Gives its memory back, and whatever is in it. */
  clear(): void {
    this.#memory = none;
    this.#head = 0;
    this.#length = 0;
    this.#extent = 0;
  }

  #put(offset: number, bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (offset + count > this.#memory.length) this.#grow(offset + count);
    const memory = this.#memory;
    const at = (this.#head + offset) & (memory.length - 1);
    const first = Math.min(count, memory.length - at);
    copyBytes(bytes, start, start + first, memory, at);
    if (first < count) copyBytes(bytes, start + first, end, memory, 0);
    if (offset + count > this.#extent) this.#extent = offset + count;
  }

  /** To the next power of two; placed bytes beyond the end move along. */
  #grow(needed: number): void {
    let size = Math.max(smallest, this.#memory.length * 2);
    while (size < needed) size *= 2;
    const grown = new Uint8Array(size);
    grown.set(this.#memory.subarray(this.#head));
    grown.set(this.#memory.subarray(0, this.#head), this.#memory.length - this.#head);
    this.#memory = grown;
    this.#head = 0;
  }
}
