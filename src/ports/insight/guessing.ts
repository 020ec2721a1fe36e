/** How well the next of a series can be guessed, from samples. */

/** How often two samples agree: an estimate of the sum of squared probabilities without bias. At least one pair is taken to. */
export function coincidences(samples: readonly number[]): number {
  const pairs = (samples.length * (samples.length - 1)) / 2;
  let agreeing = 0;
  for (const count of counts(samples).values()) agreeing += (count * (count - 1)) / 2;
  return Math.max(agreeing, 1) / pairs;
}

/** The share of the commonest sample. */
export function commonest(samples: readonly number[]): number {
  return Math.max(...counts(samples).values()) / samples.length;
}

function counts(samples: readonly number[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const sample of samples) found.set(sample, (found.get(sample) ?? 0) + 1);
  return found;
}
