/**
 * Timers by the hundred thousand: a hierarchical wheel (Varghese and Lauck, 1987) of intrusive lists in typed arrays.
 *
 * Six levels of 32 slots; a slot of level 0 is one millisecond wide, of each next level 32 times as wide. A timer
 * stands at the level of the highest base-32 digit in which its tick differs from the current one. So every timer of a level is
 * due before every timer of the next, and when time enters a slot of a higher level its timers move down into
 * levels that are empty. Deadlines stay exact: a slot only narrows down where to look for the earliest.
 */

import { invariant } from "../invariant.ts";
import { type Instant, never } from "./clock.ts";

const levelBits = 5;
const levels = 6;
const slotsPerLevel = 1 << levelBits;
/** Ticks the wheel can tell apart: 12 days of milliseconds. */
const horizon = 2 ** (levelBits * levels);
/** The slot for what lies beyond them. */
const farSlot = levels * slotsPerLevel;

/** Values of `#slot` for timers that stand in none. */
const idle = -1;
const expiring = -2;
const removed = -3;
const none = -1;

export class TimerWheel {
  // By timer.
  #deadline = new Float64Array(0);
  #slot = new Int16Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #freeIds: number[] = [];
  #used = 0;

  // By slot. A list is in the order of arming.
  readonly #head: Int32Array = new Int32Array(farSlot + 1).fill(none);
  readonly #tail: Int32Array = new Int32Array(farSlot + 1).fill(none);
  /** The earliest deadline in the slot; NaN where that timer has left, until someone asks. */
  readonly #earliest: Float64Array = new Float64Array(farSlot + 1).fill(never);
  /** Bit s of entry l: slot s of level l holds something. */
  readonly #occupied: Int32Array = new Int32Array(levels);

  /** The instant of tick 0. */
  #origin: Instant;
  /** The current tick: no timer stands in an earlier slot. */
  #tick = 0;
  #due = new Int32Array(16);
  #dueCount = 0;

  constructor(now: Instant) {
    this.#origin = Math.floor(now);
  }

  /** Timers there are, armed or idle. */
  get count(): number {
    return this.#used - this.#freeIds.length;
  }

