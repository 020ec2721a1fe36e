/** How much is fuzzed and from which seed: FUZZ_INPUTS (in all files together) and FUZZ_SEED. */
import { toHex } from "../../src/base/text.ts";

const total = Number(process.env["FUZZ_INPUTS"] ?? 1_000_000);
export const fuzzSeed: string = process.env["FUZZ_SEED"] ?? "harbormaster";

/** Inputs of a file that does `share` of all the work. */
export function inputsOf(share: number): number {
  return Math.ceil(total * share);
}

/** Runs `work`, and says of what it throws which seed and which bytes did it. */
export function blame(seed: string, index: number, bytes: Uint8Array, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof Error)
      error.message += `\nFUZZ_SEED=${fuzzSeed}, ${seed}, input ${index}: ${toHex(bytes)}`;
    throw error;
  }
}
