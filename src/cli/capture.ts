/** `--pcap FILE`: what passes on links, written as pcapng while it happens. */
import type { Clock, Instant } from "../base/time/clock.ts";
import { type CapturedPacket, type CaptureOptions, captured } from "../link/capture.ts";
import type { Link } from "../link/link.ts";
import { openCaptureFile } from "../node/index.ts";

export interface Capture {
  /** The link, watched from now on: an interface of the capture. */
  watch(link: Link, comment?: CaptureOptions["comment"]): Link;
  /** Finishes the file. @throws the error of a write that failed, since when nothing was kept. */
  close(): Promise<void>;
}

export interface CaptureSetup {
  readonly clock: Clock;
  /** Milliseconds since 1970 at the clock's instant 0. */
  readonly epoch: Instant;
}

/** What may wait for the disk: virtual time does not stop for it. */
const limit = 256 << 20;

/** @throws the system's error where the file cannot be made. */
export function openCapture(path: string, { clock, epoch }: CaptureSetup): Capture {
  const file = openCaptureFile(path, { epoch, limit });
  let failure: unknown;
  const guarded = (sink: (packet: CapturedPacket) => void) => (packet: CapturedPacket) => {
    if (failure !== undefined) return;
    try {
      sink(packet);
    } catch (error) {
      failure = error;
    }
  };
  return {
    watch: (link, comment) => captured(link, { clock, comment, sink: guarded(file.sink(link)) }),
    close: async () => {
      await file.close();
      if (failure !== undefined) throw failure;
    },
  };
}
