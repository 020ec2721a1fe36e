/** What was thrown away, and why: counted by layer and reason, beside the MIB's coarser names, and traced. */
import type { Instant } from "../base/time/clock.ts";
import type { Tracer } from "../base/trace.ts";
import type { Span } from "./core.ts";
import type { CounterName, Counters } from "./counters.ts";

export class Drops {
  readonly #counters: Counters;
  /** By layer and reason; both come from a fixed vocabulary, never from the network. */
  readonly #counts: Map<string, Map<string, number>> = new Map();

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  count(layer: string, reason: string, counter: CounterName | undefined): void {
    if (counter !== undefined) this.#counters[counter]++;
    let reasons = this.#counts.get(layer);
    if (reasons === undefined) {
      reasons = new Map();
      this.#counts.set(layer, reasons);
    }
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }

  of(layer: string, reason: string): number {
    return this.#counts.get(layer)?.get(reason) ?? 0;
  }

  /** `{ ipv4: { "bad-checksum": 2 } }`. */
  snapshot(): Record<string, Record<string, number>> {
    const layers = [...this.#counts].map(([layer, reasons]) => [layer, Object.fromEntries(reasons)]);
    return Object.fromEntries(layers) as Record<string, Record<string, number>>;
  }
}

/** Tells a tracer of a drop. */
export function traceDrop(
  tracer: NonNullable<Tracer>,
  at: Instant,
  host: string,
  drop: { layer: string; reason: string; counter: CounterName | undefined; interface: string | undefined },
  what: Span | undefined,
): void {
  tracer({ kind: "drop", at, host, ...drop, bytes: what?.bytes, start: what?.start, end: what?.end });
}
