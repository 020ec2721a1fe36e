import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { DemoScene, DemoSummary } from "../../src/cli/demo/record.ts";
import { here } from "./support/cli.ts";

const place = mkdtempSync(join(tmpdir(), "harbormaster-"));
afterAll(() => rmSync(place, { recursive: true }));

interface Document {
  readonly scenes: readonly DemoScene[];
  readonly summary: DemoSummary;
}

async function demo(...words: string[]): Promise<Document> {
  const { code, stdout, stderr } = await here(["demo", "--json", ...words]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

const events = ({ scenes }: Document) => scenes.flatMap((scene) => scene.events);

describe("the demo", () => {
  test("counts up, wraps past what rests, is exhausted, and begins again after TIME-WAIT", async () => {
    const document = await demo();
    const { tcpPorts, ports } = document.summary;
    expect(tcpPorts.slice(0, 8)).toEqual([49152, 49153, 49154, 49155, 49156, 49157, 49158, 49159]);
    expect(tcpPorts.slice(8, 13)).toEqual([49156, 49157, 49158, 49159, 49152]);
    expect(ports.tcp?.exhaustions).toBeGreaterThan(0);
    const refused = events(document).find(({ action }) => action === "refused");
    expect(refused?.why).toMatch(/^EADDRNOTAVAIL .*TIME-WAIT/);
    expect(events(document).some(({ why }) => /TIME-WAIT for .*s/.test(why))).toBe(true);
    expect(events(document).filter(({ action }) => action === "freed").length).toBeGreaterThan(3);
    expect(document.scenes.at(-1)?.sockets).toEqual([]);
    expect(ports.tcp).toMatchObject({ inUse: 0, held: 0, free: 8 });
    expect(ports.udp).toMatchObject({ inUse: 0, held: 0, free: 8 });
  });

  test("of one seed is the same twice, of another not, wherever chance has a say", async () => {
    const words = ["demo", "--profile", "linux", "--seed"];
    const [one, again, other] = await Promise.all([
      here([...words, "1"]),
      here([...words, "1"]),
      here([...words, "2"]),
    ]);
    expect(again.stdout).toBe(one.stdout);
    expect(other.stdout).not.toBe(one.stdout);
  });

  test.each(["linux", "iana", "freebsd-13"])(
    "runs as %s would, and gives every port back",
    async (profile) => {
      const { summary } = await demo("--profile", profile);
      expect(summary.tcpPorts.length).toBeGreaterThanOrEqual(16);
      expect(summary.ports.tcp).toMatchObject({ inUse: 0, held: 0, free: 8 });
    },
  );

  test.each(["sequential", "random", "random-retry", "simple-hash", "double-hash", "random-increments"])(
    "runs with the algorithm %s, and says so with every choice",
    async (algorithm) => {
      const document = await demo("--algorithm", algorithm);
      const opened = events(document).filter(({ action }) => action === "opened");
      expect(opened.length).toBeGreaterThan(16);
      expect(opened.filter(({ why }) => !why.startsWith(algorithm))).toEqual([]);
      expect(document.summary.ports.tcp).toMatchObject({ inUse: 0, held: 0, free: 8 });
    },
  );

  test("keeps to the range and the number of connections asked for", async () => {
    const { tcpPorts } = (await demo("--range", "50000-50099", "--connections", "30")).summary;
    expect(tcpPorts.length).toBe(30);
    expect(tcpPorts.filter((port) => port < 50_000 || port > 50_099)).toEqual([]);
  });

  test("in a pipe has neither colours nor borders; colours come where they are wanted", async () => {
    const { stdout } = await here(["demo"]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly what is looked for
    expect(stdout).not.toMatch(/[\x1b│]/);
    expect(stdout).toContain("1. Clients open");
    expect(stdout).toContain("Summary");
    expect((await here(["demo"], "colours")).stdout).toContain("\x1b[1m");
  });

  test("leaves a capture in which the first packet of a port says why it was chosen", async () => {
    const path = join(place, "demo.pcapng");
    await demo("--pcap", path);
    const capture = readFileSync(path);
    expect(capture.readUInt32LE(0)).toBe(0x0a0d0d0a);
    expect(capture.includes("port 49152: sequential from 49152")).toBe(true);
  });
});
