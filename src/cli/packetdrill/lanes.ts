/** Runs jobs, several at once where that is asked for, and gives their reports in the order of the jobs. */
import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { LinkUnavailableError } from "../../node/unavailable.ts";
import type { ScriptJob, ScriptReport } from "./job.ts";
import type { LaneMessage } from "./lane.ts";

/** Told as things happen. */
export interface Watcher {
  /** A line of a job's events. */
  event(line: string): void;
  /** Reports come in the order of the jobs. */
  report(report: ScriptReport): void;
  /** A run that did not pass will be tried again. */
  again(report: ScriptReport): void;
}

export interface Way {
  /** How many jobs are done at once. */
  readonly lanes: number;
  /** How often a run may fail until that is its report. */
  readonly tries: number;
  /** Ends everything once it resolves; what was not done then has no report. */
  readonly stop: Promise<unknown>;
}

/** A place where jobs are done one at a time. */
interface Lane {
  run(job: ScriptJob, event: (line: string) => void): Promise<ScriptReport>;
  close(): void;
}

/** @throws LinkUnavailableError where this machine cannot do it */
export async function runJobs(
  jobs: readonly ScriptJob[],
  { lanes: wanted, tries, stop }: Way,
  watcher: Watcher,
): Promise<void> {
  const count = Math.min(wanted, jobs.length);
  const lanes = await Promise.all(Array.from({ length: count }, () => openLane(jobs[0]!, count)));
  const done = new Map<number, ScriptReport>();
  let [next, told, stopped] = [0, 0, false];
  const work = async (lane: Lane): Promise<void> => {
    while (next < jobs.length && !stopped) {
      const index = next++;
      done.set(index, await runUntilPassed(lane, jobs[index]!, tries, watcher));
      for (let report = done.get(told); report !== undefined; report = done.get(told)) {
        done.delete(told++);
        watcher.report(report);
      }
    }
  };
  try {
    await Promise.race([Promise.all(lanes.map(work)), stop]);
  } finally {
    stopped = true;
    for (const lane of lanes) lane.close();
  }
}

/** A kernel in real time may have been busy: one pass in `tries` is enough, and every other try is told. */
async function runUntilPassed(
  lane: Lane,
  job: ScriptJob,
  tries: number,
  watcher: Watcher,
): Promise<ScriptReport> {
  for (let left = tries - 1; ; left--) {
    const report = await lane.run(job, (line) => watcher.event(line));
    if (left <= 0 || report.result !== "fail") return report;
    watcher.again(report);
  }
}

/** The kernel needs a process that can be ended whatever call it hangs in; a single lane of ours is this thread. */
async function openLane({ device }: ScriptJob, count: number): Promise<Lane> {
  if (device === "kernel") return remoteLane(openProcess);
  return count > 1 ? remoteLane(openWorker) : await ownLane();
}

async function ownLane(): Promise<Lane> {
  const { runJob } = await import("./run-job.ts");
  return {
    run: async (job, event) => {
      // Signals and the progress bar have their turn.
      await new Promise((resolve) => setImmediate(resolve));
      return runJob(job, event);
    },
    close: () => {},
  };
}

/** The other side of a lane that is not this thread. */
interface Peer {
  post(job: ScriptJob): void;
  onMessage(call: (message: LaneMessage) => void): void;
  /** It ended by itself. */
  onEnd(call: (why: string) => void): void;
  end(): void;
}

/** Real time that a job has, in milliseconds: the longest script waits for minutes. */
const patience = 15 * 60_000;

function remoteLane(open: () => Peer): Lane {
  let peer = open();
  return {
    run: (job, event) =>
      new Promise<ScriptReport>((resolve, reject) => {
        // The peer keeps this process alive, and nothing else should.
        const timer = setTimeout(() => lost("out of time"), patience).unref();
        const settle = (end: () => void): void => {
          clearTimeout(timer);
          end();
        };
        const lost = (why: string): void => {
          peer.end();
          peer = open();
          settle(() => resolve(lostReport(job, why)));
        };
        peer.onEnd(lost);
        peer.onMessage((message) => {
          if (message.kind === "event") event(message.line);
          else if (message.kind === "report") settle(() => resolve(message.report));
          else if (message.kind === "broken") settle(() => reject(new Error(message.message)));
          else settle(() => reject(new LinkUnavailableError(message.reason, message.hint)));
        });
        peer.post(job);
      }),
    close: () => peer.end(),
  };
}

function lostReport({ file, ipVersion, pcap }: ScriptJob, message: string): ScriptReport {
  return {
    ...{ file, family: ipVersion, result: "error", line: 0, message, errors: [], packets: [], pcap },
    ...{ warnings: [], printed: [], virtualSeconds: 0, realMilliseconds: 0 },
  };
}

/** From sources it is a source, from a build it is built. */
const entry = new URL(`./lane${extname(fileURLToPath(import.meta.url))}`, import.meta.url);

function openWorker(): Peer {
  const worker = new Worker(entry);
  return {
    post: (job) => worker.postMessage(job),
    onMessage: (call) => void worker.removeAllListeners("message").on("message", call),
    onEnd: (call) =>
      void worker
        .removeAllListeners("error")
        .on("error", (error) => call(`the worker ended: ${error.message}`)),
    end: () => void worker.removeAllListeners().terminate(),
  };
}

function openProcess(): Peer {
  const child = fork(fileURLToPath(entry), { serialization: "advanced" });
  return {
    post: (job) => void child.send(job),
    onMessage: (call) => void child.removeAllListeners("message").on("message", call),
    onEnd: (call) =>
      void child
        .removeAllListeners("exit")
        .on("exit", (code, signal) =>
          call(`the process that ran it ended (${signal ?? `exit code ${code}`})`),
        ),
    end: () => void child.removeAllListeners().kill("SIGKILL"),
  };
}
