import fc from "fast-check";
import { expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { putU16 } from "../../src/base/bytes.ts";
import {
  appendSum,
  checksum,
  fold,
  pseudoHeaderSum,
  sum,
  updateChecksum,
} from "../../src/base/hash/checksum.ts";
import { fromHex } from "../../src/base/text.ts";

/** RFC 1071 word for word: 16-bit words, carries added back. */
function naive(bytes: Uint8Array, start: number, end: number): number {
  let total = 0;
  for (let i = start; i < end; i += 2) {
    total += bytes[i]! * 256 + (i + 1 < end ? bytes[i + 1]! : 0);
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}

const data = fc.uint8Array({ maxLength: 400 });
const edges = fc.tuple(data, fc.nat(9), fc.nat(9));

test("the sum of the RFC's own example is ddf2 [RFC 1071 3]", () => {
  const bytes = fromHex("0001 f203 f4f5 f6f7");
  expect(fold(sum(bytes, 0, 8)).toString(16)).toBe("ddf2");
  expect(checksum(bytes, 0, 8)).toBe(~0xddf2 & 0xffff);
});

test("every length at every alignment sums as word for word [RFC 1071 1]", () => {
  const memory = new Uint8Array(300).map((_, i) => i * 151 + 7);
  for (const offset of [0, 1, 2, 3]) {
    const bytes = memory.subarray(offset);
    for (let start = 0; start < 6; start++)
      for (let length = 0; length < 200; length++)
        expect(fold(sum(bytes, start, start + length))).toBe(naive(bytes, start, start + length));
  }
});

test("random bytes sum as word for word; zeros alone are zero", () => {
  fc.assert(
    fc.property(edges, ([bytes, before, after]) => {
      const start = Math.min(before, bytes.length);
      const end = Math.max(start, bytes.length - after);
      expect(fold(sum(bytes, start, end))).toBe(naive(bytes, start, end));
    }),
  );
  expect(sum(new Uint8Array(2000), 0, 2000)).toBe(0);
  expect(fold(sum(new Uint8Array(2000).fill(255), 0, 2000))).toBe(0xffff);
});

test("the largest packet of ones does not overflow", () => {
  const bytes = new Uint8Array(0x10003).fill(255);
  for (const start of [0, 1, 2, 3]) expect(checksum(bytes, start, start + 0x10000)).toBe(0);
});

test("sums of pieces combine, wherever the cut is [RFC 1071 2(A)]", () => {
  fc.assert(
    fc.property(data, fc.nat(400), (bytes, place) => {
      const cut = Math.min(place, bytes.length);
      const first = sum(bytes, 0, cut);
      const second = sum(bytes, cut, bytes.length);
      expect(fold(appendSum(first, cut, second))).toBe(naive(bytes, 0, bytes.length));
      if (cut % 2 === 0)
        expect(fold(sum(bytes, cut, bytes.length, first))).toBe(naive(bytes, 0, bytes.length));
    }),
  );
});

test("a packet with its checksum in place verifies [RFC 1071 1 (3)]", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 200 }), (bytes) => {
      putU16(bytes, 0, 0);
      putU16(bytes, 0, checksum(bytes, 0, bytes.length));
      expect(checksum(bytes, 0, bytes.length)).toBe(0);
    }),
  );
});

test("the pseudo-header sums as its bytes do [RFC 9293 3.1] [RFC 8200 8.1]", () => {
  const v4 = fromHex("c0000201 c6336407 0006 05dc");
  expect(fold(pseudoHeaderSum(address("192.0.2.1"), address("198.51.100.7"), 6, 1500))).toBe(
    naive(v4, 0, 12),
  );
  const v6 = fromHex("20010db8000000000000000000000001 fe80000000000000ffff00000000abcd 00012345 00000011");
  const [source, destination] = [address("2001:db8::1"), address("fe80::ffff:0:0:abcd")];
  expect(fold(pseudoHeaderSum(source, destination, 17, 0x12345))).toBe(naive(v6, 0, 40));
});

test("one changed word updates a checksum as if it were computed anew [RFC 1624 3]", () => {
  expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0x0000); // the example of section 4
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 60 }), fc.nat(0xffff), (bytes, word) => {
      if (bytes.length % 2 === 1) return;
      bytes[3]! |= 1; // a header is never all zero
      const [field, before] = [checksum(bytes, 0, bytes.length), bytes[0]! * 256 + bytes[1]!];
      putU16(bytes, 0, word);
      expect(updateChecksum(field, before, word)).toBe(checksum(bytes, 0, bytes.length));
    }),
  );
});
