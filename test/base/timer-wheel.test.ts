import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { never } from "../../src/base/time/clock.ts";
import { TimerWheel } from "../../src/base/time/timer-wheel.ts";

/** The same as a list, asked in full each time. */
class NaiveTimers {
  readonly armed = new Map<number, { deadline: number; order: number }>();
  #order = 0;

  arm(id: number, deadline: number): void {
    this.armed.delete(id);
    if (deadline !== never) this.armed.set(id, { deadline, order: this.#order++ });
  }

  next(): number {
    return Math.min(never, ...[...this.armed.values()].map(({ deadline }) => deadline));
  }

  expire(now: number, fire: (id: number) => void): void {
    const due = [...this.armed]
      .filter(([, { deadline }]) => deadline <= now)
      .sort(([, a], [, b]) => a.deadline - b.deadline || a.order - b.order);
    for (const [id, entry] of due) {
      if (this.armed.get(id) !== entry) continue;
      this.armed.delete(id);
      fire(id);
    }
  }
}

function fired(wheel: TimerWheel, now: number): number[] {
  const ids: number[] = [];
  wheel.expire(now, (id) => ids.push(id));
  return ids;
}

describe("a timer wheel", () => {
  test("fires at the deadline, not before, and once", () => {
    const wheel = new TimerWheel(1000);
    const timer = wheel.add();
    wheel.arm(timer, 1200.5);
    expect(wheel.next()).toBe(1200.5);
    expect(fired(wheel, 1200.4)).toEqual([]);
    expect(wheel.deadlineOf(timer)).toBe(1200.5);
    expect(fired(wheel, 1200.5)).toEqual([timer]);
    expect(wheel.next()).toBe(never);
    expect(wheel.deadlineOf(timer)).toBe(never);
    expect(fired(wheel, 5000)).toEqual([]);
  });

  test("fires by deadline, and equals in the order of arming", () => {
    const wheel = new TimerWheel(0);
    const [a, b, c, d] = [wheel.add(), wheel.add(), wheel.add(), wheel.add()];
    wheel.arm(d!, 70_000.25);
    wheel.arm(c!, 70_000.75);
    wheel.arm(a!, 70_000.25);
    wheel.arm(b!, 70_000.25);
    wheel.arm(d!, 70_000.25);
    expect(fired(wheel, 80_000)).toEqual([a, b, d, c]);
  });

  test("takes `never` as disarmed, and forgets what was disarmed", () => {
    const wheel = new TimerWheel(0);
    const [a, b] = [wheel.add(), wheel.add()];
    wheel.arm(a, 10);
    wheel.arm(b, 20);
    wheel.disarm(a);
    expect(wheel.next()).toBe(20);
    wheel.arm(b, never);
    expect(wheel.next()).toBe(never);
    expect(fired(wheel, 100)).toEqual([]);
  });

  test("gives the ids of removed timers again, idle", () => {
    const wheel = new TimerWheel(0);
    const id = wheel.add();
    wheel.arm(id, 10);
    wheel.remove(id);
    expect(wheel.next()).toBe(never);
    expect(() => wheel.remove(id)).toThrow("removed once");
    expect(wheel.add()).toBe(id);
    expect(wheel.deadlineOf(id)).toBe(never);
  });

  test("keeps deadlines beyond its horizon, for years", () => {
    const year = 365 * 86_400_000;
    const wheel = new TimerWheel(Date.UTC(2026));
    const start = Date.UTC(2026);
    const [a, b, c] = [wheel.add(), wheel.add(), wheel.add()];
    wheel.arm(c, start + 3 * year + 0.5);
    wheel.arm(a, start + 5);
    wheel.arm(b, start + year);
    expect(wheel.next()).toBe(start + 5);
    expect(fired(wheel, start + 2 * year)).toEqual([a, b]);
    expect(wheel.next()).toBe(start + 3 * year + 0.5);
    expect(fired(wheel, start + 3 * year)).toEqual([]);
    expect(fired(wheel, start + 4 * year)).toEqual([c]);
  });

  test("what `fire` arms waits for the next call; what it disarms does not fire", () => {
    const wheel = new TimerWheel(0);
    const [a, b, c] = [wheel.add(), wheel.add(), wheel.add()];
    for (const id of [a, b, c]) wheel.arm(id, 10);
    const order: number[] = [];
    wheel.expire(50, (id) => {
      order.push(id);
      wheel.arm(a, 20);
      wheel.disarm(b);
    });
    expect(order).toEqual([a, c]);
    expect(wheel.next()).toBe(20);
    expect(fired(wheel, 50)).toEqual([a]);
  });

  test("fires a thousand at once, in order", () => {
    const wheel = new TimerWheel(0);
    const ids = Array.from({ length: 1000 }, () => wheel.add());
    for (const id of ids) wheel.arm(id, 1 + ((id * 617) % 1000) / 10);
    const expected = [...ids].sort((a, b) => ((a * 617) % 1000) - ((b * 617) % 1000));
    expect(fired(wheel, 200)).toEqual(expected);
  });

  test("keeps what was still to fire when `fire` throws", () => {
    const wheel = new TimerWheel(0);
    const [a, b] = [wheel.add(), wheel.add()];
    wheel.arm(a, 10);
    wheel.arm(b, 10);
    const bug = () => {
      throw new Error("a bug");
    };
    expect(() => wheel.expire(10, bug)).toThrow("a bug");
    expect(fired(wheel, 10)).toEqual([b]);
  });

  test("cannot be expired from inside fire, nor armed with NaN", () => {
    const wheel = new TimerWheel(0);
    const id = wheel.add();
    wheel.arm(id, 1);
    expect(() => wheel.expire(2, () => wheel.expire(3, () => {}))).toThrow("inside fire");
    expect(() => wheel.arm(id, Number.NaN)).toThrow("deadline");
  });

  test("agrees with a sorted list over random histories", () => {
    const span = fc.oneof(
      fc.nat(40),
      fc.nat(5000),
      fc.double({ min: -50, max: 3000, noNaN: true }),
      fc.integer({ min: 0, max: 3e10 }),
      fc.constantFrom(31, 32, 33, 1023, 1024, 32768, 2 ** 30 - 1, 2 ** 30, never),
    );
    const step = fc.record({
      action: fc.constantFrom("arm", "arm", "arm", "disarm", "expire", "leap", "remove"),
      timer: fc.nat(11),
      span,
    });
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 2e12, noNaN: true }),
        fc.array(step, { maxLength: 120 }),
        (start, steps) => {
          const wheel = new TimerWheel(start);
          const naive = new NaiveTimers();
          const ids = Array.from({ length: 12 }, () => wheel.add());
          let now = start;
          for (const { action, timer, span } of steps) {
            const id = ids[timer]!;
            if (action === "arm") {
              wheel.arm(id, now + span);
              naive.arm(id, now + span);
            } else if (action === "disarm" || action === "remove") {
              naive.arm(id, never);
              if (action === "disarm") wheel.disarm(id);
              else {
                wheel.remove(id);
                expect(wheel.add()).toBe(id);
              }
            } else {
              if (action === "leap") now = naive.next() === never ? now : Math.max(now, naive.next());
              else if (span !== never) now += Math.max(0, span);
              const expected: number[] = [];
              naive.expire(now, (due) => {
                expected.push(due);
                if (due % 3 === 0) naive.arm(due, now + due * 7);
                if (due % 4 === 1) naive.arm((due + 1) % 12, never);
              });
              const actual: number[] = [];
              wheel.expire(now, (due) => {
                actual.push(due);
                if (due % 3 === 0) wheel.arm(due, now + due * 7);
                if (due % 4 === 1) wheel.disarm((due + 1) % 12);
              });
              expect(actual).toEqual(expected);
            }
            expect(wheel.next()).toBe(naive.next());
            for (const each of ids)
              expect(wheel.deadlineOf(each)).toBe(naive.armed.get(each)?.deadline ?? never);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
