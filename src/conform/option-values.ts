/** Option values: from the vectors' words to what setsockopt(2) is given. */
import { NotApplicableError } from "./device.ts";
import type { LingerValue, RangeValue } from "./schema.ts";

/** A reuseport group's program: which member, by the payload's first word modulo so many, or always the same one. */
export type SelectorProgram = { readonly modulo: number } | { readonly index: number };

/** An int, a text, or SO_LINGER's structure. */
export function optionValue(value: number | string | RangeValue | LingerValue): unknown {
  if (typeof value !== "object") return value;
  return "u32" in value ? value.u32 | 0 : { on: value.on !== 0, seconds: value.seconds };
}

/** A number in so many bytes, the least significant first. */
export function rawValue(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < Math.min(size, 4); at++) bytes[at] = value >>> (8 * at);
  return bytes;
}

/** @throws NotApplicableError for a program in words we do not know */
export function selectorValue(words: string): SelectorProgram {
  const match = /^(?:.*%\s*(\d+)|(\d+))$/.exec(words.trim());
  if (match === null) throw new NotApplicableError(`no selector ${words}`);
  return match[1] === undefined ? { index: Number(match[2]) } : { modulo: Number(match[1]) };
}
