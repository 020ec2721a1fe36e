/** Time as the core sees it: given, never read. */

/** Milliseconds, monotonic, fractions allowed. */
export type Instant = number;

/** No deadline. */
export const never: Instant = Infinity;

/** Rings once when its instant has come. Setting it again replaces the instant; `never` silences it. */
export interface Alarm {
  set(instant: Instant): void;
}

/** Where the core gets its time: a real clock in a process, a virtual one in a simulation. */
export interface Clock {
  now(): Instant;
  /** A new, silent alarm. `ring` is never called from inside `set`. */
  alarm(ring: () => void): Alarm;
}
