import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address, addressV4, anyV4 } from "../../../src/base/address.ts";
import { contains, prefix } from "../../../src/base/prefix.ts";
import { never } from "../../../src/base/time/clock.ts";
import { type RouteEntry, RouteTable } from "../../../src/protocols/ip/routes.ts";

function route(text: string, change: Partial<RouteEntry> = {}): RouteEntry {
  return {
    prefix: prefix(text),
    device: 2,
    via: undefined,
    metric: 0,
    source: undefined,
    origin: "static",
    expires: never,
    ...change,
  };
}

describe("the routing table", () => {
  test("takes the longest prefix, then the lowest metric, then the oldest [RFC 1122 3.3.1]", () => {
    const table = new RouteTable();
    table.add(route("0.0.0.0/0", { device: 1 }));
    table.add(route("10.0.0.0/8", { device: 2, metric: 5 }));
    table.add(route("10.0.0.0/8", { device: 3, metric: 1 }));
    table.add(route("10.0.0.0/8", { device: 4, metric: 1 }));
    table.add(route("10.1.0.0/16", { device: 5, metric: 9 }));
    expect(table.lookup(address("10.1.2.3"), 0)?.device).toBe(5);
    expect(table.lookup(address("10.2.2.3"), 0)?.device).toBe(3);
    expect(table.lookup(address("192.0.2.1"), 0)?.device).toBe(1);
    expect(table.lookup(address("10.1.2.3"), 2)?.device).toBe(2);
    expect(table.lookup(address("fd00::1"), 0)).toBeUndefined();
  });

  test("agrees with looking at every route", () => {
    const entry = fc.record({
      bits: fc.nat(0xffff),
      length: fc.integer({ min: 0, max: 32 }),
      metric: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), fc.array(fc.nat(0xffff)), (entries, destinations) => {
        const table = new RouteTable();
        const all: RouteEntry[] = [];
        for (const [device, { bits, length, metric }] of entries.entries()) {
          const added = table.add(
            route("0.0.0.0/0", {
              prefix: { address: addressV4(bits << 16), length },
              device: device + 1,
              metric,
            }),
          );
          all.push(added!);
        }
        for (const bits of destinations) {
          const destination = addressV4(bits << 16);
          const [best] = all
            .filter((one) => contains(one.prefix, destination))
            .sort((a, b) => b.prefix.length - a.prefix.length || a.metric - b.metric || a.device - b.device);
          expect(table.lookup(destination, 0)).toBe(best);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("a route added again replaces itself", () => {
    const table = new RouteTable();
    table.add(route("10.0.0.0/8", { via: address("192.0.2.1"), metric: 1 }));
    table.add(route("10.9.9.9/8", { via: address("192.0.2.1"), metric: 7 }));
    expect(table.entries.map(({ metric }) => metric)).toEqual([7]);
  });

  test("every change makes what was looked up stale", () => {
    const table = new RouteTable();
    const before = table.generation;
    table.add(route("10.0.0.0/8"));
    expect(table.generation).not.toBe(before);
    const between = table.generation;
    expect(table.remove(() => false)).toBe(0);
    expect(table.generation).toBe(between);
    expect(table.remove(() => true)).toBe(1);
    expect(table.generation).not.toBe(between);
  });

  test("routes end when their time has come", () => {
    const table = new RouteTable();
    table.add(route("10.0.0.0/8", { expires: 500 }));
    table.add(route("::/0", { expires: 300 }));
    expect(table.nextDeadline).toBe(300);
    table.expire(300);
    expect(table.nextDeadline).toBe(500);
    table.expire(600);
    expect(table.entries).toEqual([]);
    expect(table.nextDeadline).toBe(never);
  });

  test("a gateway that did not answer gives way to another, for a while [RFC 1122 3.3.1.4] [RFC 4861 6.3.6]", () => {
    const table = new RouteTable();
    const [first, second] = [address("192.0.2.1"), address("192.0.2.2")];
    table.add(route("0.0.0.0/0", { via: first }));
    table.add(route("0.0.0.0/0", { via: second, metric: 5 }));
    const taken = (): unknown => table.lookup(address("198.51.100.1"), 0)?.via;
    const before = table.generation;
    table.suspect(address("192.0.2.9"), 1000);
    expect(table.generation).toBe(before);
    table.suspect(first, 1000);
    expect(table.generation).not.toBe(before);
    expect(taken()).toBe(second);
    table.suspect(second, 2000);
    expect(taken()).toBe(first);
    expect(table.nextDeadline).toBe(1000);
    table.expire(1000);
    expect(taken()).toBe(first);
    table.expire(2000);
    expect(table.nextDeadline).toBe(never);
  });

  test("redirects are a cache of bounded size: the first to end makes room", () => {
    const table = new RouteTable();
    for (let i = 0; i < 300; i++)
      table.add(
        route("0.0.0.0/0", {
          prefix: { address: addressV4(i), length: 32 },
          origin: "redirect",
          expires: 1000 + i,
          via: anyV4,
        }),
      );
    expect(table.entries).toHaveLength(256);
    expect(table.lookup(addressV4(0), 0)).toBeUndefined();
    expect(table.lookup(addressV4(299), 0)).toBeDefined();
    for (let i = 0; i < 300; i++)
      table.add(
        route("fd00::/64", { prefix: { address: address(`fd00:${i}::`), length: 64 }, origin: "advertised" }),
      );
    expect(table.entries).toHaveLength(256);
  });
});
