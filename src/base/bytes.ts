/** Reading, writing and copying bytes, big-endian as networks have them. */

/** The unsigned 16 bits at `at`. */
export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** The 32 bits at `at`, as int32: sequence numbers and address words. */
export function i32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** The unsigned 32 bits at `at`. */
export function u32(bytes: Uint8Array, at: number): number {
  return i32(bytes, at) >>> 0;
}

export function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Writes 32 bits, signed or not. */
export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** The low 16 bits with their two bytes exchanged. */
export function swap16(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}

/** The four bytes in the other order, int32: how a little-endian kernel sees a word that is in network order. */
export function swap32(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}

/** Below this a loop beats the view and the call that `set` costs (measured on V8 11.3). */
const loopLimit = 24;

/** Copies `from[start, end)` to `into[at, ...)`. The two may be one array; they may overlap. */
export function copyBytes(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): void {
  if (end - start > loopLimit) {
    if (from === into) into.copyWithin(at, start, end);
    else into.set(start === 0 && end === from.length ? from : from.subarray(start, end), at);
  } else if (from === into && at > start) {
    for (let i = end - 1, to = at + (end - start) - 1; i >= start; i--, to--) into[to] = from[i]!;
  } else {
    for (let i = start, to = at; i < end; i++, to++) into[to] = from[i]!;
  }
}

/** True where both ranges hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether words of a typed array lie in memory least significant byte first, as on nearly every machine. */
export const littleEndian: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
