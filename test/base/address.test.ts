import { isIP, isIPv4 } from "node:net";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import {
  address,
  addressV4,
  addressV6,
  anyV4,
  anyV6,
  compareAddress,
  familyOf,
  formatAddress,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  isV4,
  limitedBroadcast,
  loopbackV4,
  loopbackV6,
  parseAddress,
  readAddressV4,
  readAddressV6,
  sameAddress,
  writeAddressV4,
  writeAddressV6,
} from "../../src/base/address.ts";
import { formatEndpoint } from "../../src/base/endpoint.ts";
import {
  broadcastOf,
  commonPrefixLength,
  contains,
  formatPrefix,
  networkOf,
  parsePrefix,
  prefix,
} from "../../src/base/prefix.ts";

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
/** Words that are often zero, so that runs of zeros of every length occur. */
const sparse = fc.oneof(fc.constant(0), word, fc.constantFrom(1, 0xffff, 0x10000, -65536));
const v4 = word.map(addressV4);
const v6 = fc.tuple(sparse, sparse, sparse, sparse).map(([a, b, c, d]) => addressV6(a, b, c, d));
const any = fc.oneof(v4, v6);

describe("address text", () => {
  test("is canonical [RFC 5952 4]", () => {
    const cases = {
      "2001:0db8::0001": "2001:db8::1", // 4.1 leading zeros
      "2001:db8:0:0:0:0:2:1": "2001:db8::2:1", // 4.2.1 shorten as much as possible
      "2001:db8:0:1:1:1:1:1": "2001:db8:0:1:1:1:1:1", // 4.2.2 one field is not shortened
      "2001:0:0:1:0:0:0:1": "2001:0:0:1::1", // 4.2.3 the longest run
      "2001:db8:0:0:1:0:0:1": "2001:db8::1:0:0:1", // 4.2.3 the first of equal runs
      "2001:DB8::ABCD": "2001:db8::abcd", // 4.3 lower case
      "::": "::",
      "0:0:0:0:0:0:0:1": "::1",
      "1::": "1::",
      "::ffff:192.0.2.1": "192.0.2.1",
      "::ffff:c000:201": "192.0.2.1",
      "64:ff9b::192.0.2.33": "64:ff9b::c000:221",
    };
    for (const [text, canonical] of Object.entries(cases))
      expect(formatAddress(address(text))).toBe(canonical);
  });

  test("is accepted exactly where Node accepts it", () => {
    const wrong =
      "1.2.3 1.2.3.4.5 01.2.3.4 1.2.3.256 1.2.3.-4 0x1.2.3.4 1.2.3.4/8 1..2.3 : ::: 1::2::3 12345:: g:: fe80::1%eth0 ::1.2.3 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 [::1]";
    for (const text of ["", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\n", ...wrong.split(" ")]) {
      expect(parseAddress(text), text).toBeUndefined();
      if (!text.includes("%")) expect(isIP(text), text).toBe(0);
    }
    const letters = fc.string({ unit: fc.constantFrom(..."0123456789abf:.:.:".split("")), maxLength: 20 });
    fc.assert(
      fc.property(letters, (text) => {
        expect(parseAddress(text) !== undefined, text).toBe(isIP(text) !== 0);
      }),
      { numRuns: 3000 },
    );
    expect(() => address("1.2.3")).toThrow(TypeError);
  });

  test("is read back as the same address, here and by others", () => {
    fc.assert(
      fc.property(any, (value) => {
        const text = formatAddress(value);
        expect(isIP(text)).toBe(familyOf(value));
        expect(address(text)).toEqual(value);
        const bytes = new Uint8Array(16);
        if (isIPv4(text)) writeAddressV4(value, bytes, 0);
        else writeAddressV6(value, bytes, 0);
        const length = isIPv4(text) ? 4 : 16;
        expect(Array.from(bytes.subarray(0, length))).toEqual(ipaddr.parse(text).toByteArray());
        expect(length === 4 ? readAddressV4(bytes, 0) : readAddressV6(bytes, 0)).toEqual(value);
      }),
    );
  });

  test("of an endpoint has brackets around IPv6 [RFC 5952 6]", () => {
    expect(formatEndpoint({ address: address("192.0.2.1"), port: 80 })).toBe("192.0.2.1:80");
    expect(formatEndpoint({ address: address("2001:db8::1"), port: 0 })).toBe("[2001:db8::1]:0");
  });
});

describe("addresses", () => {
  test("are classed as ipaddr.js classes them", () => {
    fc.assert(
      fc.property(
        any,
        fc.constantFrom("", "127", "169.254", "224", "255", "fe80", "febf", "ff02"),
        (value, front) => {
          let text = formatAddress(value);
          if (/^\d/.test(front) && isIPv4(text))
            text = [...front.split("."), ...text.split(".")].slice(0, 4).join(".");
          if (/^f/.test(front) && !isIPv4(text)) text = `${front}::${(value.w3 & 0xffff).toString(16)}`;
          const range = ipaddr.parse(text).range();
          const one = address(text);
          expect(isLoopback(one), text).toBe(range === "loopback");
          expect(isMulticast(one), text).toBe(range === "multicast");
          expect(isLinkLocal(one), text).toBe(range === "linkLocal");
        },
      ),
    );
    expect([anyV4, anyV6, loopbackV4, limitedBroadcast].map(isUnspecified)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([loopbackV4, loopbackV6, anyV6].map(isLoopback)).toEqual([true, true, false]);
    expect(formatAddress(limitedBroadcast)).toBe("255.255.255.255");
  });

  test("are ordered as numbers of 128 bits", () => {
    const big = ({ w0, w1, w2, w3 }: typeof anyV4) =>
      [w0, w1, w2, w3].reduce((total, w) => (total << 32n) | BigInt(w >>> 0), 0n);
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [x, y] = [big(a), big(b)];
        expect(Math.sign(compareAddress(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0);
        expect(sameAddress(a, b)).toBe(x === y);
        expect(sameAddress(a, { ...a })).toBe(true);
      }),
    );
  });
});

describe("prefixes", () => {
  test("are read strictly, host bits kept", () => {
    expect(formatPrefix(prefix("192.0.2.5/24"))).toBe("192.0.2.5/24");
    expect(formatPrefix(prefix("2001:DB8::/32"))).toBe("2001:db8::/32");
    expect(formatPrefix(prefix("::1"))).toBe("::1/128");
    expect(formatPrefix(prefix("10.0.0.1"))).toBe("10.0.0.1/32");
    for (const text of [
      "10.0.0.0/33",
      "::/129",
      "10.0.0.0/",
      "10.0.0.0/08",
      "10.0.0.0/-1",
      "10/8",
      "/8",
      "::/ 8",
      "::/8/8",
    ])
      expect(parsePrefix(text), text).toBeUndefined();
    expect(() => prefix("nonsense")).toThrow(TypeError);
  });

  test("contain what ipaddr.js says they contain, and nothing of the other family", () => {
    fc.assert(
      fc.property(any, any, fc.nat(128), fc.nat(128), (own, other, bits, flip) => {
        const length = Math.min(bits, isV4(own) ? 32 : 128);
        const near = { ...own, w3: own.w3 ^ (1 << (flip & 31)) };
        for (const candidate of [own, near, other]) {
          const [a, b] = [ipaddr.parse(formatAddress(own)), ipaddr.parse(formatAddress(candidate))];
          const expected = a.kind() === b.kind() && a.match(b as never, length);
          expect(contains({ address: own, length }, candidate)).toBe(expected);
          if (a.kind() === b.kind()) expect(commonPrefixLength(own, candidate) >= length).toBe(expected);
        }
        const network = networkOf({ address: own, length });
        expect(contains(network, own)).toBe(true);
        expect(networkOf(network)).toEqual(network);
      }),
    );
    expect(contains(prefix("::/0"), loopbackV4)).toBe(false);
    expect(commonPrefixLength(loopbackV4, loopbackV6)).toBe(0);
  });

  test("of IPv4 have a broadcast address, but for /31 and /32 [RFC 3021 2.1]", () => {
    expect(formatAddress(broadcastOf(prefix("192.0.2.5/24"))!)).toBe("192.0.2.255");
    expect(formatAddress(broadcastOf(prefix("10.1.2.3/9"))!)).toBe("10.127.255.255");
    expect(formatAddress(networkOf(prefix("10.255.2.3/9")).address)).toBe("10.128.0.0");
    for (const text of ["192.0.2.4/31", "192.0.2.4/32", "2001:db8::/64"])
      expect(broadcastOf(prefix(text))).toBeUndefined();
  });
});
