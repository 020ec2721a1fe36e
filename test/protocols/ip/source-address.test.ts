import { describe, expect, test } from "vitest";
import { address, formatAddress } from "../../../src/base/address.ts";
import { prefix } from "../../../src/base/prefix.ts";
import { chooseSource, type SourceCandidate } from "../../../src/protocols/ip/source-address.ts";

function candidate(text: string): SourceCandidate {
  const [where, state = "preferred"] = text.split(" ") as [string, SourceCandidate["state"]?];
  const { address: own, length } = prefix(where);
  return { address: own, prefixLength: length, state };
}

function choose(destination: string, own: string[], others: string[] = [], nextHop = destination): string {
  const chosen = chooseSource(
    address(destination),
    address(nextHop),
    own.map(candidate),
    others.map(candidate),
  );
  return chosen === undefined ? "none" : formatAddress(chosen);
}

describe("the source address", () => {
  test.each([
    // Destination, candidates, choice: the examples of RFC 6724, section 10.1, that need no mobility or privacy.
    ["2001:db8:1::1", ["2001:db8:3::1/64", "fe80::1/64"], "2001:db8:3::1"],
    ["ff05::1", ["2001:db8:3::1/64", "fe80::1/64"], "2001:db8:3::1"],
    ["2001:db8:1::1", ["2001:db8:1::1/64 deprecated", "2001:db8:2::1/64"], "2001:db8:1::1"],
    ["fe80::1", ["fe80::2/64 deprecated", "2001:db8:1::1/64"], "fe80::2"],
    ["2001:db8:1::1", ["2001:db8:1::2/64", "2001:db8:3::2/64"], "2001:db8:1::2"],
    ["2001:db8:1::1", ["2001:db8:3::2/64", "2001:db8:1::2/64"], "2001:db8:1::2"],
    [
      "2002:c633:6401::1",
      ["2002:c633:6401::d5e3:7953:13eb:22e8/64", "2001:db8:1::2/64"],
      "2002:c633:6401:0:d5e3:7953:13eb:22e8",
    ],
  ])("to %s from %j is %s [RFC 6724 5]", (destination, own, expected) => {
    expect(choose(destination, own)).toBe(expected);
  });

  test("a deprecated address is avoided, not refused [RFC 6724 5 rule 3]", () => {
    expect(choose("2001:db8::9", ["2001:db8::1/64 deprecated", "2001:db8:1::1/64"])).toBe("2001:db8:1::1");
    expect(choose("2001:db8::9", ["2001:db8::1/64 deprecated"])).toBe("2001:db8::1");
  });

  test("an address on trial, or a duplicate, is no source [RFC 4862 2]", () => {
    expect(choose("2001:db8::9", ["2001:db8::1/64 tentative", "2001:db8::2/64 duplicate"])).toBe("none");
    expect(choose("192.0.2.9", ["192.0.2.1/24 duplicate"])).toBe("none");
  });

  test("other interfaces help out, but not on the link [RFC 6724 4]", () => {
    expect(choose("2001:db8::9", ["fe80::1/64 tentative"], ["2001:db8:7::1/64"])).toBe("2001:db8:7::1");
    expect(choose("fe80::9", [], ["fe80::2/64", "2001:db8:7::1/64"])).toBe("none");
    expect(choose("ff02::9", [], ["2001:db8:7::1/64"])).toBe("none");
    expect(choose("192.0.2.9", [], ["127.0.0.1/8", "10.0.0.1/8"])).toBe("10.0.0.1");
  });

  test("an IPv4 address is the first on the network of the next hop, else the first", () => {
    const own = ["10.0.0.1/8", "192.0.2.1/24", "fd00::1/64"];
    expect(choose("192.0.2.9", own)).toBe("192.0.2.1");
    expect(choose("198.51.100.9", own, [], "192.0.2.254")).toBe("192.0.2.1");
    expect(choose("198.51.100.9", own)).toBe("10.0.0.1");
  });
});
