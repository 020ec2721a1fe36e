import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { copyBytes, i32, putU16, putU32, sameBytes, swap16, swap32, u16, u32 } from "../../src/base/bytes.ts";
import { decodeLatin1, decodeUtf8, encodeLatin1, encodeUtf8, fromHex, toHex } from "../../src/base/text.ts";

test("numbers are read and written big-endian", () => {
  const bytes = new Uint8Array(6);
  putU16(bytes, 0, 0x1fffe);
  putU32(bytes, 2, -2);
  expect(toHex(bytes)).toBe("fffefffffffe");
  expect([u16(bytes, 0), i32(bytes, 2), u32(bytes, 2)]).toEqual([0xfffe, -2, 0xfffffffe]);
  expect([swap16(0x11234), swap32(0x12345678)]).toEqual([0x3412, 0x78563412]);
  expect(sameBytes(bytes, Uint8Array.from(bytes))).toBe(true);
  expect(sameBytes(bytes, bytes.subarray(1))).toBe(false);
  expect(sameBytes(Uint8Array.of(1), Uint8Array.of(2))).toBe(false);
});

test("bytes are copied, also within one array, forwards, backwards and overlapping", () => {
  const place = fc.nat(150);
  fc.assert(
    fc.property(place, place, place, fc.boolean(), (start, length, at, alone) => {
      const from = Uint8Array.from({ length: 310 }, (_, i) => i);
      const into = alone ? from : new Uint8Array(310);
      const expected = Uint8Array.from(into);
      expected.set(Uint8Array.from(from).subarray(start, start + length), at);
      copyBytes(from, start, start + length, into, at);
      expect(into).toEqual(expected);
    }),
  );
});

describe("UTF-8", () => {
  test("encodes as the platform does, lone surrogates too [RFC 3629]", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)) }),
        (text) => {
          expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text));
        },
      ),
    );
    expect(toHex(encodeUtf8("aé€😀"))).toBe("61c3a9e282acf09f9880");
  });

  test("decodes as the platform does, whatever the bytes [RFC 3629 10]", () => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const tricky = fc.constantFrom(
      0x41,
      0x80,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xe0,
      0xa0,
      0x9f,
      0xed,
      0xef,
      0xf0,
      0x90,
      0x8f,
      0xf4,
      0xf5,
      0xff,
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(tricky, fc.nat(255)), { maxLength: 30 }), (list) => {
        expect(decodeUtf8(Uint8Array.from(list))).toBe(decoder.decode(Uint8Array.from(list)));
      }),
      { numRuns: 2000 },
    );
  });

  test("decodes a range, and text of any length", () => {
    const text = "äb😀".repeat(5000);
    const bytes = encodeUtf8(text);
    expect(decodeUtf8(bytes)).toBe(text);
    expect(decodeUtf8(bytes, 2, 7)).toBe("b😀");
    expect(decodeUtf8(bytes, 3, 3)).toBe("");
  });
});

test("Latin-1 is one byte a character, and refuses others", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  expect(encodeLatin1(decodeLatin1(all))).toEqual(all);
  expect(decodeLatin1(new Uint8Array(10_000).fill(65), 1)).toBe("A".repeat(9999));
  expect(() => encodeLatin1("€")).toThrow(RangeError);
});

test("hexadecimal goes both ways, and refuses what it is not", () => {
  expect(fromHex("00:01 Fe\nff")).toEqual(Uint8Array.of(0, 1, 254, 255));
  expect(toHex(Uint8Array.of(9, 0, 254, 255), 1, 3)).toBe("00fe");
  for (const wrong of ["0", "0g", "0x00", "abc"]) expect(() => fromHex(wrong)).toThrow(TypeError);
});
