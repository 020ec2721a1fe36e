/** Counts the ports of a range that nobody holds, as they are taken and given back. */
import { type PortRange, sizeOf } from "../range.ts";
import type { PortBitmap } from "./bitmap.ts";

/** Ports that are chosen from: those of the range that are not in `closed`. */
export interface Choosable {
  readonly range: PortRange;
  readonly closed: PortBitmap | undefined;
}

export class FreePorts {
  /** How many ports the range has in all. */
  readonly size: number;
  /** How many of them are to be had. */
  count: number;
  readonly #low: number;
  readonly #high: number;
  readonly #closed: PortBitmap | undefined;

  constructor({ range, closed }: Choosable, held: PortBitmap) {
    const [low, high] = range;
    this.#low = low;
    this.#high = high;
    this.#closed = closed;
    this.size = sizeOf(range);
    this.count = this.size - (closed?.count(low, high) ?? 0) - held.count(low, high);
    if (closed === undefined) return;
    for (let port = closed.firstSet(low, high); port >= 0; port = closed.firstSet(port + 1, high))
      if (held.has(port)) this.count++; // it was taken off twice
  }

  taken(port: number): void {
    if (this.#counts(port)) this.count--;
  }

  givenBack(port: number): void {
    if (this.#counts(port)) this.count++;
  }

  #counts(port: number): boolean {
    return port >= this.#low && port <= this.#high && this.#closed?.has(port) !== true;
  }
}
