/** How many runs are done: a bar on stderr where a person looks, nothing elsewhere. */
import { SingleBar } from "cli-progress";
import type { Output } from "../terminal.ts";

export interface Bar {
  update(done: number, failed: number): void;
  /** Writes while the bar is out of the way. */
  aside(write: () => void): void;
  stop(): void;
}

const silent: Bar = { update: () => {}, aside: (write) => write(), stop: () => {} };

export function barOn(output: Output, total: number): Bar {
  if (!output.interactive || total < 2) return silent;
  const bar = new SingleBar({
    format: "packetdrill {bar} {value}/{total} {failed}",
    ...{ barsize: 30, barCompleteChar: "━", barIncompleteChar: "─", hideCursor: true, clearOnComplete: true },
    ...{ fps: 10, stream: process.stderr },
  });
  const failedText = (failed: number): string => (failed === 0 ? "" : `${failed} failed`);
  bar.start(total, 0, { failed: "" });
  return {
    update: (done, failed) => bar.update(done, { failed: failedText(failed) }),
    aside: (write) => {
      // The bar's line is emptied first; the next update draws it again below.
      output.write("\r\x1b[K");
      write();
    },
    stop: () => bar.stop(),
  };
}
