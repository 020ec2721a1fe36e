/** What a host sets for the ports of all its protocols. The names in brackets are Linux's sysctls. */

import { AlgorithmSettings } from "./algorithm-settings.ts";
import type { ReuseSettings } from "./hold/hold.ts";
import type { Profile } from "./profile.ts";
import { checkRange, isPort, type PortRange, portSet } from "./range.ts";
import type { PortBitmap } from "./table/bitmap.ts";

export class PortSettings {
  #range: PortRange;
  #reserved: readonly PortRange[] = [];
  #reservedSet: PortBitmap | undefined = undefined;
  #unprivilegedStart: number;
  #timeWaitReuse: ReuseSettings;
  /** Sockets with SO_REUSEADDR may be given a shared port when none is left to be had alone (ip_autobind_reuse). */
  autobindReuse = false;
  readonly algorithms: AlgorithmSettings;
  #stepWidth = 0;
  /** Called when something has changed that tables depend on. */
  readonly #changed: (what: "range" | "timeWaitReuse") => void;

  constructor(profile: Profile, changed: (what: "range" | "timeWaitReuse") => void) {
    this.#range = profile.range;
    this.algorithms = new AlgorithmSettings(profile);
    this.#unprivilegedStart = profile.unprivilegedStart;
    this.#timeWaitReuse = profile.reuse;
    this.#changed = changed;
  }

  /** Where ports are chosen from (ip_local_port_range). Setting it throws RangeError where it is no range. */
  get range(): PortRange {
    return this.#range;
  }

  set range(range: PortRange) {
    checkRange(range);
    this.#range = [range[0], range[1]];
    this.#changed("range");
  }

  /** Ports that are never chosen, but may be named (ip_local_reserved_ports). Setting it throws RangeError likewise. */
  get reserved(): readonly PortRange[] {
    return this.#reserved;
  }

  set reserved(ranges: readonly PortRange[]) {
    for (const [low, high] of ranges)
      if (!isPort(low) || !isPort(high) || low > high) throw new RangeError(`not ports: ${low}-${high}`);
    this.#reserved = ranges.map(([low, high]) => [low, high]);
    this.#reservedSet = portSet(ranges);
    this.#changed("range");
  }

  /** The reserved ports as a set; undefined where there are none. */
  get reservedSet(): PortBitmap | undefined {
    return this.#reservedSet;
  }

  /**
   * How far apart, at most, the ports lie that connect(2) tries one after the other, so that those behind a reserved block are
   * not taken more often than others; 0 for as near as can be (ip_local_port_step_width). Setting it throws RangeError likewise.
   */
  get stepWidth(): number {
    return this.#stepWidth;
  }

  set stepWidth(width: number) {
    if (!Number.isInteger(width) || width < 0) throw new RangeError(`not a number of ports: ${width}`);
    this.#stepWidth = width;
  }

  /** Naming a port below this needs privilege (ip_unprivileged_port_start). Setting it throws RangeError for no port. */
  get unprivilegedStart(): number {
    return this.#unprivilegedStart;
  }

  set unprivilegedStart(port: number) {
    if (!isPort(port)) throw new RangeError(`not a port: ${port}`);
    this.#unprivilegedStart = port;
  }

  /** When connect(2) may take over a resting five-tuple (tcp_tw_reuse, tcp_tw_reuse_delay). Holds are judged anew, their delay from now. */
  get timeWaitReuse(): ReuseSettings {
    return this.#timeWaitReuse;
  }

  set timeWaitReuse(settings: ReuseSettings) {
    this.#timeWaitReuse = { ...settings };
    this.#changed("timeWaitReuse");
  }
}
