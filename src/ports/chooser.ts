/**
 * Finds the first suitable port in the order a selection proposes. The answer is the port a kernel's scan would end at;
 * only the time it takes is not: bitmaps skip what is certainly taken.
 */
import type { Random } from "../base/random.ts";
import { PortBitmap } from "./bitmap.ts";
import type { Wish } from "./flow.ts";
import { Order, type Permutation, type Selection, type Walk } from "./selection.ts";

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

/** Where fewer ports are free than this, a permutation is not tried place by place: the free ports are asked for theirs. */
const few = 256;
/** So many places are tried in turn otherwise, and if few are free. */
const patience = 1024;
const impatience = 16;

export class Chooser {
  readonly #order = new Order();
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
    if (selection.kind === "permutation") return this.#permute(selection, wish, field, random);
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
      for (let run = 0; run < order.length; run++) {
        const port = firstSuitable(field, order.from[run]!, order.to[run]!, order.step[run]!);
        if (port < 0) continue;
        looked = order.lookedAt(run, port);
        this.looked += looked;
        this.wrapped = pass > 0 || run > 0 || order.cameAround;
        selection.settle?.(wish, port, looked, random);
        return port;
      }
      looked = order.size;
      this.looked += looked;
    }
    selection.settle?.(wish, undefined, looked, random);
    return -1;
  }

  #permute(selection: Permutation, wish: Wish, field: Field, random: Random): number {
    const { low, high } = wish;
    const order = selection.permute(wish, random);
    const soon = freeAtLeast(field, low, high) < few ? impatience : patience;
    for (let place = 0; place < soon; place++) {
      const port = order.at(place);
      if (port < low || port > high || !isClear(field, port) || !field.suits(port)) continue;
      this.looked = place + 1;
      return port;
    }
    let best = -1;
    let bestPlace = order.length;
    for (
      let port = firstSuitable(field, low, high, 1);
      port >= 0;
      port = firstSuitable(field, port + 1, high, 1)
    ) {
      const place = order.placeOf(port);
      if (place >= bestPlace) continue;
      best = port;
      bestPlace = place;
    }
    this.looked = Math.min(bestPlace + 1, order.length);
    return best;
  }
}

function firstSuitable(field: Field, from: number, to: number, step: number): number {
  let port = PortBitmap.firstClearOfAll(field.sets, field.setCount, from, to, step);
  while (port >= 0 && !field.suits(port))
    port = PortBitmap.firstClearOfAll(field.sets, field.setCount, port + step, to, step);
  return port;
}

/** A lower bound, and cheap: sets may overlap, and hold ports of no interest. */
function freeAtLeast({ sets, setCount }: Field, low: number, high: number): number {
  let free = high - low + 1;
  for (let i = 0; i < setCount; i++) free -= sets[i]!.size;
  return free;
}

function isClear({ sets, setCount }: Field, port: number): boolean {
  for (let i = 0; i < setCount; i++) if (sets[i]!.has(port)) return false;
  return true;
}
