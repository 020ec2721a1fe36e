/** Drives a run on a virtual clock: time moves from one thing that happens to the next. */

import type { Microseconds } from "../language/script/script.ts";
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

/** Runs to the end, which may be that a limit is reached: the event it was reached at fails. */
export function driveVirtually(
  steps: Generator<Wait, RunOutcome>,
  device: VirtualDevice,
  limits: Limits = defaultLimits,
): RunOutcome {
  const spent = { happenings: 0, turns: 0 };
  for (let step = steps.next(); ; ) {
    if (step.done) return step.value;
    const reached = waitFor(step.value, device, limits, spent);
    step = reached === undefined ? steps.next() : steps.throw(new RunFailure("error", reached));
  }
}

/** What a run has used up of its limits. */
interface Spent {
  happenings: number;
  turns: number;
}

/** Lets time pass. @returns which limit was reached, or undefined */
function waitFor(
  { until, ready }: Wait,
  device: VirtualDevice,
  limits: Limits,
  spent: Spent,
): string | undefined {
  if ((++spent.turns & 0x3f) === 0 && limits.expired()) return "out of time";
  while (!ready()) {
    const next = device.next();
    if (Math.min(next, until) > limits.virtual)
      return `more than ${limits.virtual / 1e6} seconds of virtual time`;
    if (next > until) {
      device.advanceTo(until);
      return undefined;
    }
    if (++spent.happenings > limits.happenings) return "the stack does not come to rest";
    if ((spent.happenings & 0xff) === 0 && limits.expired()) return "out of time";
    device.advanceTo(next);
  }
  return undefined;
}
