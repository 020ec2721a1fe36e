/** The three tables of "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE", whole; and what else Windows' bind says. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { BindRequest } from "../../../src/ports/binding.ts";
import type { Profile } from "../../../src/ports/profile.ts";
import { windows, windowsXp } from "../../../src/ports/profiles/windows.ts";
import { request, testHost } from "../support/host.ts";
import { answer, type TestSocket } from "./answer.ts";

const options = ["default", "SO_REUSEADDR", "SO_EXCLUSIVEADDRUSE"] as const;
const addresses = ["wildcard", "specific"] as const;
type Option = (typeof options)[number];
type Where = (typeof addresses)[number];

/** Rows: A's option and address; columns: B's. + is success, U is WSAEADDRINUSE, A is WSAEACCES. */
const tables: Readonly<Record<string, string>> = {
  xp_and_earlier: `
    U U  + +  U U
    U U  + +  U U
    U U  + +  U U
    U U  + +  U U
    U U  A A  U U
    U U  A A  U U`,
  "2003_and_later_same_user": `
    U +  A +  U +
    + U  + A  U U
    U +  + +  U +
    + U  + +  U U
    U A  A A  U A
    + U  + A  U U`,
  "2003_and_later_different_user": `
    U A  A A  U A
    + U  + A  U U
    U A  + +  U A
    + U  + +  U U
    U A  A A  U A
    + U  + A  U U`,
};

function bind(option: Option, where: Where, uid: number): TestSocket {
  const options: Partial<BindRequest> = {
    reuseAddress: option === "SO_REUSEADDR",
    exclusive: option === "SO_EXCLUSIVEADDRUSE",
    uid,
    privileged: false,
  };
  return [where === "wildcard" ? "0.0.0.0:5000" : "192.0.2.1:5000", options];
}

function answerOf(table: string, first: readonly [Option, Where], second: readonly [Option, Where]): string {
  const profile: Profile = table === "xp_and_earlier" ? windowsXp : windows;
  const uid = table.endsWith("different_user") ? 1001 : 1000;
  const got = answer(profile, "bound", bind(...first, 1000), bind(...second, uid));
  return typeof got === "number" ? "OK" : `WSA${got}`;
}

const letters: Readonly<Record<string, string>> = { OK: "+", WSAEADDRINUSE: "U", WSAEACCES: "A" };

describe("Windows' second bind answers as documented", () => {
  const sockets = options.flatMap((option) => addresses.map((where) => [option, where] as const));
  for (const [table, cells] of Object.entries(tables))
    test(table, () => {
      const rows = cells.trim().split("\n");
      for (const [row, first] of sockets.entries()) {
        const answers = sockets.map((second) => letters[answerOf(table, first, second)]);
        expect(`${first.join(" ")}: ${answers.join(" ")}`).toBe(
          `${first.join(" ")}: ${rows[row]!.trim().split(/\s+/).join(" ")}`,
        );
      }
    });

  const published = new URL("../../../../shared/ports/vectors.json", import.meta.url);
  test.skipIf(!existsSync(published))("in the published vectors", () => {
    const { suites } = JSON.parse(readFileSync(published, "utf8"));
    let count = 0;
    for (const { kind, cases } of suites)
      for (const { table, first, second, expect: expected } of kind === "bind_pair" ? cases : []) {
        const cell = `${table}: ${JSON.stringify([first, second])}`;
        const got = answerOf(table, [first.opt, first.addr], [second.opt, second.addr]);
        expect(`${cell} ${got}`).toBe(`${cell} ${expected}`);
        count++;
      }
    expect(count).toBe(54);
  });
});

describe("Windows", () => {
  const a: TestSocket = ["192.0.2.1:5000"];
  const exclusive: TestSocket = ["192.0.2.1:5000", { exclusive: true }];

  test("keeps a resting connection's port only where it was exclusive", () => {
    for (const profile of [windowsXp, windows]) {
      expect(answer(profile, "held", a, a)).toBe(5000);
      expect(answer(profile, "held", exclusive, a)).toBe("EADDRINUSE");
      expect(answer(profile, "connected", exclusive, a)).toBe("EADDRINUSE");
    }
  });

  test("binds two addresses, and both families by `::` where IPV6_V6ONLY was taken back", () => {
    expect(answer(windows, "bound", a, ["192.0.2.2:5000"])).toBe(5000);
    expect(answer(windows, "bound", ["[::]:5000", { v6Only: false }], ["0.0.0.0:5000"])).toBe("EADDRINUSE");
    expect(answer(windows, "bound", ["[::]:5000"], ["0.0.0.0:5000"])).toBe(5000);
  });

  test("does not let an excluded port be named, nor chooses it [excludedportrange: WSAEACCES]", () => {
    const { manager } = testHost(windows);
    manager.range = [50_000, 50_002];
    manager.reserved = [[50_000, 50_001]];
    expect(manager.tryReserve("A", request("0.0.0.0:50000"))).toBe("EACCES");
    expect(manager.explain(request("0.0.0.0:50000")).passedOver).toEqual([
      { port: 50_000, obstacle: { kind: "reserved" } },
    ]);
    expect(manager.reserve("A", request("0.0.0.0:0")).port).toBe(50_002);
  });

  test("chooses no port that is bound at another address", () => {
    const { manager } = testHost(windows);
    manager.range = [50_000, 50_001];
    manager.reserve("A", request("192.0.2.1:50000"));
    expect(manager.reserve("B", request("192.0.2.2:0")).port).toBe(50_001);
    expect(manager.tryReserve("C", request("192.0.2.2:0"))).toBe("ENOBUFS");
    expect(manager.snapshot()).toHaveLength(2);
  });
});
