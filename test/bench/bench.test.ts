/** Every group of the benchmark still runs: once, with next to nothing, against the sources instead of the build. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test, vi } from "vitest";

interface Row {
  readonly name: string;
  readonly ours: number;
  readonly unit: string;
  readonly against?: readonly {
    readonly peer: string;
    readonly cost: number | undefined;
    readonly bar?: number;
  }[];
}

interface Group {
  measureGroup(world: { gvisor: () => () => undefined }): Promise<readonly Row[]>;
}

const folder = fileURLToPath(new URL("../../bench/", import.meta.url));
const groups = readdirSync(folder).filter((file) =>
  readFileSync(folder + file, "utf8").includes("export async function measureGroup"),
);

describe("the benchmark", () => {
  beforeAll(() => {
    vi.stubEnv("BENCH_SECONDS", "0");
    vi.stubEnv("BENCH_REPETITIONS", "1");
    vi.stubEnv("BENCH_SCALE", "0.002");
  });

  test.each(groups)("%s measures what it says", async (file) => {
    const { measureGroup }: Group = await import(folder + file);
    const rows = await measureGroup({ gvisor: () => () => undefined });
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    for (const { name, ours, against = [] } of rows) {
      expect(Number.isFinite(ours), name).toBe(true);
      for (const { peer, cost } of against)
        expect(peer === "gVisor" || peer === "gVisor, GSO" || Number.isFinite(cost), `${name}, ${peer}`).toBe(
          true,
        );
    }
  });

  test("knows every group by name", () => {
    const names = groups.map((file) => file.replace(".mjs", ""));
    const main = readFileSync(`${folder}main.mjs`, "utf8");
    expect(names.filter((name) => !main.includes(`"${name}"`))).toEqual([]);
  });

  test("prints a table: a line a peer, the ratio beside its bar", async () => {
    const { table } = await import(`${folder}table.mjs`);
    const against = [
      { peer: "somebody", cost: 24, ratio: 0.5, bar: 0.25 },
      { peer: "somebody else", cost: 12_000_000, ratio: 1e-6 },
    ];
    const lines = table([{ group: "g", name: "what", ours: 12.3456, unit: "ns", against }]).split("\n");
    expect(lines.find((line: string) => line.includes("12.3"))).toMatch(
      /12\.3 ns.*somebody.*24.*0\.5.*0\.25/,
    );
    expect(lines.find((line: string) => line.includes("else"))).toMatch(/12,000,000.*1\.0e-6/);
  });
});
