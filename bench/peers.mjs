/**
 * Peers outside this repository: other stacks, built once by whoever wants the comparison. A folder given by `--peers` or
 * BENCH_PEERS holds `gvisor/gv`, which prints JSON lines {bench, peer, metric, unit, param, median}.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A function that runs a mode of the gVisor peer and gives its lines, or undefined where there is none. */
export function gvisor(folder) {
  const program = folder === undefined ? undefined : join(folder, "gvisor/gv");
  if (program === undefined || !existsSync(program)) return undefined;
  return (...words) => {
    const { stdout } = spawnSync(program, ["-reps", "3", "-secs", "0.5", ...words], {
      encoding: "utf8",
      env: { ...process.env, GOMAXPROCS: "1" },
      timeout: 120_000,
      maxBuffer: 1 << 26,
    });
    return stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  };
}
