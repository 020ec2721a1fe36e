/** Chance from the operating system. */
import { randomBytes } from "node:crypto";
import { type Random, seededRandom } from "../base/random.ts";

/** A generator seeded with 256 bits of the system's entropy: different in every run. */
export function systemRandom(): Random {
  return seededRandom(randomBytes(32));
}
