import { describe, expect, test } from "vitest";
import { printPacket } from "../../../src/packetdrill/language/print/packets.ts";
import { compareTcpOptions } from "../../../src/packetdrill/packets/compare-options.ts";
import { emitPacket } from "../../../src/packetdrill/packets/packet-emit.ts";
import { rawParameter } from "../../../src/packetdrill/packets/sctp-raw.ts";
import { mistakesOf, packetOf } from "../support/parse.ts";
import { outbound } from "../support/seen.ts";

describe("what few scripts have is printed as it was read", () => {
  test.each([
    ["google", "< ipv4 1.2.3.4 > 5.6.7.8: . 1:1(0) ack 1 win 5"],
    ["google", "> mpls (label 5, tc 2, ttl 64), (label 6, tc 0, [S], ttl 3): udp (10)"],
    [
      "google",
      "> gre, flags [checksum present, key present, sequence# present], sum 1, off 2, key 3, seq 4: udp (10)",
    ],
    ["google", "< [ttl 5] encap psp spi 7 . 1:1(0) ack 1 win 5"],
    ["nplab", "> . 1:1(0) ack 1 /udp(5 > 6)"],
    ["nplab", "> R. 1:1(0) ack 1 [code 3, pen 4]"],
    ["nplab", "> R. 1:1(0) ack 1 [code 3]"],
    ["nplab", "> . 1:1(0) ack 1 <exp-tarr>"],
    ["nplab", "> . 1:1(0) ack 1 <exp-tarr 7,nop>"],
    ["nplab", "> . 1:1(0) ack 1 <exp-00ff 0102,gen-200 ab>"],
    ["nplab", "< icmp unreachable port_unreachable [udplite(10, 8)]"],
  ] as const)("%s: %s", (dialect, line) => {
    expect(printPacket(packetOf(line, dialect), dialect)).toBe(line);
  });
});

describe("what few scripts have is checked", () => {
  test.each([
    [
      "google",
      "> mpls (label 9999999, tc 9, ttl 999): udp (1)",
      ["label 9999999", "traffic class 9", "ttl 999"],
    ],
    ["google", "> gre, flags [key present], key 99999999999: udp (1)", ["key 99999999999"]],
    ["google", "> ipv4 1.2.3.4 > 5.6.7.999: udp (1)", []],
    ["nplab", "> . 1:1(0) ack 1 <exp-tarr 900,nop>", ["rate 900"]],
    ["nplab", "> . 1:1(0) ack 1 <gen-900 abc>", ["option kind 900", "a option is written in pairs"]],
    ["nplab", "> . 1:1(0) ack 1 /udp(5 > 99999)", ["port 99999"]],
    [
      "nplab",
      "> . 1:1(0) ack 1 <FO 0102030405060708090a0b0c0d0e0f101112,nop,nop>",
      ["a cookie has at most 16 bytes"],
    ],
  ] as const)("%s: %s", (dialect, line, parts) => {
    const found = mistakesOf(line, { dialect }).join("\n");
    for (const part of parts) expect(found).toContain(part);
    expect(found).not.toBe("");
  });
});

describe("options given as bytes", () => {
  const list = [{ kind: "mss", value: 1460 }] as const;

  test.each([
    ["020405B4", list, undefined],
    [list, "020405b4", undefined],
    ["020405b5", list, "bad outbound TCP options: expected: 020405b5 actual: 020405b4"],
    ["", [], undefined],
  ] as const)("%j and %j", (expected, live, mistake) => {
    expect(compareTcpOptions(expected, live)).toBe(mistake);
  });
});

test("a parameter of SCTP is what its bytes are", () => {
  expect(rawParameter({ type: "SSN_TSN_RESET", req_sn: 0x01020304 })).toEqual({
    ...{ type: "PARAMETER", number: 15, len: 8, val: [1, 2, 3, 4] },
  });
});

describe("an ICMP message", () => {
  test.each([
    ["gossip", undefined, "gossip is no type of ICMPv4"],
    ["unreachable", "gossip", "gossip is no code of ICMPv4 unreachable"],
  ])("of no known meaning cannot be sent: %s %s", (type, code, mistake) => {
    const content = { protocol: "icmp", type, ...(code && { code }) } as const;
    const packet = { ...packetOf("< udp (1)"), content };
    expect(emitPacket(packet, outbound)).toBe(mistake);
  });

  test.each([
    ["sctp(9)", 132, [0, 0, 0, 9]],
    ["udplite(9, 8)", 136, [0, 8, 0, 0]],
  ])("quotes %s", (quoted, protocol, ports) => {
    const packet = packetOf(`< icmp unreachable port_unreachable [${quoted}]`, "nplab");
    const bytes = emitPacket(packet, outbound) as Uint8Array;
    expect(bytes[28 + 9]).toBe(protocol);
    expect([...bytes.subarray(28 + 20 + 4)]).toEqual(ports);
  });
});
