/** Drives a run on a virtual clock: time moves from one thing that happens to the next. */

import type { Microseconds } from "../language/script.ts";
import type { VirtualDevice } from "./device.ts";
import { RunFailure } from "./failure.ts";
import type { RunOutcome } from "./run.ts";
import type { Wait } from "./run-state.ts";

export interface Limits {
  /** Of virtual time, for a whole run. */
  readonly virtual: Microseconds;
  /** Of things that happen, for a whole run: a stack that never comes to rest is stopped. */
  readonly happenings: number;
  /** Asked now and then; true ends the run. Where real time is known it is measured here. */
  readonly expired: () => boolean;
}

export const defaultLimits: Limits = {
  virtual: 2 * 24 * 3600 * 1e6,
  happenings: 5_000_000,
  expired: () => false,
};

/** Runs to the end. @throws RunFailure where a limit is reached. */
export function driveVirtually(
  steps: Generator<Wait, RunOutcome>,
  device: VirtualDevice,
  limits: Limits = defaultLimits,
): RunOutcome {
  let happenings = 0;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    const { until, ready } = step.value;
    while (!ready()) {
      const next = device.next();
      if (next > until) {
        device.advanceTo(until);
        break;
      }
      if (next > limits.virtual)
        throw new RunFailure("error", `more than ${limits.virtual / 1e6} seconds of virtual time`);
      if (++happenings > limits.happenings) throw new RunFailure("error", "the stack does not come to rest");
      if ((happenings & 0xff) === 0 && limits.expired()) throw new RunFailure("error", "out of time");
      device.advanceTo(next);
    }
  }
}
