/** Runs one job to its report. Whatever a script holds, there is one. */
import { readFileSync } from "node:fs";
import { guessDialect } from "../../packetdrill/language/dialect.ts";
import { formatScriptError } from "../../packetdrill/language/errors.ts";
import { harnessRuns } from "../../packetdrill/language/harness.ts";
import { printEvent } from "../../packetdrill/language/print.ts";
import type { Dialect, ScriptOption } from "../../packetdrill/language/script.ts";
import { linux3 } from "../../packetdrill/run/presets.ts";
import { type RunResult, type RunSettings, runScript } from "../../packetdrill/run/runner.ts";
import { defaultLimits } from "../../packetdrill/run/virtual.ts";
import { writeCapture } from "./capture.ts";
import type { DeviceName, ScriptJob, ScriptProfile, ScriptReport } from "./job.ts";
import { packetLines } from "./packet-lines.ts";

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
  const dialect = job.dialect ?? guessDialect(text);
  const profile = job.profile ?? profileOf(job.file, dialect);
  const harness = harnessRuns.find(({ ipVersion }) => ipVersion === job.ipVersion)!;
  const end = performance.now() + patience[job.device];
  return {
    ...(job.dialect !== undefined && { dialect: job.dialect }),
    platform: profile === "freebsd" ? "FreeBSD" : "Linux",
    define: new Map([...harness.define, ...job.define]),
    options: [...addressOptions(job, dialect), ...toleranceOptions(job.tolerance)],
    limits: { ...defaultLimits, expired: () => performance.now() > end },
    ...(profile === "linux3" && { sysctls: linux3 }),
    ...(job.events === "told" && { observe: (event, time) => tell(eventLine(job, time, event, dialect)) }),
  };
}

/** nplab's scripts for FreeBSD and for an older Linux lie in folders named so, and ETSI's are for FreeBSD. */
function profileOf(file: string, dialect: Dialect | undefined): ScriptProfile {
  if (/(?:^|\/)(?:bsd|nplab\+ETSI[^/]*|ETSI-SCTP[^/]*)\//i.test(file)) return "freebsd";
  return dialect !== "google" && /nplab[^/]*\/.*\blinux\//.test(file) ? "linux3" : "linux";
}

/** The addresses of Google's harness; nplab's gives its scripts none. */
function addressOptions(
  { harness, ipVersion }: ScriptJob,
  dialect: Dialect | undefined,
): readonly ScriptOption[] {
  if (harness === "official" && dialect !== "nplab")
    return harnessRuns.find((run) => run.ipVersion === ipVersion)!.options;
  return [{ at: 0, name: "ip_version", value: ipVersion }];
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
