/** The BSD column of the table of cases: A first, then B, of the same user unless said otherwise. */
import { describe, expect, test } from "vitest";
import type { BindRequest } from "../../../src/ports/binding.ts";
import { freebsd13 } from "../../../src/ports/profiles/freebsd.ts";
import { outcome, path, request, testHost } from "../support/host.ts";

const any = "0.0.0.0:5000";
const a = "192.0.2.1:5000";
const b = "192.0.2.2:5000";
const ra: Partial<BindRequest> = { reuseAddress: true };
const rp: Partial<BindRequest> = { reusePort: true };
const udp: Partial<BindRequest> = { protocol: "udp" };

type Socket = readonly [at: string, options?: Partial<BindRequest>];
type State = "bound" | "listening" | "connected" | "held";

function answer(
  state: State,
  [first, firstOptions]: Socket,
  [second, secondOptions]: Socket,
): number | string {
  const { manager } = testHost(freebsd13);
  const binding = manager.reserve("A", request(first, firstOptions));
  if (state === "listening") manager.listen(binding);
  if (state === "connected" || state === "held")
    manager.connect(binding, path("192.0.2.1", "198.51.100.1:80"));
  if (state === "held") manager.hold(binding, "A", 60_000);
  return outcome(() => manager.reserve("B", request(second, secondOptions)));
}

const cases: readonly [what: string, State, Socket, Socket, expected: number | string][] = [
  ["two wildcards", "bound", [any], [any], "EADDRINUSE"],
  ["two addresses", "bound", [a], [b], 5000],
  ["an address after a wildcard", "bound", [any], [a], "EADDRINUSE"],
  ["a wildcard after an address", "bound", [a], [any], "EADDRINUSE"],
  ["an address with SO_REUSEADDR beside a listening wildcard", "listening", [any], [a, ra], 5000],
  ["a wildcard with SO_REUSEADDR beside an address", "bound", [a], [any, ra], 5000],
  ["the same address, B with SO_REUSEADDR", "bound", [a], [a, ra], "EADDRINUSE"],
  ["the same address, both with SO_REUSEADDR", "bound", [a, ra], [a, ra], "EADDRINUSE"],
  ["the same listening address, both with SO_REUSEADDR", "listening", [a, ra], [a, ra], "EADDRINUSE"],
  ["the same address, both with SO_REUSEPORT", "listening", [a, rp], [a, rp], 5000],
  ["SO_REUSEPORT, then SO_REUSEADDR", "bound", [a, rp], [a, ra], "EADDRINUSE"],
  ["both options, then SO_REUSEPORT", "bound", [a, { ...ra, ...rp }], [a, rp], 5000],
  ["a connection, B plain", "connected", [a], [a], "EADDRINUSE"],
  ["a connection, B with SO_REUSEADDR", "connected", [a], [a, ra], 5000],
  ["TIME-WAIT, B plain", "held", [a], [a], "EADDRINUSE"],
  ["TIME-WAIT, B with SO_REUSEADDR", "held", [a], [a, ra], 5000],
  ["UDP, both with SO_REUSEADDR", "bound", [a, { ...udp, ...ra }], [a, { ...udp, ...ra }], "EADDRINUSE"],
  [
    "UDP, both with SO_REUSEADDR at a multicast address",
    "bound",
    ["239.1.1.1:5000", { ...udp, ...ra }],
    ["239.1.1.1:5000", { ...udp, ...ra }],
    5000,
  ],
  ["`::` that is v6-only, then 0.0.0.0", "bound", ["[::]:5000", { v6Only: true }], [any], 5000],
  ["`::` dual-stack, then 0.0.0.0", "bound", ["[::]:5000", { v6Only: false }], [any], "EADDRINUSE"],
];

describe("BSD's bind(2)", () => {
  for (const [what, state, first, second, expected] of cases)
    test(`${what}: ${expected === 5000 ? "yes" : expected}`, () => {
      expect(answer(state, first, second)).toBe(expected);
    });

  test("SO_REUSEPORT does not reach another user's socket, but root's does", () => {
    const unprivileged = { ...rp, privileged: false };
    const others = [a, { ...rp, uid: 1001 }] as const;
    expect(answer("bound", others, [a, { ...unprivileged, uid: 1000 }])).toBe("EADDRINUSE");
    expect(answer("bound", others, [a, { ...unprivileged, uid: 1001 }])).toBe(5000);
    expect(answer("bound", others, [a, { ...rp, uid: 0 }])).toBe(5000);
  });

  test("the low band of IP_PORTRANGE needs privilege; the others have their own ports", () => {
    const { manager } = testHost(freebsd13);
    const ask = (more: Partial<BindRequest>): number | string =>
      outcome(() => manager.reserve("A", request("0.0.0.0:0", more)));
    expect(ask({ band: "low", privileged: false })).toBe("EACCES");
    expect(ask({ band: "low" })).toSatisfy((port: number) => port >= 600 && port <= 1023);
    expect(ask({ band: "high" })).toSatisfy((port: number) => port >= 49152);
    expect(ask({})).toSatisfy((port: number) => port >= 10000);
  });

  test("connect(2) shares a port between destinations, but not with a bound socket, and errs as BSD does", () => {
    const { manager } = testHost(freebsd13);
    manager.range = [20000, 20001];
    const connect = (to: string): number | string =>
      outcome(() => manager.connectNew("c", request("0.0.0.0:0"), path("192.0.2.1", to)));
    manager.reserve("bound", request("0.0.0.0:20000"));
    expect(connect("198.51.100.1:80")).toBe(20001);
    expect(connect("198.51.100.2:80")).toBe(20001);
    expect(connect("198.51.100.1:80")).toBe("EADDRNOTAVAIL");
    const rebound = manager.reserve("rebound", request("0.0.0.0:20001", ra));
    expect(outcome(() => manager.connect(rebound, path("192.0.2.1", "198.51.100.1:80")))).toBe("EADDRINUSE");
    expect(rebound.state).toBe("bound");
  });
});
