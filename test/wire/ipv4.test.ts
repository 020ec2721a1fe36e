import fc from "fast-check";
import { expect, test } from "vitest";
import { address, formatAddress } from "../../src/base/address.ts";
import {
  emitIpv4,
  fillIpv4Checksum,
  newIpv4Packet,
  parseIpv4,
  parseIpv4Into,
} from "../../src/wire/ip/ipv4.ts";
import {
  emitIpv4Options,
  type Ipv4Option,
  parseIpv4Options,
  readIpv4Option,
} from "../../src/wire/ip/ipv4-options.ts";
import { bytes, roundTrip, sample, u8, u16, v4 } from "./arbitraries.ts";

const header = fc.record({
  trafficClass: u8,
  identification: u16,
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffset: fc.integer({ min: 0, max: 0x1fff }).map((units) => units * 8),
  hopLimit: u8,
  protocol: u8,
  source: v4,
  destination: v4,
  optionsLength: fc.constant(0),
  payloadLength: fc.constant(0),
});

test("parsing what was emitted gives the header back [RFC 791 3.1]", () => {
  fc.assert(
    fc.property(header, (given) => {
      expect(roundTrip((b, at) => emitIpv4(given, b, at), parseIpv4)).toMatchObject(given);
    }),
  );
});

test("a packet made by another program is read, and written again byte for byte", () => {
  for (const name of ["ipv4 tcp syn", "ipv4 options", "ipv4 fragment", "icmpv4 echo"] as const) {
    const packet = sample(name);
    const parsed = parseIpv4(packet, 0, packet.length);
    if (typeof parsed === "string") throw new Error(parsed);
    const copy = packet.slice().fill(0, 0, 20);
    expect(emitIpv4(parsed, copy, 0)).toBe(parsed.payloadStart);
    expect(copy).toEqual(packet);
  }
  const packet = sample("ipv4 tcp syn");
  expect(parseIpv4(packet, 0, packet.length)).toMatchObject({
    identification: 0x1234,
    dontFragment: true,
    hopLimit: 64,
    protocol: 6,
    source: address("192.0.2.1"),
    destination: address("198.51.100.7"),
    payloadStart: 20,
    payloadEnd: 60,
  });
});

test("what follows Total Length is padding, and no part of the packet", () => {
  const padded = new Uint8Array(100).fill(0xff);
  padded.set(sample("ipv4 udp"));
  expect(parseIpv4(padded, 0, padded.length)).toMatchObject({ payloadEnd: 33, payloadLength: 13 });
});

test("each way to be malformed has its name [RFC 1122 3.2.1.1] [RFC 1122 3.2.1.2]", () => {
  const good = sample("ipv4 udp");
  const changed = (at: number, value: number) => {
    const packet = good.slice();
    packet[at] = value;
    return parseIpv4(packet, 0, packet.length);
  };
  expect(parseIpv4(good, 0, 19)).toBe("truncated");
  expect(changed(0, 0x65)).toBe("bad-version");
  expect(changed(0, 0x44)).toBe("bad-header-length");
  expect(changed(0, 0x4f)).toBe("truncated");
  expect(changed(3, 19)).toBe("bad-total-length");
  expect(changed(3, good.length + 1)).toBe("truncated");
  expect(changed(8, 65)).toBe("bad-checksum");
});

test("a field changed in place can have its checksum made right again", () => {
  const packet = sample("ipv4 options");
  packet[8] = 3;
  fillIpv4Checksum(packet, 0);
  expect(parseIpv4(packet, 0, packet.length)).toMatchObject({ hopLimit: 3 });
});

test("a packet object used again keeps its address objects where the addresses are the same", () => {
  const packet = newIpv4Packet();
  const first = sample("ipv4 tcp syn");
  expect(parseIpv4Into(packet, first, 0, first.length)).toBeUndefined();
  const { source } = packet;
  expect(parseIpv4Into(packet, sample("ipv4 udp"), 0, 33)).toBeUndefined();
  expect(packet.source).toBe(source);
  const other = sample("igmpv2 query");
  expect(parseIpv4Into(packet, other, 0, other.length)).toBeUndefined();
  expect(formatAddress(packet.destination)).toBe("224.0.0.22");
  expect(packet).toEqual(parseIpv4(other, 0, other.length));
});

const option: fc.Arbitrary<Ipv4Option> = fc.oneof(
  fc.constant<Ipv4Option>({ kind: "no-operation" }),
  fc.record({
    kind: fc.constantFrom("record-route", "loose-source-route", "strict-source-route"),
    pointer: fc.integer({ min: 4, max: 40 }),
    route: fc.array(v4, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("timestamp"),
    pointer: fc.integer({ min: 5, max: 40 }),
    overflow: fc.integer({ min: 0, max: 15 }),
    flag: fc.integer({ min: 0, max: 15 }),
    data: bytes(2).map((words) => new Uint8Array(words.length * 4).fill(words[0] ?? 0)),
  }),
  fc.record({ kind: fc.constant("router-alert"), value: u16 }),
  fc.record({ kind: fc.constant("unknown"), type: fc.constantFrom(2, 130, 136, 222), data: bytes(8) }),
);

test("parsing the options emitted gives them back, with padding behind [RFC 791 3.1]", () => {
  fc.assert(
    fc.property(fc.array(option, { maxLength: 4 }), (given) => {
      const parsed = roundTrip((b, at) => emitIpv4Options(given, b, at), parseIpv4Options);
      expect(Array.isArray(parsed) && parsed.filter(({ kind }) => kind !== "end-of-list")).toEqual(given);
    }),
  );
});

test("a header with options carries them under its checksum", () => {
  const buffer = new Uint8Array(64);
  const optionsLength = emitIpv4Options([{ kind: "router-alert", value: 0 }], buffer, 20);
  const packet = { ...newIpv4Packet(), protocol: 2, optionsLength, payloadLength: 8 };
  expect(emitIpv4(packet, buffer, 0)).toBe(24);
  expect(parseIpv4(buffer, 0, 64)).toMatchObject({ optionsStart: 20, payloadStart: 24, payloadEnd: 32 });
});

test("malformed options are named with the byte that is at fault [RFC 1122 3.2.1.8]", () => {
  const at = (...given: number[]) => readIpv4Option(Uint8Array.from(given), 0, given.length);
  expect(at(7)).toEqual({ reason: "truncated-option", at: 0 });
  expect(at(7, 1)).toEqual({ reason: "bad-option-length", at: 1 });
  expect(at(7, 7, 4)).toEqual({ reason: "truncated-option", at: 1 });
  expect(at(7, 5, 4, 0, 0)).toEqual({ reason: "bad-option-length", at: 1 });
  expect(at(131, 7, 3, 0, 0, 0, 0)).toEqual({ reason: "bad-option-pointer", at: 2 });
  expect(at(68, 4, 4, 0)).toEqual({ reason: "bad-option-pointer", at: 2 });
  expect(at(68, 3, 5)).toEqual({ reason: "bad-option-length", at: 1 });
  expect(at(148, 3, 0)).toEqual({ reason: "bad-option-length", at: 1 });
});
