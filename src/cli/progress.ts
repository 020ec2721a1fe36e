/** How far something long is, a download or a simulation: a bar on stderr where a person looks, nothing elsewhere. */
import { SingleBar } from "cli-progress";
import { bytesText, rateText } from "./render/quantities.ts";
import type { Output } from "./terminal.ts";

export interface Progress {
  /** `total` where it is known. */
  start(total: number | undefined): void;
  /** So much is done, after so many milliseconds. */
  update(done: number, elapsed: number): void;
  stop(): void;
}

const silent: Progress = { start: () => {}, update: () => {}, stop: () => {} };

/** Progress in bytes. */
export function progressOn(output: Output, label: string): Progress {
  return barOn(output, label, { done: bytesText, rate: rateText });
}

/** Progress in things, of which `unit` is the name of many. */
export function countingOn(output: Output, label: string, unit: string): Progress {
  return barOn(output, label, {
    done: (count) => `${count} ${unit}`,
    rate: (count, elapsed) => (elapsed > 0 ? `${Math.round((count * 1000) / elapsed)}/s` : ""),
  });
}

interface Texts {
  done(count: number): string;
  rate(count: number, elapsed: number): string;
}

function barOn(output: Output, label: string, { done, rate }: Texts): Progress {
  if (!output.interactive) return silent;
  const bar = new SingleBar({
    format: `${label} {bar} {percentage}% {done} {rate}`,
    barsize: 30,
    barCompleteChar: "━",
    barIncompleteChar: "─",
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 20,
    fps: 10,
    stream: process.stderr,
  });
  return {
    start: (total) => bar.start(total ?? 0, 0, { done: done(0), rate: "" }),
    update: (count, elapsed) => bar.update(count, { done: done(count), rate: rate(count, elapsed) }),
    stop: () => bar.stop(),
  };
}
