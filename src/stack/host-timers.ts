/** The one timer of a host: a wheel of deadlines behind one alarm. */
import { type Alarm, type Instant, never } from "../base/time/clock.ts";
import { TimerWheel } from "../base/time/timer-wheel.ts";
import type { TimerId, TimerOwner, Timers } from "../protocols/ip/timers.ts";

export class HostTimers implements Timers {
  readonly #wheel: TimerWheel;
  readonly #owners: (TimerOwner | undefined)[] = [];
  readonly #alarm: Alarm;
  /** What the alarm is set to: never later than the earliest deadline. */
  #alarmAt: Instant = never;
  #now: Instant;
  #closed = false;
  readonly #fire = (id: TimerId): void => this.#owners[id]?.timerExpired(id, this.#now);

  /** `alarm` rings for {@link expire}. */
  constructor(now: Instant, alarm: Alarm) {
    this.#wheel = new TimerWheel(now);
    this.#alarm = alarm;
    this.#now = now;
  }

  /** Timers that were added and not removed. */
  get count(): number {
    return this.#wheel.count;
  }

  add(owner: TimerOwner): TimerId {
    const id = this.#wheel.add();
    this.#owners[id] = owner;
    return id;
  }

  remove(id: TimerId): void {
    this.#wheel.remove(id);
    this.#owners[id] = undefined;
  }

  /** A deadline put off leaves the alarm where it is: it will ring early, find nothing due, and be set anew. */
  arm(id: TimerId, deadline: Instant): void {
    this.#wheel.arm(id, deadline);
    if (deadline >= this.#alarmAt) return;
    this.#alarmAt = deadline;
    this.#alarm.set(deadline);
  }

  disarm(id: TimerId): void {
    this.#wheel.disarm(id);
  }

  /** `never` where it is not armed. */
  deadlineOf(id: TimerId): Instant {
    return this.#wheel.deadlineOf(id);
  }

  /** The earliest deadline of all, or `never`. */
  next(): Instant {
    return this.#wheel.next();
  }

  /** Tells the owners of all that is due. */
  expire(now: Instant): void {
    this.#now = now;
    this.#alarmAt = -Infinity;
    try {
      this.#wheel.expire(now, this.#fire);
    } finally {
      // Whatever an owner's callback has thrown: the others are still due.
      if (!this.#closed) this.#setAlarm();
    }
  }

  /** Silences the alarm for good. */
  close(): void {
    this.#closed = true;
    this.#alarmAt = -Infinity;
    this.#alarm.set(never);
  }

  #setAlarm(): void {
    this.#alarmAt = this.#wheel.next();
    this.#alarm.set(this.#alarmAt);
  }
}
