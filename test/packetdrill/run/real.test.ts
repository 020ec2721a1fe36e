import { describe, expect, test } from "vitest";
import type { RealDevice } from "../../../src/packetdrill/run/device.ts";
import { driveReally } from "../../../src/packetdrill/run/real.ts";
import type { RunOutcome } from "../../../src/packetdrill/run/run.ts";
import type { Wait } from "../../../src/packetdrill/run/run-state.ts";
import { defaultLimits } from "../../../src/packetdrill/run/virtual.ts";

/** A clock that jumps as far as it is asked to wait, or by `step` when that is less. */
function device(step: number): RealDevice & { readonly waits: number[] } {
  let now = 0;
  const waits: number[] = [];
  const wait = (until: number): void => {
    waits.push(until);
    now = Math.min(until, now + step);
  };
  return { waits, wait, now: () => now } as unknown as RealDevice & { readonly waits: number[] };
}

function* steps(waits: readonly Wait[]): Generator<Wait, RunOutcome> {
  yield* waits;
  return { warnings: ["the end"], printed: [] };
}

describe("a run in real time", () => {
  test("waits until the time of each step, and looks once more when it is over", () => {
    const clock = device(1e9);
    const outcome = driveReally(steps([{ until: 500, ready: () => false }]), clock, defaultLimits);
    expect(outcome.warnings).toEqual(["the end"]);
    expect(clock.waits).toEqual([500, 500]);
  });

  test("goes on as soon as a step is ready", () => {
    const clock = device(100);
    driveReally(steps([{ until: 1000, ready: () => clock.now() >= 300 }]), clock, defaultLimits);
    expect(clock.now()).toBe(300);
  });

  test("ends when its time is over", () => {
    const limits = { ...defaultLimits, expired: () => true };
    expect(() => driveReally(steps([{ until: 5, ready: () => false }]), device(1), limits)).toThrow(
      "out of time",
    );
  });
});
