/** A simulation in numbers. */
import type { ErrnoName } from "../../base/errno.ts";
import type { Forecast } from "../../ports/insight/forecast.ts";
import { type Run, refused } from "./simulate.ts";

export interface Summary {
  readonly chosen: number;
  readonly refused: number;
  /** The first choice that was refused, and how many were by errno. */
  readonly firstRefusal: number | undefined;
  readonly refusals: Readonly<Partial<Record<ErrnoName, number>>>;
  /** Different ports, and choices of a port that had been chosen before. */
  readonly distinct: number;
  readonly repeats: number;
  /** Fewest choices from one use of a port to its next. */
  readonly nearestRepeat: number | undefined;
  /** Candidates looked at, in the mean and at most. */
  readonly meanLooked: number;
  readonly mostLooked: number;
  readonly even: number;
  readonly odd: number;
  readonly deltas: Deltas;
  /** Five-tuples that came again less than 2 MSL after their last session, and the soonest that one came, in milliseconds. */
  readonly collisions: number;
  readonly soonestAgain: number | undefined;
  /** Of the choice that would come next. */
  readonly forecast: Forecast;
  readonly wraps: number;
  readonly mostAtOnce: number;
  readonly inUse: number;
  readonly held: number;
}

/** From one port to the next that the same destination sees. */
export interface Deltas {
  readonly distinct: number;
  /** The most frequent, the most frequent first. */
  readonly commonest: readonly { readonly delta: number; readonly count: number }[];
  /** Shannon's entropy of the deltas seen, in bits: no more than the logarithm of their number. */
  readonly bits: number;
}

export function summarize(run: Run): Summary {
  const { ports, looked, refusals, collisions } = run;
  const { distinct, nearestRepeat, even } = uses(ports);
  const chosen = ports.length - refusals.size;
  return {
    chosen,
    refused: refusals.size,
    firstRefusal: refusals.keys().next().value,
    refusals: errnos(run),
    distinct,
    repeats: chosen - distinct,
    nearestRepeat,
    meanLooked: looked.reduce((sum, each) => sum + each, 0) / looked.length,
    mostLooked: looked.reduce((most, each) => Math.max(most, each), 0),
    even,
    odd: chosen - even,
    deltas: deltasOf(run),
    collisions: collisions.count,
    soonestAgain: collisions.soonest,
    forecast: run.forecast,
    wraps: run.wraps,
    mostAtOnce: run.mostAtOnce,
    inUse: run.inUse,
    held: run.held,
  };
}

function uses(ports: Int32Array): Pick<Summary, "distinct" | "nearestRepeat" | "even"> {
  const last = new Map<number, number>();
  let nearestRepeat: number | undefined;
  let even = 0;
  for (const [i, port] of ports.entries()) {
    if (port === refused) continue;
    if (port % 2 === 0) even++;
    const before = last.get(port);
    if (before !== undefined) nearestRepeat = Math.min(nearestRepeat ?? Number.POSITIVE_INFINITY, i - before);
    last.set(port, i);
  }
  return { distinct: last.size, nearestRepeat, even };
}

function errnos({ refusals }: Run): Summary["refusals"] {
  const counts: Partial<Record<ErrnoName, number>> = {};
  for (const { errno } of refusals.values()) counts[errno] = (counts[errno] ?? 0) + 1;
  return counts;
}

const mostListed = 5;

function deltasOf({ ports, destinations }: Run): Deltas {
  const counts = new Map<number, number>();
  let total = 0;
  for (let turn = 0; turn < destinations; turn++) {
    let last = refused;
    for (let i = turn; i < ports.length; i += destinations) {
      const port = ports[i]!;
      if (port === refused) continue;
      if (last !== refused) {
        counts.set(port - last, (counts.get(port - last) ?? 0) + 1);
        total++;
      }
      last = port;
    }
  }
  let bits = 0;
  for (const count of counts.values()) bits -= (count / total) * Math.log2(count / total);
  const commonest = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, mostListed);
  return {
    distinct: counts.size,
    commonest: commonest.map(([delta, count]) => ({ delta, count })),
    bits: Math.abs(bits),
  };
}
