/** Random fields of packets for property tests. */
import fc from "fast-check";
import { type Address, addressV4, addressV6, isV4 } from "../../src/base/address.ts";
import { fromHex } from "../../src/base/text.ts";
import { samples } from "./samples.ts";

export const u8: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xff });
export const u16: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffff });
export const u24: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffffff });
export const u32: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffffffff });
export const int32: fc.Arbitrary<number> = fc.integer({ min: -0x80000000, max: 0x7fffffff });
export const mac: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffffffffffff });
export const v4: fc.Arbitrary<Address> = int32.map(addressV4);
export const v6: fc.Arbitrary<Address> = fc
  .tuple(int32, int32, int32, int32)
  .map(([w0, w1, w2, w3]) => addressV6(w0, w1, w2, w3))
  .filter((address) => !isV4(address));

export function bytes(maxLength: number, minLength = 0): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength, maxLength });
}

/** Emits at an odd place in a dirty buffer, and parses what was written there. */
export function roundTrip<T>(
  emit: (bytes: Uint8Array, at: number) => number,
  parse: (bytes: Uint8Array, start: number, end: number) => T,
): T {
  const buffer = new Uint8Array(4096).fill(0xa5);
  const length = emit(buffer, 33);
  if (buffer[32] !== 0xa5 || buffer[33 + length] !== 0xa5) throw new Error("wrote outside its place");
  return parse(buffer, 33, 33 + length);
}

export function sample(name: keyof typeof samples): Uint8Array {
  return fromHex(samples[name]);
}
