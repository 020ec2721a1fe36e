import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IntervalSet } from "../../src/base/ranges.ts";
import {
  distance,
  greaterOrEqual,
  greaterThan,
  lessOrEqual,
  lessThan,
  maxSequence,
  minSequence,
} from "../../src/base/sequence.ts";

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

test("serial numbers compare by the shorter way round [RFC 1982 3.2]", () => {
  fc.assert(
    fc.property(int32, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (a, ahead) => {
      const b = (a + ahead) | 0;
      expect(distance(a, b)).toBe(ahead);
      expect(distance(b, a)).toBe(-ahead);
      expect([lessThan(a, b), lessOrEqual(a, b), greaterThan(b, a), greaterOrEqual(b, a)]).not.toContain(
        false,
      );
      expect([lessThan(b, a), lessOrEqual(b, a), greaterThan(a, b), greaterOrEqual(a, b)]).not.toContain(
        true,
      );
      expect([maxSequence(a, b), maxSequence(b, a), minSequence(a, b), minSequence(b, a)]).toEqual([
        b,
        b,
        a,
        a,
      ]);
    }),
  );
});

test("a serial number equals itself alone", () => {
  fc.assert(
    fc.property(int32, (a) => {
      expect([lessThan(a, a), greaterThan(a, a)]).toEqual([false, false]);
      expect([lessOrEqual(a, a), greaterOrEqual(a, a)]).toEqual([true, true]);
      expect([maxSequence(a, a), minSequence(a, a)]).toEqual([a, a]);
    }),
  );
});

test("of two that lie 2^31 apart the first one named is the smaller, by every comparison", () => {
  const far = -(2 ** 31);
  for (const [a, b] of [
    [0, far],
    [far, 0],
    [77, (77 + far) | 0],
  ] as const) {
    expect([lessThan(a, b), lessOrEqual(a, b)]).toEqual([true, true]);
    expect([greaterThan(a, b), greaterOrEqual(a, b)]).toEqual([false, false]);
  }
});

describe("a set of intervals", () => {
  const intervals = (set: IntervalSet) =>
    Array.from({ length: set.count }, (_, i) => [set.start(i), set.end(i)]);

  test("joins what overlaps or touches, and says what was new", () => {
    const set = new IntervalSet();
    expect([set.add(10, 20), set.add(30, 40), set.add(20, 25), set.add(15, 32)]).toEqual([10, 10, 5, 5]);
    expect(intervals(set)).toEqual([[10, 40]]);
    expect([set.add(12, 40), set.add(7, 7), set.add(9, 3)]).toEqual([0, 0, 0]);
  });

  test("cuts what is taken out", () => {
    const set = new IntervalSet();
    set.add(0, 100);
    set.remove(20, 30);
    set.remove(50, 50);
    expect(intervals(set)).toEqual([
      [0, 20],
      [30, 100],
    ]);
    set.removeBefore(10);
    set.remove(15, 200);
    expect(intervals(set)).toEqual([[10, 15]]);
    set.clear();
    expect(set.count).toBe(0);
  });

  test("has its limit, against peers who send every second byte", () => {
    const set = new IntervalSet(2);
    expect([set.add(0, 1), set.add(2, 3), set.add(4, 5)]).toEqual([1, 1, -1]);
    expect(set.add(1, 2)).toBe(1);
    expect(set.add(4, 5)).toBe(1);
  });

  test("agrees with a list of members over random histories, across the wrap of serial numbers", () => {
    const step = fc.tuple(fc.constantFrom("add", "remove", "removeBefore"), fc.nat(60), fc.nat(25));
    const origins = fc.constantFrom(0, 2 ** 31 - 30, -30, -(2 ** 31));
    fc.assert(
      fc.property(origins, fc.array(step, { maxLength: 25 }), (origin, steps) => {
        const set = new IntervalSet();
        const members = new Set<number>();
        const at = (offset: number) => (origin + offset) | 0;
        for (const [action, start, length] of steps) {
          const before = members.size;
          const end = start + length;
          if (action === "removeBefore") {
            for (let i = 0; i < start; i++) members.delete(i);
            set.removeBefore(at(start));
          } else {
            for (let i = start; i < end; i++) action === "add" ? members.add(i) : members.delete(i);
            if (action === "remove") set.remove(at(start), at(end));
            else expect(set.add(at(start), at(end))).toBe(members.size - before);
          }
          expect(set.size).toBe(members.size);
          for (let i = 0; i < 90; i++) expect(set.contains(at(i))).toBe(members.has(i));
          const all = Array.from({ length }, (_, i) => members.has(start + i));
          if (length > 0) expect(set.covers(at(start), at(end))).toBe(!all.includes(false));
          if (length > 0) expect(set.overlaps(at(start), at(end))).toBe(all.includes(true));
          for (let i = 0; i < set.count; i++) {
            expect(lessThan(set.start(i), set.end(i))).toBe(true);
            if (i > 0) expect(lessThan(set.end(i - 1), set.start(i))).toBe(true);
          }
        }
      }),
    );
  });
});
