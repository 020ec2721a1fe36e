/** Where a text stops being JSON (RFC 8259): `JSON.parse` says it in words that differ by version, and not always the place. */

export interface JsonFault {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

/** Of a text that `JSON.parse` has refused. */
export function jsonFault(text: string): JsonFault {
  const at = new Scan(text).fault();
  const before = text.slice(0, at).split("\n");
  const what = at >= text.length ? "it ends too early" : `${JSON.stringify(text[at])} is not expected here`;
  return { line: before.length, column: before.at(-1)!.length + 1, what };
}

const space = /[ \t\n\r]*/y;
const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a string may not hold
const string = /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

/** What may stand next: a value, a value or `]`, a name, a name or `}`, a colon, or what follows a value. */
type Wanted = "value" | "value or ]" | "name" | "name or }" | ":" | "next";

class Scan {
  readonly #text: string;
  #at = 0;
  /** Closing brackets that are due, the innermost last. */
  readonly #open: ("]" | "}")[] = [];
  #wanted: Wanted = "value";

  constructor(text: string) {
    this.#text = text;
  }

  /** The offset of the first character that cannot be there; the length where some are missing. */
  fault(): number {
    for (;;) {
      this.#take(space);
      if (this.#at >= this.#text.length || !this.#step(this.#text[this.#at]!)) return this.#at;
    }
  }

  #step(next: string): boolean {
    const wanted = this.#wanted;
    if (wanted === "next") return this.#after(next);
    if (wanted === ":") return next === ":" && this.#go("value");
    if (wanted.startsWith("name")) {
      if (next === "}" && wanted === "name or }") return this.#close();
      return next === '"' && this.#string(":");
    }
    if (next === "]" && wanted === "value or ]") return this.#close();
    if (next === "[") return this.#enter("]", "value or ]");
    if (next === "{") return this.#enter("}", "name or }");
    if (next === '"') return this.#string("next");
    if (!this.#take(scalar)) return false;
    this.#wanted = "next";
    return true;
  }

  #after(next: string): boolean {
    const due = this.#open.at(-1);
    if (next === due) return this.#close();
    return next === "," && due !== undefined && this.#go(due === "]" ? "value" : "name");
  }

  #enter(closing: "]" | "}", wanted: Wanted): true {
    this.#open.push(closing);
    return this.#go(wanted);
  }

  #close(): true {
    this.#open.pop();
    return this.#go("next");
  }

  #string(then: Wanted): boolean {
    this.#take(string);
    if (this.#text[this.#at] !== '"') return false;
    return this.#go(then);
  }

  /** Past this character. */
  #go(wanted: Wanted): true {
    this.#at++;
    this.#wanted = wanted;
    return true;
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found !== "";
  }
}
