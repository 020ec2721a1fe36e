/** The clock of a process: monotonic time, and alarms made of Node's timers. */
import type { Alarm, Clock, Instant } from "../base/time/clock.ts";
import { never } from "../base/time/clock.ts";

export interface SystemClockOptions {
  /** Whether an alarm that is set keeps the process alive, as a timer does. Default: `"keep-alive"`. */
  readonly alarms?: "keep-alive" | "unref" | undefined;
}

/** Node fires a longer timeout at once (2^31 - 1 ms, about 24.8 days). */
const longestTimeout = 0x7fffffff;

/** Milliseconds since the process started; alarms ring in the event loop. */
export function systemClock({ alarms = "keep-alive" }: SystemClockOptions = {}): Clock {
  return {
    now: () => performance.now(),
    alarm: (ring) => new SystemAlarm(ring, alarms === "keep-alive"),
  };
}

/**
 * One timer an alarm. A host moves its alarm with every batch of packets, mostly to a later instant: the timer then
 * stays as it is and is set anew when it fires too early. That also serves timeouts longer than Node's, and timers
 * that fire early because Node counts them from the start of the event loop's turn.
 */
class SystemAlarm implements Alarm {
  readonly #ring: () => void;
  readonly #keepAlive: boolean;
  readonly #fire: () => void;
  #instant: Instant = never;
  #timer: NodeJS.Timeout | undefined;
  /** When `#timer` fires. */
  #timerInstant: Instant = never;
  #immediate: NodeJS.Immediate | undefined;

  constructor(ring: () => void, keepAlive: boolean) {
    this.#ring = ring;
    this.#keepAlive = keepAlive;
    this.#fire = () => this.#fired();
  }

  set(instant: Instant): void {
    if (Number.isNaN(instant)) throw new RangeError("an alarm's instant must be a number");
    this.#instant = instant;
    if (instant === never) this.#silence();
    else if (this.#immediate === undefined) this.#arm();
  }

  #arm(): void {
    const timeout = this.#instant - performance.now();
    if (timeout <= 0) {
      this.#immediate = setImmediate(this.#fire);
      if (!this.#keepAlive) this.#immediate.unref();
    } else if (this.#timer === undefined || this.#timerInstant > this.#instant + 1) {
      clearTimeout(this.#timer);
      const wait = Math.min(Math.ceil(timeout), longestTimeout);
      this.#timerInstant = this.#instant - timeout + wait;
      this.#timer = setTimeout(this.#fire, wait);
      if (!this.#keepAlive) this.#timer.unref();
    }
  }

  /** The timer or the immediate came; the instant may have moved since it was set. */
  #fired(): void {
    this.#silence();
    if (this.#instant === never) return;
    if (performance.now() < this.#instant) this.#arm();
    else {
      this.#instant = never;
      this.#ring();
    }
  }

  #silence(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    this.#timer = undefined;
  }
}
