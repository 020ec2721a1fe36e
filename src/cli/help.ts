/** The examples at the end of every help. */

/** Commands and what they do, as a section of a help text. */
export function examples(list: readonly (readonly [command: string, what: string])[]): string {
  const lines = list.map(([command, what]) => `  # ${what}\n  ${command}`);
  return `\nExamples:\n${lines.join("\n")}\n`;
}
