/**
 * TCP timestamps of a script and of the wire. A value the script gives an outbound packet stands for the one the packet
 * had; an inbound packet may echo only what has been seen so.
 */
export class Timestamps {
  /** By script value, the last one seen on the wire. */
  readonly #live = new Map<number, number>();
  #first: { readonly script: number; readonly live: number } | undefined;

  /** An outbound packet had `live` where the script says `script`. */
  record(script: number, live: number): void {
    this.#live.set(script, live);
    this.#first ??= { script, live };
  }

  /**
   * What an inbound packet has to echo for `script`; undefined where no outbound packet had that value.
   * @param scaled any value goes, counted from the first pair (`--tcp_ts_ecr_scaled`).
   */
  echo(script: number, scaled: boolean): number | undefined {
    if (scaled && this.#first !== undefined) return (script - this.#first.script + this.#first.live) >>> 0;
    return this.#live.get(script);
  }

  /**
   * Microseconds by which an outbound value is off, counted from the first pair (`--tcp_ts_tick_usecs`); 0 for the
   * first itself.
   */
  error(script: number, live: number, tickUsecs: number): number {
    if (this.#first === undefined) return 0;
    const expected = (script - this.#first.script) | 0;
    const actual = (live - this.#first.live) | 0;
    return Math.abs(actual - expected) * tickUsecs;
  }
}
