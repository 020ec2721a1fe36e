/**
 * What happens to the text before the grammar sees it: branches of `#ifdef` that do not apply are blanked (nplab's
 * dialect), and words that are defined are replaced by their definitions.
 */
import type { Dialect, Platform } from "../script/script.ts";

export interface Source {
  readonly text: string;
  /** The offset in the author's text of an offset in `text`. */
  locate(offset: number): number;
}

/** Replaced: `from` in the new text is `original` in the old one, and so on from there. */
interface Edit {
  readonly from: number;
  readonly original: number;
}

/** The text as it is. */
export function plainSource(text: string): Source {
  return { text, locate: (offset) => offset };
}

/**
 * @param start where replacing begins: options are read before anything is defined.
 * @param definitions as `--define` has them; `"text"` and `` `text` `` keep their quotes.
 */
export function prepareSource(
  text: string,
  start: number,
  dialect: Dialect,
  platform: Platform,
  definitions: ReadonlyMap<string, string>,
): Source {
  const conditional =
    dialect === "nplab" && text.includes("#ifdef") ? blankBranches(text, platform, definitions) : text;
  return definitions.size === 0 ? plainSource(conditional) : replaceWords(conditional, start, definitions);
}

/** `#ifdef NAME … #endif`: no nesting, no else. What does not apply becomes blanks, its newlines stay. */
function blankBranches(text: string, platform: Platform, definitions: ReadonlyMap<string, string>): string {
  const parts: string[] = [];
  let copied = 0;
  const begin = /^[ \t]*#ifdef[ \t]+(\w+)/gm;
  const finish = /^[ \t]*#endif/gm;
  for (let found = begin.exec(text); found !== null; found = begin.exec(text)) {
    finish.lastIndex = begin.lastIndex;
    const end = finish.exec(text);
    if (end === null) break; // the grammar will stumble over the #ifdef
    const applies = found[1] === platform || definitions.has(found[1]!);
    const body = text.slice(begin.lastIndex, end.index);
    parts.push(
      text.slice(copied, found.index),
      blanks(found[0]),
      applies ? body : blanks(body),
      blanks(end[0]),
    );
    copied = finish.lastIndex;
    begin.lastIndex = copied;
  }
  parts.push(text.slice(copied));
  return parts.join("");
}

function blanks(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

function replaceWords(text: string, start: number, definitions: ReadonlyMap<string, string>): Source {
  const parts: string[] = [text.slice(0, start)];
  const edits: Edit[] = [];
  let length = start;
  let copied = start;
  let at = start;
  while (at < text.length) {
    const word = wordAt(text, at);
    if (word === "") {
      at = afterOpaque(text, at);
      continue;
    }
    const definition = definitions.get(word);
    if (definition !== undefined && !/^\d+$/.test(word)) {
      const replacement = asToken(definition);
      parts.push(text.slice(copied, at), replacement);
      length += at - copied + replacement.length;
      copied = at + word.length;
      edits.push({ from: length - replacement.length, original: at }, { from: length, original: copied });
    }
    at += word.length;
  }
  parts.push(text.slice(copied));
  return { text: parts.join(""), locate: (offset) => locate(edits, offset) };
}

const wordPattern = /\w+/y;

function wordAt(text: string, at: number): string {
  wordPattern.lastIndex = at;
  return wordPattern.exec(text)?.[0] ?? "";
}

/** Behind the comment, string, command or code that begins at `at`, or behind its one character. */
function afterOpaque(text: string, at: number): number {
  switch (text[at]) {
    case "/":
      if (text[at + 1] === "/") return after(text, "\n", at);
      return text[at + 1] === "*" ? after(text, "*/", at + 2) : at + 1;
    case "%":
      return text[at + 1] === "{" ? after(text, "}%", at) : at + 1;
    case '"':
    case "`":
      return afterQuoted(text, at);
    default:
      return at + 1;
  }
}

/** Behind the next `end`, or the end of a text without one: the grammar will say so. */
function after(text: string, end: string, at: number): number {
  const found = text.indexOf(end, at);
  return found < 0 ? text.length : found + end.length;
}

function afterQuoted(text: string, at: number): number {
  for (let next = at + 1; next < text.length; next++) {
    if (text[next] === "\\") next++;
    else if (text[next] === text[at]) return next + 1;
  }
  return text.length;
}

/** A complete C number counts as a number: `0x1f` and `017` are then decimal. */
function asToken(definition: string): string {
  if (/^-?0[xX][0-9a-fA-F]+$/.test(definition)) return String(parseInt(definition, 16));
  if (/^-?0[0-7]+$/.test(definition)) return String(parseInt(definition, 8));
  return definition;
}

function locate(edits: readonly Edit[], offset: number): number {
  let low = 0;
  let high = edits.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edits[middle]!.from <= offset) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return offset;
  const edit = edits[low - 1]!;
  return (low & 1) === 1 ? edit.original : edit.original + offset - edit.from;
}
