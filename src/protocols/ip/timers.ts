/** Deadlines as a machine sets them. The host's one timer wheel stands behind this; tests put a smaller thing there. */
import type { Instant } from "../../base/time/clock.ts";

/** A number that stands for one deadline, from `add` until `remove`. */
export type TimerId = number;

/** Who is told. One owner may have many timers, and tells them apart by id. */
export interface TimerOwner {
  /** Deadline `id` has passed and is disarmed; arm it again at will. */
  timerExpired(id: TimerId, now: Instant): void;
}

export interface Timers {
  /** A new, disarmed timer. */
  add(owner: TimerOwner): TimerId;
  /** Gives the timer up; it never fires again. */
  remove(id: TimerId): void;
  /** Replaces the deadline. One that has passed already fires at the next turn, never from inside `arm`. */
  arm(id: TimerId, deadline: Instant): void;
  disarm(id: TimerId): void;
}
