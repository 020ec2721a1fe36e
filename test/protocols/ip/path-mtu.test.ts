import { describe, expect, test } from "vitest";
import { address, addressV4 } from "../../../src/base/address.ts";
import { PathMtuCache } from "../../../src/protocols/ip/path-mtu.ts";

const v4 = address("192.0.2.1");
const v6 = address("2001:db8::1");

function learned(cache: PathMtuCache, ...report: Parameters<PathMtuCache["assess"]>): string {
  const entry = cache.assess(...report);
  if (entry === undefined) return "ignored";
  cache.learn(entry);
  return `${entry.mtu}${entry.fragmentable ? " fragmentable" : ""}`;
}

describe("the path MTU", () => {
  test("is what the router says, for ten minutes [RFC 1191 6.3] [RFC 8201 5.3]", () => {
    const cache = new PathMtuCache(1);
    expect(learned(cache, v4, 1400, 1500, 1500, 1000)).toBe("1400");
    expect(learned(cache, v6, 1300, 1500, 1500, 1000)).toBe("1300");
    expect(cache.lookup(v4, 600_999)?.mtu).toBe(1400);
    expect(cache.lookup(v4, 601_000)).toBeUndefined();
    expect(cache.nextDeadline).toBe(601_000);
    expect(cache.expire(601_000)).toBe(true);
    expect(cache.size).toBe(0);
  });

  test("is never raised by a report", () => {
    const cache = new PathMtuCache(1);
    expect(learned(cache, v4, 1500, 1500, 1500, 0)).toBe("ignored");
    learned(cache, v4, 1000, 1500, 1500, 0);
    expect(learned(cache, v4, 1200, 1500, 1000, 0)).toBe("ignored");
  });

  test("stays at 552 in IPv4: narrower paths get packets without DF", () => {
    const cache = new PathMtuCache(1);
    expect(learned(cache, v4, 68, 1500, 1500, 0)).toBe("552 fragmentable");
    expect(learned(cache, v4, 68, 1500, 552, 0)).toBe("ignored");
    expect(learned(cache, v4, 67, 1500, 1500, 0)).toBe("ignored");
    expect(learned(cache, addressV4(5), 300, 400, 500, 0)).toBe("500 fragmentable");
  });

  test("below 1280 is not believed in IPv6 [RFC 8201 4]", () => {
    const cache = new PathMtuCache(1);
    expect(learned(cache, v6, 1279, 1500, 1500, 0)).toBe("ignored");
    expect(learned(cache, v6, 0, 1500, 1500, 0)).toBe("ignored");
    expect(learned(cache, v6, 1280, 1500, 1500, 0)).toBe("1280");
  });

  test("is guessed from a table where an old router does not say [RFC 1191 7]", () => {
    const cache = new PathMtuCache(1);
    expect(learned(cache, v4, 0, 1500, 1500, 0)).toBe("1492");
    expect(learned(cache, v4, 0, 1492, 1492, 0)).toBe("1006");
    expect(learned(cache, v4, 0, 576, 1006, 0)).toBe("552 fragmentable");
  });

  test("is remembered of 1024 destinations", () => {
    const cache = new PathMtuCache(1);
    for (let i = 0; i < 3000; i++) learned(cache, addressV4(i), 1000, 1500, 1500, 0);
    expect(cache.size).toBeLessThanOrEqual(1024);
    expect(cache.lookup(addressV4(2999), 0)?.mtu).toBe(1000);
  });
});
