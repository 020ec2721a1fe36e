/**
 * Coming back after a restart. A host that begins its counters anew offers its peers the very ports it had before, whose
 * connections they may still hold or rest; so it keeps its counters, or, where it has lost track of what it sent, keeps quiet
 * for a maximum segment lifetime (RFC 9293, section 3.4.3).
 */
import type { Instant } from "../../base/time/clock.ts";
import type { TransportProtocol } from "../binding.ts";
import type { Algorithms } from "../choice/algorithms.ts";
import type { Selections } from "../profile.ts";

/** What one algorithm of a protocol has counted: bind(2)'s selection, and then connect(2)'s where that has one of its own. */
type Counted = readonly Readonly<Record<string, number>>[];

/** Where the selections of each protocol stand; under `algorithms` those that were taken beside the usual one, by name. */
export type PortCounters = Readonly<Partial<Record<TransportProtocol, Counted>>> & {
  readonly algorithms?: Readonly<Partial<Record<TransportProtocol, Readonly<Record<string, Counted>>>>>;
};

export interface Restart {
  /** For so many milliseconds no TCP connection may begin: RFC 9293's MSL is 120,000. None where it is left out. */
  readonly quietTime?: number;
  /** As `PortManager.counters` gave them before the restart. Left out, all begin anew. */
  readonly counters?: PortCounters;
}

interface Choices {
  readonly algorithms: Algorithms;
}

/** What a port manager knows of its restart. */
export class Restarted {
  /** When the quiet time is over. */
  readonly quietUntil: Instant;
  readonly #counters: PortCounters;

  /** @throws RangeError for a quiet time that is none, TypeError for counters that are none */
  constructor({ quietTime = 0, counters = {} }: Restart, now: Instant) {
    if (!(Number.isFinite(quietTime) && quietTime >= 0))
      throw new RangeError(`not a span in milliseconds: ${quietTime}`);
    const { algorithms = {}, ...usual } = counters;
    const others = Object.values(algorithms).flatMap((one) => Object.values(one));
    for (const saved of [...Object.values(usual), ...others].flat())
      for (const [name, value] of Object.entries(saved))
        if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`not a counter: ${name} ${value}`);
    this.quietUntil = quietTime === 0 ? Number.NEGATIVE_INFINITY : now + quietTime;
    this.#counters = counters;
  }

  /** Counters and algorithms that are not known are left out: another profile may have been chosen since. */
  resume(protocol: TransportProtocol, { algorithms }: Choices): void {
    resumeSelections(algorithms.usual, this.#counters[protocol]);
    for (const [name, saved] of Object.entries(this.#counters.algorithms?.[protocol] ?? {}))
      if (algorithms.has(name)) resumeSelections(algorithms.named(name), saved);
  }

  /** Those of `spaces` as they stand; of protocols without one, as they were brought. */
  counters(
    spaces: Iterable<{ readonly protocol: TransportProtocol; readonly choice: Choices }>,
  ): PortCounters {
    const counters: Partial<Record<TransportProtocol, Counted>> = {};
    const others: Partial<Record<TransportProtocol, Record<string, Counted>>> = {};
    for (const { protocol, choice } of spaces) {
      counters[protocol] = countersOf(choice.algorithms.usual);
      for (const [name, made] of choice.algorithms.others) {
        others[protocol] ??= {};
        others[protocol][name] = countersOf(made);
      }
    }
    const algorithms = { ...this.#counters.algorithms, ...others };
    const all = { ...this.#counters, ...counters };
    return Object.keys(algorithms).length === 0 ? all : { ...all, algorithms };
  }
}

function resumeSelections({ bind, connect = bind }: Selections, saved: Counted = []): void {
  for (const [at, { cursors }] of [bind, connect].entries())
    for (const [name, value] of Object.entries(saved[at] ?? {}))
      if (cursors !== undefined && Object.hasOwn(cursors, name)) cursors[name] = value;
}

/** Those that have none, or more than a few, say nothing. */
function countersOf({ bind, connect }: Selections): Counted {
  const selections = connect === undefined || connect === bind ? [bind] : [bind, connect];
  return selections.map(({ cursors }) => ({ ...cursors }));
}
