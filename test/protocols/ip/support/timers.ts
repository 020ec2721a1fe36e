/** Timers for one machine alone: time passes when it is told to, and deadlines ring in order. */
import type { TimerId, TimerOwner, Timers } from "../../../../src/protocols/ip/timers.ts";

export class FakeTimers implements Timers {
  now = 0;
  readonly #owners: (TimerOwner | undefined)[] = [];
  readonly #deadlines: number[] = [];

  add(owner: TimerOwner): TimerId {
    this.#deadlines.push(Infinity);
    return this.#owners.push(owner) - 1;
  }

  remove(id: TimerId): void {
    this.#owners[id] = undefined;
    this.#deadlines[id] = Infinity;
  }

  arm(id: TimerId, deadline: number): void {
    this.#deadlines[id] = deadline;
  }

  disarm(id: TimerId): void {
    this.#deadlines[id] = Infinity;
  }

  get next(): number {
    return Math.min(Infinity, ...this.#deadlines);
  }

  advance(milliseconds: number): void {
    const until = this.now + milliseconds;
    for (let next = this.next; next <= until; next = this.next) {
      const id = this.#deadlines.indexOf(next);
      this.now = Math.max(this.now, next);
      this.#deadlines[id] = Infinity;
      this.#owners[id]?.timerExpired(id, this.now);
    }
    this.now = until;
  }
}
