/** A broken promise of our own code: a bug here, never the caller's or the peer's fault. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws unless `condition` holds. Nothing in the project catches it. */
export function invariant(condition: unknown, reason: string): asserts condition {
  if (!condition) throw new InvariantError(reason);
}
