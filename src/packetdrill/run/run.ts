/**
 * Runs a script against a device: its events in their order, as the real tools do them. The interpreter is a sequence
 * of steps between waits, so that the same one runs on a virtual clock in no time and on a real one in real time.
 */
import { type Address, parseAddress } from "../../base/address.ts";
import { SocketError } from "../../base/errno.ts";
import type { Socket } from "../../stack/socket.ts";
import type { CallContext } from "../calls/call-context.ts";
import { Descriptors } from "../calls/descriptor.ts";
import { evaluateCode } from "../code/code-eval.ts";
import type { RunOptions } from "../language/options.ts";
import type { Code, Command, Event, Microseconds, Script } from "../language/script/script.ts";
import { Timestamps } from "../packets/timestamps.ts";
import { type CommandOutcome, runCommand } from "./commands.ts";
import type { Device } from "./device.ts";
import { fail, RunFailure } from "./failure.ts";
import { doCall } from "./run-calls.ts";
import { receivePacket, sendPacket } from "./run-packets.ts";
import type { RunState, Wait } from "./run-state.ts";
import { judgeStart, scheduleOf } from "./time.ts";
import { Tracker } from "./tracker.ts";

/** How a run ended. */
export interface RunOutcome {
  readonly failure?: RunFailure;
  /** The event that failed; absent when it was the script as a whole. */
  readonly event?: Event;
  readonly warnings: readonly string[];
  /** What code blocks printed. */
  readonly printed: readonly string[];
}

/** Nothing is waited for: whoever drives the run may look at its limits. */
const turn: Wait = { until: 0, ready: () => true };

/** The run as steps; between them time passes until the wait is over. */
export function* runSteps(
  script: Script,
  options: RunOptions,
  device: Device,
  observe: (event: Event, time: Microseconds) => void = () => undefined,
): Generator<Wait, RunOutcome> {
  const state = newState(script, options, device);
  let printed: readonly string[] = [];
  let current: Event | undefined;
  const failures: { failure: RunFailure; event?: Event }[] = [];
  try {
    if (script.init !== undefined) yield* prepare(state, script.init);
    device.begin?.();
    for (const event of script.events) {
      current = event;
      yield turn;
      yield* doEvent(state, event);
      observe(event, device.now());
      if (state.failure !== undefined) throw state.failure.failure;
    }
    current = undefined;
  } catch (error) {
    if (!(error instanceof RunFailure)) throw error;
    const event = state.failure?.failure === error ? state.failure.event : current;
    failures.push({ failure: error, ...(event && { event }) });
  }
  const cleanedUp = yield* cleanUp(state, failures.length > 0);
  if (cleanedUp !== undefined) failures.push({ failure: cleanedUp });
  if (failures.length === 0) {
    const code = evaluateCode(state.blocks);
    printed = code.printed;
    if (code.failure !== undefined) {
      const event = state.blockEvents[code.failure.block]!;
      failures.push({
        failure: new RunFailure("fail", `error executing code: ${code.failure.message}`),
        event,
      });
    }
  }
  if (failures.length === 0) {
    const hanging = yield* lastCall(state);
    if (hanging !== undefined) failures.push(hanging);
  }
  return { ...failures[0], warnings: state.warnings, printed };
}

function newState(script: Script, options: RunOptions, device: Device): RunState {
  const tracker = new Tracker({
    dialect: script.dialect,
    local: addressOf(options.localIp),
    remote: addressOf(options.remoteIp),
    bindPort: options.bindPort,
    connectPort: options.connectPort,
    anyip: options.isAnyip,
  });
  const calls: CallContext = {
    ...{ dialect: script.dialect, platform: device.platform, options, device, tracker },
    descriptors: new Descriptors(),
    stirred: () => state.poke(),
  };
  const state: RunState = {
    ...{ script, options, device, tracker, calls, timestamps: new Timestamps() },
    ...{ blocks: [], blockEvents: [], warnings: [], previous: undefined, blocked: false, failure: undefined },
    flowLabel: undefined,
    poke: () => undefined,
  };
  return state;
}

