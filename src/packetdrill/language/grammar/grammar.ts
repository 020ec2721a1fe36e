/** What the parser made from grammar.peggy takes and gives. */
import type { Dialect, Event } from "../script/script.ts";

export type StartRule = "Script" | "Options" | "Events";

/** What the parser is told; peggy's own options first. */
interface GrammarOptions {
  readonly startRule: StartRule;
  /** An outcome instead of an exception. */
  readonly peg$library: true;
  readonly dialect: Dialect;
  readonly reserved: ReadonlySet<string>;
  /** Every event is put here as soon as it is read, so that what came before an error is not lost. */
  readonly events: Event[];
  readonly locate: (offset: number) => number;
}

export interface Expectation {
  readonly type: "literal" | "class" | "any" | "end" | "other";
  readonly text?: string;
  readonly description?: string;
}

interface GrammarOutcome {
  readonly peg$result: unknown;
  readonly peg$FAILED: unknown;
  readonly peg$currPos: number;
  readonly peg$maxFailPos: number;
  readonly peg$maxFailExpected: readonly Expectation[];
}

export interface Grammar {
  parse(text: string, options: GrammarOptions): GrammarOutcome;
}
