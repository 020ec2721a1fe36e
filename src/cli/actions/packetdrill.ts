/** Doing `harbormaster packetdrill`: scripts run, each to its verdict. */
import { writeFileSync } from "node:fs";
import { FailedError, InterruptedError, UsageError } from "../failure.ts";
import { barOn } from "../packetdrill/bar.ts";
import type { ScriptReport } from "../packetdrill/job.ts";
import { junitText } from "../packetdrill/junit.ts";
import { runJobs } from "../packetdrill/lanes.ts";
import { planJobs, type Wishes } from "../packetdrill/plan.ts";
import { reportJson, reportText, summaryText } from "../render/packetdrill.ts";
import { printable } from "../render/quantities.ts";
import { type SignalWatch, watchSignals } from "../signals.ts";
import type { Terminal } from "../terminal.ts";

export interface PacketdrillOptions extends Wishes {
  readonly jobs: number;
  readonly tries: number;
  readonly json?: true;
  readonly junit?: string;
  readonly record?: string;
  readonly local?: string;
  readonly conversation?: number;
}

export async function packetdrill(
  terminal: Terminal,
  files: readonly string[],
  options: PacketdrillOptions,
): Promise<void> {
  if (options.record !== undefined) {
    if (files.length > 0) throw new UsageError("--record makes a script; it runs none.");
    const { recordCapture } = await import("../packetdrill/record.ts");
    terminal.out.write(recordCapture(options.record, options));
    return;
  }
  if (files.length === 0)
    throw new UsageError("no script is named: FILES are scripts, or folders of scripts.");
  const signals = watchSignals();
  try {
    const reports = await runAll(terminal, files, options, signals);
    if (options.junit !== undefined) writeFileSync(options.junit, junitText(reports));
    conclude(reports, signals);
  } finally {
    signals.stop();
  }
}

async function runAll(
  { out, err }: Terminal,
  files: readonly string[],
  options: PacketdrillOptions,
  signals: SignalWatch,
): Promise<ScriptReport[]> {
  const jobs = planJobs(files, options);
  const reports: ScriptReport[] = [];
  const bar = barOn(err, jobs.length);
  const begin = performance.now();
  const report = (one: ScriptReport): void => {
    reports.push(one);
    bar.aside(() => out.write(options.json ? `${reportJson(one)}\n` : reportText(one, out.colours)));
    bar.update(reports.length, reports.filter(isBad).length);
  };
  try {
    const event = (line: string): void => bar.aside(() => (options.json ? err : out).write(`${line}\n`));
    const again = ({ file, line, family, message }: ScriptReport): void =>
      bar.aside(() => err.write(`trying again: ${file}:${line}  ${family}  ${printable(message)}\n`));
    const way = { lanes: options.jobs, tries: options.tries, stop: signals.came };
    await runJobs(jobs, way, { event, report, again });
  } finally {
    bar.stop();
  }
  if (!options.json) out.write(summaryText(reports, performance.now() - begin, out.colours));
  return reports;
}

function conclude(reports: readonly ScriptReport[], { signal }: SignalWatch): void {
  if (signal !== undefined) throw new InterruptedError(signal);
  const bad = reports.filter(isBad).length;
  if (bad > 0) throw new FailedError(`${bad} of ${reports.length} did not pass`);
}

function isBad({ result }: ScriptReport): boolean {
  return result === "fail" || result === "error";
}
