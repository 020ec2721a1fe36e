/**
 * A selection proposes ports; whether one suits is not its business. Nearly every algorithm there is means "start here,
 * step so, take the first that suits": it fills in an {@link Order}, and finding the first suitable port along that is
 * done once for all of them, with bitmaps. The few that draw anew for each try, or walk abreast, say so.
 */
import type { Random } from "../base/random.ts";
import type { Stride } from "./choice/stride.ts";
import type { Wish } from "./demultiplexer/flow.ts";

export type Selection = Walk | Draw | Abreast;

/**
 * Walks the range in runs. Pure but for `settle`: asking for an order twice with the same random numbers gives the
 * same order, so a choice can be foretold.
 */
export interface Walk {
  readonly kind: "walk";
  readonly name: string;
  /** What it remembers from one choice to the next, where that is a few numbers: written to, it goes on from there. */
  readonly cursors?: Record<string, number>;
  /** The same where it is many. */
  readonly memory?: Memory;
  /** Fills `order` for this pass, from 0 on; false where all passes are over. Draws only for a pass that is asked for. */
  propose(wish: Wish, pass: number, order: Order, random: Random): boolean;
  /** Learns how the choice ended, to move cursors and counters. `looked`: candidates of the last pass, the taken one included. */
  settle?(wish: Wish, taken: number | undefined, looked: number, random: Random): void;
}

/** Numbers by name, written down and taken up again. */
export interface Memory {
  save(): Record<string, number>;
  restore(saved: Readonly<Record<string, number>>): void;
}

/** Draws each candidate anew. */
export interface Draw {
  readonly kind: "draw";
  readonly name: string;
  /** As {@link Walk.cursors}. */
  readonly cursors?: Record<string, number>;
  readonly memory?: Memory;
  draw(wish: Wish, random: Random): Drawing;
}

export interface Drawing {
  /** How often to try at most. */
  readonly tries: number;
  next(): number;
  /** The choice stands: keep what the draws have changed. */
  keep(): void;
}

/** Walks several strands of consecutive ports abreast: the first port of each in turn, the second of each, and so on. */
export interface Abreast {
  readonly kind: "abreast";
  readonly name: string;
  /** As {@link Walk.cursors}. */
  readonly cursors?: Record<string, number>;
  readonly memory?: Memory;
  strands(wish: Wish, random: Random): Strands;
}

export interface Strands {
  readonly count: number;
  /** Ports a strand; after 65535 comes 0. */
  readonly length: number;
  /** Where a strand begins. Its ports may lie outside the range, and do not suit then. */
  start(strand: number): number;
}

const mostRuns = 8;

/**
 * Runs of ports, one after the other: each `from, from + step ... <= to`, or downward by a step of -1. Lent for one
 * choice, and reused.
 */
export class Order {
  readonly from: Int32Array = new Int32Array(mostRuns);
  readonly to: Int32Array = new Int32Array(mostRuns);
  readonly step: Int32Array = new Int32Array(mostRuns);
  /** How many runs there are. */
  length = 0;
  /** Ports may be shared where the profile's rule for `relaxed` says so. */
  relaxed = false;
  /** The whole pass, where it goes by strides and not in runs. */
  stride: Stride | undefined = undefined;
  /** The cursor stood at the end of the range: the order begins at its start, and counts as having wrapped. */
  cameAround = false;

  clear(): void {
    this.length = 0;
    this.relaxed = false;
    this.cameAround = false;
    this.stride = undefined;
  }

  /** One more run; none where `to` lies the other way. */
  add(from: number, to: number, step: number): void {
    if (step > 0 ? from > to : from < to) return;
    this.from[this.length] = from;
    this.to[this.length] = to;
    this.step[this.length] = step;
    this.length++;
  }

  /** Up from `start` to `high`, then from `low` to below `start`. */
  around(start: number, low: number, high: number): void {
    this.add(start, high, 1);
    this.add(low, start - 1, 1);
  }

  /** Down from `start` to `low`, then from `high` to above `start`. */
  aroundDownward(start: number, low: number, high: number): void {
    this.add(start, low, -1);
    this.add(high, start + 1, -1);
  }

  /** Takes candidates off the end, until there are no more than `size`. */
  cut(size: number): void {
    let excess = this.size - size;
    while (excess > 0) {
      const last = this.length - 1;
      const left = this.sizeOf(last) - excess;
      if (left > 0) {
        this.to[last] = this.from[last]! + (left - 1) * this.step[last]!;
        return;
      }
      this.length--;
      excess = -left;
    }
  }

  /** How many candidates there are from the beginning up to `port` in run `run`, that one included. */
  lookedAt(run: number, port: number): number {
    let looked = (port - this.from[run]!) / this.step[run]! + 1;
    for (let i = 0; i < run; i++) looked += this.sizeOf(i);
    return looked;
  }

  /** The last candidate; undefined where there is none. */
  get end(): number | undefined {
    if (this.length === 0) return undefined;
    const run = this.length - 1;
    return this.from[run]! + (this.sizeOf(run) - 1) * this.step[run]!;
  }

  /** How many candidates there are in all. */
  get size(): number {
    let size = 0;
    for (let i = 0; i < this.length; i++) size += this.sizeOf(i);
    return size;
  }

  sizeOf(run: number): number {
    return Math.floor((this.to[run]! - this.from[run]!) / this.step[run]!) + 1;
  }
}
