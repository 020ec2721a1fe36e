/** How a command ends when it does not end well: what is said, and the exit code. */
import { CommanderError } from "commander";
import { SocketError } from "../base/errno.ts";
import { LinkUnavailableError } from "../node/unavailable.ts";
import type { Terminal } from "./terminal.ts";

/** 0 ok, 1 failed, 2 wrong usage, 3 this machine cannot do it as it is, 130 interrupted. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  environment: 3,
  interrupted: 130,
  terminated: 143,
} as const;

/** The command was given what it cannot work with. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command could not do what it was asked to. */
export class FailedError extends Error {
  override readonly name = "FailedError";
}

/** A signal ended it; everything was closed. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  readonly signal: "SIGINT" | "SIGTERM";
  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** Says on stderr what went wrong, unless commander has done so, and gives the exit code. */
export function report(error: unknown, { err }: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof InterruptedError)
    return error.signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
  const { red, bold } = err.colours;
  const say = (text: string): void => err.write(`${red("error:")} ${text}\n`);
  if (error instanceof LinkUnavailableError) {
    say(error.reason);
    err.write(`${bold("to do:")} ${error.hint}\n`);
    return exitCodes.environment;
  }
  if (error instanceof UsageError) {
    say(error.message);
    return exitCodes.usage;
  }
  if (error instanceof FailedError || error instanceof SocketError || isSystemError(error)) {
    say(error.message);
    return exitCodes.failed;
  }
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return exitCodes.failed;
}

/** A file that is not there, a name that does not resolve: told by its text, without a stack. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === "string";
}
