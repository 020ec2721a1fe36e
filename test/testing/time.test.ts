import { describe, expect, test } from "vitest";
import { ExpectationError, testbed } from "../../src/testing/index.ts";
import { accepted } from "./support/open.ts";

/** A SYN sent at 0, and again after 1 s and 3 s. */
function connecting() {
  const bed = testbed({ sysctls: { "net.ipv4.tcp_syn_linear_timeouts": 0 } });
  bed.socket().connect();
  bed.expect.tcp({ flags: "S" });
  return bed;
}

describe("an expected packet comes", () => {
  test("after so many seconds, give or take the tolerance", () => {
    const bed = connecting();
    expect(bed.after(1).expect.tcp({ flags: "S" }).time).toBe(1);
    expect(bed.after(1.9).expect.tcp({ flags: "S" }).time).toBe(3);
    expect(bed.now).toBe(3);
  });

  test("at a time since the beginning", () => {
    const bed = connecting();
    bed.at(1).expect.tcp({ flags: "S" });
    bed.at(3).expect.tcp({ flags: "S" });
    bed.at(6, 7).expect.tcp({ flags: "S" });
  });

  test("anywhere between two times", () => {
    const bed = connecting();
    bed.after(0.5, 1.5).expect.tcp({ flags: "S" });
    bed.within(2.5).expect.tcp({ flags: "S" });
  });

  test("whenever it comes", () => {
    const bed = connecting();
    bed.wait(2);
    expect(bed.anytime.expect.tcp({ flags: "S" }).time).toBe(1);
    expect(bed.now).toBe(2);
    expect(bed.anytime.expect.tcp({ flags: "S" }).time).toBe(3);
  });

  test("too early, which is as wrong as too late", () => {
    const bed = connecting();
    bed.wait(1.5);
    expect(() => bed.after(0.1).expect.tcp({ flags: "S" })).toThrow(
      "timing error: expected outbound packet at 1.600000 sec but happened at 1.000000 sec",
    );
    expect(() => connecting().after(0.5).expect.tcp({ flags: "S" })).toThrow("Timed out waiting for packet");
    expect(() => connecting().after(1.2).expect.tcp({ flags: "S" })).toThrow(
      "timing error: expected outbound packet at 1.200000 sec but happened at 1.000000 sec; tolerance 0.150000 sec",
    );
  });

  test("within the tolerance of the testbed", () => {
    const strict = testbed({ tolerance: { seconds: 0, part: 0 } });
    strict.socket().connect();
    strict.expect.tcp({ flags: "S" });
    expect(() => strict.after(0.999).expect.tcp({ flags: "S" })).toThrow("Timed out waiting for packet");
    const loose = testbed({ tolerance: { seconds: 0.5 } });
    loose.socket().connect();
    loose.expect.tcp({ flags: "S" });
    expect(loose.after(0.6).expect.tcp({ flags: "S" }).time).toBe(1);
  });

  test("never: a packet that may come at any time is given up after ten minutes", () => {
    const { bed } = accepted();
    expect(() => bed.anytime.expect.tcp({})).toThrow(ExpectationError);
    expect(bed.now).toBeCloseTo(600.1);
  });
});

describe("time passes", () => {
  test("only where a test lets it", () => {
    const { bed, connection } = accepted();
    connection.send(10);
    expect(bed.now).toBe(0.1);
    bed.wait(0.05);
    expect(bed.now).toBe(0.15);
  });

  test("until something is so", () => {
    const { bed, connection } = accepted();
    bed.after(0.2).inject.tcp({ length: 7 });
    expect(bed.until(() => connection.socket.poll().readable)).toBe(0);
    bed.expect.tcp({ flags: ".", ack: 8 });
    connection.recv();
    connection.close();
    bed.expect.tcp({ flags: "F." });
    const waited = bed.until(() => bed.host.snapshot().sockets.length === 1, 4000);
    expect(waited).toBeGreaterThan(10);
  });

  test("or until a limit, which is a failure", () => {
    const bed = testbed();
    expect(() => bed.until(() => false, 5)).toThrow(
      /^what was waited for has not happened in 5 s \(at 5\.000000 s\)/,
    );
  });

  test("in virtual time alone: an hour of an idle connection is nothing", () => {
    const { bed } = accepted();
    bed.expect.nothing(3600);
    expect(bed.now).toBeCloseTo(3600.1);
  });
});

describe("times that are none", () => {
  test.each([
    ["negative", () => testbed().after(-1)],
    ["not a number", () => testbed().wait(Number.NaN)],
    ["a range that runs backwards", () => testbed().at(2, 1)],
    ["endless", () => testbed().wait(Number.POSITIVE_INFINITY)],
  ])("%s is refused", (_name, step) => {
    expect(step).toThrow(RangeError);
  });

  test("what has passed is refused for what is injected", () => {
    const bed = testbed();
    bed.wait(2);
    expect(() => bed.at(1).inject.tcp({ flags: "S" })).toThrow("1 s has passed, it is 2 s");
  });
});
