/**
 * Where runs are done beside the main thread: a worker thread, or a process of its own for devices that need one. It is
 * given jobs one at a time and answers each with a report.
 */
import { parentPort } from "node:worker_threads";
import { LinkUnavailableError } from "../../node/unavailable.ts";
import type { ScriptJob, ScriptReport } from "./job.ts";
import { type Judge, runJob } from "./run-job.ts";

export type LaneMessage =
  | { readonly kind: "event"; readonly line: string }
  | { readonly kind: "report"; readonly report: ScriptReport }
  /** The machine cannot do it. */
  | { readonly kind: "unavailable"; readonly reason: string; readonly hint: string }
  | { readonly kind: "broken"; readonly message: string };

async function answer(job: ScriptJob, say: (message: LaneMessage) => void): Promise<void> {
  try {
    const tell = (line: string): void => say({ kind: "event", line });
    say({ kind: "report", report: runJob(job, tell, await judgeFor(job)) });
  } catch (error) {
    if (error instanceof LinkUnavailableError)
      say({ kind: "unavailable", reason: error.reason, hint: error.hint });
    else
      say({
        kind: "broken",
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
  }
}

async function judgeFor({ device }: ScriptJob): Promise<Judge | undefined> {
  if (device === "self") return undefined;
  return (await import("./kernel/judge.ts")).kernelJudge();
}

if (parentPort !== null) {
  const port = parentPort;
  port.on("message", (job: ScriptJob) => void answer(job, (message) => port.postMessage(message)));
} else {
  process.on("message", (job: ScriptJob) => void answer(job, (message) => void process.send!(message)));
  process.on("disconnect", () => process.exit());
  // Ctrl-C reaches this process too; whoever started it decides what that means.
  process.on("SIGINT", () => {});
}
