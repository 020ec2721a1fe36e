/** Drives a run in real time: it waits as long as it says. */
import type { RealDevice } from "./device.ts";
import { RunFailure } from "./failure.ts";
import type { RunOutcome } from "./run.ts";
import type { Wait } from "./run-state.ts";
import type { Limits } from "./virtual.ts";

/** Runs to the end. @throws RunFailure where the limit of real time is reached. */
export function driveReally(
  steps: Generator<Wait, RunOutcome>,
  device: RealDevice,
  { expired }: Limits,
): RunOutcome {
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    const { until, ready } = step.value;
    while (!ready()) {
      if (expired()) throw new RunFailure("error", "out of time");
      const late = device.now() >= until;
      device.wait(until);
      if (late) break;
    }
  }
}
