/** What a dissection is made of: named fields with the bytes they stand for, and tables that say where they are. */
import { formatAddress, readAddressV4, readAddressV6 } from "../../base/address.ts";
import { i32, u16, u32 } from "../../base/bytes.ts";
import { toHex } from "../../base/text.ts";
import { u48 } from "../fields.ts";
import { formatMac } from "../link/mac.ts";

/** A field, option or whole header, for people. */
export interface Field {
  name: string;
  /** Readable; empty where the fields inside say it all. */
  value: string;
  /** The bytes it stands for: `[start, end)`. Several fields may share a byte. */
  start: number;
  end: number;
  /** What is wrong with it; empty: nothing. */
  problem: string;
  fields: Field[];
}

/** One field of a format: its name, where it stands from the start of the header, its bytes, and how it is shown. */
export type Row = readonly [name: string, offset: number, length: number, show: Show];

export type Show = (bytes: Uint8Array, at: number) => string;

/** The rows of a table that lie wholly in bytes[start, end). */
export function fieldsOf(rows: readonly Row[], bytes: Uint8Array, start: number, end: number): Field[] {
  const fields: Field[] = [];
  for (const [name, offset, length, show] of rows)
    if (start + offset + length <= end)
      fields.push(field(name, show(bytes, start + offset), start + offset, start + offset + length));
  return fields;
}

export function field(name: string, value: string, start: number, end: number, fields: Field[] = []): Field {
  return { name, value, start, end, problem: "", fields };
}

/** As {@link field}, with something wrong. */
export function badField(name: string, problem: string, start: number, end: number): Field {
  return { name, value: "", start, end, problem, fields: [] };
}

/** Payload that is not looked into, or no field where there is none. */
export function dataFields(name: string, start: number, end: number): Field[] {
  return end > start ? [field(name, countOf(end - start, "byte"), start, end)] : [];
}

export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Says of the field named "Checksum" whether it is right; `problem` undefined: it is. */
export function judgeChecksum(fields: readonly Field[], problem: string | undefined): void {
  const found = fields.find(({ name }) => name === "Checksum");
  if (found === undefined) return;
  if (problem === undefined) found.value += " (good)";
  else found.problem = problem;
}

export const showU8: Show = (bytes, at) => String(bytes[at]!);
export const showU16: Show = (bytes, at) => String(u16(bytes, at));
export const showU32: Show = (bytes, at) => String(u32(bytes, at));
export const showHex8: Show = (bytes, at) => hex(bytes[at]!, 2);
export const showHex16: Show = (bytes, at) => hex(u16(bytes, at), 4);
export const showHex32: Show = (bytes, at) => hex(i32(bytes, at) >>> 0, 8);
export const showV4: Show = (bytes, at) => formatAddress(readAddressV4(bytes, at));
export const showV6: Show = (bytes, at) => formatAddress(readAddressV6(bytes, at));
export const showMac: Show = (bytes, at) => formatMac(u48(bytes, at));

export function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

/** The first bytes in hexadecimal, with an ellipsis where there are more. */
export function hexBytes(bytes: Uint8Array, start: number, end: number): string {
  const shown = 32;
  return end - start > shown ? `${toHex(bytes, start, start + shown)}...` : toHex(bytes, start, end);
}

/** Names for some values of a byte or 16 bits, the number behind: `TCP (6)`. */
export function named(
  names: ReadonlyMap<number, string>,
  read: (bytes: Uint8Array, at: number) => number,
): Show {
  return (bytes, at) => {
    const value = read(bytes, at);
    const name = names.get(value);
    return name === undefined ? String(value) : `${name} (${value})`;
  };
}

export const readU8 = (bytes: Uint8Array, at: number): number => bytes[at]!;

/** Set bits of a byte by name: `SYN, ACK`. */
export function flagNames(names: readonly (readonly [number, string])[], value: number): string {
  const set = names.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name);
  return set.length === 0 ? "none" : set.join(", ");
}
