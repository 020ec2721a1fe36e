import { describe, expect, test } from "vitest";
import { checkRange, formatPortList, narrowRange, parsePortList, sizeOf } from "../../src/ports/range.ts";

describe("ranges of ports", () => {
  test("a range goes from 1 to 65535 at most, and not backwards", () => {
    expect(() => checkRange([1, 65535])).not.toThrow();
    expect(() => checkRange([80, 80])).not.toThrow();
    for (const wrong of [
      [0, 80],
      [80, 79],
      [1, 65536],
      [1.5, 3],
      [Number.NaN, 3],
    ] as const)
      expect(() => checkRange(wrong)).toThrow(RangeError);
    expect(sizeOf([32768, 60999])).toBe(28232);
  });

  test("a half of a socket's own range counts only inside the host's [IP_LOCAL_PORT_RANGE]", () => {
    const host = [40000, 49999] as const;
    expect(narrowRange(host, [45000, 45000])).toEqual([45000, 45000]);
    expect(narrowRange(host, [0, 40000])).toEqual([40000, 40000]);
    expect(narrowRange(host, [49999, 0])).toEqual([49999, 49999]);
    expect(narrowRange(host, [30000, 39999])).toEqual(host);
    expect(narrowRange(host, [50000, 59999])).toEqual(host);
    expect(narrowRange(host, [30000, 41000])).toEqual([40000, 41000]);
  });

  test("lists are read as the kernel reads them, and written as it writes them [ip_local_reserved_ports]", () => {
    expect(parsePortList("")).toEqual([]);
    expect(parsePortList("40010-40011,40003\n")).toEqual([
      [40003, 40003],
      [40010, 40011],
    ]);
    expect(parsePortList("1-5,3-9,10")).toEqual([[1, 10]]);
    for (const wrong of ["a", "1-", "-1", "9-8", "65536", "1 2", "1-2-3"])
      expect(parsePortList(wrong)).toBeUndefined();
    expect(
      formatPortList([
        [40010, 40011],
        [40003, 40003],
        [40012, 40012],
      ]),
    ).toBe("40003,40010-40012");
  });
});
