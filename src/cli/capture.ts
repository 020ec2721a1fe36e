/** `--pcap FILE`: what passes on links, written as pcapng while it happens. */
import type { Clock, Instant } from "../base/clock.ts";
import { type CaptureOptions, captured } from "../link/capture.ts";
import type { Link } from "../link/link.ts";
import { type CaptureFile, openCaptureFile } from "../node/index.ts";
import { linkTypes, nanosecondsOf, pcapngInterface, pcapngPacket, pcapngSection } from "../wire/pcapng.ts";

export interface Capture {
  /** The link, watched from now on: an interface of the capture. */
  watch(link: Link, comment?: CaptureOptions["comment"]): Link;
  /** Finishes the file. @throws the error of a failed write. */
  close(): Promise<void>;
}

export interface CaptureSetup {
  readonly clock: Clock;
  /** Milliseconds since 1970 at the clock's instant 0. */
  readonly epoch: number;
  readonly comment: string;
}

/** @throws the system's error where the file cannot be made. */
export function openCapture(path: string, { clock, epoch, comment }: CaptureSetup): Capture {
  const file = openCaptureFile(path);
  const application = "harbormaster";
  file.write(pcapngSection({ hardware: "", operatingSystem: "", application, comment }));
  let interfaces = 0;
  return {
    watch: (link, say) => {
      const number = interfaces++;
      file.write(interfaceBlock(link));
      return captured(link, {
        clock,
        comment: say,
        sink: (packet) => writePacket(file, number, epoch, packet),
      });
    },
    close: () => file.close(),
  };
}

function interfaceBlock({ name, capabilities }: Link): Uint8Array {
  const linkType = capabilities.medium === "ip" ? linkTypes.ip : linkTypes.ethernet;
  return pcapngInterface({ linkType, snapLength: 0, name, description: "" });
}

function writePacket(
  file: CaptureFile,
  number: number,
  epoch: Instant,
  packet: Parameters<CaptureOptions["sink"]>[0],
): void {
  const { bytes, start, end } = packet;
  file.write(
    pcapngPacket({
      interface: number,
      nanoseconds: nanosecondsOf(epoch + packet.instant),
      bytes,
      start,
      end,
      originalLength: end - start,
      direction: packet.direction === "in" ? "inbound" : "outbound",
      comment: packet.comment ?? "",
    }),
  );
}
