/** Virtual time as tests tell it: steps are due at, after or within times, and judged as those of a script are. */

import type { Packet } from "../packetdrill/language/script/packets.ts";
import type { Event, EventTime, Microseconds } from "../packetdrill/language/script/script.ts";
import type { VirtualDevice } from "../packetdrill/run/device.ts";
import {
  deadlineOf,
  judgePacket,
  type Previous,
  type Schedule,
  scheduleOf,
  type ToleranceOptions,
} from "../packetdrill/run/time.ts";

/** How long a packet that may come at any time is waited for, as the runner of scripts waits. */
const patience: Microseconds = 600e6;

/** Things that may happen in one wait: a stack that never comes to rest is stopped. */
const happenings = 5_000_000;

/** Now, as `+0` in a script. */
export const immediately: EventTime = { form: "relative", start: 0 };

/** Seconds as whole microseconds. @throws RangeError */
export function microseconds(seconds: number): Microseconds {
  if (!(seconds >= 0 && seconds <= 1e9))
    throw new RangeError(`a time is a number of seconds, not ${seconds}`);
  return Math.round(seconds * 1e6);
}

/** `start`, or anywhere from there to `end`. @throws RangeError */
export function timeOf(form: "absolute" | "relative", start: number, end: number | undefined): EventTime {
  if (end === undefined) return { form, start: microseconds(start) };
  if (end < start) throw new RangeError(`a range of time runs from ${start} to ${end}`);
  return { form: `${form}-range`, start: microseconds(start), end: microseconds(end) };
}

export class Timeline {
  readonly #device: VirtualDevice;
  readonly #tolerance: ToleranceOptions;
  #previous: Previous | undefined;

  constructor(device: VirtualDevice, tolerance: ToleranceOptions) {
    this.#device = device;
    this.#tolerance = tolerance;
  }

  now(): Microseconds {
    return this.#device.now();
  }

  /** When a packet is due, seen from now. */
  schedule(time: EventTime, direction: Packet["direction"]): Schedule {
    const event = eventOf(time, direction);
    const schedule = scheduleOf(event, this.#previous, this.now(), this.#tolerance);
    this.#previous = { event, schedule };
    return schedule;
  }

  /** Something else was done now: distances count from here. */
  mark(): void {
    this.schedule(immediately, "outbound");
  }

  /** The last moment at which a packet is waited for. */
  deadline(schedule: Schedule): Microseconds {
    return deadlineOf(schedule) ?? this.now() + patience;
  }

  /** What is wrong with a packet that came at `time`, or undefined. */
  judge(schedule: Schedule, time: EventTime, came: Microseconds): string | undefined {
    return judgePacket(schedule, eventOf(time, "outbound"), came);
  }

  /** Lets time pass up to and including `until`, or until `ready`. @throws Error where the stack never comes to rest */
  pass(until: Microseconds, ready: () => boolean): void {
    const device = this.#device;
    device.settle();
    for (let count = 0; !ready(); count++) {
      if (count > happenings) throw new Error("the stack does not come to rest");
      const next = device.next();
      if (next > until) {
        if (until > device.now()) device.advanceTo(until);
        return;
      }
      device.advanceTo(next);
    }
  }
}

function eventOf(time: EventTime, direction: Packet["direction"]): Event {
  const content = { protocol: "udp", length: 0 } as const;
  return { at: 0, time, action: { kind: "packet", at: 0, direction, outer: [], ip: {}, content } };
}
