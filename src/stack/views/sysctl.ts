/**
 * `sysctl(8)`: the knobs of a host by the names Linux gives them (Documentation/networking/ip-sysctl.rst), with its
 * defaults, its text and its refusals. What a host does not act on is not listed: asking for it is ENOENT.
 */
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import { invariant } from "../../base/invariant.ts";
import type { Knob, KnobKeepers } from "./sysctl-knob.ts";
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

  /** Writes as `sysctl -w` does. Fewer numbers than a knob has leave the others. @throws ENOENT, ENOTDIR, EINVAL */
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
    if (knob.words !== undefined) return this.#writeWord(name, knob.words, text);
    if (knob.list !== undefined) return knob.list.write(this.#keepers.ports, text);
    const written = parseNumbers(text, knob.initial.length);
    if (written === undefined) return "EINVAL";
    const values = this.values(name).map((old, index) => written[index] ?? old);
    if (values.some((value) => value < knob.lowest || value > knob.highest)) return "EINVAL";
    if (knob.kept === undefined) {
      this.#values.set(name, values);
      return undefined;
    }
    if (knob.kept.refuses?.(this.#keepers, values)) return "EINVAL";
    knob.kept.set(this.#keepers, values);
    return undefined;
  }

  #writeWord(name: string, words: readonly string[], text: string): ErrnoName | undefined {
    const word = text.trim();
    if (!words.includes(word)) return "ENOENT";
    this.#words.set(name, word);
    return undefined;
  }
}

function knobNamed(name: string): Knob {
  if (!Object.hasOwn(knobs, name)) throw new SocketError("ENOENT", "open");
  return knobs[name]!;
}

/**
 * As the kernel's proc_dointvec reads: up to `count` numbers in C notation between blanks; what follows them is not
 * looked at.
 */
function parseNumbers(text: string, count: number): number[] | undefined {
  const words = text.split(/[ \t\n]+/).filter((word) => word !== "");
  const numbers: number[] = [];
  for (const word of words.slice(0, count)) {
    if (!/^-?(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(word)) return undefined;
    const digits = word.replace("-", "");
    const magnitude = /^0[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
    numbers.push(word.startsWith("-") && magnitude !== 0 ? -magnitude : magnitude);
  }
  return numbers;
}
