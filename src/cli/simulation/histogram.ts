/** How often each part of a range was chosen. */
import type { PortRange } from "../../ports/range.ts";

export interface Bin {
  /** First and last port. */
  readonly ports: PortRange;
  readonly count: number;
}

/** At most `most` bins of equal size, but for the last where the range does not divide. */
export function histogram(ports: Int32Array, [low, high]: PortRange, most: number): Bin[] {
  const width = Math.ceil((high - low + 1) / most);
  const counts: number[] = new Array(Math.ceil((high - low + 1) / width)).fill(0);
  for (const port of ports) {
    const bin = Math.floor((port - low) / width);
    if (port >= low && bin < counts.length) counts[bin]!++;
  }
  return counts.map((count, bin) => ({
    ports: [low + bin * width, Math.min(low + (bin + 1) * width - 1, high)],
    count,
  }));
}
