import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, cli, here } from "./support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "hm-packetdrill-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A listener and a SYN, answered with `options`. */
const handshake = (options: string) => `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+.1 < S 0:0(0) win 30000 <mss 1000>
+0 > S. 0:0(0) ack 1 ${options}
`;

const mistaken = `0 socket(..., SOCK_STREAM, IPPROTO_TCP = 3
+0 bind(3, ..., ...) = 0
+0 < S 0:0(0) wim 30000 <mss 1000>
`;

const scripts = {
  "good.pkt": handshake("<mss 1460>"),
  "wrong.pkt": handshake("<mss 1400,nop,nop,sackOK>"),
  "mistaken.pkt": mistaken,
  "strange.pkt": "0 `make coffee`\n",
  "many/a.pkt": handshake("<mss 1460>"),
  "many/b/b.pkt": handshake("<mss MSS>"),
  "many/b/notes.txt": "no script\n",
};

function path(name: string): string {
  return join(folder, name);
}

beforeAll(() => {
  mkdirSync(path("many/b"), { recursive: true });
  for (const [name, text] of Object.entries(scripts)) writeFileSync(path(name), text);
});

/** What a program reads: a document a line. */
function documents(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("verdicts", () => {
  test("a script that passes is a line, and the exit code is 0", async () => {
    const { code, stdout, stderr } = await here(["packetdrill", path("good.pkt")]);
    const [line, summary] = stdout.split("\n");
    expect(line).toMatch(/^pass {2}\S+good\.pkt {2}ipv4 {2}0\.100 s of script in \d/);
    expect(summary).toMatch(/^1 script: 1 passed; 0\.100 s of script in /);
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("a failure shows both packets, what differs, and the packets before it", async () => {
    const { code, stdout, stderr } = await here(["packetdrill", path("wrong.pkt")]);
    expect(stdout).toContain(`FAIL  ${path("wrong.pkt")}:5  ipv4  live packet field ipv4_total_length`);
    expect(stdout).toContain(`
  expected  > S. 0:0(0) ack 1 <mss 1400, nop,nop,sackOK>
  actual    > S. 0:0(0) ack 1 <mss 1460>
                                   ^^^^^ ^^^^^^^^^^^^^^^
  the last packets:
    0.100000 < S 0:0(0) win 30000 <mss 1000>
    0.100000 > S. 0:0(0) ack 1 win 64240 <mss 1460>
`);
    expect([code, stderr]).toEqual([1, "error: 1 of 1 did not pass\n"]);
  });

  test("every syntax error is told, with its line, its column and what was expected", async () => {
    const { code, stdout } = await here(["packetdrill", path("mistaken.pkt")]);
    expect(stdout).toContain("mistaken.pkt:1:40: syntax error: unexpected");
    expect(stdout).toMatch(/mistaken\.pkt:3:15: syntax error: unexpected "wim", expected .*"win"/);
    expect(code).toBe(1);
  });

  test("what is unsupported is told and is no failure", async () => {
    const { code, stdout } = await here(["packetdrill", path("strange.pkt")]);
    expect(stdout).toMatch(/^unsupported {2}\S+strange\.pkt:1 {2}ipv4 {2}command make coffee\n/);
    expect(code).toBe(0);
  });
});

describe("what is run", () => {
  test("folders are searched, and definitions hold in each script", async () => {
    const words = ["packetdrill", path("many"), "-D", "MSS=1460", "--json"];
    const found = documents((await here(words)).stdout);
    expect(found.map(({ file, result }) => [file, result])).toEqual([
      [path("many/a.pkt"), "pass"],
      [path("many/b/b.pkt"), "pass"],
    ]);
  });

  test("all IP versions are three runs, told apart in JSON", async () => {
    const { code, stdout } = await here(["packetdrill", path("good.pkt"), "--ip-version", "all", "--json"]);
    const found = documents(stdout);
    expect(found.map(({ family }) => family)).toEqual(["ipv4", "ipv6", "ipv4-mapped-ipv6"]);
    for (const one of found) {
      expect(Object.keys(one)).toEqual([
        ...["file", "family", "result", "line", "message", "virtualSeconds", "realMilliseconds"],
      ]);
      expect(one).toMatchObject({ result: "pass", line: 0, message: "", virtualSeconds: 0.1 });
      expect(one["realMilliseconds"]).toBeGreaterThan(0);
    }
    expect(code).toBe(0);
  });

  test("events are told as they happen", async () => {
    const { stdout } = await here(["packetdrill", path("good.pkt"), "-v"]);
    expect(stdout).toContain("(ipv4) 0.100000  +0.1 < S 0:0(0) win 30000 <mss 1000>\n");
    expect(stdout).toContain("(ipv4) 0.100000  +0 > S. 0:0(0) ack 1 <mss 1460>\n");
  });

  test("a tolerance of 0 is exact", async () => {
    const late = `${handshake("<mss 1460>")}+1.0625 > S. 0:0(0) ack 1 <mss 1460>\n`;
    writeFileSync(path("late.pkt"), late);
    expect((await here(["packetdrill", path("late.pkt")])).code).toBe(0);
    const { code, stdout } = await here(["packetdrill", path("late.pkt"), "--tolerance", "0"]);
    expect(stdout).toContain("timing error: expected outbound packet at 1.162500 sec");
    expect(code).toBe(1);
  });
});

describe("what is written", () => {
  test("captures, whose path is told, and from which a script can be made again", async () => {
    const { stdout } = await here(["packetdrill", path("wrong.pkt"), "--pcap", path("captures")]);
    const capture = /capture: (\S+)/.exec(stdout)![1]!;
    expect(capture).toMatch(/wrong\.pkt\.ipv4\.pcapng$/);
    const recorded = await here(["packetdrill", "--record", capture]);
    expect(recorded.stdout).toContain("< S 0:0(0) win 30000 <mss 1000>");
    writeFileSync(path("recorded.pkt"), recorded.stdout);
    expect((await here(["packetdrill", path("recorded.pkt")])).stdout).toMatch(/^pass/);
  });

  test("a capture that is none is an error", async () => {
    const { code, stderr } = await here(["packetdrill", "--record", path("good.pkt")]);
    expect(stderr).toContain("good.pkt: neither pcap nor pcapng");
    expect(code).toBe(1);
  });

  test("JUnit's XML, with failures, errors and what was skipped", async () => {
    const names = ["good.pkt", "wrong.pkt", "mistaken.pkt", "strange.pkt"].map(path);
    await here(["packetdrill", ...names, "--junit", path("report.xml")]);
    const xml = readFileSync(path("report.xml"), "utf8");
    expect(xml).toMatch(/<testsuites tests="4" failures="1" errors="1" skipped="1" time="\d+\.\d{6}">/);
    expect(xml).toContain(`<failure message="line 5: live packet field ipv4_total_length: expected: 48`);
    expect(xml).toContain("expected: &gt; S. 0:0(0) ack 1 &lt;mss 1400,nop,nop,sackOK&gt;");
    expect(xml).toContain("<error message=");
    expect(xml).toContain('<skipped message="line 1: command make coffee">');
  });
});

test("several at once give the same reports in the same order", async () => {
  build();
  const words = ["packetdrill", "test/scripts/open", "test/scripts/close", "--json"];
  const [alone, together] = [await cli(words), await cli([...words, "--jobs", "3"])];
  const verdicts = ({ stdout }: { stdout: string }) =>
    documents(stdout).map(({ realMilliseconds: _, ...rest }) => rest);
  expect(verdicts(together)).toEqual(verdicts(alone));
  expect(verdicts(alone).length).toBeGreaterThan(10);
  expect([alone.code, together.code]).toEqual([0, 0]);
}, 60_000);
