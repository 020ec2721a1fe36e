/** A failed expectation, told so that a person sees at once what was expected, what came, and what went before. */

/** Where two lines differ: a caret under every character of the second that is not in the first at that place. */
export function markDifference(expected: string, actual: string): string {
  const wanted = expected.split(/(?<=[ ,<>])/);
  const got = actual.split(/(?<=[ ,<>])/);
  const common = commonWords(wanted, got);
  let marks = "";
  for (const [index, word] of got.entries()) {
    marks +=
      (common.has(index) ? " " : "^").repeat(word.trimEnd().length) +
      " ".repeat(word.length - word.trimEnd().length);
  }
  if (common.size === got.length && wanted.length > got.length) marks += "^";
  return marks.trimEnd();
}

/** Places in `got` that a longest common subsequence with `wanted` covers. */
function commonWords(wanted: readonly string[], got: readonly string[]): ReadonlySet<number> {
  const lengths = Array.from({ length: wanted.length + 1 }, () => new Array<number>(got.length + 1).fill(0));
  for (let row = wanted.length - 1; row >= 0; row--) {
    for (let column = got.length - 1; column >= 0; column--) {
      const same = wanted[row]!.trimEnd() === got[column]!.trimEnd();
      lengths[row]![column] = same
        ? lengths[row + 1]![column + 1]! + 1
        : Math.max(lengths[row + 1]![column]!, lengths[row]![column + 1]!);
    }
  }
  const places = new Set<number>();
  let [row, column] = [0, 0];
  while (row < wanted.length && column < got.length) {
    if (wanted[row]!.trimEnd() === got[column]!.trimEnd()) {
      places.add(column);
      row++;
      column++;
    } else if (lengths[row + 1]![column]! >= lengths[row]![column + 1]!) row++;
    else column++;
  }
  return places;
}

/** The two lines, one under the other, with a mark under what differs; one line where nothing came. */
export function alignedLines(expected: string, actual: string | undefined): string[] {
  if (actual === undefined) return [`expected  ${expected}`, "actual    nothing"];
  const marks = markDifference(expected, actual);
  const lines = [`expected  ${expected}`, `actual    ${actual}`];
  return marks === "" ? lines : [...lines, `          ${marks}`];
}

export interface FailureContext {
  /** Lines of a script: what was expected, and what came if anything did. */
  readonly expected: string;
  readonly actual: string | undefined;
  /** Seconds of virtual time. */
  readonly time: number;
  /** The last packets both ways, as lines with their times. */
  readonly packets: readonly string[];
}

/**
 * What the stack did is not what was expected. `expected` and `actual` are lines of a script, which is what runners of
 * tests show side by side.
 */
export class ExpectationError extends Error {
  readonly code = "ERR_ASSERTION";
  readonly expected: string;
  readonly actual: string | undefined;
  /** Seconds of virtual time. */
  readonly time: number;
  /** The last ten packets, the newest last. */
  readonly packets: readonly string[];

  constructor(mistake: string, context: FailureContext) {
    const { expected, actual, time, packets } = context;
    const history =
      packets.length === 0 ? ["no packet came before"] : ["the last packets:", ...indented(packets)];
    const lines = [...alignedLines(expected, actual), ...history];
    super([`${mistake} (at ${time.toFixed(6)} s)`, ...indented(lines)].join("\n"));
    this.name = "ExpectationError";
    this.expected = expected;
    this.actual = actual;
    this.time = time;
    this.packets = packets;
  }
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
