import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePortRange, portRangeBeside } from "../../src/node/kernel-range.ts";

test("the sysctl's two numbers are read, and nothing else is taken for them", () => {
  expect(parsePortRange("32768\t60999\n")).toEqual([32768, 60999]);
  for (const text of ["", "1", "1 2 3", "a b", "5 4", "0 10", "1 65536"])
    expect(parsePortRange(text)).toBeUndefined();
});

test.each([
  [
    [32768, 60999],
    [61000, 65535],
  ],
  [
    [1024, 60000],
    [60001, 65535],
  ],
  [
    [32768, 65535],
    [1024, 32767],
  ],
  [
    [15000, 65000],
    [1024, 14999],
  ],
  [
    [1100, 65000],
    [65001, 65535],
  ],
] as const)("beside %j lies %j", (kernels, ours) => {
  expect(portRangeBeside(kernels)).toEqual(ours);
});

test("where the kernel has all, there is none", () => {
  expect(() => portRangeBeside([1024, 65535])).toThrow(RangeError);
});

test("the two never meet", () => {
  const port = fc.integer({ min: 1, max: 65535 });
  fc.assert(
    fc.property(port, port, (a, b) => {
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      fc.pre(last < 65535 || first > 1024);
      const [from, to] = portRangeBeside([first, last]);
      expect(from).toBeLessThanOrEqual(to);
      expect(to < first || from > last).toBe(true);
      expect(from).toBeGreaterThanOrEqual(Math.min(1024, last + 1));
    }),
  );
});
