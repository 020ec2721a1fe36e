import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { never } from "../../src/base/time/clock.ts";
import { systemClock } from "../../src/node/clock.ts";

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "performance"],
  });
});

afterEach(() => {
  vi.useRealTimers();
});

function alarm(): { set(instant: number): void; readonly rings: number[]; readonly now: number } {
  const clock = systemClock();
  const rings: number[] = [];
  const made = clock.alarm(() => rings.push(clock.now()));
  return {
    set: (instant) => made.set(instant),
    rings,
    get now() {
      return clock.now();
    },
  };
}

describe("an alarm", () => {
  test("rings once, when its instant has come and not before", () => {
    const one = alarm();
    one.set(one.now + 10.4);
    vi.advanceTimersByTime(10);
    expect(one.rings).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(one.rings).toHaveLength(1);
    expect(one.rings[0]).toBeGreaterThanOrEqual(10.4);
    expect(one.rings[0]).toBeLessThan(12);
  });

  test("that is due rings in the event loop, never inside set", () => {
    const one = alarm();
    one.set(one.now);
    one.set(one.now - 5);
    expect(one.rings).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(one.rings).toHaveLength(1);
  });

  test("moved to a later instant keeps its timer, and rings at the later", () => {
    const one = alarm();
    one.set(one.now + 10);
    for (let later = 11; later < 100; later++) one.set(one.now + later);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(98);
    expect(one.rings).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(one.rings).toEqual([99]);
  });

  test("moved to an earlier instant rings at the earlier", () => {
    const one = alarm();
    one.set(one.now + 500);
    one.set(one.now + 20);
    vi.advanceTimersByTime(20);
    expect(one.rings).toEqual([20]);
    vi.advanceTimersByTime(1000);
    expect(one.rings).toEqual([20]);
  });

  test("put off while it is due does not ring", () => {
    const one = alarm();
    one.set(one.now);
    one.set(one.now + 50);
    vi.advanceTimersByTime(49);
    expect(one.rings).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(one.rings).toEqual([50]);
  });

  test("set to never is silent and leaves no timer behind", () => {
    const one = alarm();
    one.set(one.now + 5);
    one.set(never);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(100);
    expect(one.rings).toEqual([]);
  });

  test("can be set again while it rings", () => {
    const clock = systemClock();
    const rings: number[] = [];
    const one = clock.alarm(() => {
      rings.push(clock.now());
      if (rings.length < 3) one.set(clock.now() + 7);
    });
    one.set(7);
    vi.advanceTimersByTime(100);
    expect(rings).toEqual([7, 14, 21]);
  });

  test("waits longer than Node's longest timeout", () => {
    const one = alarm();
    const days = 86_400_000;
    one.set(60 * days);
    vi.advanceTimersByTime(60 * days - 1);
    expect(one.rings).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(one.rings).toEqual([60 * days]);
  });

  test("for no instant at all is a RangeError", () => {
    expect(() => alarm().set(Number.NaN)).toThrow(RangeError);
  });
});

test("alarms keep the process alive unless they are told not to", () => {
  vi.useRealTimers();
  const made: NodeJS.Timeout[] = [];
  const spy = vi.spyOn(globalThis, "setTimeout").mockImplementation(((call: () => void, wait: number) => {
    const timer = originalSetTimeout(call, wait);
    made.push(timer);
    return timer;
  }) as typeof setTimeout);
  for (const alarms of ["keep-alive", "unref"] as const) {
    const clock = systemClock({ alarms });
    clock.alarm(() => {}).set(clock.now() + 60_000);
  }
  spy.mockRestore();
  expect(made.map((timer) => timer.hasRef())).toEqual([true, false]);
  for (const timer of made) clearTimeout(timer);
});

const originalSetTimeout = globalThis.setTimeout;
