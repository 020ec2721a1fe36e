/**
 * The table of cases, A first and then B, for the systems of BSD's family: one row a case, one column a system. `O` is yes, `U`
 * is EADDRINUSE. FreeBSD's and macOS's columns are those of the reference; the others follow from the same loop.
 */
import { describe, expect, test } from "vitest";
import type { BindRequest } from "../../../src/ports/binding.ts";
import { profileNamed } from "../../../src/ports/profiles/register/registry.ts";
import { outcome, path, request, testHost } from "../support/host.ts";

const systems = ["freebsd", "freebsd-13", "freebsd-4", "bsd", "openbsd", "netbsd", "macos"] as const;

const any = "0.0.0.0:5000";
const a = "192.0.2.1:5000";
const b = "192.0.2.2:5000";
const any6 = "[::]:5000";
const group = "239.1.1.1:5000";
const ra = { reuseAddress: true };
const rp = { reusePort: true };
const udp = { protocol: "udp" } as const;

type Options = Partial<BindRequest>;
type Socket = readonly [at: string, options?: Options];
type State = "bound" | "listening" | "connected" | "held";

/** What B gets: `O`, or the errno's first letters. */
function answer(system: string, state: State, [first, ofA]: Socket, [second, ofB]: Socket): string {
  const { manager } = testHost(profileNamed(system));
  const binding = manager.reserve("A", request(first, ofA));
  if (state === "listening") manager.listen(binding);
  if (state === "connected" || state === "held")
    manager.connect(binding, path("192.0.2.1", "198.51.100.1:80"));
  if (state === "held") manager.hold(binding, "A", 60_000);
  const made = outcome(() => manager.reserve("B", request(second, ofB)));
  return made === 5000 ? "O" : made === "EADDRINUSE" ? "U" : String(made);
}

/** By the number of the row: what A does, A, B, and the answers of all systems, or of each. */
const rows: readonly [row: string, State, Socket, Socket, string | Readonly<Record<string, string>>][] = [
  ["1", "bound", [any], [any], "U"],
  ["2", "bound", [a], [b], "O"],
  ["3", "bound", [any], [a], "U"],
  ["4", "bound", [a], [any], "U"],
  ["5, bound", "bound", [any], [a, ra], "O"],
  ["5, listening", "listening", [any], [a, ra], "O"],
  ["6", "bound", [a], [any, ra], "O"],
  ["7", "bound", [a], [a, ra], "U"],
  ["8", "bound", [a, ra], [a, ra], "U"],
  ["9", "listening", [a, ra], [a, ra], "U"],
  ["10", "listening", [any, ra], [a, ra], "O"],
  ["11, bound", "bound", [a, rp], [a, rp], "O"],
  ["11, listening", "listening", [a, rp], [a, rp], "O"],
  ["13", "bound", [a, rp], [a, ra], "U"],
  ["14", "bound", [a, { ...ra, ...rp }], [a, rp], "O"],
  ["15, the second", "bound", [a, { ...ra, ...rp }], [a, ra], "U"],
  ["16, plain", "connected", [a], [a], "U"],
  ["16, SO_REUSEADDR", "connected", [a], [a, ra], "O"],
  ["17, plain", "held", [a], [a], "U"],
  ["17, SO_REUSEADDR", "held", [a], [a, ra], "O"],
  ["18, established", "connected", [a, ra], [a, ra], "O"],
  ["18, TIME-WAIT", "held", [a, ra], [a, ra], "O"],
  ["19, as a new socket is", "bound", [any6], [any], { freebsd: "O", openbsd: "O", netbsd: "O", macos: "U" }],
  ["19, dual stack", "bound", [any6, { v6Only: false }], [any], { openbsd: "O", "": "U" }],
  ["20", "bound", [any6, { v6Only: true }], [any], "O"],
  ["22", "bound", ["[::1]:5000"], ["127.0.0.1:5000"], "O"],
  ["24, unicast", "bound", [a, { ...udp, ...ra }], [a, { ...udp, ...ra }], "U"],
  ["25", "bound", [a, { ...udp, ...rp }], [a, { ...udp, ...rp }], "O"],
  ["27", "connected", [a, udp], [a, udp], "U"],
  ["32", "bound", [group, { ...udp, ...ra }], [group, { ...udp, ...ra }], "O"],
];

describe.each(systems)("the table of cases for %s", (system) => {
  for (const [row, state, first, second, answers] of rows) {
    const expected = typeof answers === "string" ? answers : (answers[system] ?? answers[""]);
    if (expected === undefined) continue;
    test(`row ${row}: ${expected}`, () => {
      expect(answer(system, state, first, second)).toBe(expected);
    });
  }

  test("row 28: UDP sockets that share an address may not have one peer too", () => {
    const { manager } = testHost(profileNamed(system));
    const to = path("192.0.2.1", "198.51.100.1:53");
    manager.connect(manager.reserve("A", request(a, { ...udp, ...ra })), to);
    const second = manager.reserve("B", request(a, { ...udp, ...ra }));
    expect(outcome(() => manager.connect(second, to))).toBe("EADDRINUSE");
    expect(second.state).toBe("bound");
  });

  test("listen(2) asks nobody: of two with SO_REUSEPORT both listen", () => {
    const { manager } = testHost(profileNamed(system));
    for (const owner of ["A", "B"]) manager.listen(manager.reserve(owner, request(a, rp)));
    expect(manager.stats().tcp).toMatchObject({ inUse: 2 });
  });
});

