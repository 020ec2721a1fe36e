import fc from "fast-check";
import { expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { toHex } from "../../src/base/text.ts";
import { fillTransportChecksum } from "../../src/wire/checksums.ts";
import { decodeFloat, encodeFloat, groupRecordTypes } from "../../src/wire/icmp/group-records.ts";
import { emitIgmp, type IgmpMessage, igmpLength, parseIgmp } from "../../src/wire/icmp/igmp.ts";
import { emitMld, type MldMessage, mldLength, parseMld } from "../../src/wire/icmp/mld.ts";
import { parseIpv6 } from "../../src/wire/ip/ipv6.ts";
import { roundTrip, sample, u8, u16, v4, v6 } from "./arbitraries.ts";

const queryFields = {
  suppress: fc.boolean(),
  robustness: fc.nat(7),
  interval: u8.map((code) => decodeFloat(code, 4)),
};

test("parsing the IGMP message emitted gives it back [RFC 2236 2] [RFC 3376 4]", () => {
  const records = fc.array(fc.record({ type: u8, group: v4, sources: fc.array(v4, { maxLength: 3 }) }), {
    maxLength: 3,
  });
  const message: fc.Arbitrary<IgmpMessage> = fc.oneof(
    fc.record({
      kind: fc.constant("query"),
      version: fc.constant(2),
      maximumResponse: fc.integer({ min: 1, max: 255 }).map((tenths) => tenths * 100),
      group: v4,
    }),
    fc.record({
      kind: fc.constant("query"),
      version: fc.constant(1),
      maximumResponse: fc.constant(0),
      group: v4,
    }),
    fc.record({
      kind: fc.constant("query-v3"),
      maximumResponse: u8.map((code) => decodeFloat(code, 4) * 100),
      group: v4,
      ...queryFields,
      sources: fc.array(v4, { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant("report"), version: fc.constantFrom(1, 2), group: v4 }),
    fc.record({ kind: fc.constant("leave"), group: v4 }),
    fc.record({ kind: fc.constant("report-v3"), records }),
  );
  fc.assert(
    fc.property(message, (given) => {
      const parsed = roundTrip((b, at) => {
        const length = emitIgmp(given, b, at);
        expect(length).toBe(igmpLength(given));
        return length;
      }, parseIgmp);
      expect(parsed).toEqual(given);
    }),
  );
});

test("parsing the MLD message emitted gives it back [RFC 2710 3] [RFC 3810 5]", () => {
  const records = fc.array(fc.record({ type: u8, group: v6, sources: fc.array(v6, { maxLength: 3 }) }), {
    maxLength: 3,
  });
  const message: fc.Arbitrary<MldMessage> = fc.oneof(
    fc.record({ kind: fc.constant("query"), maximumResponse: u16, group: v6 }),
    fc.record({
      kind: fc.constant("query-v2"),
      maximumResponse: u16.map((code) => decodeFloat(code, 12)),
      group: v6,
      ...queryFields,
      sources: fc.array(v6, { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constantFrom("report", "done"), group: v6 }),
    fc.record({ kind: fc.constant("report-v2"), records }),
  );
  fc.assert(
    fc.property(message, (given) => {
      const parsed = roundTrip((b, at) => {
        const length = emitMld(given, b, at);
        expect(length).toBe(mldLength(given));
        return length;
      }, parseMld);
      expect(parsed).toEqual(given);
    }),
  );
});

test("IGMP made by another program is read, and written again byte for byte", () => {
  const expected = {
    "igmpv2 report": { kind: "report", version: 2, group: address("239.1.2.3") },
    "igmpv2 query": { kind: "query", version: 2, maximumResponse: 10000 },
    "igmpv3 query": {
      kind: "query-v3",
      maximumResponse: (31 << 4) * 100,
      suppress: true,
      robustness: 2,
      interval: 125,
      sources: [address("198.51.100.1")],
    },
    "igmpv3 report": {
      kind: "report-v3",
      records: [
        { type: groupRecordTypes.changeToExclude, group: address("239.1.2.3"), sources: [] },
        { type: groupRecordTypes.modeIsInclude, sources: [{}, address("198.51.100.2")] },
      ],
    },
  } as const;
  for (const [name, fields] of Object.entries(expected)) {
    const packet = sample(name as keyof typeof expected);
    const parsed = parseIgmp(packet, 24, packet.length);
    expect(parsed).toMatchObject(fields);
    const buffer = new Uint8Array(100);
    const length = emitIgmp(parsed as IgmpMessage, buffer, 0);
    expect(toHex(buffer, 0, length)).toBe(toHex(packet, 24));
  }
});

test("MLD made by another program is read, and written again byte for byte", () => {
  const expected = {
    "mld query": { kind: "query-v2", maximumResponse: 10000, suppress: true, robustness: 2, interval: 125 },
    "mld report": {
      kind: "report-v2",
      records: [
        { type: groupRecordTypes.changeToExclude, group: address("ff02::1:ff00:7") },
        { type: groupRecordTypes.modeIsInclude, sources: [address("2001:db8::5"), {}] },
      ],
    },
    "mldv1 report": { kind: "report", group: address("ff02::1:ff00:7") },
  } as const;
  for (const [name, fields] of Object.entries(expected)) {
    const packet = sample(name as keyof typeof expected);
    const parsed = parseMld(packet, 48, packet.length);
    expect(parsed).toMatchObject(fields);
    const ip = parseIpv6(packet, 0, packet.length);
    if (typeof ip === "string") throw new Error(ip);
    const buffer = new Uint8Array(200);
    const length = emitMld(parsed as MldMessage, buffer, 0);
    fillTransportChecksum(58, ip.source, ip.destination, buffer, 0, length);
    expect(toHex(buffer, 0, length)).toBe(toHex(packet, 48));
  }
});

test("floating codes stand for numbers as the RFC says, and come back [RFC 3376 4.1.1] [RFC 3810 5.1.3]", () => {
  expect([127, 128, 129, 0x9f, 0xff].map((code) => decodeFloat(code, 4))).toEqual([
    127, 128, 136, 496, 31744,
  ]);
  expect([32767, 32768, 0xffff].map((code) => decodeFloat(code, 12))).toEqual([32767, 32768, 8387584]);
  for (let code = 0; code < 256; code++) expect(encodeFloat(decodeFloat(code, 4), 4)).toBe(code);
  for (let code = 0; code < 65536; code += 7) expect(encodeFloat(decodeFloat(code, 12), 12)).toBe(code);
  expect(decodeFloat(encodeFloat(1000, 4), 4)).toBe(992);
  expect(encodeFloat(1e9, 4)).toBe(255);
});

test("what is malformed has its name", () => {
  const query = sample("igmpv3 query").slice(24);
  expect(parseIgmp(query, 0, 7)).toBe("truncated");
  expect(parseIgmp(query, 0, 9)).toBe("bad-length");
  expect(parseIgmp(query, 0, 15)).toBe("truncated");
  expect(parseIgmp(Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0), 0, 8)).toBe("bad-type");
  const report = sample("igmpv3 report").slice(24);
  expect(parseIgmp(report, 0, report.length - 1)).toBe("truncated");
  report[9] = 200;
  expect(parseIgmp(report, 0, report.length)).toBe("truncated");
  const mld = sample("mld query").slice(48);
  expect(parseMld(mld, 0, 7)).toBe("truncated");
  expect(parseMld(mld, 0, 23)).toBe("truncated");
  expect(parseMld(mld, 0, 26)).toBe("bad-length");
  expect(parseMld(mld, 0, 40)).toBe("truncated");
  mld[0] = 133;
  expect(parseMld(mld, 0, mld.length)).toBe("bad-type");
  const reportV2 = sample("mld report").slice(48);
  expect(parseMld(reportV2, 0, reportV2.length - 1)).toBe("truncated");
});
