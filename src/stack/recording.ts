/** Everything that passes the links of a network, as one pcapng file in memory: an interface for each link end. */
import type { Clock } from "../base/time/clock.ts";
import { captured } from "../link/capture.ts";
import type { Link } from "../link/link.ts";
import {
  linkTypes,
  nanosecondsOf,
  pcapngInterface,
  pcapngPacket,
  pcapngSection,
} from "../wire/capture/pcapng.ts";

export class Recording {
  readonly #clock: Clock;
  readonly #blocks: Uint8Array[] = [];
  #interfaces = 0;
  #length = 0;

  constructor(clock: Clock, application: string) {
    this.#clock = clock;
    this.#push(pcapngSection({ hardware: "", operatingSystem: "", application, comment: "" }));
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** The link, seen from its host; `name` is what the capture calls it. */
  of(link: Link, name: string): Link {
    const index = this.#interfaces++;
    const linkType = link.capabilities.medium === "ethernet" ? linkTypes.ethernet : linkTypes.ip;
    this.#push(pcapngInterface({ linkType, snapLength: 0, name, description: "" }));
    return captured(link, {
      clock: this.#clock,
      sink: ({ instant, direction, bytes, start, end, comment }) =>
        this.#push(
          pcapngPacket({
            interface: index,
            nanoseconds: nanosecondsOf(instant),
            bytes,
            start,
            end,
            originalLength: end - start,
            direction: direction === "in" ? "inbound" : "outbound",
            comment: comment ?? "",
          }),
        ),
    });
  }

  /** The file as it stands. */
  bytes(): Uint8Array {
    const file = new Uint8Array(this.#length);
    let at = 0;
    for (const block of this.#blocks) {
      file.set(block, at);
      at += block.length;
    }
    return file;
  }

  #push(block: Uint8Array): void {
    this.#blocks.push(block);
    this.#length += block.length;
  }
}
