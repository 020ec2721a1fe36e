/**
 * Peers outside this repository: other stacks, built once by whoever wants the comparison. A folder given by `--peers` or
 * BENCH_PEERS holds `gvisor/gv`, which prints JSON lines {bench, peer, metric, unit, param, median}.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * A function that runs a mode of the gVisor peer and gives another, which finds the median of a metric whose parameters
 * are those named. Where there is no peer, both are there and find nothing.
 */
export function gvisor(folder) {
  const program = folder === undefined ? undefined : join(folder, "gvisor/gv");
  if (program === undefined || !existsSync(program)) return () => () => undefined;
  return (...words) => {
    const lines = run(program, words);
    return (metric, parameters = {}) => lines.find((line) => matches(line, metric, parameters))?.median;
  };
}

function run(program, words) {
  const { stdout } = spawnSync(program, ["-reps", "3", "-secs", "0.2", ...words], {
    encoding: "utf8",
    env: { ...process.env, GOMAXPROCS: "1" },
    timeout: 120_000,
    maxBuffer: 1 << 26,
  });
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

function matches(line, metric, parameters) {
  return (
    line.metric === metric && Object.entries(parameters).every(([name, value]) => line.param[name] === value)
  );
}
