/** What TIME-WAIT keeps from whom, system by system, and for how long. */
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import type { Binding, BindRequest } from "../../src/ports/binding.ts";
import { profileNamed } from "../../src/ports/profiles/register/registry.ts";
import { outcome, path, request, type TestHost, testHost } from "./support/host.ts";

const web = path("192.0.2.1", "198.51.100.1:80");
const other = path("192.0.2.1", "198.51.100.2:80");
const reuse = { reuseAddress: true };
const yes = 40000;

/** A host with one port to choose, which rests; its connection had been chosen by connect(2), with timestamps. */
function rested(system: string): TestHost {
  const host = testHost(profileNamed(system));
  host.manager.range = [40000, 40001];
  host.manager.reserved = [[40001, 40001]];
  const binding = host.manager.connectNew("old", request("0.0.0.0:0"), web);
  host.manager.hold(binding, "resting", host.manager.profile.hold.length, { timestamps: true });
  return host;
}

/** [TIME-WAIT in seconds, connect to the same destination at once, after 1.2 s, connect to another, bind, bind with SO_REUSEADDR] */
type Row = readonly [
  number,
  number | string,
  number | string,
  number | string,
  number | string,
  number | string,
];

const none = "EADDRNOTAVAIL";
const used = "EADDRINUSE";
const bsdOld: Row = [60, none, none, none, used, yes];
const table: readonly (readonly [system: string, ...Row])[] = [
  ["linux", 60, none, none, yes, used, used],
  ["linux-2.4", 60, "EAGAIN", "EAGAIN", "EAGAIN", used, used],
  ["iana", 240, none, none, yes, used, used],
  ["rfc6056", 240, none, none, yes, used, used],
  ["freebsd", 60, none, none, yes, used, yes],
  ["freebsd-13", 60, none, none, yes, used, yes],
  ["freebsd-4", ...bsdOld],
  ["bsd", ...bsdOld],
  ["openbsd", ...bsdOld],
  ["netbsd", 60, "EAGAIN", "EAGAIN", "EAGAIN", used, yes],
  ["macos", 30, none, none, none, used, yes],
  ["solaris", ...bsdOld],
];

describe("TIME-WAIT", () => {
  test.each(table)("%s: %d s", (system, seconds, again, later, elsewhere, plain, withReuse) => {
    const connect = ({ manager }: TestHost, to: typeof web): number | string =>
      outcome(() => manager.connectNew("new", request("0.0.0.0:0"), to));
    const bind = ({ manager }: TestHost, options: Partial<BindRequest>): number | string =>
      outcome(() => manager.reserve("new", request("192.0.2.1:40000", options)));
    const aged = rested(system);
    aged.now = 1200;
    expect(profileNamed(system).hold.length).toBe(seconds * 1000);
    expect(connect(rested(system), web)).toBe(again);
    expect(connect(aged, web)).toBe(later);
    expect(connect(rested(system), other)).toBe(elsewhere);
    expect(bind(rested(system), {})).toBe(plain);
    expect(bind(rested(system), reuse)).toBe(withReuse);
  });

  test.each(table.map(([system]) => system))("%s: everything is as before when it is over", (system) => {
    const host = rested(system);
    const { length } = host.manager.profile.hold;
    host.manager.expire(length - 1);
    expect(host.expired).toEqual([]);
    host.manager.expire(length);
    expect(host.expired).toEqual(["resting"]);
    host.now = length;
    // 4.4BSD's loop does not try the port it gave out last: it comes to it the second time.
    if (host.manager.profile.protocols.tcp.selections(seededRandom(1)).bind.name === "bsd")
      expect(outcome(() => host.manager.connectNew("new", request("0.0.0.0:0"), web))).toBe(none);
    const next: Binding<string> = host.manager.connectNew("new", request("0.0.0.0:0"), web);
    expect([next.port, next.replaced]).toEqual([yes, undefined]);
  });

  test("Linux to itself: mode 2 gives the port after a second, with timestamps", () => {
    const loop = path("127.0.0.1", "127.0.0.1:80");
    const host = testHost(profileNamed("linux"));
    host.manager.range = [40000, 40000];
    const binding = host.manager.connectNew("old", request("0.0.0.0:0"), loop);
    host.manager.hold(binding, "resting", 60_000, { timestamps: true });
    const connect = (): number | string =>
      outcome(() => host.manager.connectNew("new", request("0.0.0.0:0"), loop));
    host.now = 500;
    expect(connect()).toBe(none);
    host.now = 1200;
    expect(connect()).toBe(yes);
  });

  test("explicit bind(2), then connect(2): at once on Linux with timestamps, never on a BSD", () => {
    const rebind = (system: string, timestamps: boolean): string => {
      const { manager } = testHost(profileNamed(system));
      const old = manager.reserve("old", request("192.0.2.1:40000", reuse));
      manager.connect(old, web);
      manager.hold(old, "resting", 60_000, { timestamps });
      const again = manager.reserve("new", request("192.0.2.1:40000", reuse));
      return String(manager.tryConnect(again, web) ?? "connected");
    };
    expect([rebind("linux", true), rebind("linux", false)]).toEqual(["connected", none]);
    for (const system of ["freebsd", "freebsd-13", "openbsd", "netbsd", "macos", "bsd"])
      expect([rebind(system, true), rebind(system, false)]).toEqual([used, used]);
  });
});

