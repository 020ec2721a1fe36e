/** Two packets as lines of a script, one over the other, with marks under what differs. */

export interface Difference {
  readonly expected: string;
  readonly actual: string;
  /** Carets under the words that differ; empty where none does. */
  readonly marks: string;
}

/** Words that are the same stand under each other; what only one has leaves a gap in the other. */
export function packetDifference(expected: string, actual: string): Difference {
  const [first, second] = [wordsOf(expected), wordsOf(actual)];
  let [above, below, marks] = ["", "", ""];
  for (const [one, other] of aligned(first, second)) {
    const width = Math.max(one.length, other.length);
    above += one.padEnd(width);
    below += other.padEnd(width);
    const differs = one.trimEnd() !== other.trimEnd();
    marks += (differs ? "^".repeat(Math.max(one.trimEnd().length, other.trimEnd().length)) : "").padEnd(
      width,
    );
  }
  return { expected: above.trimEnd(), actual: below.trimEnd(), marks: marks.trimEnd() };
}

/** Words with the blanks behind them; an option of a list is a word. The last one has a blank too, to be like others. */
function wordsOf(line: string): string[] {
  return `${line} `.match(/[^\s,]+(?:,|\s+)\s*/g) ?? [];
}

/** Pairs of words along the longest common subsequence; between its words others are paired in their order. */
function aligned(first: readonly string[], second: readonly string[]): (readonly [string, string])[] {
  const common = commonLengths(first, second);
  const pairs: (readonly [string, string])[] = [];
  let [i, j] = [0, 0];
  let [only, other]: [string[], string[]] = [[], []];
  const flush = (): void => {
    for (let k = 0; k < Math.max(only.length, other.length); k++) pairs.push([only[k] ?? "", other[k] ?? ""]);
    [only, other] = [[], []];
  };
  while (i < first.length || j < second.length) {
    if (i < first.length && j < second.length && first[i] === second[j]) {
      flush();
      pairs.push([first[i++]!, second[j++]!]);
    } else if (j >= second.length || (i < first.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      only.push(first[i++]!);
    } else other.push(second[j++]!);
  }
  flush();
  return pairs;
}

/** `[i][j]`: how many words first[i..] and second[j..] have in common, in order. */
function commonLengths(first: readonly string[], second: readonly string[]): number[][] {
  const lengths = Array.from({ length: first.length + 1 }, () =>
    new Array<number>(second.length + 1).fill(0),
  );
  for (let i = first.length - 1; i >= 0; i--)
    for (let j = second.length - 1; j >= 0; j--)
      lengths[i]![j] =
        first[i] === second[j]
          ? lengths[i + 1]![j + 1]! + 1
          : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  return lengths;
}
