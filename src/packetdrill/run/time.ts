/** When an event happens and how far from that it may. All times are microseconds since the start of the script. */
import type { Event, Microseconds } from "../language/script/script.ts";

export interface Schedule {
  /** When the event is due; the time the next one's tolerance counts from. */
  readonly start: Microseconds;
  /** End of a range, or of a blocking call. */
  readonly end: Microseconds | undefined;
  /** Any time will do. */
  readonly any: boolean;
  /** Either side of `start` and `end`. */
  readonly tolerance: Microseconds;
  /** For the end of a blocking call. */
  readonly endTolerance: Microseconds;
}

export interface ToleranceOptions {
  readonly toleranceUsecs: number;
  readonly tolerancePercent: number;
}

/** The event before, and when it was due. */
export interface Previous {
  readonly event: Event;
  readonly schedule: Schedule;
}

/**
 * @param now the clock as the event is reached: the event before has happened, or, a blocking call, begun.
 */
export function scheduleOf(
  event: Event,
  previous: Previous | undefined,
  now: Microseconds,
  options: ToleranceOptions,
): Schedule {
  const base = previous !== undefined && anchored(event, previous.event) ? previous.schedule.start : now;
  const { time, action } = event;
  const offset = time.form === "relative" || time.form === "relative-range" || time.form === "any" ? base : 0;
  const start = offset + (time.form === "any" ? 0 : time.start);
  const written = "end" in time ? time.end : action.kind === "call" ? action.end : undefined;
  const end = written === undefined ? undefined : offset + written;
  const distance = previous === undefined ? 0 : start - previous.schedule.start;
  return {
    ...{ start, end, any: time.form === "any" },
    tolerance: toleranceFor(distance, options),
    endTolerance: toleranceFor((end ?? start) - start, options),
  };
}

/** Inbound packets in a row are timed from each other, so that delays do not add up. */
function anchored(event: Event, before: Event): boolean {
  return isInbound(event) && isInbound(before);
}

function isInbound(event: Event): boolean {
  return event.action.kind === "packet" && event.action.direction === "inbound";
}

function toleranceFor(distance: Microseconds, options: ToleranceOptions): Microseconds {
  return Math.max(options.toleranceUsecs, (options.tolerancePercent / 100) * distance);
}

/** What is wrong with a packet that came at `time`, or undefined. */
export function judgePacket(schedule: Schedule, event: Event, time: Microseconds): string | undefined {
  const { start, end, tolerance, any } = schedule;
  if (any || (time >= start - tolerance && time <= (end ?? start) + tolerance)) return undefined;
  return `timing error: expected outbound packet ${expectedAt(schedule, event, time)}; tolerance ${seconds(tolerance)} sec`;
}

function expectedAt(schedule: Schedule, event: Event, time: Microseconds): string {
  const { start, end } = schedule;
  if (end === undefined) return `at ${seconds(start)} sec but happened at ${seconds(time)} sec`;
  if (event.time.form !== "relative-range") {
    return `in time range ${seconds(start)}~${seconds(end)} sec but happened at ${seconds(time)} sec`;
  }
  const base = start - event.time.start;
  const range = `+${seconds(start - base)}~+${seconds(end - base)}`;
  return `in relative time range ${range} sec but happened at +${seconds(time - base)} sec`;
}

/** What is wrong with doing something at `now`, or undefined. The first event is not judged. */
export function judgeStart(schedule: Schedule, what: string, now: Microseconds): string | undefined {
  return judgeAt(schedule.start, schedule.tolerance, what, now);
}

/** What is wrong with a blocking call that returned at `now`, or undefined. */
export function judgeEnd(schedule: Schedule, now: Microseconds): string | undefined {
  return judgeAt(schedule.end ?? schedule.start, schedule.endTolerance, "system call return", now);
}

function judgeAt(
  due: Microseconds,
  tolerance: Microseconds,
  what: string,
  now: Microseconds,
): string | undefined {
  if (Math.abs(now - due) <= tolerance) return undefined;
  const happened = `at ${seconds(due)} sec but happened at ${seconds(now)} sec`;
  return `timing error: expected ${what} ${happened}; tolerance ${seconds(tolerance)} sec`;
}

/** The last moment at which an expected packet is still waited for; undefined for one that may come at any time. */
export function deadlineOf(schedule: Schedule): Microseconds | undefined {
  return schedule.any ? undefined : (schedule.end ?? schedule.start) + schedule.tolerance;
}

function seconds(time: Microseconds): string {
  return (time / 1e6).toFixed(6);
}
