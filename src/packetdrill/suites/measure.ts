/** One public script, run as its suite runs it. */
import type { IpVersion } from "../language/options.ts";
import { type RunResult, type RunSettings, runScript, type Verdict } from "../run/runner.ts";
import type { Known } from "./baseline.ts";
import type { Suite } from "./suite.ts";

export interface Measured {
  readonly file: string;
  /** Every run ended as it had to. */
  readonly passed: boolean;
  readonly runs: readonly MeasuredRun[];
}

export interface MeasuredRun {
  readonly ipVersion: IpVersion;
  readonly result: Verdict;
  readonly line: number;
  readonly message: string;
  readonly told: RunResult;
}

/** Runs a script over the IP versions of its harness, those left out over which no real stack passes it. */
export function measureScript(
  file: string,
  text: string,
  suite: Suite,
  known: Known | undefined,
  settings: RunSettings = {},
): Measured {
  const { dialect, platform, sysctls } = suite;
  const wanted = known?.verdict ?? "pass";
  const runs = suite
    .runs(file)
    .filter(({ ipVersion }) => known?.ipVersions?.has(ipVersion) ?? true)
    .map(({ ipVersion, options, define }): MeasuredRun => {
      const told = runScript(text, { dialect, platform, sysctls, options, define, ...settings });
      return { ipVersion, told, result: told.result, line: told.line, message: told.message };
    });
  return { file, runs, passed: runs.length > 0 && runs.every(({ result }) => result === wanted) };
}
