import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { suiteOfFile } from "../../src/cli/packetdrill/suite-of-file.ts";
import { here } from "./support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "hm-suites-"));
afterAll(() => rmSync(folder, { recursive: true }));

function place(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** A reset to nobody's segment, 20 ms later than written. */
const late = "0 < . 1:1(0) ack 1 win 100\n+.02 > R 1:1(0)\n";

test("a file is of the suite whose folder it lies in", () => {
  expect(suiteOfFile("/x/google+gvisor/test/packetdrill/a.pkt")).toMatchObject({
    suite: { name: "gVisor" },
    path: "google+gvisor/test/packetdrill/a.pkt",
  });
  expect(suiteOfFile("/x/nplab+packetdrill/gtests/net/packetdrill/tests/bsd/tcp/a.pkt")?.suite).toMatchObject(
    {
      dialect: "nplab",
      platform: "FreeBSD",
    },
  );
  expect(suiteOfFile("/x/google+gvisor.pkt")).toBeUndefined();
});

test("and is run as that suite runs it", async () => {
  const gvisor = place("google+gvisor/late.pkt", late);
  expect((await here(["packetdrill", gvisor])).code).toBe(0);
  expect((await here(["packetdrill", place("late.pkt", late)])).code).toBe(1);
  const everywhere = await here(["packetdrill", gvisor, "--ip-version", "all", "--json"]);
  expect(everywhere.stdout.trim().split("\n")).toHaveLength(1);
});

test("what is asked for wins", async () => {
  const gvisor = place("google+gvisor/late.pkt", late);
  expect((await here(["packetdrill", gvisor, "--tolerance", "0"])).code).toBe(1);
});
