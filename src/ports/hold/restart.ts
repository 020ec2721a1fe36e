/**
 * Coming back after a restart. A host that begins its counters anew offers its peers the very ports it had before, whose
 * connections they may still hold or rest; so it keeps its counters, or, where it has lost track of what it sent, keeps quiet
 * for a maximum segment lifetime (RFC 9293, section 3.4.3).
 */
import type { Instant } from "../../base/clock.ts";
import type { TransportProtocol } from "../binding.ts";
import type { Selection } from "../selection.ts";

/** Where the selections of each protocol stand: bind(2)'s, and then connect(2)'s where that has one of its own. */
export type PortCounters = Readonly<
  Partial<Record<TransportProtocol, readonly Readonly<Record<string, number>>[]>>
>;

export interface Restart {
  /** For so many milliseconds no TCP connection may begin: RFC 9293's MSL is 120,000. None where it is left out. */
  readonly quietTime?: number;
  /** As `PortManager.counters` gave them before the restart. Left out, all begin anew. */
  readonly counters?: PortCounters;
}

interface Choices {
  readonly bind: Selection;
  readonly connect: Selection | undefined;
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
    for (const saved of Object.values(counters).flat())
      for (const [name, value] of Object.entries(saved))
        if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`not a counter: ${name} ${value}`);
    this.quietUntil = quietTime === 0 ? Number.NEGATIVE_INFINITY : now + quietTime;
    this.#counters = counters;
  }

  /** Counters that a selection does not know are left out: another profile may have been chosen since. */
  resume(protocol: TransportProtocol, { bind, connect = bind }: Choices): void {
    const saved = this.#counters[protocol];
    for (const [at, { cursors }] of [bind, connect].entries())
      for (const [name, value] of Object.entries(saved?.[at] ?? {}))
        if (cursors !== undefined && Object.hasOwn(cursors, name)) cursors[name] = value;
  }

  /** Those of `spaces` as they stand; of protocols without one, as they were brought. */
  counters(
    spaces: Iterable<{ readonly protocol: TransportProtocol; readonly choice: Choices }>,
  ): PortCounters {
    const counters: { -readonly [protocol in TransportProtocol]?: PortCounters[protocol] & object } = {};
    for (const { protocol, choice } of spaces) counters[protocol] = countersOf(choice);
    return { ...this.#counters, ...counters };
  }
}

/** The counters of one protocol's selections; those that have none, or more than a few, say nothing. */
function countersOf({ bind, connect }: Choices): Readonly<Record<string, number>>[] {
  const selections = connect === undefined || connect === bind ? [bind] : [bind, connect];
  return selections.map(({ cursors }) => ({ ...cursors }));
}
