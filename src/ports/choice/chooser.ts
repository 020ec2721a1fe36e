/**
 * Finds the first suitable port in the order a selection proposes. The answer is the port a kernel's scan would end at;
 * only the time it takes is not: bitmaps skip what is certainly taken.
 */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import { lastPort } from "../range.ts";
import { type Abreast, Order, type Selection, type Walk } from "../selection.ts";
import { PortBitmap } from "../table/bitmap.ts";
import { portAt } from "./stride.ts";
import { firstTurn, isClear } from "./stride-search.ts";

/** What is in the way of a wish. */
export interface Field {
  /** No port in any of the first `setCount` of these suits. There may be more of them while one looks. */
  readonly sets: readonly PortBitmap[];
  readonly setCount: number;
  /** A pass begins; `relaxed` as in {@link Order}. */
  begin(pass: "strict" | "relaxed"): void;
  /** Whether a port that is in none of `sets` suits. */
  suits(port: number): boolean;
}

export class Chooser {
  readonly #order = new Order();
  #looked = 0;
  /** Candidates of the last choice up to the taken one, it included: what a scan would have cost. */
  looked = 0;
  /** The last choice went past the end of the range, or into another pass. */
  wrapped = false;

  /** The port, or -1. The selection is told. */
  choose(selection: Selection, wish: Wish, field: Field, random: Random): number {
    this.looked = 0;
    this.wrapped = false;
    if (selection.kind === "walk") return this.#walk(selection, wish, field, random);
    field.begin("strict");
    if (selection.kind === "abreast") return this.#walkAbreast(selection, wish, field, random);
    const drawing = selection.draw(wish, random);
    let port = -1;
    while (port < 0 && this.looked < drawing.tries) {
      this.looked++;
      const drawn = drawing.next();
      if (isClear(field, drawn) && field.suits(drawn)) port = drawn;
    }
    drawing.keep();
    return port;
  }

  #walk(selection: Walk, wish: Wish, field: Field, random: Random): number {
    const order = this.#order;
    let looked = 0;
    for (let pass = 0; ; pass++) {
      order.clear();
      if (!selection.propose(wish, pass, order, random)) break;
      field.begin(order.relaxed ? "relaxed" : "strict");
      const port = this.#along(order, field);
      looked = this.#looked;
      this.looked += looked;
      if (port < 0) continue;
      this.wrapped ||= pass > 0 || order.cameAround;
      selection.settle?.(wish, port, looked, random);
      return port;
    }
    selection.settle?.(wish, undefined, looked, random);
    return -1;
  }

  /** The first suitable port of one pass, or -1; in {@link #looked} how many were looked at. */
  #along(order: Order, field: Field): number {
    const { stride } = order;
    if (stride !== undefined) {
      const turn = firstTurn(field, stride);
      this.#looked = turn < 0 ? stride.count : turn + 1;
      const port = turn < 0 ? -1 : portAt(stride, turn);
      this.wrapped = port >= 0 && port < stride.start;
      return port;
    }
    for (let run = 0; run < order.length; run++) {
      const port = firstSuitable(field, order.from[run]!, order.to[run]!, order.step[run]!);
      if (port < 0) continue;
      this.#looked = order.lookedAt(run, port);
      this.wrapped = run > 0;
      return port;
    }
    this.#looked = order.size;
    return -1;
  }

  /** On each strand, how far is the first suitable port? The nearest wins, among equals that of the first strand. */
  #walkAbreast(selection: Abreast, wish: Wish, field: Field, random: Random): number {
    const strands = selection.strands(wish, random);
    let best = -1;
    let nearest = strands.length;
    this.looked = strands.count * strands.length;
    for (let strand = 0; strand < strands.count && nearest > 0; strand++) {
      const start = strands.start(strand);
      const port = firstOnStrand(field, wish, start, nearest);
      if (port < 0) continue;
      best = port;
      nearest = (port - start) & lastPort;
      this.looked = nearest * strands.count + strand + 1;
    }
    return best;
  }
}

/** The first suitable port of the range among the `length` from `start` on. */
function firstOnStrand(field: Field, { low, high }: Wish, start: number, length: number): number {
  const end = start + length - 1;
  const port = firstSuitable(field, Math.max(start, low), Math.min(end, high), 1);
  if (port >= 0 || end <= lastPort) return port;
  return firstSuitable(field, low, Math.min(end & lastPort, high), 1);
}

function firstSuitable(field: Field, from: number, to: number, step: number): number {
  if (step < 0) return firstSuitableBelow(field, from, to);
  let port = PortBitmap.firstClearOfAll(field.sets, field.setCount, from, to, step);
  while (port >= 0 && !field.suits(port))
    port = PortBitmap.firstClearOfAll(field.sets, field.setCount, port + step, to, step);
  return port;
}

function firstSuitableBelow(field: Field, from: number, to: number): number {
  let port = PortBitmap.lastClearOfAll(field.sets, field.setCount, from, to);
  while (port >= 0 && !field.suits(port))
    port = PortBitmap.lastClearOfAll(field.sets, field.setCount, port - 1, to);
  return port;
}
