import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteRing } from "../../src/base/ring.ts";

const digits = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 255);

describe("a byte ring", () => {
  test("takes no more than its capacity, and gives back in order", () => {
    const ring = new ByteRing(3000);
    expect([ring.length, ring.free, ring.capacity]).toEqual([0, 3000, 3000]);
    expect(ring.write(digits)).toBe(3000);
    expect(ring.write(digits)).toBe(0);
    const into = new Uint8Array(4000);
    expect(ring.read(into, 10, 2000)).toBe(2000);
    expect(into.subarray(10, 2010)).toEqual(digits.subarray(0, 2000));
    expect([ring.length, ring.free]).toEqual([1000, 2000]);
    expect(ring.read(into)).toBe(1000);
    expect(ring.read(into)).toBe(0);
  });

  test("holds bytes that wait ahead of the end until they are committed", () => {
    const ring = new ByteRing(2000);
    ring.write(digits, 0, 100);
    expect(ring.place(200, digits, 200, 300)).toBe(100);
    expect(ring.place(1950, digits, 1950, 2100)).toBe(50);
    expect(ring.length).toBe(100);
    ring.write(digits, 100, 200);
    ring.commit(100);
    const into = new Uint8Array(300);
    expect(ring.read(into)).toBe(300);
    expect(into).toEqual(digits.subarray(0, 300));
    expect(() => new ByteRing(10).commit(1)).toThrow("placed");
    ring.write(digits, 0, 10);
    expect(() => ring.place(9, digits)).toThrow("overwritten");
  });

  test("keeps what it holds when its capacity shrinks", () => {
    const ring = new ByteRing(2000);
    ring.write(digits, 0, 1500);
    ring.resize(1000);
    expect([ring.length, ring.free, ring.write(digits)]).toEqual([1500, 0, 0]);
    ring.skip(600);
    expect(ring.free).toBe(100);
  });

  test("refuses to copy or skip what is not there", () => {
    const ring = new ByteRing(100);
    ring.write(digits, 0, 10);
    expect(() => ring.skip(11)).toThrow("skipped");
    expect(() => ring.copyTo(5, 6, new Uint8Array(10), 0)).toThrow("copied");
    ring.clear();
    expect([ring.length, ring.peek(0, new Uint8Array(3))]).toEqual([0, 0]);
  });

  test("is a queue of bytes over random histories, however it wraps and grows", () => {
    const step = fc.oneof(
      fc.record({ action: fc.constant("write" as const), count: fc.nat(2500) }),
      fc.record({ action: fc.constant("read" as const), count: fc.nat(2500) }),
      fc.record({ action: fc.constant("skip" as const), count: fc.nat(800) }),
      fc.record({ action: fc.constant("place" as const), count: fc.nat(300) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ring = new ByteRing(4500);
        let queue: number[] = [];
        let next = 0;
        const fresh = (count: number) => Uint8Array.from({ length: count }, () => (next = (next + 37) & 255));
        for (const { action, count } of steps) {
          if (action === "write") {
            const bytes = fresh(count);
            const taken = ring.write(bytes);
            expect(taken).toBe(Math.min(count, 4500 - queue.length));
            queue.push(...bytes.subarray(0, taken));
          } else if (action === "place") {
            const room = Math.max(0, Math.min(count, 4500 - queue.length - 10));
            const bytes = fresh(room);
            expect(ring.place(ring.length + 10, bytes)).toBe(room);
            ring.write(new Uint8Array(room > 0 ? 10 : 0));
            ring.commit(room);
            queue.push(...new Array(room > 0 ? 10 : 0).fill(0), ...bytes);
          } else if (action === "read") {
            const into = new Uint8Array(count);
            const got = ring.read(into);
            expect(Array.from(into.subarray(0, got))).toEqual(queue.slice(0, Math.min(count, queue.length)));
            queue = queue.slice(got);
          } else {
            const some = Math.min(count, queue.length);
            const into = new Uint8Array(20);
            const got = ring.peek(some, into);
            expect(Array.from(into.subarray(0, got))).toEqual(queue.slice(some, some + 20));
            ring.skip(some);
            queue = queue.slice(some);
          }
          expect(ring.length).toBe(queue.length);
        }
      }),
    );
  });
});
