/** Numbers as the kernel reads them from /proc/sys: proc_get_long and what calls it (kernel/sysctl.c). */
import type { Knob } from "./sysctl-knob.ts";

/** Words longer than this are refused: TMPBUFLEN less one, proc_get_long. */
const longestWord = 20;

/**
 * Up to as many numbers as the knob has, in C notation between blanks; what follows the last is not looked at. `bad`: one of them is no
 * number or out of bounds, or there is none.
 */
export function readNumbers(text: string, knob: Knob): { numbers: number[]; end: "good" | "bad" } {
  const { lowest, highest } = knob;
  const numbers: number[] = [];
  let rest = text;
  while (numbers.length < knob.initial.length) {
    rest = rest.replace(/^[ \t\n\v\f\r]+/, ""); // isspace
    if (rest === "") break;
    const word = /^[^ \t\n]*/.exec(rest)![0]; // proc_wspace_sep
    const value = readNumber(word, knob);
    if (value === undefined || value < lowest || value > highest) return { numbers, end: "bad" };
    numbers.push(value);
    rest = rest.slice(word.length);
  }
  return { numbers, end: numbers.length === 0 ? "bad" : "good" };
}

function readNumber(word: string, { reading }: Knob): number | undefined {
  if (word.length > longestWord || !/^-?(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(word)) return undefined;
  const negative = word.startsWith("-");
  if (negative && reading === "uint") return undefined;
  const digits = negative ? word.slice(1) : word;
  const magnitude = /^0[0-7]/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return negative && magnitude !== 0 ? -magnitude : magnitude;
}
