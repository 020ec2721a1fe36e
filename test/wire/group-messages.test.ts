import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address, addressV4, addressV6 } from "../../src/base/address.ts";
import { fromHex, toHex } from "../../src/base/text.ts";
import { decodeResponseCode } from "../../src/wire/group-records.ts";
import { emitIgmp, type IgmpMessage, igmpLength, parseIgmp } from "../../src/wire/igmp.ts";
import { emitMld, type MldMessage, mldLength, parseMld } from "../../src/wire/mld.ts";

function igmp(message: IgmpMessage): Uint8Array {
  const bytes = new Uint8Array(igmpLength(message));
  expect(emitIgmp(message, bytes, 0)).toBe(bytes.length);
  return bytes;
}

function mld(message: MldMessage): Uint8Array {
  const bytes = new Uint8Array(mldLength(message));
  expect(emitMld(message, bytes, 0)).toBe(bytes.length);
  return bytes;
}

const v4 = fc.integer().map(addressV4);
const v6 = fc
  .tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer())
  .map((words) => addressV6(...words));
const type = fc.integer({ min: 1, max: 6 });

describe("IGMP", () => {
  test("what is written is read again", () => {
    const message = fc.oneof(
      fc.record({
        kind: fc.constant("query" as const),
        version: fc.constantFrom<2 | 3>(2, 3),
        maxResponse: fc.integer({ min: 1, max: 127 }).map((n) => n * 100),
        group: v4,
      }),
      fc.record({ kind: fc.constant("report" as const), version: fc.constantFrom<1 | 2>(1, 2), group: v4 }),
      fc.record({ kind: fc.constant("leave" as const), group: v4 }),
      fc.record({
        kind: fc.constant("report-v3" as const),
        records: fc.array(fc.record({ type, group: v4 })),
      }),
    );
    fc.assert(
      fc.property(message, (one) => {
        const bytes = igmp(one);
        expect(parseIgmp(bytes, 0, bytes.length)).toEqual(one);
      }),
    );
  });

  test("a version 3 report reads as Linux writes it [RFC 3376 4.2]", () => {
    const bytes = igmp({ kind: "report-v3", records: [{ type: 4, group: address("224.0.0.251") }] });
    expect(toHex(bytes)).toBe("2200f9020000000104000000e00000fb");
  });

  test("queries tell their version by length and code [RFC 3376 7.1]", () => {
    const parse = (hex: string): unknown => parseIgmp(fromHex(hex), 0, hex.length / 2);
    expect(parse("1100eeff00000000")).toMatchObject({ version: 1, maxResponse: 10_000 });
    expect(parse("1164ee9b00000000")).toMatchObject({ version: 2, maxResponse: 10_000 });
    expect(parse("1164ec1e00000000027d0000")).toMatchObject({ version: 3, maxResponse: 10_000 });
    expect(parse("1164ec1e00000000027d")).toBe("truncated");
    expect(parse("1164ee9b000000")).toBe("truncated");
    expect(parse("9900000000000000")).toBe("unknown-type");
  });

  test("records with sources are read past, and never beyond the end", () => {
    const two = fromHex("220000000000000203000001ef0101010a00000104000000ef020202");
    expect(parseIgmp(two, 0, two.length)).toMatchObject({
      records: [{ group: address("239.1.1.1") }, { group: address("239.2.2.2") }],
    });
    for (let end = 0; end < two.length; end++) expect(parseIgmp(two, 0, end)).toBe("truncated");
  });
});

describe("MLD", () => {
  test("what is written is read again", () => {
    const message = fc.oneof(
      fc.record({
        kind: fc.constant("query" as const),
        version: fc.constantFrom<1 | 2>(1, 2),
        maxResponse: fc.nat(0x7fff),
        group: v6,
      }),
      fc.record({ kind: fc.constantFrom("report" as const, "done" as const), group: v6 }),
      fc.record({
        kind: fc.constant("report-v2" as const),
        records: fc.array(fc.record({ type, group: v6 })),
      }),
    );
    fc.assert(
      fc.property(message, (one) => {
        const bytes = mld(one);
        expect(parseMld(bytes, 0, bytes.length)).toEqual(one);
      }),
    );
  });

  test("cut short it is refused", () => {
    const bytes = mld({ kind: "report-v2", records: [{ type: 4, group: address("ff05::1") }] });
    for (let end = 0; end < bytes.length; end++) expect(parseMld(bytes, 0, end)).toBe("truncated");
    const query = mld({ kind: "query", version: 2, maxResponse: 5, group: address("::") });
    expect(parseMld(query, 0, 26)).toBe("truncated");
    query[0] = 7;
    expect(parseMld(query, 0, 28)).toBe("unknown-type");
  });
});

test("neither reader throws on anything", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      for (const parse of [parseIgmp, parseMld])
        expect(["string", "object"]).toContain(typeof parse(bytes, 0, bytes.length));
    }),
  );
});

test("a large response code is a floating-point number [RFC 3376 4.1.1] [RFC 3810 5.1.3]", () => {
  expect(decodeResponseCode(127, 8)).toBe(127);
  expect(decodeResponseCode(0x80, 8)).toBe(128);
  expect(decodeResponseCode(0xff, 8)).toBe(31_744);
  expect(decodeResponseCode(0x8000, 16)).toBe(32_768);
  expect(decodeResponseCode(0xffff, 16)).toBe(8_387_584);
});
