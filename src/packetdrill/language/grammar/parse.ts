/** From the text of a script to its tree, or to everything that is wrong with it. */
import { definitionsOf } from "../defines.ts";
import { guessDialect } from "../dialect.ts";
import { maximumErrors, type ScriptError, scriptError, syntaxError } from "../errors.ts";
import type { Dialect, Event, Platform, Script } from "../script/script.ts";
import { type Reading, read } from "./read.ts";
import { plainSource, prepareSource, type Source } from "./source.ts";

export interface ParseSettings {
  /** Guessed from the text when left out: google's, unless only nplab's can read it. */
  readonly dialect?: Dialect;
  /** Decides `#ifdef`; Linux when left out. */
  readonly platform?: Platform;
  /** Definitions of the command line, `-D NAME=VALUE`; they win over those of the script. */
  readonly define?: ReadonlyMap<string, string>;
}

export interface Parsed {
  readonly dialect: Dialect;
  /** Absent when there is a syntax error. */
  readonly script?: Script;
  /** The events that could be read, also of a script with syntax errors. */
  readonly events: readonly Event[];
  /** Syntax errors in the order of the text. */
  readonly errors: readonly ScriptError[];
}

/** Characters of the longest script that is read. */
export const maximumLength: number = 4 * 1024 * 1024;

/**
 * Reads a script. Nothing is thrown: a text that is not of the language gives its errors, up to twenty.
 * Whether the script means anything is the question of check.ts.
 */
export function parseScript(text: string, settings: ParseSettings = {}): Parsed {
  const dialect = settings.dialect ?? guessDialect(text);
  if (text.length > maximumLength) return tooLong(text, dialect ?? "google");
  if (dialect !== undefined) return parseIn(dialect, text, settings);
  const asGoogle = parseIn("google", text, settings);
  if (asGoogle.script !== undefined) return asGoogle;
  const asNplab = parseIn("nplab", text, settings);
  return asNplab.script === undefined ? asGoogle : asNplab;
}

function tooLong(text: string, dialect: Dialect): Parsed {
  const message = `a script has at most ${maximumLength} characters, this one has ${text.length}`;
  return { dialect, events: [], errors: [scriptError(text, "syntax", 0, message)] };
}

function parseIn(dialect: Dialect, text: string, settings: ParseSettings): Parsed {
  try {
    const source = prepare(dialect, text, settings);
    const reading = read(source.text, "Script", dialect, source.locate);
    if (reading.head !== undefined && reading.end === source.text.length) {
      const { options, init, cleanup } = reading.head;
      const script = {
        ...{ dialect, options, events: reading.events },
        ...(init && { init }),
        ...(cleanup && { cleanup }),
      };
      return { dialect, script, events: reading.events, errors: [] };
    }
    return { dialect, ...collectErrors(dialect, text, source, reading) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { dialect, events: [], errors: [scriptError(text, "syntax", deepest(text), "nested too deeply")] };
  }
}

/** Definitions are in force, and branches chosen, before the grammar sees the text. */
function prepare(dialect: Dialect, text: string, settings: ParseSettings): Source {
  const define = settings.define ?? new Map<string, string>();
  const conditional = dialect === "nplab" && text.includes("#ifdef");
  if (!conditional && define.size === 0 && !text.includes("--define")) return plainSource(text);
  const platform = settings.platform ?? "Linux";
  const first = prepareSource(text, text.length, dialect, platform, define);
  const options = read(first.text, "Options", dialect, first.locate);
  const definitions = new Map([...definitionsOf(options.head?.options ?? []), ...define]);
  return prepareSource(text, options.end, dialect, platform, definitions);
}

/** One error, and then on from the next line that looks like an event, until the end. */
function collectErrors(
  dialect: Dialect,
  text: string,
  source: Source,
  first: Reading,
): { events: Event[]; errors: ScriptError[] } {
  const events: Event[] = [];
  const errors: ScriptError[] = [];
  let base = 0;
  let reading = first;
  while (errors.length < maximumErrors) {
    const at = base + reading.failure.at;
    events.push(...wholeEvents(reading, text, source.locate(at)));
    const error = syntaxError(text, source.locate(at), reading.failure.expected);
    errors.push(error);
    if (text[error.at] === "\r") break;
    const next = nextEvent(source.text, at, reading.failure.at);
    if (next === undefined) break;
    base = next;
    const from = base;
    reading = read(source.text.slice(base), "Events", dialect, (offset) => source.locate(from + offset));
    if (base + reading.end === source.text.length) {
      events.push(...reading.events);
      break;
    }
  }
  return { events, errors };
}

/** A line that begins as an event does: a time, and behind it a packet, a command, code or a call. */
const eventStart =
  /^[ \t]*(?:\*|\+?[ \t]*(?:\d*\.\d+|\d+)(?:[ \t]*~[ \t]*\+?[ \t]*(?:\d*\.\d+|\d+))?)[ \t]*(?:[<>`]|%\{|(?:\.\.\.[ \t]*[\d.]+[ \t]*)?[A-Za-z_]\w*[ \t]*\()/gm;

/** The events before an error, without one that it cuts short: none begins between that one and the error. */
function wholeEvents(reading: Reading, text: string, at: number): readonly Event[] {
  const last = reading.events.at(-1);
  if (last === undefined) return reading.events;
  eventStart.lastIndex = 0;
  const whole = eventStart.test(text.slice(endOfLine(text, last.at), at + 80));
  return whole ? reading.events : reading.events.slice(0, -1);
}

function nextEvent(text: string, at: number, progress: number): number | undefined {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  eventStart.lastIndex = lineStart === at && progress > 0 ? at : endOfLine(text, at);
  return eventStart.exec(text)?.index;
}

function endOfLine(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline + 1;
}

/** Where the brackets are nested deepest. */
function deepest(text: string): number {
  let depth = 0;
  let most = 0;
  let place = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if ("([{".includes(character) && ++depth > most) {
      most = depth;
      place = at;
    } else if (")]}".includes(character)) depth--;
  }
  return place;
}
