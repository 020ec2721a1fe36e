/** Runs one job to its report. Whatever a script holds, there is one. */
import { readFileSync } from "node:fs";
import { guessDialect } from "../../packetdrill/language/dialect.ts";
import { formatScriptError } from "../../packetdrill/language/errors.ts";
import { type HarnessRun, harnessRuns } from "../../packetdrill/language/harness.ts";
import { printEvent } from "../../packetdrill/language/print/print.ts";
import type { Dialect, Platform, ScriptOption } from "../../packetdrill/language/script/script.ts";
import { linux3 } from "../../packetdrill/run/presets.ts";
import { type RunResult, type RunSettings, runScript } from "../../packetdrill/run/runner.ts";
import { defaultLimits } from "../../packetdrill/run/virtual.ts";
import { writeCapture } from "./capture.ts";
import type { DeviceName, ScriptJob, ScriptProfile, ScriptReport } from "./job.ts";
import { packetLines } from "./packet-lines.ts";
import { type FileOfSuite, suiteOfFile } from "./suite-of-file.ts";

/** Real time that a run may take, in milliseconds. */
const patience: Readonly<Record<DeviceName, number>> = { self: 60_000, kernel: 10 * 60_000 };

/** So many packets before a failure are told. */
const lastPackets = 10;

/** Runs a job's script on the device it is for. */
export type Judge = (text: string, settings: RunSettings, job: Pick<ScriptJob, "file">) => RunResult;

/** @param tell is given a line for each event, where the job wants that. */
export function runJob(job: ScriptJob, tell: (line: string) => void, judge: Judge = runScript): ScriptReport {
  const begin = performance.now();
  const text = readFileSync(job.file, "utf8");
  const result = judge(text, settingsOf(job, text, tell), job);
  const realMilliseconds = Math.round((performance.now() - begin) * 1000) / 1000;
  const { expected, actual, warnings, printed, packets } = result;
  if (job.pcap !== undefined) writeCapture(job.pcap, packets);
  return {
    ...{ file: job.file, family: job.ipVersion, result: result.result, line: result.line },
    ...{ message: result.message, expected, actual, warnings, printed, realMilliseconds },
    errors: result.errors.map((error) => formatScriptError(error, job.file)),
    packets: result.result === "pass" ? [] : packetLines(packets, lastPackets),
    pcap: job.pcap,
    virtualSeconds: result.virtualTime / 1e6,
  };
}

function settingsOf(job: ScriptJob, text: string, tell: (line: string) => void): RunSettings {
  const known = suiteOfFile(job.file);
  const dialect = job.dialect ?? known?.suite.dialect ?? guessDialect(text);
  const { platform, sysctls } = { ...known?.suite, ...profiles[job.profile ?? "unknown"] };
  const harness = harnessOf(job, known, dialect);
  const end = performance.now() + patience[job.device];
  return {
    ...(dialect !== undefined && { dialect }),
    ...{ platform: platform ?? "Linux", sysctls: sysctlsFor(job, sysctls ?? {}) },
    define: new Map([...harness.define, ...job.define]),
    options: [...harness.options, ...toleranceOptions(job.tolerance)],
    limits: { ...defaultLimits, expired: () => performance.now() > end },
    ...(job.events === "told" && { observe: (event, time) => tell(eventLine(job, time, event, dialect)) }),
  };
}

/** Whatever a profile leaves open is as the suite has it. */
const profiles: Readonly<
  Record<ScriptProfile | "unknown", { platform?: Platform; sysctls?: Readonly<Record<string, string>> }>
> = {
  unknown: {},
  linux: { platform: "Linux", sysctls: {} },
  linux3: { platform: "Linux", sysctls: linux3 },
  freebsd: { platform: "FreeBSD", sysctls: {} },
};

/** What a suite sets before each script a kernel has by itself, or by the script's own commands, unless it is asked for. */
function sysctlsFor(
  { device, profile }: ScriptJob,
  sysctls: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return device === "kernel" && profile === undefined ? {} : sysctls;
}

/** Options and definitions: the suite's own, or those of Google's harness; nplab's gives its scripts no addresses. */
function harnessOf(
  { harness, ipVersion }: ScriptJob,
  known: FileOfSuite | undefined,
  dialect: Dialect | undefined,
): Pick<HarnessRun, "options" | "define"> {
  const own = known?.suite.runs(known.path).find((run) => run.ipVersion === ipVersion);
  const run = own ?? harnessRuns.find((one) => one.ipVersion === ipVersion)!;
  const alone = harness === "none" || (own === undefined && dialect === "nplab");
  return alone ? { ...run, options: [{ at: 0, name: "ip_version", value: ipVersion }] } : run;
}

function toleranceOptions(tolerance: number | undefined): readonly ScriptOption[] {
  if (tolerance === undefined) return [];
  const usecs = { at: 0, name: "tolerance_usecs", value: String(tolerance) };
  return tolerance === 0 ? [usecs, { at: 0, name: "tolerance_percent", value: "0" }] : [usecs];
}

function eventLine(
  { file, ipVersion }: ScriptJob,
  time: number,
  event: Parameters<NonNullable<RunSettings["observe"]>>[0],
  dialect: Dialect | undefined,
): string {
  return `${file} (${ipVersion}) ${(time / 1e6).toFixed(6)}  ${printEvent(event, dialect ?? "google")}`;
}
