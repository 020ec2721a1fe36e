/**
 * A walk by a step greater than 1 that meets every port of a range, or every port of one parity, because the step and their
 * number have no common divisor (Linux's ip_local_port_step_width). Where few ports are free it is quicker to ask of each when
 * the walk would come to it than to walk.
 */

export interface Stride {
  /** Candidates there are. */
  readonly count: number;
  /** The first candidate. */
  readonly start: number;
  /** From one candidate to the next, before it comes around; the candidates lie `unit` apart. */
  readonly pace: number;
  readonly unit: number;
  readonly low: number;
  readonly high: number;
  /** How far back the walk goes where it passes `high`: in a range of odd size one less than there are ports. */
  readonly span: number;
}

/** The `i`th candidate, from 0. */
export function portAt({ start, pace, low, high, span }: Stride, i: number): number {
  if (i === 0) return start;
  const port = low + ((start - low + i * pace) % span);
  return port + span <= high ? port + span : port;
}

/** When the walk comes to `port`, which is among its candidates' neighbours by `unit`; -1 where it never does. */
export function turnOf(stride: Stride, inverse: number, port: number): number {
  const { count, start, unit } = stride;
  const ahead = (((port - start) / unit) % count) + count;
  const turn = (ahead * inverse) % count;
  return portAt(stride, turn) === port ? turn : -1;
}

/** What the pace has to be multiplied by to come forward by one `unit`. */
export function inverseOf({ pace, unit, count }: Stride): number {
  let [last, next] = [count, (pace / unit) % count];
  let [before, after] = [0, 1];
  while (next > 1) {
    const times = Math.floor(last / next);
    [last, next] = [next, last - times * next];
    [before, after] = [after, before - times * after];
  }
  return count === 1 ? 0 : (after + count) % count;
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
