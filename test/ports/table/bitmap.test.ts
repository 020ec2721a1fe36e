import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PortBitmap } from "../../../src/ports/table/bitmap.ts";

/** Textbook scans over a plain set. */
function naiveFirstClear(taken: Set<number>, from: number, to: number, step: number): number {
  for (let port = from; port <= to; port += step) if (!taken.has(port)) return port;
  return -1;
}

function naiveNextClear(taken: Set<number>, from: number, low: number, high: number, step: number): number {
  const up = naiveFirstClear(taken, from, high, step);
  return up >= 0 ? up : naiveFirstClear(taken, low + ((from - low) % step), from - step, step);
}

function bitmapOf(ports: Iterable<number>): PortBitmap {
  const bitmap = new PortBitmap();
  for (const port of ports) bitmap.add(port);
  return bitmap;
}

/** A full range but for a few holes: where scans are slowest and mistakes hide best. */
const nearlyFull = fc
  .record({
    low: fc.integer({ min: 0, max: 65535 }),
    size: fc.integer({ min: 1, max: 5000 }),
    holes: fc.array(fc.integer({ min: 0, max: 4999 }), { maxLength: 4 }),
    start: fc.integer({ min: 0, max: 4999 }),
    step: fc.constantFrom(1, 2, 3),
  })
  .map(({ low, size, holes, start, step }) => {
    const high = Math.min(65535, low + size - 1);
    const taken = new Set<number>();
    for (let port = low; port <= high; port++) taken.add(port);
    for (const hole of holes) taken.delete(low + (hole % (high - low + 1)));
    return { low, high, from: low + (start % (high - low + 1)), step, taken };
  });

const scattered = fc
  .record({
    ports: fc.array(fc.integer({ min: 0, max: 65535 }), { maxLength: 300 }),
    a: fc.integer({ min: 0, max: 65535 }),
    b: fc.integer({ min: 0, max: 65535 }),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    step: fc.constantFrom(1, 2, 3),
  })
  .map(({ ports, a, b, at, step }) => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    return { low, high, from: low + Math.floor(at * (high - low)), step, taken: new Set(ports) };
  });

describe("a port bitmap", () => {
  test("finds the same port as a scan, whatever is taken", () => {
    fc.assert(
      fc.property(fc.oneof(nearlyFull, scattered), ({ low, high, from, step, taken }) => {
        const bitmap = bitmapOf(taken);
        expect(bitmap.firstClear(from, high, step)).toBe(naiveFirstClear(taken, from, high, step));
        expect(bitmap.nextClear(from, low, high, step)).toBe(naiveNextClear(taken, from, low, high, step));
      }),
      { numRuns: 400 },
    );
  });

  test("finds what several sets leave free, as a scan of all of them would", () => {
    fc.assert(
      fc.property(nearlyFull, fc.integer({ min: 2, max: 4 }), ({ low, high, from, step, taken }, parts) => {
        const sets = Array.from({ length: parts }, (_, part) =>
          bitmapOf([...taken].filter((port) => (port * 7 + (port >>> 4)) % parts === part)),
        );
        for (const start of [low, from, high])
          expect(PortBitmap.firstClearOfAll(sets, parts, start, high, step)).toBe(
            naiveFirstClear(taken, start, high, step),
          );
      }),
      { numRuns: 200 },
    );
  });

  test("no set at all leaves everything free", () => {
    expect(PortBitmap.firstClearOfAll([], 0, 7, 9, 1)).toBe(7);
    expect(PortBitmap.firstClearOfAll([], 0, 9, 7, 1)).toBe(-1);
  });

  test("one port left of 65,536 is found from anywhere, and then none", () => {
    const bitmap = bitmapOf(Array.from({ length: 65536 }, (_, port) => port));
    expect(bitmap.nextClear(40000, 0, 65535, 1)).toBe(-1);
    for (const hole of [0, 1, 31, 32, 1023, 1024, 32767, 32768, 40000, 65534, 65535]) {
      expect(bitmap.delete(hole)).toBe(true);
      for (const from of [0, hole, 12345, 65535]) expect(bitmap.nextClear(from, 0, 65535, 1)).toBe(hole);
      expect(bitmap.nextClear(hole % 2, 0, 65535, 2)).toBe(hole);
      expect(bitmap.nextClear((hole + 1) % 2, 0, 65535, 2)).toBe(-1);
      expect(bitmap.add(hole)).toBe(true);
    }
    expect(bitmap.size).toBe(65536);
  });

  test("adding and deleting behave as a set's, and counts agree", () => {
    const command = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 200 }));
    fc.assert(
      fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
        const bitmap = new PortBitmap();
        const model = new Set<number>();
        for (const [adds, port] of commands) {
          expect(adds ? bitmap.add(port) : bitmap.delete(port)).toBe(adds !== model.has(port));
          if (adds) model.add(port);
          else model.delete(port);
        }
        expect(bitmap.size).toBe(model.size);
        expect(bitmap.count(10, 150)).toBe([...model].filter((port) => port >= 10 && port <= 150).length);
        const ports: number[] = [];
        for (let p = bitmap.firstSet(0, 65535); p >= 0; p = bitmap.firstSet(p + 1, 65535)) ports.push(p);
        expect(ports).toEqual([...model].sort((a, b) => a - b));
        bitmap.clear();
        expect(bitmap.size).toBe(0);
        expect(bitmap.firstSet(0, 65535)).toBe(-1);
      }),
    );
  });
});
