/**
 * Measuring: CPU time of this process (user and system), medians of five, after a warm-up. Wall-clock rates on a
 * shared machine do not repeat; CPU time does. BENCH_REPETITIONS and BENCH_SECONDS say how often and how long, BENCH_SCALE
 * how much of the usual bytes, connections and flows.
 */

export const repetitions = Number(process.env.BENCH_REPETITIONS ?? 5);
export const seconds = Number(process.env.BENCH_SECONDS ?? 0.1);
const scale = Number(process.env.BENCH_SCALE ?? 1);

/** What a batch must take to be seen by the clock. */
const visible = Math.min(0.01, seconds);

/** The usual size of something, or as much of it as is asked for. */
export function scaled(size) {
  return Math.max(1, Math.round(size * scale));
}

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
    const spent = sample(run, batch);
    if (round >= 0) samples.push(spent);
  }
  return median(samples);
}

/** Median nanoseconds of CPU a call of `once`. */
export function nanosecondsOf(once) {
  return nanoseconds((count) => {
    for (let i = 0; i < count; i++) once();
  });
}

/** How many operations take long enough to be seen by the clock. */
function batchSize(run) {
  for (let count = 16; ; count *= 2) {
    const start = cpuSeconds();
    run(count);
    if (cpuSeconds() - start >= visible || count > 1e8) return count;
  }
}

function sample(run, batch) {
  const start = cpuSeconds();
  let done = 0;
  do {
    run(batch);
    done += batch;
  } while (cpuSeconds() - start < seconds);
  return ((cpuSeconds() - start) * 1e9) / done;
}

/**
 * Median CPU seconds of one whole run of `body`, for what is measured as a whole. What `body` returns, if anything, is
 * the time it says it took. Two runs before warm the compiler up.
 */
export function secondsOf(body) {
  const samples = [];
  for (let round = -2; round < repetitions; round++) {
    const start = cpuSeconds();
    const said = body();
    if (round >= 0) samples.push(said ?? cpuSeconds() - start);
  }
  return median(samples);
}

/** Somewhere to put results, so that no compiler removes the work. */
export const sink = { value: 0 };
