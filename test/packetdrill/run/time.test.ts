import { describe, expect, test } from "vitest";
import {
  deadlineOf,
  judgeEnd,
  judgePacket,
  judgeStart,
  type Previous,
  scheduleOf,
} from "../../../src/packetdrill/run/time.ts";
import { eventOf } from "../support/parse.ts";

const options = { toleranceUsecs: 4000, tolerancePercent: 12.5 };
const inbound = "< . 1:1(0) ack 1 win 1";
const outbound = "> . 1:1(0) ack 1";

/** The schedule of an event reached at `now`, after `previous`, which was due at `due`. */
function schedule(text: string, now: number, previous?: string, due = 0) {
  const before = previous === undefined ? undefined : eventOf(previous);
  const blank = { start: due, end: undefined, any: false, tolerance: 0, endTolerance: 0 };
  const after: Previous | undefined = before && { event: before, schedule: blank };
  return scheduleOf(eventOf(text), after, now, options);
}

describe("when an event is due", () => {
  test("absolute times are what they say", () => {
    expect(schedule(`1.5 ${inbound}`, 999, "+0 `a`", 500_000)).toMatchObject({
      start: 1_500_000,
      end: undefined,
    });
    expect(schedule(`1~2 ${outbound}`, 999, "+0 `a`")).toMatchObject({ start: 1_000_000, end: 2_000_000 });
  });

  test("relative ones count from the moment the event before had happened", () => {
    expect(schedule("+.1 `b`", 700_000, "+0 `a`", 500_000).start).toBe(800_000);
    expect(schedule(`+.1~+.3 ${outbound}`, 700_000, "+0 `a`")).toMatchObject({
      start: 800_000,
      end: 1_000_000,
    });
  });

  test("inbound packets in a row count from when the one before was due", () => {
    expect(schedule(`+.1 ${inbound}`, 700_000, `+0 ${inbound}`, 500_000).start).toBe(600_000);
    expect(schedule(`+.1 ${inbound}`, 700_000, `+0 ${outbound}`, 500_000).start).toBe(800_000);
  });

  test("any time is now and has no deadline", () => {
    const any = schedule(`* ${outbound}`, 700_000, "+0 `a`");
    expect(any).toMatchObject({ start: 700_000, any: true });
    expect(deadlineOf(any)).toBeUndefined();
    expect(judgePacket(any, eventOf(`* ${outbound}`), 1e9)).toBeUndefined();
  });

  test("a blocking call ends at a time of the same form", () => {
    expect(schedule("+.1...0.3 read(3, ..., 1) = 1", 500_000, "+0 `a`")).toMatchObject({
      start: 600_000,
      end: 800_000,
    });
    expect(schedule("1...2 read(3, ..., 1) = 1", 500_000, "+0 `a`")).toMatchObject({ start: 1e6, end: 2e6 });
  });
});

describe("the tolerance of a time", () => {
  test("is 4 ms, or an eighth of the distance to the event before", () => {
    expect(schedule("+.01 `b`", 0, "+0 `a`").tolerance).toBe(4000);
    expect(schedule("+1 `b`", 0, "+0 `a`").tolerance).toBe(125_000);
    expect(schedule("1 `b`", 0, "+0 `a`", 600_000).tolerance).toBe(50_000);
  });

  test("has no distance for the first event", () => {
    expect(schedule("5 `b`", 0).tolerance).toBe(4000);
  });

  test("of a call's end goes by how long it blocks", () => {
    expect(schedule("+5...5.1 read(3, ..., 1) = 1", 0, "+0 `a`").endTolerance).toBe(12_500);
  });

  test("holds on both sides of a packet, and of a range", () => {
    const event = eventOf(`+1 ${outbound}`);
    const at = schedule(`+1 ${outbound}`, 0, "+0 `a`");
    expect(judgePacket(at, event, 875_000)).toBeUndefined();
    expect(judgePacket(at, event, 1_125_000)).toBeUndefined();
    expect(judgePacket(at, event, 874_999)).toBe(
      "timing error: expected outbound packet at 1.000000 sec but happened at 0.874999 sec; tolerance 0.125000 sec",
    );
    const range = eventOf(`+1~+2 ${outbound}`);
    const within = schedule(`+1~+2 ${outbound}`, 500_000, "+0 `a`", 500_000);
    expect(judgePacket(within, range, 2_625_000)).toBeUndefined();
    expect(deadlineOf(within)).toBe(2_625_000);
    expect(judgePacket(within, range, 3e6)).toBe(
      "timing error: expected outbound packet in relative time range +1.000000~+2.000000 sec but happened at " +
        "+2.500000 sec; tolerance 0.125000 sec",
    );
  });

  test("holds for what the script does itself", () => {
    const at = schedule("+.1 `b`", 0, "+0 `a`");
    expect(judgeStart(at, "command", 112_500)).toBeUndefined();
    expect(judgeStart(at, "command", 112_501)).toMatch(
      /expected command at 0.100000 sec but happened at 0.112501/,
    );
    const call = schedule("+0...0.1 read(3, ..., 1) = 1", 0, "+0 `a`");
    expect(judgeEnd(call, 100_000)).toBeUndefined();
    expect(judgeEnd(call, 50_000)).toMatch(
      /expected system call return at 0.100000 sec but happened at 0.050000/,
    );
  });
});