describe("who gets a packet", () => {
  /** The names of those that would, the best first: each is asked for, and then taken away. */
  function order(system: string, remotePort = 5000): string[] {
    const { manager } = testHost(profileNamed(system));
    const any6 = { domain: 6, v6Only: false, ...reuse } as const;
    const bindings = [
      manager.reserve("any4", request("0.0.0.0:53", { protocol: "udp", ...reuse })),
      manager.reserve("exact", request("192.0.2.1:53", { protocol: "udp", ...reuse })),
    ];
    const dual = manager.tryReserve("any6", request("[::]:53", { protocol: "udp", ...any6 }));
    if (typeof dual !== "string") bindings.push(dual);
    const flow = manager.tryReserve("flow", request("192.0.2.1:53", { protocol: "udp", ...reuse }));
    if (typeof flow !== "string") {
      manager.connect(flow, path("192.0.2.1", "198.51.100.1:5000"));
      bindings.push(flow);
    }
    const names: string[] = [];
    for (;;) {
      const { address, port } = path("192.0.2.1", `198.51.100.1:${remotePort}`).remote;
      const found = manager.demultiplex("udp", web.source, 53, address, port, 1);
      if (found === undefined) return names;
      names.push(found.owner);
      manager.release(found);
    }
  }

  test.each([
    ["linux", ["flow", "exact", "any4", "any6"]],
    ["freebsd", ["exact", "any4", "any6"]],
    ["freebsd-13", ["exact", "any4", "any6"]],
    ["macos", ["exact", "any4", "any6"]],
    ["netbsd", ["exact", "any4", "any6"]],
    ["openbsd", ["exact", "any4"]],
  ])("%s: the flow, the address, the wildcard, IPv6's wildcard last", (system, expected) => {
    expect(order(system)).toEqual(expected);
  });

  test("a flow comes first on a BSD too, and only its own peer's packets", () => {
    for (const system of ["freebsd", "openbsd", "netbsd", "macos"]) {
      const { manager } = testHost(profileNamed(system));
      const flow = manager.reserve("flow", request("192.0.2.1:53", { protocol: "udp", ...reuse }));
      manager.connect(flow, path("192.0.2.1", "198.51.100.1:5000"));
      manager.reserve("exact", request("192.0.2.1:53", { protocol: "udp", ...reuse }));
      const from = (port: number): string | undefined =>
        manager.demultiplex("udp", web.source, 53, web.remote.address, port, 1)?.owner;
      expect([system, from(5000), from(5001)]).toEqual([system, "flow", "exact"]);
    }
  });
});
