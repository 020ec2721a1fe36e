/** What a system call gives back, and how it is compared with what the script says. */
import { SocketError } from "../../base/errno.ts";

/** The result of a call; `verify` looks at what it wrote into its arguments, and says what is wrong. */
export interface CallResult {
  readonly value: number;
  /** Name of the errno of a call that failed. */
  readonly errno?: string;
  readonly verify?: () => string | undefined;
  /** Done once the result is as expected: the script's bookkeeping. */
  readonly commit?: () => void;
}

/** Tries the call: its result, or undefined while it blocks. */
export type Attempt = () => CallResult | undefined;

/** A call that may block. */
export interface PreparedCall {
  readonly attempt: Attempt;
  /** The result is a descriptor: any will do, when one is expected. */
  readonly descriptor?: true;
  /** What it gives when it has blocked for so many milliseconds. */
  readonly timeout?: { readonly milliseconds: number; readonly result: () => CallResult };
}

/** A call that is done at once. */
export function done(result: () => CallResult): PreparedCall {
  return { attempt: result };
}

/** What `work` returns, or the error it throws, as a kernel would say it. */
export function outcomeOf(work: () => number): CallResult {
  try {
    return { value: work() };
  } catch (error) {
    if (error instanceof SocketError) return { value: -1, errno: error.code };
    throw error;
  }
}

/** As {@link outcomeOf}, but that a call that would block has no outcome yet unless it must not block. */
export function unlessBlocked(mustNotBlock: boolean, work: () => number): CallResult | undefined {
  const result = outcomeOf(work);
  return result.errno === "EAGAIN" && !mustNotBlock ? undefined : result;
}

export function failed(errno: string): CallResult {
  return { value: -1, errno };
}
