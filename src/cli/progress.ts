/** How far a download is: a bar on stderr where a person looks, nothing elsewhere. */
import { SingleBar } from "cli-progress";
import { bytesText, rateText } from "./render/quantities.ts";
import type { Output } from "./terminal.ts";

export interface Progress {
  /** `total` where it is known. */
  start(total: number | undefined): void;
  /** Bytes so far, after so many milliseconds. */
  update(bytes: number, elapsed: number): void;
  stop(): void;
}

const silent: Progress = { start: () => {}, update: () => {}, stop: () => {} };

export function progressOn(output: Output, label: string): Progress {
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
    start: (total) => bar.start(total ?? 0, 0, { done: bytesText(0), rate: "" }),
    update: (bytes, elapsed) => bar.update(bytes, { done: bytesText(bytes), rate: rateText(bytes, elapsed) }),
    stop: () => bar.stop(),
  };
}
