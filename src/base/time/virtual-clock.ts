/** Time that passes when it is told to: simulations, tests, packetdrill scripts. */

import { invariant } from "../invariant.ts";
import { type Alarm, type Clock, type Instant, never } from "./clock.ts";

/** Rings in a row without time moving on; more is a livelock of ours. */
const patience = 10_000_000;

/**
 * A clock whose alarms ring in the order of their instants, and at one instant in the order they were set. An instant
 * that has passed means now.
 */
export class VirtualClock implements Clock {
  #now: Instant;
  /** Alarms set so far: their order among equals. */
  #settings = 0;
  /** A binary heap, the next to ring first. */
  readonly #heap: VirtualAlarm[] = [];
  readonly #reorder = (alarm: VirtualAlarm): void => this.#settle(alarm);

  constructor(now: Instant = 0) {
    this.#now = now;
  }

  now(): Instant {
    return this.#now;
  }

  alarm(ring: () => void): Alarm {
    return new VirtualAlarm(ring, this.#reorder);
  }

  /** When the next alarm rings, or `never`. */
  next(): Instant {
    return this.#heap[0]?.instant ?? never;
  }

  /** Rings what is due up to `instant`, each at its own time, and ends there. Time does not go back. */
  advanceTo(instant: Instant): void {
    this.run(instant);
    if (instant > this.#now && instant !== never) this.#now = instant;
  }

  /** Rings alarms until none is left, or none up to and including `until`. Time stops at the last one that rang. */
  run(until: Instant = never): void {
    let rings = 0;
    for (let first = this.#heap[0]; first !== undefined && first.instant <= until; first = this.#heap[0]) {
      if (first.instant > this.#now) {
        this.#now = first.instant;
        rings = 0;
      }
      invariant(++rings < patience, "time moves on");
      first.instant = never;
      this.#settle(first);
      first.ring();
    }
  }

  /** The alarm was set: puts it where it belongs. */
  #settle(alarm: VirtualAlarm): void {
    if (alarm.instant === never) {
      if (alarm.position >= 0) this.#takeOut(alarm);
      return;
    }
    if (alarm.instant < this.#now) alarm.instant = this.#now;
    alarm.order = this.#settings++;
    if (alarm.position < 0) alarm.position = this.#heap.push(alarm) - 1;
    this.#sift(alarm);
  }

  #takeOut(alarm: VirtualAlarm): void {
    const last = this.#heap.pop()!;
    if (last !== alarm) {
      last.position = alarm.position;
      this.#heap[last.position] = last;
      this.#sift(last);
    }
    alarm.position = -1;
  }

  /** Up, or else down, until parent and children are in order. */
  #sift(alarm: VirtualAlarm): void {
    const heap = this.#heap;
    let at = alarm.position;
    while (at > 0) {
      const parent = heap[(at - 1) >>> 1]!;
      if (!before(alarm, parent)) break;
      at = swap(heap, parent, at);
    }
    for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, alarm)) break;
      at = swap(heap, heap[child]!, at);
    }
    heap[at] = alarm;
    alarm.position = at;
  }
}

/** Moves `alarm` to position `to`, and says which it left. */
function swap(heap: VirtualAlarm[], alarm: VirtualAlarm, to: number): number {
  const from = alarm.position;
  heap[to] = alarm;
  alarm.position = to;
  return from;
}

function before(a: VirtualAlarm, b: VirtualAlarm): boolean {
  return a.instant < b.instant || (a.instant === b.instant && a.order < b.order);
}

class VirtualAlarm implements Alarm {
  readonly ring: () => void;
  readonly #settle: (alarm: VirtualAlarm) => void;
  instant: Instant = never;
  order = 0;
  /** In the heap; -1: silent. */
  position = -1;

  constructor(ring: () => void, settle: (alarm: VirtualAlarm) => void) {
    this.ring = ring;
    this.#settle = settle;
  }

  set(instant: Instant): void {
    if (Number.isNaN(instant)) throw new RangeError("an alarm is set to an instant, not NaN");
    this.instant = instant;
    this.#settle(this);
  }
}
