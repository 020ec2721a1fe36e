/**
 * Our own scripts before the other judge: the running kernel. What one cannot judge says so in a comment,
 * `// Not for a kernel: …`. Where the public suites are at hand a sample of those that Linux 6.18 is recorded as passing
 * is run too, where that is what runs here.
 */
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { describeLive } from "./support/live.ts";
import { type Result, run, start } from "./support/process.ts";

const root = resolve(import.meta.dirname, "../..");
const main = join(root, "dist/cli/main.js");
const suites = process.env["HARBORMASTER_SCRIPTS"] ?? resolve(root, "../shared/packetdrill");

/** In seconds: the few scripts that wait for longer would make the others wait. */
const longest = 12;

/** Scripts of ours that a kernel can judge, and that are not too long: our own host has gone through them at once. */
async function ownScripts(): Promise<string[]> {
  const words = [main, "packetdrill", "--json", join(root, "test/scripts")];
  const { stdout } = await run(process.execPath, words, { limit: 60_000 });
  return verdictsIn(stdout)
    .filter(({ virtualSeconds }) => virtualSeconds <= longest)
    .map(({ file }) => file)
    .filter((file) => !/^\/\/ Not for a kernel: \S/m.test(readFileSync(file, "utf8")));
}

interface Entry {
  readonly file: string;
  readonly linux_6_18?: string;
  readonly runs?: Readonly<Record<string, string>>;
}

/** Every so many of the scripts that passed over IPv4; gVisor's want a tolerance of their own. */
function sample(step: number): string[] {
  const entries: Entry[] = JSON.parse(readFileSync(join(suites, "baseline.json"), "utf8"));
  return entries
    .filter(({ file, runs }) => runs?.["ipv4"] === "pass" && !file.startsWith("google+gvisor"))
    .filter((_, index) => index % step === 0)
    .map(({ file }) => join(suites, "scripts", file));
}

interface Verdict {
  readonly file: string;
  readonly result: string;
  readonly line: number;
  readonly message: string;
  readonly virtualSeconds: number;
}

function verdictsIn(stdout: string): Verdict[] {
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Verdict);
}

function judge(words: readonly string[]): Promise<Result> {
  return run(process.execPath, [main, "packetdrill", "--dut", "kernel", ...words], { limit: 110_000 });
}

/** A busy machine misses a time now and then: a failure has two more tries, and each is told. */
async function failures(files: readonly string[], options: readonly string[]): Promise<Verdict[]> {
  const words = ["--json", "--tries", "3", "--jobs", "4", ...options, ...files];
  const { stdout, stderr } = await judge(words);
  process.stderr.write(stderr);
  const verdicts = verdictsIn(stdout);
  expect(verdicts).toHaveLength(files.length);
  return verdicts.filter(({ result }) => result !== "pass");
}

describeLive("scripts judged by the kernel", ["root", "tun", "ip"], () => {
  test("our own pass", async () => {
    const files = await ownScripts();
    expect(files.length).toBeGreaterThan(100);
    expect(await failures(files, [])).toEqual([]);
  });

  test("a failure is told with what the kernel sent", async () => {
    const { status, stdout } = await judge([join(root, "test/live/support/wrong-window.pkt")]);
    expect(stdout).toContain("live packet field tcp_window: expected: 1 (0x1) vs actual:");
    expect(stdout).toMatch(/ {2}expected {2}> S\. 0:0\(0\) ack 1 win 1 +</);
    expect(status).toBe(1);
  });

  test("a call that blocks where the script does not let it is a failure, not a hang", async () => {
    const { status, stdout } = await judge([join(root, "test/live/support/endless-read.pkt")]);
    expect(stdout).toContain("runtime error in accept call: this call blocks");
    expect(status).toBe(1);
  });

  test("Ctrl-C ends it, and whatever call it is in", async () => {
    const running = start(process.execPath, [
      ...[main, "packetdrill", "--dut", "kernel", "-v"],
      join(root, "test/scripts/open/syn-retransmitted.pkt"),
    ]);
    await running.waitFor(/0\.\d+ {2}0 socket/, 20_000);
    expect((await running.stop("SIGINT")).status).toBe(130);
  });

  const present = existsSync(join(suites, "baseline.json")) && release().startsWith("6.18.");
  test.skipIf(!present)("a sample of the public ones passes, as recorded", async () => {
    const files = sample(8);
    expect(files.length).toBeGreaterThan(5);
    expect(await failures(files, ["--ip-version", "ipv4"])).toEqual([]);
  });
});
