/** Running suites: every case on a machine of its own, one result a case, whatever happens. */

import { type DeviceSetup, MismatchError, NotApplicableError, type TestBench } from "./device.ts";
import type { CaseHead, Suite, VectorFile } from "./schema.ts";
import { runSockops } from "./sockops.ts";
import { environmentOf } from "./vectors.ts";

export interface CaseResult {
  readonly suite: string;
  readonly name: string;
  readonly result: "pass" | "fail" | "skip";
  /** What went otherwise, or why there was nothing to run. */
  readonly why?: string;
}

export interface RunOptions {
  readonly bench: TestBench;
  /** What is left to chance follows from it. Default `1`. */
  readonly seed?: string;
}

/** Runs all, lazily: one result is computed when it is asked for. */
export function* runSuites(
  { suites }: Pick<VectorFile, "suites">,
  options: RunOptions,
): Generator<CaseResult> {
  for (const suite of suites) for (const one of suite.cases) yield runCase(suite, one, options);
}

export function runCase(suite: Suite, one: CaseHead, options: RunOptions): CaseResult {
  const about = { suite: suite.id, name: one.name };
  try {
    play(suite, one, options);
    return { ...about, result: "pass" };
  } catch (error) {
    if (error instanceof NotApplicableError) return { ...about, result: "skip", why: error.message };
    const why = error instanceof MismatchError ? error.message : `threw ${String(error)}`;
    return { ...about, result: "fail", why };
  }
}

function play(suite: Suite, one: CaseHead, { bench, seed = "1" }: RunOptions): void {
  const refused = bench.refuses(suite.models);
  if (refused !== undefined) throw new NotApplicableError(refused);
  const { sysctl = {}, addrs = [] } = environmentOf(suite, one);
  const setup: DeviceSetup = { sysctl, addresses: addrs };
  if (suite.kind !== "sockops") throw new NotApplicableError(`kind ${suite.kind} is not run yet`);
  const device = bench.open(setup, suite.models, `${seed}, ${suite.id}, ${one.name}`);
  try {
    runSockops(device, (one as (typeof suite.cases)[number]).ops);
  } finally {
    device.close();
  }
}
