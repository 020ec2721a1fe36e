/** Definitions of words: `--define=NAME=value` in a script, `-D NAME=value` on a command line. */
import type { ScriptOption } from "./script/script.ts";

/** The definitions among the options of a script; the last one of a name counts. */
export function definitionsOf(options: readonly ScriptOption[]): Map<string, string> {
  const definitions = new Map<string, string>();
  for (const option of options) {
    if (option.name !== "define" && option.name !== "D") continue;
    const [name, value] = splitDefinition(option.value ?? "");
    if (name !== "") definitions.set(name, value);
  }
  return definitions;
}

/**
 * `NAME=value` as a command line gives it.
 * @throws RangeError when it is not of that form.
 */
export function parseDefinition(text: string): readonly [name: string, value: string] {
  const definition = splitDefinition(text);
  if (!/^\w+$/.test(definition[0]))
    throw new RangeError(`a definition is NAME=VALUE, not ${JSON.stringify(text)}`);
  return definition;
}

function splitDefinition(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}
