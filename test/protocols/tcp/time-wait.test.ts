import { describe, expect, test } from "vitest";
import {
  reopenedSequence,
  type TimeWait,
  timeWaitAck,
  timeWaitArrives,
  timeWaitOf,
} from "../../../src/protocols/tcp/connection.ts";
import { endpoint, type Setup } from "./support/endpoint.ts";
import { formatSegment, parseSegment } from "./support/segment-text.ts";

const iss = 1000;
const irs = 5000;

function waiting(setup: Setup = {}): TimeWait {
  return timeWaitOf(endpoint("TIME-WAIT", { iss, irs, ...setup }).tcb);
}

const stamped: Setup = { config: { timestamps: true }, syn: "win 65535 <mss 1000,TS val 700 ecr 1000>" };

function verdict(wait: TimeWait, text: string, now = 2000): string {
  return timeWaitArrives(wait, parseSegment(text, { sender: irs, receiver: iss }).segment, now);
}

describe("TIME-WAIT [RFC 9293 3.10.7.4]", () => {
  test("lasts for 2 MSL from the FIN [RFC 9293 MUST-13]", () => {
    expect(waiting().until).toBe(61_000);
    expect(waiting({ config: { timeWait: 240_000 } }).until).toBe(241_000);
  });

  test("a FIN that comes again is acknowledged, and the wait begins anew", () => {
    const wait = waiting();
    expect(verdict(wait, "F. 1:1(0) ack 2")).toBe("restart");
    expect(wait.until).toBe(62_000);
    const text = formatSegment(timeWaitAck(wait, 2000), { sender: iss, receiver: irs });
    expect(text).toBe(". 2:2(0) ack 2 win 65534 <>");
  });

  test("an ACK in order is what we waited for: nothing to say", () => {
    expect(verdict(waiting(), ". 2:2(0) ack 2")).toBe("ignore");
  });

  test("an old ACK is answered, at most twice a second", () => {
    const wait = waiting();
    expect([
      verdict(wait, ". 900:900(0) ack 2"),
      verdict(wait, ". 900:900(0) ack 2"),
      verdict(wait, ". 900:900(0) ack 2", 2500),
    ]).toEqual(["restart", "ignore", "restart"]);
  });

  test("an exact reset ends it, or nothing does where assassination is feared [RFC 1337 F1]", () => {
    expect(verdict(waiting(), "R 2:2(0)")).toBe("end");
    expect(verdict(waiting(), "R 3:3(0)")).toBe("ignore");
    expect(verdict(waiting({ config: { timeWaitIgnoresResets: true } }), "R 2:2(0)")).toBe("ignore");
  });

  test("a SYN with a later sequence number opens anew [RFC 9293 MAY-2]", () => {
    expect(verdict(waiting(), "S 3:3(0)")).toBe("reopen");
    expect(verdict(waiting(), "S 100000:100000(0)")).toBe("reopen");
    expect(verdict(waiting(), "S 2:2(0)")).toBe("acknowledge");
    expect(verdict(waiting(), "S 1:1(0)")).toBe("acknowledge");
    expect(verdict(waiting(), "S. 3:3(0) ack 2")).toBe("restart");
  });

  test("with timestamps, one with a later timestamp does [RFC 6191 2] [RFC 9293 SHLD-4]", () => {
    const wait = () => waiting({ ...stamped });
    const at = (value: number) => `<TS val ${value} ecr 0>`;
    expect(verdict(wait(), `S 1:1(0) ${at(701)}`)).toBe("reopen");
    expect(verdict(wait(), `S 3:3(0) ${at(700)}`)).toBe("reopen");
    expect(verdict(wait(), `S 1:1(0) ${at(700)}`)).toBe("acknowledge");
    expect(verdict(wait(), `S 3:3(0) ${at(699)}`)).toBe("acknowledge");
    expect(verdict(wait(), "S 3:3(0)")).toBe("reopen");
    expect(verdict(wait(), "S 1:1(0)")).toBe("acknowledge");
    expect(verdict(waiting(), `S 1:1(0) ${at(1)}`)).toBe("reopen");
  });

  test("what comes after it begins beyond all it sent", () => {
    expect(reopenedSequence(waiting())).toBe(iss + 2 + 65_537);
  });

  test("answers with timestamps where they were negotiated, and remembers the peer's", () => {
    const wait = waiting({ ...stamped, timestampOffset: 5 });
    verdict(wait, ". 2:2(0) ack 2 <TS val 800 ecr 0>");
    const text = formatSegment(timeWaitAck(wait, 2000), { sender: iss, receiver: irs });
    expect(text).toBe(". 2:2(0) ack 2 win 65534 <TS val 2005 ecr 800>");
    expect(verdict(wait, ". 2:2(0) ack 2 <TS val 799 ecr 0>")).toBe("restart");
  });

  test("a segment without ACK is of no use", () => {
    expect(verdict(waiting(), "F 1:1(0)")).toBe("acknowledge");
  });
});

describe("a TCB in TIME-WAIT that nobody replaced", () => {
  test("follows the same rule", () => {
    endpoint("TIME-WAIT")
      .peer("F. 1:1(0) ack 2")
      .drops("time-wait")
      .sends(". 2:2(0) ack 2")
      .peer(". 2:2(0) ack 2")
      .sendsNothing()
      .peer("R 2:2(0)")
      .is("CLOSED");
  });

  test("keeps what can still be read", () => {
    endpoint("FIN-WAIT-2").peer("FP. 1:11(10) ack 2").is("TIME-WAIT").reads(100, 10).finished();
  });
});
