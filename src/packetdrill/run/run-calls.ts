/** System calls of a script: done at once, or begun and left to end when they may. */
import type { CallResult, PreparedCall } from "../calls/call-result.ts";
import { prepareCall } from "../calls/calls.ts";
import { numberOf } from "../calls/values.ts";
import type { Call, Event, Microseconds } from "../language/script/script.ts";
import { fail, RunFailure } from "./failure.ts";
import type { RunState, Wait } from "./run-state.ts";
import { judgeEnd, type Schedule } from "./time.ts";

/** How long a call waits for one that still blocks. */
const queueing: Microseconds = 1e6;

export function* doCall(
  state: RunState,
  event: Event,
  call: Call,
  schedule: Schedule,
): Generator<Wait, void> {
  if (state.blocked) yield { until: state.device.now() + queueing, ready: () => !state.blocked };
  if (state.blocked && call.end !== undefined) {
    inCall(call, () =>
      fail("blocking system call while another blocking system call is already in progress"),
    );
  }
  const prepared = inCall(call, () => {
    const { device } = state;
    return device.prepareCall?.(call, state.calls) ?? prepareCall(call, state.calls);
  });
  const result = inCall(call, prepared.attempt);
  state.device.settle();
  if (result !== undefined) {
    finish(state, call, prepared, result);
    if (call.end !== undefined) judgeReturn(state, schedule);
    return;
  }
  if (call.end === undefined) {
    inCall(call, () => fail("this call blocks, and the script does not say until when"));
  }
  block(state, event, call, prepared, schedule);
}

/** What goes wrong in a call is told with its name; so are buffers nobody has the memory for. */
function inCall<Result>(call: Call, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError)
      throw new RunFailure("fail", `runtime error in ${call.name} call: ${error.message}`);
    if (!(error instanceof RunFailure) || error.kind !== "fail") throw error;
    throw new RunFailure(error.kind, `runtime error in ${call.name} call: ${error.message}`, error.detail);
  }
}

/** The call has not returned: every time something happens it is tried again. */
function block(state: RunState, event: Event, call: Call, prepared: PreparedCall, schedule: Schedule): void {
  state.blocked = true;
  let forget = (): void => undefined;
  const returns = (result: CallResult): void => {
    state.blocked = false;
    state.poke = () => undefined;
    forget();
    try {
      finish(state, call, prepared, result);
      judgeReturn(state, schedule);
    } catch (error) {
      if (!(error instanceof RunFailure)) throw error;
      state.failure = { failure: error, event };
    }
  };
  const { timeout } = prepared;
  if (timeout !== undefined) {
    const due = state.device.now() + timeout.milliseconds * 1000;
    forget = state.device.alarm(due, () => returns(timeout.result()));
  }
  state.poke = () => {
    const result = prepared.attempt();
    if (result !== undefined) returns(result);
  };
}

function judgeReturn(state: RunState, schedule: Schedule): void {
  const mistake = judgeEnd(schedule, state.device.now());
  if (mistake !== undefined) fail(mistake);
}

/** Compares the result with the script's, and takes note of what it changes. */
function finish(state: RunState, call: Call, prepared: PreparedCall, result: CallResult): void {
  const mistake = inCall(call, () => compare(state, call, prepared, result));
  if (mistake === undefined) {
    inCall(call, () => result.commit?.());
    return;
  }
  const message = `runtime error in ${call.name} call: ${mistake}`;
  if (!state.options.nonFatal.syscall) fail(message);
  state.warnings.push(message);
}

function compare(
  state: RunState,
  call: Call,
  prepared: PreparedCall,
  result: CallResult,
): string | undefined {
  const { platform } = state.calls;
  const expected = numberOf(call.result, platform);
  const { value, errno } = result;
  const because = errno === undefined ? "" : ` with errno ${errno}`;
  if (prepared.descriptor && expected >= 0) {
    if (value < 0) return `Expected non-negative result but got ${value}${because}`;
  } else if (value !== expected) {
    return `Expected result ${expected} but got ${value}${because}`;
  }
  if (call.errno !== undefined && !sameErrno(call.errno, errno)) {
    return `Expected errno ${call.errno} but got ${errno ?? "none"}`;
  }
  return result.verify?.();
}

/** EWOULDBLOCK is EAGAIN, and ENOTSUP is EOPNOTSUPP, on the platforms there are. */
const synonyms: Readonly<Record<string, string>> = { EWOULDBLOCK: "EAGAIN", ENOTSUP: "EOPNOTSUPP" };

function sameErrno(expected: string, actual: string | undefined): boolean {
  return (synonyms[expected] ?? expected) === actual;
}
