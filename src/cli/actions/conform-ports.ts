/** Doing `harbormaster conform ports`: cases one by one, told as they end or all together. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestBench } from "../../conform/device.ts";
import { type CaseResult, runCase } from "../../conform/run.ts";
import type { Suite } from "../../conform/schema.ts";
import { selfBench } from "../../conform/self.ts";
import { profileNamed } from "../../ports/profiles/register/registry.ts";
import { junitText } from "../conform/junit.ts";
import { readVectorFile } from "../conform/vector-file.ts";
import { FailedError, UsageError } from "../failure.ts";
import { conformSummary } from "../render/conform.ts";
import type { Output, Terminal } from "../terminal.ts";

export interface ConformPortsOptions {
  readonly vectors?: readonly string[];
  readonly profile?: string;
  readonly dut: "self" | "kernel";
  readonly only?: string;
  readonly seed: string;
  readonly tries: number;
  readonly json?: true;
  readonly junit?: string;
}

/** A case's end, and how long it took. */
export interface TimedResult extends CaseResult {
  /** Milliseconds. */
  readonly took: number;
}

/** The suite that comes with the package, built or not. */
const ownSuite: string = fileURLToPath(new URL("../../../src/conform/suite/ports.json", import.meta.url));

/** @throws UsageError, LinkUnavailableError where the kernel cannot be asked, FailedError where a case failed */
export async function conformPorts(terminal: Terminal, options: ConformPortsOptions): Promise<void> {
  const { vectors = [ownSuite], json, junit, only = "" } = options;
  const suites = vectors.flatMap((file) => readVectorFile(file).suites).map((suite) => narrowed(suite, only));
  if (suites.every(({ cases }) => cases.length === 0))
    throw new UsageError(`no case has ${only} in its name`);
  const bench = await benchOf(options);
  const results: TimedResult[] = [];
  for (const result of run(suites, bench, options, terminal.err)) {
    results.push(result);
    if (json) terminal.out.write(`${line(result)}\n`);
  }
  if (junit !== undefined) writeFileSync(junit, junitText(results));
  if (!json) terminal.out.write(conformSummary(results, terminal.out));
  const failed = results.filter(({ result }) => result === "fail").length;
  if (failed > 0) throw new FailedError(`${failed} of ${results.length} cases failed`);
}

function narrowed(suite: Suite, only: string): Suite {
  if (only === "" || suite.id.includes(only)) return suite;
  return { ...suite, cases: suite.cases.filter(({ name }) => name.includes(only)) } as Suite;
}

async function benchOf({ dut, profile }: ConformPortsOptions): Promise<TestBench> {
  if (dut === "self") return selfBench(profile === undefined ? undefined : profileNamed(profile));
  if (profile !== undefined && profile !== "linux")
    throw new UsageError(`the kernel is Linux: it cannot be asked to be ${profile}`);
  const { kernelBench } = await import("../conform/kernel-bench.ts");
  return kernelBench();
}

function* run(
  suites: readonly Suite[],
  bench: TestBench,
  { seed, tries }: ConformPortsOptions,
  err: Output,
): Generator<TimedResult> {
  const total = suites.reduce((sum, { cases }) => sum + cases.length, 0);
  let done = 0;
  for (const suite of suites)
    for (const one of suite.cases) {
      if (err.interactive) err.write(`\r\x1b[K${++done}/${total}  ${suite.id}`.slice(0, err.columns));
      const began = performance.now();
      const result = runCase(suite, one, { bench, seed, tries });
      yield { ...result, took: performance.now() - began };
    }
  if (err.interactive) err.write("\r\x1b[K");
}

function line({ suite, name, result, why = "" }: CaseResult): string {
  return JSON.stringify({ suite, name, result, why });
}
