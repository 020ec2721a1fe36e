import { describe, expect, test } from "vitest";
import type { IpVersion } from "../../../src/packetdrill/language/options.ts";
import { readBaseline } from "../../../src/packetdrill/suites/baseline.ts";
import { measureScript } from "../../../src/packetdrill/suites/measure.ts";
import { suiteOf } from "../../../src/packetdrill/suites/suite.ts";
import { type Count, fallen, printCounts, readCounts, tally } from "../../../src/packetdrill/suites/tally.ts";

const google = "google+packetdrill/gtests/net/tcp/close/close.pkt";

describe("a public script", () => {
  test("is of the suite whose folder it lies in, the innermost first", () => {
    const nplab = "nplab+packetdrill/gtests/net/packetdrill/tests";
    const names = [
      google,
      "torvalds+linux/tools/a.pkt",
      `${nplab}/linux/sctp/a.pkt`,
      `${nplab}/linux/a.pkt`,
      `${nplab}/bsd/tcp/a.pkt`,
    ].map((file) => suiteOf(file)?.name);
    expect(names).toEqual(["google", "kernel selftests", "nplab linux, SCTP", "nplab linux", "nplab bsd"]);
    expect(suiteOf("mine/a.pkt")).toBeUndefined();
  });

  test("is run over the versions its harness runs", () => {
    const versions = (file: string) =>
      suiteOf(file)!
        .runs(file)
        .map(({ ipVersion }) => ipVersion);
    expect(versions(google)).toEqual(["ipv4", "ipv6", "ipv4-mapped-ipv6"]);
    expect(versions("google+packetdrill/gtests/a-v6.pkt")).toEqual(["ipv6"]);
    expect(versions("torvalds+linux/tools/a.pkt")).toEqual(["ipv4", "ipv6"]);
    expect(versions("google+gvisor/test/a.pkt")).toEqual(["ipv4"]);
  });
});

describe("the baseline", () => {
  const text = JSON.stringify([
    ...[
      {
        file: "a",
        category: "generic",
        proven: true,
        runs: { ipv4: "pass", ipv6: "fail 0/3", mapped: "pass" },
      },
      { file: "b", category: "os-api", proven: true, linux_6_18: "pass (fails as it must)", runs: null },
      { file: "c", category: "generic", proven: false },
    ],
    { file: "d", category: "generic", proven: true, runs: { "ipv4+tol14ms": "pass" } },
  ]);

  test("says over which versions a real stack passes, and which scripts have to fail", () => {
    const known = readBaseline(text);
    expect(known.get("a")?.ipVersions).toEqual(new Set(["ipv4", "ipv4-mapped-ipv6"]));
    expect(known.get("b")).toMatchObject({ verdict: "fail", ipVersions: undefined });
    expect(known.get("c")?.proven).toBe(false);
    expect(known.get("d")?.ipVersions).toEqual(new Set(["ipv4"]));
  });

  test("decides what a run has to end in", () => {
    const failing = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = -1\n";
    const suite = suiteOf(google)!;
    const mustFail = {
      category: "generic",
      proven: true,
      verdict: "fail",
      ipVersions: new Set<IpVersion>(["ipv6"]),
    } as const;
    const measured = measureScript(google, failing, suite, mustFail);
    expect(measured.passed).toBe(true);
    expect(measured.runs.map(({ ipVersion, result }) => [ipVersion, result])).toEqual([["ipv6", "fail"]]);
    expect(measureScript(google, failing, suite, undefined).passed).toBe(false);
  });
});

describe("the counts", () => {
  const count = (passed: number, scripts = 10): Count => {
    return { suite: "google", category: "generic", scripts, passed, unsupported: 1 };
  };

  test("are read from the table they were written to", () => {
    const counts = [count(3), { ...count(4), suite: "nplab linux, SCTP", category: "os-api" as const }];
    expect(readCounts(`# Title\n\n${printCounts(counts)}\n`)).toEqual(counts);
    expect(printCounts(counts)).toContain("| **all** |  | 20 | 7 | 2 |");
  });

  test("fall where fewer pass, or none were run", () => {
    expect(fallen([count(3)], [count(3)])).toEqual([]);
    expect(fallen([count(3)], [count(4)])).toEqual([]);
    expect(fallen([count(3)], [count(2)])).toEqual(["google, generic: 2 passed, it was 3"]);
    expect(fallen([count(3)], [])).toEqual(["google, generic: none of 10 scripts was run"]);
  });

  test("are of the scripts of a suite and a category", () => {
    const known = { category: "generic", proven: true, verdict: "pass", ipVersions: undefined } as const;
    const run = (result: "pass" | "unsupported") =>
      ({ ipVersion: "ipv4", result, line: 0, message: "" }) as const;
    const judged = [
      { suite: "google", known, measured: { file: "a", passed: true, runs: [] } },
      { suite: "google", known, measured: { file: "b", passed: false, runs: [run("unsupported") as never] } },
    ];
    expect(tally(judged)).toEqual([
      { suite: "google", category: "generic", scripts: 2, passed: 1, unsupported: 1 },
    ]);
  });
});
