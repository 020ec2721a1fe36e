/** One case file for every congestion control. */
import { describe, expect, test } from "vitest";
import type { CongestionControl, CongestionState } from "../../../../src/protocols/tcp/congestion/control.ts";
import { reno } from "../../../../src/protocols/tcp/congestion/reno.ts";

const all: readonly CongestionControl[] = [reno];
const mss = 1000;
const state = (cwnd: number, ssthresh: number): CongestionState => ({
  cwnd,
  ssthresh,
  cwndCredit: 0,
  sndMss: mss,
  srtt: 100,
});

for (const control of all)
  describe(`${control.name}, as every congestion control`, () => {
    test("opens by what was acknowledged in slow start, up to the limit of an ACK [RFC 5681 3.1] [RFC 3465 2.2]", () => {
      const one = state(10_000, 100_000);
      control.acknowledged(one, 2000, Infinity, 0);
      expect(one.cwnd).toBe(12_000);
      control.acknowledged(one, 5000, mss, 0);
      expect(one.cwnd).toBe(13_000);
    });

    test("does not leap over ssthresh", () => {
      const one = state(10_000, 11_000);
      control.acknowledged(one, 5000, Infinity, 0);
      expect(one.cwnd).toBe(11_000);
    });

    test("opens by about a segment a round trip beyond ssthresh [RFC 5681 3.1]", () => {
      const one = state(20_000, 20_000);
      for (let i = 0; i < 20; i++) control.acknowledged(one, mss, Infinity, i * 5);
      expect(one.cwnd).toBe(21_000);
    });

    test("closes to no less than two segments [RFC 5681 3.1, equation 4]", () => {
      expect(control.threshold(state(20_000, 20_000), 20_000, 0)).toBeLessThan(20_000);
      expect(control.threshold(state(1000, 20_000), 1000, 0)).toBe(2000);
    });

    test("stays a small integer for ever", () => {
      const one = state(mss, 0x7fffffff);
      for (let i = 0; i < 100; i++) control.acknowledged(one, 0x3fffffff, Infinity, i);
      expect(one.cwnd).toBeLessThanOrEqual(0x3fffffff);
      expect(Number.isInteger(one.cwnd)).toBe(true);
    });
  });
