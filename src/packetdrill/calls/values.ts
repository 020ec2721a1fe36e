/** What the expressions of calls are worth. */

import { symbolValue } from "../language/names/symbols.ts";
import type { Expression, Platform } from "../language/script/script.ts";
import { fail } from "../run/failure.ts";

export type Struct = Extract<Expression, { type: "struct" }>;

/** The number of an integer, a constant, or several joined by `|`. */
export function numberOf(expression: Expression, platform: Platform): number {
  switch (expression.type) {
    case "integer":
      return expression.value;
    case "symbol": {
      const value = symbolValue(platform, expression.name);
      return value ?? fail(`unknown symbol: '${expression.name}'`);
    }
    case "or":
      return expression.operands.reduce((bits, operand) => or(bits, numberOf(operand, platform)), 0);
    case "conversion":
      return numberOf(expression.argument, platform);
    default:
      return fail(`Bad type: a number is expected here, not ${expression.type}`);
  }
}

/** Bits joined as 64-bit integers. */
function or(a: number, b: number): number {
  return Number(BigInt(a) | BigInt(b));
}

export function isEllipsis(expression: Expression): boolean {
  return expression.type === "ellipsis";
}

/** `...` is any buffer, `0` and NULL are none. */
export function isBuffer(expression: Expression): boolean {
  if (expression.type === "ellipsis") return true;
  if (expression.type === "null" || (expression.type === "integer" && expression.value === 0)) return false;
  return fail("Expected ... or NULL for buffer");
}

export function expectEllipsis(expression: Expression, what: string): void {
  if (expression.type !== "ellipsis") fail(`Bad type: ${what} is written ...`);
}

export function itemsOf(expression: Expression, what: string): readonly Expression[] {
  return expression.type === "list" ? expression.items : fail(`Bad type: ${what} is a list`);
}

/** The only item of `[value]`. */
export function itemOf(expression: Expression, what: string): Expression {
  const items = itemsOf(expression, what);
  return items.length === 1 ? items[0]! : fail(`Bad type: ${what} is a list of one`);
}

export function fieldOf(struct: Expression, name: string): Expression | undefined {
  if (struct.type !== "struct") return fail(`Bad type: a struct with ${name} is expected`);
  return struct.fields.find((field) => field.name === name)?.value;
}

/** The number of a field, or `absent` where the script leaves it out. */
export function fieldNumber(struct: Expression, name: string, platform: Platform, absent?: number): number {
  const value = fieldOf(struct, name);
  if (value === undefined) return absent ?? fail(`${name} is missing`);
  return numberOf(value, platform);
}

/** The text of a string with its escapes decoded, as bytes of Latin-1. */
export function textOf(expression: Expression): string | undefined {
  return expression.type === "string" ? decodeEscapes(expression.text) : undefined;
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  f: "\f",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

function decodeEscapes(raw: string): string {
  return raw.replace(/\\(?:x([0-9a-fA-F]{1,2})|([\s\S]))/g, (_all, digits?: string, character?: string) =>
    digits === undefined
      ? (escapes[character!] ?? character!)
      : String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** The lengths of `[{..., 10}, {..., 20}]`; their number is what `count` says. */
export function vectorLengths(list: Expression, count: Expression, platform: Platform): number[] {
  const items = itemsOf(list, "iov");
  const wanted = numberOf(count, platform);
  if (items.length !== wanted) fail(`iov has ${items.length} entries and its count is ${wanted}`);
  return items.map((item) => {
    if (item.type === "buffer") return numberOf(item.length, platform);
    return fieldNumber(item, "iov_len", platform);
  });
}

/** Some entry of a vector has a length and no buffer. */
export function lacksBuffer(list: Expression, platform: Platform): boolean {
  return itemsOf(list, "iov").some(
    (item) => item.type === "buffer" && !isBuffer(item.base) && numberOf(item.length, platform) > 0,
  );
}
