import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { meaningV4, meaningV6 } from "../../../src/protocols/ip/icmp-errno.ts";
import {
  type ErrorSubject,
  plausibleQuote,
  quotedLength,
  whySilent,
} from "../../../src/protocols/ip/icmp-errors.ts";
import { icmpRateLimits, RateLimiter } from "../../../src/protocols/ip/rate-limit.ts";

const subject: ErrorSubject = {
  source: address("192.0.2.1"),
  cast: "unicast",
  linkCast: "unicast",
  fragmentOffset: 0,
  protocol: 17,
  icmpType: 0,
};

describe("an ICMP error", () => {
  test("is sent about an ordinary datagram", () => {
    expect(whySilent(subject, "ordinary")).toBeUndefined();
  });

  test.each<[string, Partial<ErrorSubject>]>([
    ["a fragment that is not the first", { fragmentOffset: 8 }],
    ["what was sent to a multicast group", { cast: "multicast" }],
    ["a broadcast", { cast: "broadcast" }],
    ["what came in a link-layer broadcast", { linkCast: "group" }],
    ["what nobody sent", { source: address("0.0.0.0") }],
    ["what nobody sent over IPv6", { source: address("::") }],
    ["what a group sent", { source: address("224.0.0.9") }],
    ["what the broadcast address sent", { source: address("255.255.255.255") }],
    ["what a class E address sent", { source: address("240.0.0.1") }],
    ["an ICMP error", { protocol: 1, icmpType: 3 }],
    ["an ICMP redirect", { protocol: 1, icmpType: 5 }],
    ["ICMP of an unknown type", { protocol: 1, icmpType: 200 }],
    ["ICMP too short to tell", { protocol: 1, icmpType: -1 }],
    ["an ICMPv6 error", { protocol: 58, icmpType: 4 }],
    ["an ICMPv6 redirect", { protocol: 58, icmpType: 137 }],
  ])("is never sent about %s [RFC 1122 3.2.2] [RFC 4443 2.4 e]", (_, change) => {
    expect(whySilent({ ...subject, ...change }, "ordinary")).toBeTypeOf("string");
  });

  test.each<[string, Partial<ErrorSubject>]>([
    ["an echo request", { protocol: 1, icmpType: 8 }],
    ["an ICMPv6 echo request", { protocol: 58, icmpType: 128 }],
  ])("may be sent about %s", (_, change) => {
    expect(whySilent({ ...subject, ...change }, "ordinary")).toBeUndefined();
  });

  test("about an option that asks for it goes out even for multicast [RFC 4443 2.4 e]", () => {
    expect(whySilent({ ...subject, cast: "multicast" }, "answers-multicast")).toBeUndefined();
    expect(
      whySilent({ ...subject, cast: "multicast", source: address("::") }, "answers-multicast"),
    ).toBeTypeOf("string");
  });

  test("quotes what fits in 576 bytes of IPv4 and 1280 of IPv6 [RFC 1812 4.3.2.3] [RFC 4443 2.4 c]", () => {
    expect(quotedLength(4, 1500)).toBe(548);
    expect(quotedLength(6, 1500)).toBe(1232);
    expect(quotedLength(4, 60)).toBe(60);
  });

  test("is believed only about a packet we could have sent [RFC 1122 3.2.2] [RFC 5927 4]", () => {
    const ours = (one: { w3: number }): boolean => one.w3 === 0x0a000001 || one.w3 === 0x7f000001;
    expect(plausibleQuote(address("10.0.0.1"), address("192.0.2.1"), ours)).toBe(true);
    expect(plausibleQuote(address("10.0.0.2"), address("192.0.2.1"), ours)).toBe(false);
    expect(plausibleQuote(address("10.0.0.1"), address("0.0.0.0"), ours)).toBe(false);
    expect(plausibleQuote(address("127.0.0.1"), address("192.0.2.1"), ours)).toBe(false);
  });
});

describe("what an error means to a socket", () => {
  test.each([
    [3, 0, "ENETUNREACH", false],
    [3, 1, "EHOSTUNREACH", false],
    [3, 2, "ENOPROTOOPT", true],
    [3, 3, "ECONNREFUSED", true],
    [3, 4, "EMSGSIZE", false],
    [3, 5, "EOPNOTSUPP", false],
    [3, 8, "ENONET", true],
    [3, 13, "EHOSTUNREACH", true],
    [11, 0, "EHOSTUNREACH", false],
    [12, 0, "EPROTO", true],
  ])("ICMP type %i code %i is %s, as in Linux [RFC 1122 4.2.3.9]", (type, code, errno, hard) => {
    expect(meaningV4(type, code)).toEqual({ errno, hard });
  });

  test.each([
    [1, 0, "ENETUNREACH", false],
    [1, 1, "EACCES", true],
    [1, 3, "EHOSTUNREACH", false],
    [1, 4, "ECONNREFUSED", true],
    [2, 0, "EMSGSIZE", false],
    [3, 1, "EHOSTUNREACH", false],
    [4, 1, "EPROTO", true],
  ])("ICMPv6 type %i code %i is %s, as in Linux", (type, code, errno, hard) => {
    expect(meaningV6(type, code)).toEqual({ errno, hard });
  });

  test("source quench and unknown codes mean nothing [RFC 6633]", () => {
    expect(meaningV4(4, 0)).toBeUndefined();
    expect(meaningV4(3, 16)).toBeUndefined();
    expect(meaningV6(1, 7)).toBeUndefined();
  });
});

describe("the rate of errors", () => {
  const peer = address("192.0.2.1");

  test("to one destination is one a second, with six saved up", () => {
    const limiter = new RateLimiter(icmpRateLimits, 1);
    const sent = (now: number): number =>
      Array.from({ length: 20 }, () => limiter.allow(peer, now)).filter(Boolean).length;
    expect(sent(0)).toBe(6);
    expect(sent(999)).toBe(0);
    expect(sent(2000)).toBe(2);
    expect(sent(1_000_000)).toBe(6);
  });

  test("of the host is a thousand a second, with fifty saved up [RFC 4443 2.4 f]", () => {
    const limiter = new RateLimiter(icmpRateLimits, 1);
    const sent = (now: number, from: number): number =>
      Array.from({ length: 500 }, (_, i) => limiter.allow({ ...peer, w3: from + i }, now)).filter(Boolean)
        .length;
    expect(sent(0, 0)).toBe(50);
    expect(sent(10, 1000)).toBe(10);
  });
});
