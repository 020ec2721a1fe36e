/**
 * Serial numbers of 32 bits: sequence numbers that wrap (RFC 1982; RFC 9293, section 3.4).
 * They are int32 (`| 0`) everywhere. Two that lie exactly 2^31 apart have no order in the RFC; here, as in
 * BSD's SEQ_LT and its kin, the first one named counts as the smaller.
 */

/** How far `to` lies ahead of `from`, int32; negative where it lies behind. */
export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

export function lessThan(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

export function lessOrEqual(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

export function greaterThan(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

export function greaterOrEqual(a: number, b: number): boolean {
  return ((a - b) | 0) >= 0;
}

/** The one further ahead. */
export function maxSequence(a: number, b: number): number {
  return ((a - b) | 0) < 0 ? b : a;
}

/** The one further behind. */
export function minSequence(a: number, b: number): number {
  return ((a - b) | 0) < 0 ? a : b;
}
