/** A script from its text to its verdict, against our own host. */

import { checkEvents } from "../language/check/check.ts";
import { maximumErrors, positionOf, type ScriptError, scriptError } from "../language/errors.ts";
import { type Parsed, type ParseSettings, parseScript } from "../language/grammar/parse.ts";
import { type RunOptions, resolveOptions } from "../language/options.ts";
import type { Event, Microseconds, Platform, ScriptOption } from "../language/script/script.ts";
import { applySysctls } from "./commands.ts";
import type { Device, LoggedPacket, RealDevice, VirtualDevice } from "./device.ts";
import { type FailureKind, RunFailure } from "./failure.ts";
import { hostDevice } from "./host-device.ts";
import { driveReally } from "./real.ts";
import { runSteps } from "./run.ts";
import { defaultLimits, driveVirtually, type Limits } from "./virtual.ts";

export interface RunSettings extends ParseSettings {
  /** Options of the command line; they win over those of the script. */
  readonly options?: readonly ScriptOption[];
  /** All that the stack leaves to chance comes from it. */
  readonly seed?: number | string;
  readonly limits?: Limits;
  /** Knobs to be set before the script; those the stack does not have are left. */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Told of each event once it has happened. */
  readonly observe?: (event: Event, time: Microseconds) => void;
  /** What the script is run against; our own host when left out. */
  readonly device?: (options: RunOptions, seed: number | string) => VirtualDevice | RealDevice;
}

export type Verdict = "pass" | FailureKind;

export interface RunResult {
  readonly result: Verdict;
  /** Of the failure, from 1; 0 where none is at fault. */
  readonly line: number;
  readonly message: string;
  /** Everything wrong with a script that could not be run. */
  readonly errors: readonly ScriptError[];
  /** The packet that was expected and the one that came. */
  readonly expected?: string;
  readonly actual?: string;
  readonly warnings: readonly string[];
  readonly printed: readonly string[];
  readonly packets: readonly LoggedPacket[];
  readonly virtualTime: Microseconds;
}

const nothing = { errors: [], warnings: [], printed: [], packets: [], virtualTime: 0 } as const;

/** Reads, checks and runs a script. Nothing is thrown for anything a script or a stack can do. */
export function runScript(text: string, settings: RunSettings = {}): RunResult {
  const platform: Platform = settings.platform ?? "Linux";
  const parsed = parseScript(text, settings);
  if (parsed.script === undefined) return notRun(allMistakes(parsed, text, platform));
  const { dialect, options: written } = parsed.script;
  const { options, errors, commandLineErrors } = resolveOptions(dialect, platform, written, settings.options);
  const family = options.ipVersion === "ipv6" ? 6 : 4;
  const mistakes = [
    ...commandLineErrors.map(({ message }) => scriptError(text, "semantic", 0, message)),
    ...errors.map(({ at, message }) => scriptError(text, "semantic", at, message)),
    ...checkEvents(parsed.events, text, { dialect, platform, family }),
  ];
  if (mistakes.length > 0) return notRun(mistakes);
  if (options.dryRun) return { ...nothing, result: "pass", line: 0, message: "" };
  const seed = settings.seed ?? 1;
  const device = settings.device?.(options, seed) ?? hostDevice({ options, seed });
  applySysctls(device, settings.sysctls ?? {});
  try {
    const steps = runSteps(parsed.script, options, device, settings.observe);
    const limits = settings.limits ?? defaultLimits;
    const outcome =
      "wait" in device ? driveReally(steps, device, limits) : driveVirtually(steps, device, limits);
    const { failure, event, warnings, printed } = outcome;
    return { ...verdict(failure, event?.at, text), ...told(device), warnings, printed };
  } catch (error) {
    if (!(error instanceof RunFailure)) throw error;
    return { ...verdict(error, undefined, text), ...told(device), warnings: [], printed: [] };
  } finally {
    device.close();
  }
}

function told(device: Device): Pick<RunResult, "packets" | "virtualTime" | "errors"> {
  return { packets: [...device.log], virtualTime: device.now(), errors: [] };
}

/**
 * Of a text that is no script: what keeps it from being read, and what is wrong with the events that could be. Those may
 * be over either IP version, and have to be wrong over both.
 */
function allMistakes({ dialect, events, errors }: Parsed, text: string, platform: Platform): ScriptError[] {
  const [four, six] = ([4, 6] as const).map((family) =>
    checkEvents(events, text, { dialect, platform, family }),
  );
  const wrong = new Set(six!.map(({ at }) => at));
  return [...errors, ...four!.filter(({ at }) => wrong.has(at))]
    .sort((a, b) => a.at - b.at)
    .slice(0, maximumErrors);
}

function notRun(errors: readonly ScriptError[]): RunResult {
  const first = errors[0]!;
  const result = errors.every((error) => error.kind === "unsupported") ? "unsupported" : "error";
  return { ...nothing, result, line: first.line, message: first.message, errors };
}

function verdict(
  failure: RunFailure | undefined,
  at: number | undefined,
  text: string,
): Pick<RunResult, "result" | "line" | "message" | "expected" | "actual"> {
  if (failure === undefined) return { result: "pass", line: 0, message: "" };
  const line = at === undefined ? 0 : positionOf(text, at).line;
  return { result: failure.kind, line, message: failure.message, ...failure.detail };
}
