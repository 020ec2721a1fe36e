/**
 * `sysctl(8)`: the knobs of a host by the names Linux gives them (Documentation/networking/ip-sysctl.rst), with its
 * defaults, its text and its refusals. What a host does not act on is not listed: asking for it is ENOENT.
 */
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import { invariant } from "../../base/invariant.ts";
import type { Knob, KnobKeepers } from "./sysctl-knob.ts";
import { readNumbers } from "./sysctl-numbers.ts";
import { knobs } from "./sysctl-table.ts";

export class Sysctl {
  readonly #values = new Map<string, readonly number[]>();
  readonly #words = new Map<string, string>();
  readonly #keepers: KnobKeepers;
  /** Changes with every write: what was worked out under another number is out of date. */
  generation = 0;

  constructor(keepers: KnobKeepers) {
    this.#keepers = keepers;
    for (const [name, knob] of Object.entries(knobs)) {
      if (knob.words !== undefined) this.#words.set(name, knob.words[0]!);
      else this.#values.set(name, knob.initial);
    }
  }

  /** Every name there is, in order. */
  names(): readonly string[] {
    return Object.keys(knobs).sort();
  }

  /** The text of `/proc/sys`, without its newline. @throws ENOENT */
  get(name: string): string {
    const knob = knobNamed(name);
    if (knob.list !== undefined) return knob.list.show(this.#keepers.ports);
    return this.#words.get(name) ?? this.values(name).join("\t");
  }

  /**
   * Writes as write(2) to the knob's file does. Fewer numbers than a knob has leave the others; an empty text changes nothing, but
   * that it empties a list, as `sysctl -w` does by the newline it adds. @throws ENOENT, EINVAL, EACCES
   */
  set(name: string, value: string | number): void {
    const failure = this.#write(name, knobNamed(name), String(value));
    if (failure !== undefined) throw new SocketError(failure, "write");
    this.generation++;
  }

  /** The (first) number of a knob. The name is one of ours. */
  value(name: string): number {
    return this.values(name)[0]!;
  }

  /** All numbers of a knob. */
  values(name: string): readonly number[] {
    const values = knobs[name]?.kept?.get(this.#keepers) ?? this.#values.get(name);
    invariant(values !== undefined, `only knobs of the table are asked for, not ${name}`);
    return values;
  }

  #write(name: string, knob: Knob, text: string): ErrnoName | undefined {
    if (knob.readOnly === true) return "EACCES";
    if (knob.list !== undefined) return knob.list.write(this.#keepers.ports, text);
    if (text === "") return undefined; // write(2) of nothing reaches no handler
    if (knob.words !== undefined) return this.#writeWord(name, knob.words, text);
    const { numbers, end } = readNumbers(text, knob);
    const values = this.values(name).map((old, index) => numbers[index] ?? old);
    if (end === "bad" && knob.piecemeal !== true) return "EINVAL";
    if (knob.kept === undefined) {
      this.#values.set(name, values);
      return end === "bad" ? "EINVAL" : undefined;
    }
    if (knob.kept.refuses?.(this.#keepers, values)) return "EINVAL";
    knob.kept.set(this.#keepers, values);
    return undefined;
  }

  #writeWord(name: string, words: readonly string[], text: string): ErrnoName | undefined {
    const word = text.replace(/\n$/, "");
    if (!words.includes(word)) return "ENOENT";
    this.#words.set(name, word);
    return undefined;
  }
}

function knobNamed(name: string): Knob {
  if (!Object.hasOwn(knobs, name)) throw new SocketError("ENOENT", "open");
  return knobs[name]!;
}
