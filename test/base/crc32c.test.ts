import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32c } from "../../src/base/hash/crc32c.ts";
import { encodeLatin1 } from "../../src/base/text.ts";

/** Bit by bit, from the polynomial. */
function naive(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test("the check value is e3069283 [RFC 9260 appendix A]", () => {
  expect(crc32c(encodeLatin1("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(0))).toBe(0);
});

test("iSCSI's examples come out [RFC 3720 B.4]", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i))).toBe(0x113fdb5c);
});

test("every length at every alignment comes out as bit by bit", () => {
  const memory = new Uint8Array(120).map((_, i) => i * 89 + 3);
  for (const offset of [0, 1, 2, 3]) {
    const bytes = memory.subarray(offset);
    for (let start = 0; start < 5; start++)
      for (let length = 0; length < 60; length++)
        expect(crc32c(bytes, start, start + length)).toBe(naive(bytes.subarray(start, start + length)));
  }
});

test("pieces follow each other", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, place) => {
      const cut = Math.min(place, bytes.length);
      expect(crc32c(bytes, cut, bytes.length, crc32c(bytes, 0, cut))).toBe(naive(bytes));
    }),
  );
});
