import { describe, expect, test } from "vitest";
import {
  icmpCodeNumber,
  icmpNames,
  icmpTypeNumber,
} from "../../src/packetdrill/language/names/icmp-names.ts";
import { contentOf, packetOf } from "./support/parse.ts";

describe("UDP and UDP-Lite", () => {
  test("a datagram is its payload length, with ports where they show", () => {
    expect(packetOf("> udp (100)").content).toEqual({ protocol: "udp", length: 100 });
    expect(packetOf("< udp 53 > 5353 (4)")).toMatchObject({
      ports: { source: 53, destination: 5353 },
      content: { length: 4 },
    });
  });

  test("UDP-Lite has its checksum coverage too", () => {
    expect(packetOf("> udplite (1000, 8)", "nplab").content).toEqual({
      protocol: "udplite",
      length: 1000,
      coverage: 8,
    });
  });
});

describe("ICMP", () => {
  test.each([
    ["icmp echo_request", { type: "echo_request" }],
    ["icmp echo_request id 7", { type: "echo_request", id: 7 }],
    ["icmp unreachable port_unreachable", { type: "unreachable", code: "port_unreachable" }],
    ["icmp unreachable frag_needed mtu 1200", { type: "unreachable", code: "frag_needed", mtu: 1200 }],
    ["icmp type_5 code_3", { type: "type_5", code: "code_3" }],
    ["icmp unreachable [udp (20)]", { type: "unreachable", echoed: { protocol: "udp", length: 20 } }],
    ["icmp echo_reply [raw (8)]", { type: "echo_reply", echoed: { protocol: "raw", length: 8 } }],
    [
      "icmp packet_too_big mtu 1280 [1:1001(1000)]",
      {
        ...{ type: "packet_too_big", mtu: 1280 },
        echoed: { protocol: "tcp", seq: { start: 1, end: 1001, length: 1000, form: "relative" } },
      },
    ],
  ])("%s", (text, icmp) => {
    expect(contentOf("icmp", `< ${text}`)).toEqual({ protocol: "icmp", ...icmp });
  });

  test("of nplab quotes SCTP and UDP-Lite", () => {
    expect(contentOf("icmp", "< icmp unreachable [sctp(2)]", "nplab").echoed).toEqual({
      protocol: "sctp",
      length: 2,
    });
    expect(contentOf("icmp", "< icmp unreachable [udplite(9, 8)]", "nplab").echoed).toEqual({
      ...{ protocol: "udplite", length: 9, coverage: 8 },
    });
  });

  test("names mean different numbers over IPv4 and IPv6", () => {
    expect(icmpTypeNumber(4, "unreachable")).toBe(3);
    expect(icmpTypeNumber(6, "unreachable")).toBe(1);
    expect(icmpCodeNumber(4, "unreachable", "port_unreachable")).toBe(3);
    expect(icmpCodeNumber(6, "unreachable", "port_unreachable")).toBe(4);
    expect(icmpTypeNumber(4, "packet_too_big")).toBeUndefined();
    expect(icmpCodeNumber(4, "unreachable", "constructor")).toBeUndefined();
    expect(icmpTypeNumber(6, "type_200")).toBe(200);
    expect(icmpTypeNumber(6, "type_256")).toBeUndefined();
  });

  test("numbers have their names back", () => {
    expect(icmpNames(4, 3, 4)).toEqual({ type: "unreachable", code: "frag_needed" });
    expect(icmpNames(6, 128, 0)).toEqual({ type: "echo_request" });
    expect(icmpNames(4, 77, 5)).toEqual({ type: "type_77", code: "code_5" });
  });
});
