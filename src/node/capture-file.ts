/** A capture on disk as pcapng, fed by the captures of any number of links (src/link/capture.ts). */
import type { CapturedPacket } from "../link/capture.ts";
import type { Link } from "../link/link.ts";
import {
  linkTypes,
  nanosecondsOf,
  type PcapngDirection,
  pcapngInterface,
  pcapngPacket,
  pcapngSection,
} from "../wire/capture/pcapng.ts";
import { type BlockFile, openBlockFile } from "./block-file.ts";

export interface CaptureFileOptions {
  /** What is added to instants to make them milliseconds since 1970. Default: right for `systemClock`. */
  readonly epoch?: number | undefined;
  /** Bytes that may wait for the disk; packets beyond are left out. Default: 16 MiB. */
  readonly limit?: number | undefined;
}

export interface CaptureFile {
  /** Packets that were left out because the disk was too slow. */
  readonly dropped: number;
  /**
   * A sink for packets of one link, which becomes an interface of the capture.
   * The sink throws the error of an earlier write, once.
   */
  sink(link: Pick<Link, "name" | "capabilities">): (packet: CapturedPacket) => void;
  /** Writes what waits and closes the file. Idempotent. @throws the error of a failed write */
  close(): Promise<void>;
}

/** Opens `path` for a capture, emptied if it is there. @throws the system's error, ENOENT, EACCES ... */
export function openCaptureFile(path: string, options: CaptureFileOptions = {}): CaptureFile {
  const { epoch = performance.timeOrigin, limit } = options;
  const file = openBlockFile(path, { limit });
  file.write(pcapngSection({ application: "harbormaster", hardware: "", operatingSystem: "", comment: "" }));
  let interfaces = 0;
  let closed = false;
  return {
    get dropped() {
      return file.dropped;
    },
    sink: ({ name, capabilities }) => {
      const linkType = linkTypes[capabilities.medium];
      if (!file.write(pcapngInterface({ linkType, snapLength: 0, name, description: "" })))
        throw new Error("too much is waiting for the disk to add an interface to the capture");
      const write = packetSink(file, interfaces++, epoch);
      // A link may outlive its capture; what comes then is nobody's mistake.
      return (packet) => {
        if (!closed) write(packet);
      };
    },
    close: () => {
      closed = true;
      return file.close();
    },
  };
}

const directions: Readonly<Record<CapturedPacket["direction"], PcapngDirection>> = {
  in: "inbound",
  out: "outbound",
};

function packetSink(file: BlockFile, index: number, epoch: number): (packet: CapturedPacket) => void {
  return ({ instant, direction, bytes, start, end, comment = "" }) => {
    file.write(
      pcapngPacket({
        interface: index,
        nanoseconds: nanosecondsOf(epoch + instant),
        bytes,
        start,
        end,
        originalLength: end - start,
        direction: directions[direction],
        comment,
      }),
    );
  };
}