function addressOf(text: string): Address {
  return parseAddress(text.replace(/\/\d+$/, "")) ?? fail(`${text} is no address`);
}

/** A command without a time before the first event. */
function* prepare(state: RunState, command: Command): Generator<Wait, void> {
  const { status } = yield* runAndWait(state, command);
  if (status !== 0) fail(`error executing init command: non-zero status ${status}`);
}

/** Google's tool cleans up only after an init command that went well, nplab's always. */
function* cleanUp(state: RunState, failed: boolean): Generator<Wait, RunFailure | undefined> {
  const { script } = state;
  if (script.cleanup === undefined) return undefined;
  if (script.dialect === "google" && script.init === undefined) return undefined;
  try {
    const { status } = yield* runAndWait(state, script.cleanup);
    if (status !== 0 && !failed) fail(`error executing cleanup command: non-zero status ${status}`);
  } catch (error) {
    if (!(error instanceof RunFailure)) throw error;
    return error;
  }
  return undefined;
}

function* runAndWait(state: RunState, command: Command): Generator<Wait, CommandOutcome> {
  const { device } = state;
  const outcome = device.runCommand?.(command.text) ?? runCommand(command.text, device);
  if (outcome.duration > 0) yield* waitUntil(state, state.device.now() + outcome.duration);
  return outcome;
}

function* waitUntil(state: RunState, until: Microseconds): Generator<Wait, void> {
  yield { until, ready: () => state.failure !== undefined };
}

/** A call that still blocks at the end has a second to return. */
function* lastCall(state: RunState): Generator<Wait, { failure: RunFailure; event?: Event } | undefined> {
  if (!state.blocked) return state.failure;
  yield { until: state.device.now() + 1e6, ready: () => !state.blocked };
  if (!state.blocked) return state.failure;
  return {
    failure: new RunFailure("fail", "runtime error: exiting while a blocking system call is in progress"),
  };
}

function* doEvent(state: RunState, event: Event): Generator<Wait, void> {
  const { device, options } = state;
  device.settle();
  const schedule = scheduleOf(event, state.previous, device.now(), options);
  const { action } = event;
  const first = state.previous === undefined;
  state.previous = { event, schedule };
  if (action.kind === "packet" && action.direction === "outbound") {
    yield* receivePacket(state, event, action, schedule);
    return;
  }
  if (device.now() < schedule.start) yield* waitUntil(state, schedule.start);
  if (state.failure !== undefined) return;
  const late = first ? undefined : judgeStart(schedule, names[action.kind], device.now());
  if (late !== undefined) fail(late);
  switch (action.kind) {
    case "packet":
      sendPacket(state, action);
      device.settle();
      return;
    case "call":
      yield* doCall(state, event, action, schedule);
      return;
    case "command": {
      const { status } = yield* runAndWait(state, action);
      if (status !== 0) fail(`error executing \`${action.text}\` command: non-zero status ${status}`);
      return;
    }
    case "code":
      remember(state, event, action);
      return;
  }
}

const names = {
  packet: "inbound packet",
  call: "system call start",
  command: "command",
  code: "code",
} as const;

/** Code is run at the end, over what can be known now of the socket under test. */
function remember(state: RunState, event: Event, code: Code): void {
  const { current } = state.tracker;
  if (current?.socket === undefined || current.closed) fail("can't find a socket to get TCP info of");
  state.blocks.push({ text: code.text, variables: variablesOf(current.socket, state.device) });
  state.blockEvents.push(event);
}

function variablesOf(socket: Socket, device: Device): Readonly<Record<string, number>> {
  if (device.codeVariables !== undefined) return device.codeVariables(socket);
  try {
    return socket.getOption("TCP_INFO") as Record<string, number>;
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    return fail(`can't get TCP info: ${error.code}`);
  }
}
