/**
 * A sorted set of disjoint intervals [start, end) of serial numbers, as SACK scoreboards, reassembly queues and
 * fragments keep them. Plain non-negative numbers below 2^31 are serial numbers too. All members lie within 2^31.
 */

export class IntervalSet {
  readonly #limit: number;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** @param limit Most intervals it keeps: what hostile input can cost. */
  constructor(limit: number = Infinity) {
    this.#limit = limit;
  }

  /** Intervals in it. */
  get count(): number {
    return this.#starts.length;
  }

  /** The start of interval `index`, counted from the lowest. */
  start(index: number): number {
    return this.#starts[index]!;
  }

  /** One past the last of interval `index`. */
  end(index: number): number {
    return this.#ends[index]!;
  }

  /** Members of all intervals together. */
  get size(): number {
    let size = 0;
    for (let i = 0; i < this.#starts.length; i++) size += (this.#ends[i]! - this.#starts[i]!) | 0;
    return size;
  }

  /**
   * Adds [start, end), joining what it overlaps or touches.
   * @returns the members that are new; -1 where the limit of intervals forbids it, and nothing is changed.
   */
  add(start: number, end: number): number {
    if (((end - start) | 0) <= 0) return 0;
    const starts = this.#starts;
    const ends = this.#ends;
    const first = this.#firstEndingAtOrAfter(start);
    let after = first;
    let low = start;
    let high = end;
    let known = 0;
    while (after < starts.length && ((starts[after]! - end) | 0) <= 0) {
      known += (ends[after]! - starts[after]!) | 0;
      if (((starts[after]! - low) | 0) < 0) low = starts[after]!;
      if (((ends[after]! - high) | 0) > 0) high = ends[after]!;
      after++;
    }
    if (after === first && starts.length >= this.#limit) return -1;
    this.#replace(first, after, low, high);
    return ((high - low) | 0) - known;
  }

  /** Takes [start, end) out, cutting intervals it falls into. The limit does not hold against such a cut. */
  remove(start: number, end: number): void {
    if (((end - start) | 0) <= 0) return;
    const first = this.#firstEndingAtOrAfter((start + 1) | 0);
    let after = first;
    while (after < this.#starts.length && ((this.#starts[after]! - end) | 0) < 0) after++;
    if (after === first) return;
    const low = this.#starts[first]!;
    const high = this.#ends[after - 1]!;
    this.#starts.splice(first, after - first);
    this.#ends.splice(first, after - first);
    if (((end - high) | 0) < 0) this.#replace(first, first, end, high);
    if (((low - start) | 0) < 0) this.#replace(first, first, low, start);
  }

  /** Takes out all that lies before `start`: it was acknowledged, or delivered. */
  removeBefore(start: number): void {
    const first = this.#firstEndingAtOrAfter((start + 1) | 0);
    this.#starts.splice(0, first);
    this.#ends.splice(0, first);
    if (this.#starts.length > 0 && ((this.#starts[0]! - start) | 0) < 0) this.#starts[0] = start;
  }

  contains(value: number): boolean {
    return this.covers(value, (value + 1) | 0);
  }

  /** True where every number of [start, end) is in it. */
  covers(start: number, end: number): boolean {
    const i = this.#firstEndingAtOrAfter(end);
    return i < this.#starts.length && ((this.#starts[i]! - start) | 0) <= 0;
  }

  /** True where some number of [start, end) is in it. */
  overlaps(start: number, end: number): boolean {
    const i = this.#firstEndingAtOrAfter((start + 1) | 0);
    return i < this.#starts.length && ((this.#starts[i]! - end) | 0) < 0;
  }

  clear(): void {
    this.#starts.length = 0;
    this.#ends.length = 0;
  }

  /** Intervals [first, after) become the one given; `first` === `after` inserts. */
  #replace(first: number, after: number, start: number, end: number): void {
    if (after === first + 1) {
      this.#starts[first] = start;
      this.#ends[first] = end;
    } else {
      this.#starts.splice(first, after - first, start);
      this.#ends.splice(first, after - first, end);
    }
  }

  #firstEndingAtOrAfter(value: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (((this.#ends[middle]! - value) | 0) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
