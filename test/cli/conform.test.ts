import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, cli, here, withoutNativePackages } from "./support/cli.ts";

beforeAll(build, 120_000);

const directory = mkdtempSync(join(tmpdir(), "harbormaster-conform-"));
afterAll(() => rmSync(directory, { recursive: true }));

const socket = { op: "socket", id: "a", family: "inet", type: "stream" };
const bind = { op: "bind", id: "a", addr: "127.0.0.1", port: 5000, expect: "OK" };

function suiteOf(cases: readonly object[], more: object = {}): object {
  return { id: "mine", models: ["linux"], source: "here", kind: "sockops", cases, ...more };
}

function file(name: string, content: object | string): string {
  const path = join(directory, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function vectors(name: string, ...suites: readonly object[]): string {
  return file(name, { schema_version: 1, suites });
}

/** One of each end: passes, fails, and has nothing to be asked of. */
const mixed = vectors(
  "mixed.json",
  suiteOf([
    { name: "passes", ops: [socket, bind] },
    { name: 'fails <&"> \u0001', ops: [socket, { ...bind, expect: "EADDRINUSE" }] },
    { name: "is skipped", ops: [{ ...socket, type: "dccp" }] },
  ]),
);

describe("results", () => {
  test("one JSON document a line, and exit code 1 where a case fails", async () => {
    const { code, stdout } = await here(["conform", "ports", "--vectors", mixed, "--json"]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { suite: "mine", name: "passes", result: "pass", why: "" },
      {
        suite: "mine",
        name: 'fails <&"> \u0001',
        result: "fail",
        why: "op 1 bind id=a addr=127.0.0.1 port=5000: OK, not EADDRINUSE",
      },
      { suite: "mine", name: "is skipped", result: "skip", why: "no DCCP" },
    ]);
    expect(code).toBe(1);
  });

  test("a table for people, with what failed and why", async () => {
    const { code, stdout, stderr } = await here(["conform", "ports", "--vectors", mixed]);
    expect(stdout).toMatch(/^ +1 +1 +1 {2}mine$/m);
    expect(stdout).toContain("FAIL  mine: fails");
    expect(stdout).toContain("OK, not EADDRINUSE");
    expect(stdout).toContain("skipped 1: no DCCP");
    expect(stdout).toContain("1 passed, 1 failed, 1 skipped");
    expect(stderr).toContain("error: 1 of 3 cases failed");
    expect(code).toBe(1);
  });

  test("JUnit's XML, well-formed whatever is in a name", async () => {
    const report = join(directory, "report.xml");
    await here(["conform", "ports", "--vectors", mixed, "--junit", report]);
    const text = readFileSync(report, "utf8");
    expect(text).toContain('<testsuite name="mine" tests="3" failures="1" errors="0" skipped="1"');
    expect(text).toContain('name="fails &lt;&amp;&quot;&gt; \ufffd"');
    expect(text).toContain('<skipped message="no DCCP"/>');
    expect(text.match(/<testcase /g)).toHaveLength(3);
  });

  test.skipIf(spawnSync("python3", ["-V"]).status !== 0)("another program reads that XML", async () => {
    const report = join(directory, "other.xml");
    await here(["conform", "ports", "--vectors", mixed, "--junit", report]);
    const reader =
      "import sys,xml.etree.ElementTree as e;r=e.parse(sys.argv[1]).getroot();print(r.tag,r.get('failures'),len(r[0]))";
    expect(execFileSync("python3", ["-c", reader, report], { encoding: "utf8" })).toBe("testsuites 1 3\n");
  });

  test("--only narrows, several --vectors add up, and all well is exit code 0", async () => {
    const more = vectors("more.json", suiteOf([{ name: "passes too", ops: [socket] }], { id: "other" }));
    const words = ["--vectors", mixed, "--vectors", more, "--only", "passes", "--json"];
    const { code, stdout } = await here(["conform", "ports", ...words]);
    expect(stdout.match(/"result":"pass"/g)).toHaveLength(2);
    expect(stdout.trimEnd().split("\n")).toHaveLength(2);
    expect(code).toBe(0);
  });

  test("--profile leaves out what is about others", async () => {
    const { code, stdout } = await here([
      "conform",
      "ports",
      "--vectors",
      mixed,
      "--profile",
      "iana",
      "--json",
    ]);
    expect(stdout).toContain('"result":"skip","why":"is about linux, not about iana"');
    expect(stdout).not.toContain('"result":"pass"');
    expect(code).toBe(0);
  });
});

describe("wrong usage and bad vectors exit with 2, and say where", () => {
  const bad: readonly (readonly [string, object | string, string])[] = [
    ["cut short", '{"schema_version": 1,\n "suites": [', ":2:13: no JSON: it ends too early"],
    ["no JSON", '{"schema_version": 1,\n  "suites": [}', ':2:14: no JSON: "}" is not expected here'],
    ["a comma too many", "[1,]", ':1:4: no JSON: "]" is not expected here'],
    ["two values", "{} {}", ':1:4: no JSON: "{" is not expected here'],
    ["a string over lines", '{"a": "b\nc"}', ":1:9: no JSON: "],
    ["a bad number", '{"a": 01}', ':1:8: no JSON: "1" is not expected here'],
    ["no object", "[]", "the file: [] is no object"],
    ["no version", { suites: [] }, "schema_version: is missing"],
    ["another version", { schema_version: 2, suites: [] }, "schema_version: 2 is not 1"],
    ["no suites", { schema_version: 1 }, "suites: is missing"],
    ["no list", { schema_version: 1, suites: {} }, "suites: {} is no list"],
    [
      "a kind unknown",
      { schema_version: 1, suites: [suiteOf([], { kind: "x" })] },
      'suites[0]: no kind of suite "x"',
    ],
    [
      "no models",
      { schema_version: 1, suites: [suiteOf([], { models: [] })] },
      "suites[0].models: a list of 0",
    ],
    [
      "an operation unknown",
      { schema_version: 1, suites: [suiteOf([{ name: "n", ops: [socket, { op: "fly" }] }])] },
      'suites[0].cases[0].ops[1]: no operation "fly"',
    ],
    [
      "a port out of range",
      { schema_version: 1, suites: [suiteOf([{ name: "n", ops: [{ ...bind, port: 65_536 }] }])] },
      "suites[0].cases[0].ops[0].port: 65536 is no integer from 0 to 65535",
    ],
    [
      "an expectation unknown",
      { schema_version: 1, suites: [suiteOf([{ name: "n", ops: [{ ...bind, expect: "fine" }] }])] },
      "suites[0].cases[0].ops[0].expect: fine is no expectation",
    ],
    [
      "a name twice",
      {
        schema_version: 1,
        suites: [
          suiteOf([
            { name: "n", ops: [] },
            { name: "n", ops: [] },
          ]),
        ],
      },
      "suites[0].cases[1]: there is another mine|n",
    ],
  ];

  test.each(bad)("%s", async (name, content, wanted) => {
    const path = file(`${name}.json`, content);
    const { code, stdout, stderr } = await here(["conform", "ports", "--vectors", path, "--json"]);
    expect(stderr).toContain(`error: ${path}`);
    expect(stderr).toContain(wanted);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test.each([
    [["--vectors", "/nonexistent.json"], "ENOENT"],
    [["--vectors", directory], "EISDIR"],
    [["--vectors", mixed, "--only", "no such case"], "no case has no such case in its name"],
    [["--profile", "vms"], "Allowed choices are"],
    [["--dut", "toaster"], "Allowed choices are self, kernel"],
    [["--dut", "kernel", "--profile", "iana"], "the kernel is Linux"],
    [["--tries", "0"], "whole number"],
    [["extra"], "too many arguments"],
  ])("harbormaster conform ports %j", async (words, wanted) => {
    const { code, stdout, stderr } = await here(["conform", "ports", ...words]);
    expect(stderr).toContain(wanted);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test("no suite at all shows the help", async () => {
    const { code, stderr } = await here(["conform"]);
    expect(stderr).toContain("Usage: harbormaster conform");
    expect(code).toBe(2);
  });
});

test("a kernel that cannot be asked is exit code 3, with what to do", async () => {
  const { code, stdout, stderr } = await cli(["conform", "ports", "--dut", "kernel"], {
    node: withoutNativePackages,
  });
  expect(stderr).toContain("to do:");
  expect(stdout).toBe("");
  expect(code).toBe(3);
});

test("a report that cannot be written is exit code 1", async () => {
  const { code, stderr } = await here([
    "conform",
    "ports",
    "--vectors",
    mixed,
    "--junit",
    "/nonexistent/report.xml",
  ]);
  expect(stderr).toContain("ENOENT");
  expect(code).toBe(1);
});

test("a bind matrix is a suite too, a case for each cell", async () => {
  const cells = { "tcp|listen|4any,|4lo,": "EADDRINUSE", "udp|bound|4lo,A|4lo,A": "OK" };
  const matrix = file("matrix.json", { kernel: "6.18", cells });
  const { code, stdout } = await here(["conform", "ports", "--vectors", matrix, "--json"]);
  expect(stdout.match(/"result":"pass"/g)).toHaveLength(2);
  expect(code).toBe(0);
  const bad = file("bad-matrix.json", { kernel: "6.18", cells: { "tcp|asleep|4any,|4lo,": "OK" } });
  expect((await here(["conform", "ports", "--vectors", bad])).stderr).toContain(
    'cells.tcp|asleep|4any,|4lo,: "asleep" is none of bound',
  );
});

const published = join(import.meta.dirname, "../../../shared/ports/vectors.json");

test.skipIf(!existsSync(published))("the published vectors: not one fails", async () => {
  const { code, stdout } = await here(["conform", "ports", "--vectors", published, "--json"]);
  expect(stdout).not.toContain('"result":"fail"');
  expect(code).toBe(0);
});