describe("users", () => {
  const mine = { ...rp, uid: 1000, privileged: false };
  const theirs = { ...rp, uid: 1001, privileged: false };
  const ask = (system: string, state: State, first: Socket, second: Socket): string =>
    answer(system, state, first, second);

  test.each([
    ["row 12: the same address", "bound", [a, theirs], [a, mine], { bsd: "O", "": "U" }],
    ["two wildcards", "bound", [any, theirs], [any, mine], { bsd: "O", macos: "O", "": "U" }],
    ["a wildcard and an address", "bound", [any, theirs], [a, mine], { bsd: "O", "": "U" }],
    ["a connection", "connected", [a, theirs], [a, mine], "O"],
    ["TIME-WAIT", "held", [a, theirs], [a, mine], "O"],
    ["a privileged newcomer", "bound", [a, theirs], [a, { ...mine, privileged: true }], "O"],
  ] as [string, State, Socket, Socket, string | Record<string, string>][])(
    "%s",
    (_what, state, first, second, answers) => {
      for (const system of systems) {
        const expected = typeof answers === "string" ? answers : (answers[system] ?? answers[""]);
        expect([system, ask(system, state, first, second)]).toEqual([system, expected]);
      }
    },
  );
});

describe("SO_REUSEPORT_LB", () => {
  const lb = { loadBalance: true };

  test("shares with its like, and with no other option", () => {
    expect(answer("freebsd", "bound", [a, lb], [a, lb])).toBe("O");
    expect(answer("freebsd", "bound", [a, lb], [a, rp])).toBe("U");
    expect(answer("freebsd", "bound", [a, lb], [a])).toBe("U");
    expect(answer("freebsd", "bound", [any, lb], [a, lb])).toBe("O");
  });

  test("excuses two wildcards of different users", () => {
    const of = (uid: number): Options => ({ ...lb, uid, privileged: false });
    expect(answer("freebsd", "bound", [any, of(1001)], [any, of(1000)])).toBe("O");
    expect(answer("freebsd", "bound", [a, of(1001)], [a, of(1000)])).toBe("U");
  });
});

describe("privilege", () => {
  const unprivileged = { privileged: false };

  test("a low port needs it, but on macOS's wildcard", () => {
    const ask = (system: string, at: string): number | string => {
      const { manager } = testHost(profileNamed(system));
      return outcome(() => manager.reserve("x", request(at, unprivileged)));
    };
    for (const system of systems) {
      expect(ask(system, "192.0.2.1:1023")).toBe("EACCES");
      expect(ask(system, "0.0.0.0:1023")).toBe(system === "macos" ? 1023 : "EACCES");
      expect(ask(system, "192.0.2.1:1024")).toBe(1024);
    }
  });
});

describe("automatic ports", () => {
  test("are shared between destinations by FreeBSD from 12 on, and by no other", () => {
    for (const system of systems) {
      const { manager } = testHost(profileNamed(system));
      manager.range = [20000, 20001];
      manager.reserved = [[20001, 20001]];
      const connect = (remote: string): number | string =>
        outcome(() => manager.connectNew("x", request("192.0.2.1:0"), path("192.0.2.1", remote)));
      const shares = system === "freebsd" || system === "freebsd-13";
      expect(connect("198.51.100.1:80")).toBe(20000);
      expect([system, typeof connect("198.51.100.2:80")]).toEqual([system, shares ? "number" : "string"]);
    }
  });

  test("heed SO_REUSEADDR, but on macOS: another address's port may be chosen", () => {
    for (const system of systems) {
      const { manager } = testHost(profileNamed(system));
      manager.range = [20000, 20001];
      manager.reserved = [[20001, 20001]];
      manager.reserve("A", request("0.0.0.0:20000"));
      const chosen = outcome(() => manager.reserve("B", request("192.0.2.1:0", ra)));
      expect([system, chosen]).toEqual([system, system === "macos" ? "EADDRNOTAVAIL" : 20000]);
    }
  });

  test("of OpenBSD are none of baddynamic, which may be named", () => {
    const { manager } = testHost(profileNamed("openbsd"));
    manager.range = [5999, 6011];
    const ports = Array.from({ length: 2 }, () => manager.reserve("x", request("0.0.0.0:0")).port);
    expect(ports.toSorted()).toEqual([5999, 6011]);
    expect(outcome(() => manager.reserve("x", request("0.0.0.0:0")))).toBe("EADDRNOTAVAIL");
    expect(manager.explain(request("0.0.0.0:0")).passedOver[0]?.obstacle.kind).toMatch(/reserved|conflict/);
    expect(manager.reserve("x", request("0.0.0.0:6005")).port).toBe(6005);
    expect(manager.reserve("x", request("0.0.0.0:0", udp)).port).toBeGreaterThanOrEqual(5999);
  });

  test("of macOS leave the last 4,096 UDP ports alone", () => {
    const { manager } = testHost(profileNamed("macos"));
    manager.range = [50000, 50000 + 4096 + 1];
    const ask = (): number | string => outcome(() => manager.reserve("x", request("0.0.0.0:0", udp)));
    expect(ask()).toBeTypeOf("number");
    expect(ask()).toBeTypeOf("number");
    expect(manager.explain(request("0.0.0.0:0", udp)).port).toBeUndefined();
    expect(ask()).toBe("EADDRNOTAVAIL");
    expect(manager.reserve("x", request("0.0.0.0:0")).port).toBe(50000);
  });
});
