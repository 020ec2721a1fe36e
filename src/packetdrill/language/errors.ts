/** What is wrong with a script, and where: for people, with the line and a mark under the place. */
import type { Expectation } from "./grammar/grammar.ts";
import type { At } from "./script/script.ts";

/**
 * `syntax`: the text is not of the language; `semantic`: it is, and means nothing (a range that runs backwards);
 * `runtime`: the real tools find it only when they come to that line, such as an unknown symbol; `unsupported`: they
 * could run it and we cannot.
 */
export type ScriptErrorKind = "syntax" | "semantic" | "runtime" | "unsupported";

export interface ScriptError {
  readonly kind: ScriptErrorKind;
  readonly at: At;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What would have fitted, for a syntax error. */
  readonly expected: readonly string[];
  /** The line of the script. */
  readonly excerpt: string;
}

/** More than this many are not told of one script. */
export const maximumErrors = 20;

/** Where offset `at` of `text` is, counted from 1. A column is a UTF-16 code unit, a tab one column. */
export function positionOf(text: string, at: At): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let newline = text.indexOf("\n"); newline >= 0 && newline < at; newline = text.indexOf("\n", start)) {
    line++;
    start = newline + 1;
  }
  return { line, column: at - start + 1 };
}

export function scriptError(
  text: string,
  kind: ScriptErrorKind,
  at: At,
  message: string,
  expected: readonly string[] = [],
): ScriptError {
  const { line, column } = positionOf(text, at);
  const start = at - column + 1;
  const newline = text.indexOf("\n", start);
  const excerpt = text.slice(start, Math.min(newline < 0 ? text.length : newline, start + 400));
  return { kind, at, line, column, message, expected, excerpt };
}

/** `file:line:column: semantic error: …`, the line, and a caret under the place. */
export function formatScriptError(error: ScriptError, file: string): string {
  const indent = error.excerpt.slice(0, error.column - 1).replace(/[^\t]/g, " ");
  return `${file}:${error.line}:${error.column}: ${label(error)}${error.message}\n  ${error.excerpt.replace(/\r/g, "␍")}\n  ${indent}^`;
}

function label(error: ScriptError): string {
  return error.kind === "unsupported" ? "unsupported: " : `${error.kind} error: `;
}

/** The error of a text that could not be read on at `at`. */
export function syntaxError(text: string, at: At, expected: readonly Expectation[]): ScriptError {
  const known = wellKnown(text, at);
  if (known !== undefined) return scriptError(text, "syntax", at, known);
  const names = expectedNames(expected);
  const place = placeOf(text, at, names);
  const wanted = names.length === 0 ? "" : `, expected ${listed(names)}`;
  return scriptError(text, "syntax", place, `unexpected ${found(text, at)}${wanted}`, names);
}

/** Mistakes that have a name of their own. */
function wellKnown(text: string, at: At): string | undefined {
  if (text[at] === "\r") {
    return "a carriage return is no blank: lines end with a line feed alone (convert the file with dos2unix)";
  }
  if (text.startsWith("//", at)) return "a comment must end with a newline: the file ends inside it";
  if (text.startsWith("/*", at)) return "this comment has no end, */ is missing";
  if (text[at] === '"' && unclosed(text, at)) return 'this string has no end, " is missing';
  if (text[at] === "`" && unclosed(text, at)) return "this command has no end, ` is missing";
  if (text.startsWith("%{", at) && !text.includes("}%", at)) return "this code has no end, }% is missing";
  return undefined;
}

function unclosed(text: string, at: At): boolean {
  const quote = text[at];
  for (let next = at + 1; next < text.length; next++) {
    if (text[next] === "\\") next++;
    else if (text[next] === quote) return false;
  }
  return true;
}

/** When something is missing at the end of a line the parser notices on a later one: the mark belongs to the first. */
function placeOf(text: string, at: At, expected: readonly string[]): At {
  if (expected.includes("time")) return at;
  const before = text.slice(Math.max(0, at - 2000), at);
  const bare = before.replace(/(?:[ \t\n]|\/\/[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)+$/, "");
  return before.includes("\n", bare.length) ? at - before.length + bare.length : at;
}

function found(text: string, at: At): string {
  if (at >= text.length) return "end of the script";
  const word = /^(?:[A-Za-z0-9_]{1,40}|\.\.\.|[\s\S])/.exec(text.slice(at, at + 40))![0];
  return word === "\n" ? "end of line" : JSON.stringify(word);
}

/** Expectations as names without doubles, in the order of the grammar. */
function expectedNames(expected: readonly Expectation[]): string[] {
  const names = new Set<string>();
  for (const one of expected) {
    const name = expectationName(one);
    if (name !== undefined) names.add(name);
  }
  const chunks = [...names].filter((name) => /^"[A-Z_]{4,}"$/.test(name));
  if (chunks.length < 6) return [...names];
  return ["the name of a chunk, parameter or cause", ...[...names].filter((name) => !chunks.includes(name))];
}

function expectationName(expected: Expectation): string | undefined {
  if (expected.type === "end") return "end of the script";
  if (expected.type === "literal") return JSON.stringify(expected.text);
  if (expected.type === "other") return expected.description === "blank" ? undefined : expected.description;
  return undefined;
}

function listed(names: readonly string[]): string {
  if (names.length === 1) return names[0]!;
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
