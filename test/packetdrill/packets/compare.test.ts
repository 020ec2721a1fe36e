import { describe, expect, test } from "vitest";
import { continues, merge, payloadOf } from "../../../src/packetdrill/packets/aggregate.ts";
import { comparePacket } from "../../../src/packetdrill/packets/compare.ts";
import { packetOf } from "../support/parse.ts";
import { seenOf } from "../support/seen.ts";

const compared = (expected: string, live: string, dialect: "google" | "nplab" = "google") =>
  comparePacket(packetOf(`> ${expected}`, dialect), seenOf(live, undefined, dialect));

describe("a packet is as expected", () => {
  test.each([
    ["S. 0:0(0) ack 1 <mss 5,nop,nop,sackOK>", "S. 0:0(0) ack 1 win 77 <mss 5,nop,nop,sackOK>"],
    [". 1:1(0) ack 1 <...>", ". 1:1(0) ack 1 win 5 <nop,nop,TS val 4 ecr 5>"],
    [". 1:1(0) ack 1 <nop,nop,TS val 1 ecr 1>", ". 1:1(0) ack 1 win 5 <nop,nop,TS val 4 ecr 5>"],
    ["[ect0] . 1:1(0) ack 1", "[tos 0x2e] . 1:1(0) ack 1"],
    ["[ect01] . 1:1(0) ack 1", "[ect1] . 1:1(0) ack 1"],
    [". 1:1(0) ack 1", "[ce] . 1:1(0) ack 1"],
    ["udp (5)", "udp (5)"],
    ["icmp unreachable port_unreachable", "icmp unreachable port_unreachable [raw (9)]"],
    ["icmp echo_reply", "icmp echo_reply id 5 [raw (9)]"],
  ])("%s takes %s", (expected, live) => {
    expect(compared(expected, live)).toBeUndefined();
  });

  test.each([
    ["[dscp ef] . 1:1(0) ack 1", "[tos 0xb9] . 1:1(0) ack 1"],
    [". ...(0) ack 1", ". 77:77(0) ack 1"],
    ["udplite (5, 8)", "udplite (5, 8)"],
  ])("of nplab: %s takes %s", (expected, live) => {
    expect(compared(expected, live, "nplab")).toBeUndefined();
  });
});

describe("what differs is told in the words of the real tools", () => {
  test.each([
    ["udp (5)", ". 1:1(0) ack 1", "live packet field ip_protocol: expected: udp vs actual: tcp"],
    [
      "S 0:0(0)",
      "S 0:0(0) <mss 5>",
      "live packet field ipv4_total_length: expected: 40 (0x28) vs actual: 44 (0x2c)",
    ],
    [
      "[tos 0x10] . 1:1(0) ack 1",
      ". 1:1(0) ack 1",
      "live packet field tos: expected: 16 (0x10) vs actual: 0 (0x0)",
    ],
    [
      "[ce] . 1:1(0) ack 1",
      "[ect0] . 1:1(0) ack 1",
      "live packet field ip_ecn: expected: 3 (0x3) vs actual: 2 (0x2)",
    ],
    [
      "[ttl 5] . 1:1(0) ack 1",
      ". 1:1(0) ack 1",
      "live packet field ttl: expected: 5 (0x5) vs actual: 255 (0xff)",
    ],
    ["S. 0:0(0) ack 1", "S 0:0(0)", "live packet field tcp_ack: expected: 1 (0x1) vs actual: 0 (0x0)"],
    [". 1:9(8) ack 1", "P. 1:9(8) ack 1", "live packet field tcp_psh: expected: 0 (0x0) vs actual: 1 (0x1)"],
    [".5 1:1(0) ack 1", ". 1:1(0) ack 1", "live packet field tcp_ece: expected: 1 (0x1) vs actual: 0 (0x0)"],
    [
      ". 101:101(0) ack 1",
      ". 1:1(0) ack 1",
      "live packet field tcp_seq: expected: 101 (0x65) vs actual: 1 (0x1)",
    ],
    [". 1:1(0)", ". 1:1(0) ack 1", "live packet field tcp_ack_seq: expected: 0 (0x0) vs actual: 1 (0x1)"],
    [
      ". 1:1(0) ack 1 win 7",
      ". 1:1(0) ack 1 win 9",
      "live packet field tcp_window: expected: 7 (0x7) vs actual: 9 (0x9)",
    ],
    [
      ". 1:1(0) ack 1",
      ". 1:1(0) ack 1 urg 2",
      "live packet field tcp_urg_ptr: expected: 0 (0x0) vs actual: 2 (0x2)",
    ],
    ["S 0:0(0) <nop,nop,sackOK>", "S 0:0(0) <sackOK,nop,nop>", "bad outbound TCP options"],
    [
      "S 0:0(0) <mss 1460>",
      "S 0:0(0) <mss 1160>",
      "bad value in outbound TCP option: expected: mss 1460 actual: mss 1160",
    ],
    [
      "icmp echo_reply",
      "icmp echo_request",
      "live packet field icmp_type: expected: 0 (0x0) vs actual: 8 (0x8)",
    ],
  ])("%s is not %s", (expected, live, message) => {
    expect(compared(expected, live)).toBe(message);
  });

  test("of UDP-Lite is its coverage", () => {
    expect(compared("udplite (5, 8)", "udplite (5, 9)", "nplab")).toMatch(/udplite_coverage: expected: 8/);
  });

  test("also what no packet may be: reserved bits, a payload that is not zeros", () => {
    const expected = packetOf("> . 1:1(0) ack 1");
    expect(comparePacket(expected, { ...seenOf(". 1:1(0) ack 1"), reserved: 4 })).toMatch(
      /tcp_reserved_bits/,
    );
    expect(comparePacket(expected, { ...seenOf(". 1:1(0) ack 1"), flaw: "payload byte 1 is not 0" })).toBe(
      "payload byte 1 is not 0",
    );
  });
});

