/** The first suitable port along a stride: by walking while ports are plenty, and else by asking each free port for its turn. */
import { PortBitmap } from "../table/bitmap.ts";
import type { Field } from "./chooser.ts";
import { inverseOf, portAt, type Stride, turnOf } from "./stride.ts";

/** How far to walk. Where so many in a row were taken, few are left. */
const patience = 48;

/** Its turn, from 0; or -1. */
export function firstTurn(field: Field, stride: Stride): number {
  const walked = Math.min(patience, stride.count);
  for (let turn = 0; turn < walked; turn++) {
    const port = portAt(stride, turn);
    if (isClear(field, port) && field.suits(port)) return turn;
  }
  return walked === stride.count ? -1 : earliest(field, stride);
}

function earliest(field: Field, stride: Stride): number {
  const { low, high, start, unit } = stride;
  const inverse = inverseOf(stride);
  let best = -1;
  let port = next(field, low + ((start - low) % unit), high, unit);
  for (; port >= 0; port = next(field, port + unit, high, unit)) {
    const turn = turnOf(stride, inverse, port);
    if (turn >= 0 && (best < 0 || turn < best) && field.suits(port)) best = turn;
  }
  return best;
}

function next({ sets, setCount }: Field, from: number, high: number, unit: number): number {
  return PortBitmap.firstClearOfAll(sets, setCount, from, high, unit);
}

export function isClear({ sets, setCount }: Field, port: number): boolean {
  for (let i = 0; i < setCount; i++) if (sets[i]!.has(port)) return false;
  return true;
}
