/**
 * Measuring: CPU time of this process (user and system), medians of five, after a warm-up. Wall-clock rates on a
 * shared machine do not repeat; CPU time does.
 */

const repetitions = Number(process.env.BENCH_REPETITIONS ?? 5);
const seconds = Number(process.env.BENCH_SECONDS ?? 0.25);

/** Seconds of CPU this process has used. */
export function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Median nanoseconds of CPU an operation. `run(count)` performs `count` of them. */
export function nanoseconds(run) {
  const batch = batchSize(run);
  const samples = [];
  for (let round = -1; round < repetitions; round++) {
    const spent = sample(run, batch, round < 0 ? seconds / 2 : seconds);
    if (round >= 0) samples.push(spent);
  }
  return median(samples);
}

/** How many operations take long enough to be seen by the clock. */
function batchSize(run) {
  for (let count = 16; ; count *= 2) {
    const start = cpuSeconds();
    run(count);
    if (cpuSeconds() - start > 0.01 || count > 1e8) return count;
  }
}

function sample(run, batch, length) {
  const start = cpuSeconds();
  let done = 0;
  do {
    run(batch);
    done += batch;
  } while (cpuSeconds() - start < length);
  return ((cpuSeconds() - start) * 1e9) / done;
}

/** Median CPU seconds of one whole run of `body`, for what is measured as a whole. */
export function secondsOf(body, rounds = repetitions) {
  const samples = [];
  for (let round = -1; round < rounds; round++) {
    const start = cpuSeconds();
    body();
    if (round >= 0) samples.push(cpuSeconds() - start);
  }
  return median(samples);
}

/** Somewhere to put results, so that no compiler removes the work. */
export const sink = { value: 0 };
