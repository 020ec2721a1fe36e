/** What a test did, as a script: what one reads when it fails, and what may be run as one. */
import { printSeconds } from "../packetdrill/language/print/print.ts";
import type { Microseconds } from "../packetdrill/language/script/script.ts";

export class Trace {
  readonly #head: string[] = [];
  readonly #lines: string[] = [];
  /** When the last line was done. */
  #clock: Microseconds = 0;

  /** An option or a command before the first event. */
  header(line: string): void {
    this.#head.push(line);
  }

  /** Something the test did at `now`. */
  did(line: string, now: Microseconds): void {
    this.#add(now - this.#clock, line);
    this.#clock = now;
  }

  /** A packet that was expected and came at `time`, looked at when the clock showed `now`. */
  came(line: string, time: Microseconds, now: Microseconds): void {
    if (time < this.#clock) this.#lines.push(`* ${line}`);
    else this.#add(time - this.#clock, line);
    this.#clock = now;
  }

  /** A remark. */
  note(text: string): void {
    this.#lines.push(`// ${text}`);
  }

  #add(distance: Microseconds, line: string): void {
    this.#lines.push(
      this.#lines.length === 0 && distance === 0 ? `0 ${line}` : `+${printSeconds(distance)} ${line}`,
    );
  }

  text(): string {
    return `${[...this.#head, ...this.#lines].join("\n")}\n`;
  }
}
