/**
 * What a script that reads well may still get wrong: times that run backwards, numbers out of range, options that do
 * not fill their words, names nobody knows. The rules are the real tools'; those they only find when they come to the
 * line have the kind "runtime".
 */

import { parseCode } from "../../code/code-parser.ts";
import { maximumErrors, type ScriptError, scriptError } from "../errors.ts";
import type { Code, Event, EventTime } from "../script/script.ts";
import { checkCall } from "./calls.ts";
import type { CheckContext, CheckSettings } from "./context.ts";
import { checkPacket } from "./packets.ts";

/** Everything wrong with the events, in their order. @param text of the script, for line numbers. */
export function checkEvents(events: readonly Event[], text: string, settings: CheckSettings): ScriptError[] {
  const errors: ScriptError[] = [];
  const context: CheckContext = {
    ...settings,
    report: (kind, at, message) => {
      if (errors.length < maximumErrors) errors.push(scriptError(text, kind, at, message));
    },
  };
  let previous: Event | undefined;
  for (const event of events) {
    if (errors.length === maximumErrors) break;
    checkTime(event, previous, context);
    const { action } = event;
    if (action.kind === "packet") checkPacket(action, context);
    else if (action.kind === "call") checkCall(action, context);
    else if (action.kind === "code") checkCode(action, context);
    previous = event;
  }
  return errors;
}

function checkCode(code: Code, context: CheckContext): void {
  const parsed = parseCode(code.text);
  if (!parsed.ok) context.report("unsupported", code.textAt + parsed.error.at, parsed.error.message);
}

function checkTime(event: Event, previous: Event | undefined, context: CheckContext): void {
  const { time, at, action } = event;
  const report = (message: string): void => context.report("semantic", at, message);
  const outbound = action.kind === "packet" && action.direction === "outbound";
  if (time.form === "any") {
    if (!outbound) report("only an outbound packet can come at any time (*)");
    return;
  }
  if (time.start < 0 || ("end" in time && time.end < 0)) report("a time cannot be negative");
  if (previous === undefined && time.start !== 0) report("the first event has to be at time 0");
  if ("end" in time) {
    if (!outbound) report("only an outbound packet can come within a range of time");
    if (time.end < time.start) report("this range of time runs backwards");
  }
  if (action.kind === "call" && action.end !== undefined && action.end < time.start) {
    report("this call would return before it began");
  }
  const before = previous && absoluteStart(previous.time);
  const now = absoluteStart(time);
  if (before !== undefined && now !== undefined && now < before) {
    report(`time goes backwards, from ${before / 1e6} s to ${now / 1e6} s`);
  }
}

/** Only two absolute times that follow each other can be compared. */
function absoluteStart(time: EventTime): number | undefined {
  return time.form === "absolute" || time.form === "absolute-range" ? time.start : undefined;
}
