import { describe, expect, test } from "vitest";
import type { Binding } from "../../../src/ports/binding.ts";
import { iana } from "../../../src/ports/profiles/iana.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { outcome, path, request, type TestHost, testHost } from "../support/host.ts";

const web = path("192.0.2.1", "198.51.100.1:80");
const loop = path("127.0.0.1", "127.0.0.1:80");

/** A host with one port to connect from, and a connection that went to TIME-WAIT now. */
function rested(mode: 0 | 1 | 2, timestamps: boolean, to = web): TestHost {
  const host = testHost(linux);
  host.manager.range = [40000, 40000];
  host.manager.settings.timeWaitReuse = { mode, delay: 1000 };
  const binding = host.manager.connectNew("old", request("0.0.0.0:0"), to);
  host.manager.hold(binding, "resting", 60_000, { timestamps });
  return host;
}

function connectAfter(host: TestHost, span: number, to = web): number | string | undefined {
  host.now += span;
  return outcome(() => host.manager.connectNew("new", request("0.0.0.0:0"), to));
}

describe("holds", () => {
  test("a held port is found by its packets, under its new owner, until its time is up", () => {
    const host = testHost(iana);
    const { manager } = host;
    const binding = manager.connectNew("tcb", request("0.0.0.0:0"), web);
    manager.hold(binding, "time-wait record", 100);
    const find = (): string | undefined =>
      manager.demultiplex("tcp", web.source, 49152, web.remote.address, 80, 1)?.owner;
    expect(find()).toBe("time-wait record");
    expect([binding.state, binding.until, manager.nextDeadline()]).toEqual(["held", 100, 100]);
    manager.expire(99);
    expect(host.expired).toEqual([]);
    manager.expire(100);
    expect(host.expired).toEqual(["time-wait record"]);
    expect([find(), binding.released, manager.nextDeadline()]).toEqual([undefined, true, Infinity]);
  });

  test("holding again restarts the wait [RFC 9293 3.10.7.8]", () => {
    const host = testHost(iana);
    const binding = host.manager.connectNew("x", request("0.0.0.0:0"), web);
    host.manager.hold(binding, "x", 100);
    host.manager.hold(binding, "y", 200);
    host.manager.expire(150);
    expect(binding.released).toBe(false);
    host.manager.expire(200);
    expect(host.expired).toEqual(["y"]);
  });

  test("holds that end together end by deadline", () => {
    const host = testHost(iana);
    const hold = (owner: string, until: number): Binding<string> => {
      const binding = host.manager.connectNew(owner, request("0.0.0.0:0"), web);
      host.manager.hold(binding, owner, until);
      return binding;
    };
    hold("second", 20);
    const gone = hold("released", 15);
    hold("first", 10);
    host.manager.release(gone);
    host.manager.expire(1000);
    expect(host.expired).toEqual(["first", "second"]);
  });

  test("a port may rest without a flow, and keeps others off", () => {
    const { manager } = testHost(iana);
    const binding = manager.reserve("x", request("0.0.0.0:5000", { protocol: "udp" }));
    manager.hold(binding, "quarantine", 1000);
    expect(outcome(() => manager.reserve("y", request("0.0.0.0:5000", { protocol: "udp" })))).toBe(
      "EADDRINUSE",
    );
    expect(manager.demultiplex("udp", web.source, 5000, web.remote.address, 80, 1)).toBeUndefined();
  });
});

