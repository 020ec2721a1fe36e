/**
 * Random histories of socket calls, answered by the running kernel as they are made, and asked again of a host of ours with
 * Linux's profile. It is told which ports the kernel chose, and takes them if they suit by its own rules, and else none: so
 * no coincidence of ports excuses anything, and where the kernel found no port, none may suit.
 *
 * HISTORIES says how many (500), HISTORIES_SEED which: the seed is printed, and a history is replayed by its number alone.
 */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { kernelBench } from "../../src/cli/conform/kernel-bench.ts";
import type { DeviceUnderTest, TestBench } from "../../src/conform/device.ts";
import { historySetup, planHistory, recordHistory } from "../../src/conform/histories.ts";
import { runCase } from "../../src/conform/run.ts";
import type { SockopsCase, SockopsSuite } from "../../src/conform/schema.ts";
import { selfBench } from "../../src/conform/self.ts";
import { describeLive } from "./support/live.ts";

const count = Number(process.env["HISTORIES"] ?? 500);
const seed = process.env["HISTORIES_SEED"] ?? String(Date.now());

const models = ["linux"];

function suiteOf(cases: readonly SockopsCase[]): SockopsSuite {
  return { id: `histories of seed ${seed}`, models, source: "the running kernel", kind: "sockops", cases };
}

/** Where a history that was answered otherwise is left, for `harbormaster conform ports --vectors`. */
function kept(history: SockopsCase): string {
  const file = join(tmpdir(), `hm-${seed}-${history.name.replace(" ", "-")}.json`);
  writeFileSync(file, JSON.stringify({ schema_version: 1, suites: [suiteOf([history])] }));
  return file;
}

describeLive(`${count} random histories, seed ${seed}`, ["root"], () => {
  let kernel: TestBench;
  beforeAll(async () => {
    kernel = await kernelBench(100);
  });

  function record(number: number): SockopsCase {
    const random = seededRandom(`${seed}, history ${number}`);
    const plan = planHistory(random);
    const device: DeviceUnderTest = kernel.open(historySetup(plan), models, "");
    try {
      return recordHistory(device, plan, random, `history ${number}`);
    } finally {
      device.close();
    }
  }

  test("our host answers every call as the kernel did", { timeout: 280_000 }, () => {
    console.log(`HISTORIES_SEED=${seed} makes these histories again`);
    const recorded = selfBench(undefined, "recorded");
    const disagreements: string[] = [];
    let calls = 0;
    for (let number = 0; number < count; number++) {
      const history = record(number);
      calls += history.ops.length;
      const { result, why } = runCase(suiteOf([history]), history, { bench: recorded, tries: 1 });
      if (result !== "pass") disagreements.push(`${kept(history)}: ${why}`);
    }
    expect(disagreements).toEqual([]);
    expect(calls).toBeGreaterThan(count * 30);
  });
});
