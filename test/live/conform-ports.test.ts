/** Where Linux is the reference, the running kernel passes what is asked of us. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { build, cli } from "../cli/support/cli.ts";
import { describeLive } from "./support/live.ts";

const published = join(import.meta.dirname, "../../../shared/ports/vectors.json");

interface Line {
  readonly suite: string;
  readonly name: string;
  readonly result: string;
  readonly why: string;
}

async function results(...words: readonly string[]): Promise<Line[]> {
  const { stdout, stderr } = await cli(["conform", "ports", "--dut", "kernel", "--json", ...words]);
  expect(stderr).toBe("");
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

describeLive("the port-behaviour suites, asked of the kernel", ["root"], () => {
  beforeAll(build, 120_000);

  test("our own: all that is about Linux, or about anybody", async () => {
    const lines = await results();
    const asked = lines.filter(({ suite }) => !/^ports\.(windows|bsd|gvisor)$/.test(suite));
    expect(asked.filter(({ result }) => result !== "pass")).toEqual([]);
    expect(asked.length).toBeGreaterThan(100);
  });

  test.skipIf(!existsSync(published))(
    "the published ones: what is about Linux, but for protocols it lacks",
    async () => {
      const lines = await results("--vectors", published);
      const others = lines.filter(({ result }) => result !== "pass");
      const excused =
        /^(no (sctp sockets: EPROTONOSUPPORT|DCCP)|is about (gvisor|windows), and the kernel is Linux)$/;
      expect(others.filter(({ result, why }) => result === "fail" || !excused.test(why))).toEqual([]);
      expect(lines.length - others.length).toBeGreaterThan(250);
    },
  );
});
