/** Programs that choose the member of a reuseport group, in the classic and the extended instruction set (bpf(2)). */

import { nativeError } from "../native.ts";
import { filterProgram } from "../structs.ts";
import type { KernelCalls } from "./kernel-sockets-native.ts";

/** The payload's first word modulo so many, or always the same member. */
export type Selector = { readonly modulo: number } | { readonly index: number };

/** Classic: `ld [0]; mod #m; ret a`, or `ret #i`. */
export function classicSelector(selector: Selector): Uint8Array {
  if ("index" in selector) return filterProgram([{ code: 0x06, operand: selector.index }]);
  return filterProgram([
    { code: 0x20, operand: 0 },
    { code: 0x94, operand: selector.modulo },
    { code: 0x16, operand: 0 },
  ]);
}

/** Extended: `r6 = r1; r0 = ntohl(payload[0]); r0 %= m; exit`, or `r0 = i; exit`. */
export function extendedSelector(selector: Selector): Uint8Array {
  if ("index" in selector) return assemble([[0xb7, 0, 0, selector.index], exit]);
  return assemble([[0xbf, 6, 1, 0], [0x20, 0, 0, 0], [0x97, 0, 0, selector.modulo], exit]);
}

type Instruction = readonly [code: number, to: number, from: number, immediate: number];

const exit: Instruction = [0x95, 0, 0, 0];

function assemble(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(8 * instructions.length);
  const view = new DataView(bytes.buffer);
  instructions.forEach(([code, to, from, immediate], at) => {
    view.setUint8(8 * at, code);
    view.setUint8(8 * at + 1, (from << 4) | to);
    view.setInt32(8 * at + 4, immediate, true);
  });
  return bytes;
}

/** bpf(2)'s number on the processors koffi has binaries for and we were compiled on. */
const bpfNumbers: Readonly<Record<string, number>> = { x64: 321, arm64: 280, riscv64: 280, loong64: 280 };
const loadProgram = 5;
const socketFilter = 1;
/** `union bpf_attr`, as far as BPF_PROG_LOAD of any kernel has read it. */
const attributesLength = 120;

/** Loads an extended program. @returns its descriptor @throws the system's error */
export function loadExtended({ native, syscall }: KernelCalls, program: Uint8Array): number {
  const license = new TextEncoder().encode("MIT\0");
  const attributes = new Uint8Array(attributesLength);
  const view = new DataView(attributes.buffer);
  view.setUint32(0, socketFilter, true);
  view.setUint32(4, program.length / 8, true);
  view.setBigUint64(8, native.address(program), true);
  view.setBigUint64(16, native.address(license), true);
  const fd = syscall(bpfNumbers[process.arch] ?? -1, loadProgram, attributes, attributes.length);
  if (fd < 0) throw nativeError(native, "bpf");
  return fd;
}
