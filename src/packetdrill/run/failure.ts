/** How a run ends early: thrown inside the runner, caught by it, told as its result. */

/**
 * `fail`: the stack did not do as the script says; `error`: the script cannot be run, which is its own fault;
 * `unsupported`: it can, but not by us or not by this stack.
 */
export type FailureKind = "fail" | "error" | "unsupported";

export interface FailureDetail {
  /** The packet that was expected and the one that came, as lines of a script. */
  readonly expected?: string;
  readonly actual?: string;
}

export class RunFailure extends Error {
  readonly kind: FailureKind;
  readonly detail: FailureDetail;

  constructor(kind: FailureKind, message: string, detail: FailureDetail = {}) {
    super(message);
    this.name = "RunFailure";
    this.kind = kind;
    this.detail = detail;
  }
}

export function fail(message: string, detail: FailureDetail = {}): never {
  throw new RunFailure("fail", message, detail);
}

export function unsupported(message: string): never {
  throw new RunFailure("unsupported", message);
}
