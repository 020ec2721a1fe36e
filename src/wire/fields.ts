/** Sizes of field that only wire formats have, beside those of `base/bytes.ts`. Big-endian; the caller has checked the length. */
import { putU16, putU32, u16, u32 } from "../base/bytes.ts";

export function u24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

export function putU24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 16;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value;
}

/** 48 bits as an integer: a MAC address. */
export function u48(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x1_0000_0000 + u32(bytes, at + 2);
}

export function putU48(bytes: Uint8Array, at: number, value: number): void {
  putU16(bytes, at, Math.floor(value / 0x1_0000_0000));
  putU32(bytes, at + 2, value % 0x1_0000_0000);
}

/** `length` brought up to the next multiple of four, as options, chunks and blocks are. */
export function pad4(length: number): number {
  return (length + 3) & ~3;
}
