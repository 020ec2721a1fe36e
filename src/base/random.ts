/** Chance as the core sees it: given, replayable, and forked by name so that one more draw here changes nothing there. */

export interface Random {
  /** A uniform 32-bit unsigned integer. */
  uint32(): number;
  /** A uniform integer in [0, bound); `bound` is 1 to 2^32. */
  below(bound: number): number;
  /** Fills `into` and returns it. */
  bytes(into: Uint8Array): Uint8Array;
  /** An independent stream that depends only on this one's seed and `name`, not on how much was drawn. */
  fork(name: string): Random;
}
