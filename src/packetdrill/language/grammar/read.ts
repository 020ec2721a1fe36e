/** The generated parser put to use: one text, one rule to start from, a tree or the place where it ended. */
import { reservedWords } from "../dialect.ts";
import type { Command, Dialect, Event, ScriptOption } from "../script/script.ts";
import { grammar } from "./grammar.generated.ts";
import type { Expectation, StartRule } from "./grammar.ts";

/** How far a text could be read. */
export interface Reading {
  /** Of the rule `Script`; of `Options` only the options. Undefined when the rule did not match. */
  readonly head?: {
    readonly options: readonly ScriptOption[];
    readonly init?: Command;
    readonly cleanup?: Command;
  };
  readonly events: readonly Event[];
  /** Where the reading ended. */
  readonly end: number;
  /** The farthest place that fitted nothing, and what would have. */
  readonly failure: { readonly at: number; readonly expected: readonly Expectation[] };
}

/**
 * Reads `text` from its start by one rule of the grammar.
 * @param locate offsets of `text` as offsets of the script its author wrote.
 * @throws RangeError when brackets are nested deeper than the engine's stack.
 */
export function read(
  text: string,
  startRule: StartRule,
  dialect: Dialect,
  locate: (offset: number) => number,
): Reading {
  const events: Event[] = [];
  const outcome = grammar.parse(text, {
    startRule,
    peg$library: true,
    dialect,
    reserved: reservedWords[dialect],
    events,
    locate,
  });
  const failure = { at: outcome.peg$maxFailPos, expected: outcome.peg$maxFailExpected };
  const end = outcome.peg$currPos;
  if (outcome.peg$result === outcome.peg$FAILED) return { events, end, failure };
  const head = outcome.peg$result;
  return { head: asHead(head), events, end, failure };
}

function asHead(result: unknown): NonNullable<Reading["head"]> {
  if (Array.isArray(result)) return { options: result };
  return (result ?? { options: [] }) as NonNullable<Reading["head"]>;
}