describe("Linux's reuse of TIME-WAIT [tcp_tw_reuse]", () => {
  test("off: never for a chosen port", () => {
    expect(connectAfter(rested(0, true), 50_000)).toBe("EADDRNOTAVAIL");
  });

  test("on: with timestamps, when more than a second has passed", () => {
    expect(connectAfter(rested(1, true), 0)).toBe("EADDRNOTAVAIL");
    expect(connectAfter(rested(1, true), 1000)).toBe("EADDRNOTAVAIL");
    expect(connectAfter(rested(1, true), 1001)).toBe(40000);
    expect(connectAfter(rested(1, false), 50_000)).toBe("EADDRNOTAVAIL");
  });

  test("on for loopback only: elsewhere never", () => {
    expect(connectAfter(rested(2, true), 50_000)).toBe("EADDRNOTAVAIL");
    expect(connectAfter(rested(2, true, loop), 1001, loop)).toBe(40000);
  });

  test("never of one that rests in FIN-WAIT-2", () => {
    const host = rested(1, true);
    const [resting] = [host.manager.demultiplex("tcp", web.source, 40000, web.remote.address, 80, 1)!];
    host.manager.hold(resting, "resting", 60_000, { timestamps: true, finWait2: true });
    expect(connectAfter(host, 50_000)).toBe("EADDRNOTAVAIL");
  });

  test("the successor knows whom it replaced; the hold is gone, and its end is never told", () => {
    const replaced: string[] = [];
    const host = testHost(linux, 1, { onReplace: ({ owner }) => replaced.push(owner) });
    host.manager.range = [40000, 40000];
    const old = host.manager.connectNew("old", request("0.0.0.0:0"), loop);
    host.manager.hold(old, "resting", 60_000, { timestamps: true });
    host.now = 2000;
    const made = host.manager.connectNew("new", request("0.0.0.0:0"), loop);
    expect([made.replaced, replaced, old.released]).toEqual(["resting", ["resting"], true]);
    expect(host.manager.stats().tcp).toMatchObject({ inUse: 1, held: 0, flows: 1 });
    host.manager.expire(100_000);
    expect(host.expired).toEqual([]);
  });

  test("a port that was bound takes the five-tuple over at once, if there were timestamps", () => {
    for (const [timestamps, expected] of [
      [true, "OK"],
      [false, "EADDRNOTAVAIL"],
    ] as const) {
      const { manager } = testHost(linux);
      manager.settings.timeWaitReuse = { mode: 0, delay: 1000 };
      const options = { reuseAddress: true };
      const old = manager.reserve("old", request("192.0.2.1:41000", options));
      manager.connect(old, web);
      manager.hold(old, "resting", 60_000, { timestamps });
      const made = manager.reserve("new", request("192.0.2.1:41000", options));
      expect(outcome(() => manager.connect(made, web))).toBe(expected);
      expect(made.replaced).toBe(timestamps ? "resting" : undefined);
    }
  });

  test("changing the mode judges holds anew", () => {
    const host = rested(0, true);
    host.manager.settings.timeWaitReuse = { mode: 1, delay: 10 };
    expect(host.manager.settings.timeWaitReuse).toEqual({ mode: 1, delay: 10 });
    expect(connectAfter(host, 11)).toBe(40000);
  });

  test("more destinations are crowded than have bitmaps, and each still finds its last port", () => {
    const { manager } = testHost(linux);
    manager.range = [40000, 40039];
    const connect = (n: number): Binding<string> =>
      manager.connectNew("c", request("0.0.0.0:0"), path("127.0.0.1", `127.1.${n >> 8}.${n & 255}:80`));
    const all = Array.from({ length: 300 }, (_, n) => Array.from({ length: 40 }, () => connect(n)));
    for (const [n, some] of all.entries()) {
      expect(outcome(() => connect(n))).toBe("EADDRNOTAVAIL");
      manager.release(some[n % 40]!);
    }
    expect(all.map((_, n) => connect(n).port)).toEqual(all.map((some, n) => some[n % 40]!.port));
  });

  test("a crowded destination gets its ports back as they ripen, and finds them by the hundred", () => {
    const host = testHost(linux);
    const { manager } = host;
    manager.range = [40000, 40199];
    const connect = (): Binding<string> => manager.connectNew("c", request("0.0.0.0:0"), loop);
    const all = Array.from({ length: 200 }, connect);
    for (const [i, binding] of all.entries()) {
      host.now = i;
      manager.hold(binding, "resting", 60_000, { timestamps: true });
    }
    expect(outcome(connect)).toBe("EADDRNOTAVAIL");
    host.now = 1101;
    const again = new Set(Array.from({ length: 101 }, () => connect().port));
    expect(again).toEqual(new Set(all.slice(0, 101).map(({ port }) => port)));
    expect(outcome(connect)).toBe("EADDRNOTAVAIL");
    expect(manager.occupancy("tcp", loop)).toEqual({ inUse: 101, held: 99, free: 0 });
  });
});