  /** A new timer, idle. Ids are small integers; those of removed timers are given again. */
  add(): number {
    const id = this.#freeIds.pop() ?? this.#used++;
    if (id >= this.#slot.length) this.#grow();
    this.#slot[id] = idle;
    return id;
  }

  /** Disarms the timer for good. */
  remove(id: number): void {
    invariant(id >= 0 && id < this.#used && this.#slot[id] !== removed, "a timer is removed once");
    this.disarm(id);
    this.#slot[id] = removed;
    this.#freeIds.push(id);
  }

  /** Sets the deadline, whether one was set or not; `never` disarms. One that has passed is due at the next expiry. */
  arm(id: number, deadline: Instant): void {
    invariant(!Number.isNaN(deadline), "a deadline is an instant");
    if (this.#slot[id]! >= 0) this.#unlink(id);
    if (deadline === never) {
      this.#slot[id] = idle;
      return;
    }
    this.#deadline[id] = deadline;
    this.#link(id);
  }

  disarm(id: number): void {
    if (this.#slot[id]! >= 0) this.#unlink(id);
    this.#slot[id] = idle;
  }

  /** `never` where the timer is idle. */
  deadlineOf(id: number): Instant {
    const slot = this.#slot[id]!;
    return slot === idle || slot === removed ? never : this.#deadline[id]!;
  }

  /** The earliest deadline of all, or `never`. */
  next(): Instant {
    const slot = this.#firstSlot();
    if (slot < 0) return never;
    const earliest = this.#earliest[slot]!;
    return Number.isNaN(earliest) ? this.#findEarliest(slot) : earliest;
  }

  /**
   * Fires every timer whose deadline is not after `now`, by deadline and among equals in the order of arming; each is
   * idle when `fire` is told of it. What `fire` arms waits for the next call, even if it is due.
   */
  expire(now: Instant, fire: (id: number) => void): void {
    invariant(this.#dueCount === 0, "expire is not called from inside fire");
    this.#collect(now);
    const count = this.#dueCount;
    const due = this.#due;
    let at = 0;
    try {
      while (at < count) {
        const id = due[at++]!;
        if (this.#slot[id] !== expiring) continue; // disarmed or armed anew by an earlier one
        this.#slot[id] = idle;
        fire(id);
      }
    } finally {
      this.#dueCount = 0;
      for (; at < count; at++) if (this.#slot[due[at]!] === expiring) this.#link(due[at]!); // fire has thrown
    }
  }

  /** Takes all that is due out of the wheel into `#due`, in order, and brings the current tick to `now`. */
  #collect(now: Instant): void {
    const target = Math.min(Math.floor(now - this.#origin), horizon - 1);
    for (let slot = this.#firstSlot(); slot >= 0 && slot !== farSlot; slot = this.#firstSlot()) {
      const level = slot >>> levelBits;
      const shift = level * levelBits;
      const start = (((this.#tick >>> shift) & -slotsPerLevel) | (slot & (slotsPerLevel - 1))) << shift;
      if (start > target) break;
      this.#tick = start;
      if (level > 0) this.#relink(slot);
      else if (!this.#take(slot, now)) break;
    }
    if (target > this.#tick) this.#tick = target;
    if (now - this.#origin >= horizon) this.#moveOrigin(now);
  }

  /** Collects what is due in a slot of level 0, and says whether that left it empty. */
  #take(slot: number, now: Instant): boolean {
    const first = this.#dueCount;
    let sorted = true;
    for (let id = this.#head[slot]!, next = none; id !== none; id = next) {
      next = this.#next[id]!;
      const deadline = this.#deadline[id]!;
      if (deadline > now) continue;
      this.#unlink(id);
      this.#slot[id] = expiring;
      if (this.#dueCount > first && deadline < this.#deadline[this.#due[this.#dueCount - 1]!]!)
        sorted = false;
      this.#pushDue(id);
    }
    if (!sorted)
      this.#due.subarray(first, this.#dueCount).sort((a, b) => this.#deadline[a]! - this.#deadline[b]!); // stable: equals stay in the order of arming
    return this.#head[slot] === none;
  }

  #pushDue(id: number): void {
    if (this.#dueCount === this.#due.length) {
      const grown = new Int32Array(this.#due.length * 2);
      grown.set(this.#due);
      this.#due = grown;
    }
    this.#due[this.#dueCount++] = id;
  }

  /** Time has left the horizon, twelve days on: tick 0 is now, and whatever is armed finds its new place. */
  #moveOrigin(now: Instant): void {
    this.#origin = Math.floor(now);
    this.#tick = 0;
    this.#relink(farSlot);
    this.#collect(now);
  }

  #relink(slot: number): void {
    let id = this.#head[slot]!;
    this.#clear(slot);
    while (id !== none) {
      const next = this.#next[id]!;
      this.#link(id);
      id = next;
    }
  }

  #link(id: number): void {
    const deadline = this.#deadline[id]!;
    const slot = this.#slotFor(deadline);
    const last = this.#tail[slot]!;
    this.#slot[id] = slot;
    this.#previous[id] = last;
    this.#next[id] = none;
    this.#tail[slot] = id;
    if (last === none) {
      this.#head[slot] = id;
      this.#earliest[slot] = deadline;
      if (slot !== farSlot) this.#occupied[slot >>> levelBits]! |= 1 << (slot & (slotsPerLevel - 1));
    } else {
      this.#next[last] = id;
      if (deadline < this.#earliest[slot]!) this.#earliest[slot] = deadline;
    }
  }

  #unlink(id: number): void {
    const slot = this.#slot[id]!;
    const next = this.#next[id]!;
    const previous = this.#previous[id]!;
    if (next === none) this.#tail[slot] = previous;
    else this.#previous[next] = previous;
    if (previous === none) this.#head[slot] = next;
    else this.#next[previous] = next;
    if (next === previous)
      this.#clear(slot); // both none: it was alone
    else if (this.#deadline[id] === this.#earliest[slot]) this.#earliest[slot] = Number.NaN;
  }

  #clear(slot: number): void {
    this.#head[slot] = none;
    this.#tail[slot] = none;
    this.#earliest[slot] = never;
    if (slot !== farSlot) this.#occupied[slot >>> levelBits]! &= ~(1 << (slot & (slotsPerLevel - 1)));
  }

  #slotFor(deadline: Instant): number {
    const ticks = deadline - this.#origin;
    if (ticks >= horizon) return farSlot;
    const tick = ticks > this.#tick ? ticks | 0 : this.#tick;
    const highestBit = 31 - Math.clz32((tick ^ this.#tick) | 1);
    const level = (highestBit * 13) >>> 6; // highestBit / 5, for all that occur
    return (level << levelBits) | ((tick >>> (level * levelBits)) & (slotsPerLevel - 1));
  }

  /** The slot that holds the earliest timer, or -1. */
  #firstSlot(): number {
    const occupied = this.#occupied;
    for (let level = 0; level < levels; level++) {
      const bits = occupied[level]!;
      if (bits !== 0) return (level << levelBits) | (31 - Math.clz32(bits & -bits));
    }
    return this.#head[farSlot] === none ? -1 : farSlot;
  }

  #findEarliest(slot: number): Instant {
    let earliest = never;
    for (let id = this.#head[slot]!; id !== none; id = this.#next[id]!)
      if (this.#deadline[id]! < earliest) earliest = this.#deadline[id]!;
    this.#earliest[slot] = earliest;
    return earliest;
  }

  #grow(): void {
    const size = Math.max(16, this.#slot.length * 2);
    const deadline = new Float64Array(size);
    const slot = new Int16Array(size).fill(removed);
    const next = new Int32Array(size);
    const previous = new Int32Array(size);
    deadline.set(this.#deadline);
    slot.set(this.#slot);
    next.set(this.#next);
    previous.set(this.#previous);
    this.#deadline = deadline;
    this.#slot = slot;
    this.#next = next;
    this.#previous = previous;
  }
}
