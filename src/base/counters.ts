/**
 * Named counters, as MIBs and `/proc/net/snmp` have them: `IpInDiscards`, `TcpRetransSegs`. The names are fixed when they are made, so
 * that a misspelt one does not compile and counting is an addition in a plain object.
 */

export class Counters<Name extends string> {
  readonly #values: Record<Name, number>;

  /** @param names In the order in which {@link entries} tells them. */
  constructor(names: readonly Name[]) {
    const values = {} as Record<Name, number>;
    for (const name of names) values[name] = 0;
    this.#values = values;
  }

  add(name: Name, count = 1): void {
    this.#values[name] += count;
  }

  get(name: Name): number {
    return this.#values[name];
  }

  /** All of them, zeros too. */
  entries(): [Name, number][] {
    return Object.entries(this.#values) as [Name, number][];
  }

  /** Those that have counted something, as plain data. */
  snapshot(): Partial<Record<Name, number>> {
    return Object.fromEntries(this.entries().filter(([, count]) => count > 0)) as Partial<
      Record<Name, number>
    >;
  }
}