describe("segments as one", () => {
  const pieces = [
    "W. 1:1001(1000) ack 5 win 9",
    ". 1001:2001(1000) ack 5 win 9",
    "FP. 2001:2501(500) ack 5 win 9",
  ];

  test("have the last one's flags but for CWR, the first one's number, and the sum of the payload", () => {
    const whole = merge(pieces.map((text) => seenOf(text)));
    expect(payloadOf(whole)).toBe(2500);
    expect(comparePacket(packetOf("> FPW. 1:2501(2500) ack 5"), whole)).toBeUndefined();
  });

  test("follow each other, agree, and are alike but for the last", () => {
    const [first, second, last] = pieces.map((text) => seenOf(text));
    expect(continues(first!, second!, 1500)).toBeUndefined();
    expect(continues(second!, last!, 500)).toBeUndefined();
    expect(continues(second!, last!, 600)).toBe("fragment payload: expected 1000 bytes vs actual 500 bytes");
    expect(continues(first!, last!, 500)).toMatch(/tcp_seq: expected: 1001/);
    expect(continues(first!, seenOf(". 1001:1501(500) ack 6 win 9"), 500)).toMatch(/tcp_ack_seq/);
    expect(continues(first!, seenOf("R. 1001:1501(500) ack 5 win 9"), 500)).toMatch(/tcp_flags/);
    expect(continues(first!, seenOf(". 1001:1501(500) ack 5 win 9 <nop,nop,sackOK>"), 500)).toMatch(
      /options/,
    );
    expect(continues(first!, seenOf("udp (5)"), 500)).toBe("only TCP segments come in pieces");
  });

  test("may begin with one that carries nothing", () => {
    const empty = seenOf(". 1:1(0) ack 5 win 9");
    const data = seenOf("P. 1:101(100) ack 5 win 9");
    expect(continues(empty, data, 100)).toBeUndefined();
    expect(comparePacket(packetOf("> P. 1:101(100) ack 5"), merge([empty, data]))).toBeUndefined();
  });

  test("may begin with a SYN of other options that carries nothing", () => {
    const empty = seenOf("S 0:0(0) win 9 <mss 1460>");
    const data = seenOf("S 0:100(100) win 9 <mss 1460,FO abcd1234,nop,nop>");
    expect(continues(empty, data, 100)).toBeUndefined();
    const expected = packetOf("> S 0:100(100) <mss 1460,FO abcd1234,nop,nop>");
    expect(comparePacket(expected, merge([empty, data]))).toBeUndefined();
  });
});
