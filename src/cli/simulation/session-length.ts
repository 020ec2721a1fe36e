/** How long sessions last: the same for all, or drawn. */
import type { Random } from "../../base/random.ts";

/** Milliseconds. */
export type SessionLength =
  | { readonly kind: "constant"; readonly length: number }
  | { readonly kind: "uniform"; readonly least: number; readonly most: number }
  | { readonly kind: "exponential"; readonly mean: number }
  | { readonly kind: "forever" };

/** `5`, `1-10`, `exp:5` in seconds, or `forever`; undefined where it is none of them. */
export function parseSessionLength(text: string): SessionLength | undefined {
  if (text === "forever") return { kind: "forever" };
  const match = /^(exp:)?(\d{1,7}(?:\.\d{1,6})?)(?:-(\d{1,7}(?:\.\d{1,6})?))?$/.exec(text);
  if (match === null) return undefined;
  const [first, last] = [Number(match[2]) * 1000, Number(match[3]) * 1000];
  if (match[3] === undefined)
    return match[1] === undefined
      ? { kind: "constant", length: first }
      : { kind: "exponential", mean: first };
  return match[1] === undefined && first <= last ? { kind: "uniform", least: first, most: last } : undefined;
}

export function formatSessionLength(session: SessionLength): string {
  switch (session.kind) {
    case "constant":
      return String(session.length / 1000);
    case "uniform":
      return `${session.least / 1000}-${session.most / 1000}`;
    case "exponential":
      return `exp:${session.mean / 1000}`;
    case "forever":
      return "forever";
  }
}

/** One session's length in milliseconds; Infinity for one that never ends. */
export function drawLength(session: SessionLength, chance: Random): number {
  switch (session.kind) {
    case "constant":
      return session.length;
    case "uniform":
      return session.least + unit(chance) * (session.most - session.least);
    case "exponential":
      return -Math.log(1 - unit(chance)) * session.mean;
    case "forever":
      return Number.POSITIVE_INFINITY;
  }
}

/** Uniform in [0, 1). */
function unit(chance: Random): number {
  return chance.uint32() / 0x1_0000_0000;
}
