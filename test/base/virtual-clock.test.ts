import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { never } from "../../src/base/time/clock.ts";
import { VirtualClock } from "../../src/base/time/virtual-clock.ts";

describe("a virtual clock", () => {
  test("rings alarms at their instants, in order, and stops at the last", () => {
    const clock = new VirtualClock(100);
    const rung: [string, number][] = [];
    clock.alarm(() => rung.push(["late", clock.now()])).set(300);
    clock.alarm(() => rung.push(["soon", clock.now()])).set(150.5);
    expect(clock.next()).toBe(150.5);
    clock.run();
    expect(rung).toEqual([
      ["soon", 150.5],
      ["late", 300],
    ]);
    expect(clock.now()).toBe(300);
    expect(clock.next()).toBe(never);
  });

  test("rings alarms of one instant in the order they were set", () => {
    const clock = new VirtualClock();
    const rung: string[] = [];
    const [a, b, c] = ["a", "b", "c"].map((name) => clock.alarm(() => rung.push(name)));
    for (const alarm of [c, a, b, c]) alarm!.set(5);
    clock.run();
    expect(rung).toEqual(["a", "b", "c"]);
  });

  test("a past instant means now, an alarm set anew moves, and never silences it", () => {
    const clock = new VirtualClock(50);
    const rung: number[] = [];
    const alarm = clock.alarm(() => rung.push(clock.now()));
    alarm.set(10);
    expect(clock.next()).toBe(50);
    alarm.set(70);
    clock.advanceTo(60);
    expect(rung).toEqual([]);
    alarm.set(never);
    clock.advanceTo(100);
    expect(rung).toEqual([]);
    expect(clock.now()).toBe(100);
    expect(() => alarm.set(Number.NaN)).toThrow(RangeError);
  });

  test("never rings from inside set, and rings what an alarm sets for now in the same run", () => {
    const clock = new VirtualClock();
    const rung: string[] = [];
    const second = clock.alarm(() => rung.push("second"));
    const first = clock.alarm(() => {
      second.set(clock.now());
      rung.push("first");
    });
    first.set(0);
    expect(rung).toEqual([]);
    clock.run(0);
    expect(rung).toEqual(["first", "second"]);
  });

  test("runs up to a limit and leaves the rest", () => {
    const clock = new VirtualClock();
    let ticks = 0;
    const tick = clock.alarm(() => {
      ticks++;
      tick.set(clock.now() + 10);
    });
    tick.set(10);
    clock.run(35);
    expect([ticks, clock.now(), clock.next()]).toEqual([3, 30, 40]);
    clock.advanceTo(45);
    expect([ticks, clock.now(), clock.next()]).toEqual([4, 45, 50]);
    clock.advanceTo(20);
    expect(clock.now()).toBe(45);
  });

  test("agrees with a sorted list over random settings", () => {
    const settings = fc.array(fc.tuple(fc.nat(9), fc.oneof(fc.nat(6), fc.constant(never))), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(settings, (all) => {
        const clock = new VirtualClock();
        const rung: number[] = [];
        const alarms = Array.from({ length: 10 }, (_, i) => clock.alarm(() => rung.push(i)));
        const last = new Map<number, { instant: number; order: number }>();
        for (const [order, [index, instant]] of all.entries()) {
          alarms[index]!.set(instant);
          last.set(index, { instant, order });
        }
        clock.run();
        const expected = [...last].filter(([, { instant }]) => instant !== never);
        expected.sort(([, a], [, b]) => a.instant - b.instant || a.order - b.order);
        expect(rung).toEqual(expected.map(([index]) => index));
      }),
    );
  });
});
