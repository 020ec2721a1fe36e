import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../src/base/text.ts";
import {
  emitTcp,
  newTcpSegment,
  noSack,
  parseTcp,
  parseTcpInto,
  type TcpHeader,
  tcpFlags,
  tcpHeaderLength,
} from "../../src/wire/tcp.ts";
import { emitTcpOptions, parseTcpOptions, type TcpOption } from "../../src/wire/tcp-options.ts";
import { bytes, int32, roundTrip, sample, u8, u16, u24 } from "./arbitraries.ts";

const header: fc.Arbitrary<TcpHeader> = fc
  .record({
    sourcePort: u16,
    destinationPort: u16,
    sequence: int32,
    acknowledgment: int32,
    flags: fc.integer({ min: 0, max: 0x1ff }),
    window: u16,
    checksum: u16,
    urgentPointer: u16,
    mss: fc.oneof(fc.constant(0), u16),
    windowScale: fc.integer({ min: -1, max: 14 }),
    sackPermitted: fc.boolean(),
    timestamps: fc.boolean(),
    timestampValue: int32,
    timestampEcho: int32,
    sack: fc.constant(noSack),
  })
  .map((given) => (given.timestamps ? given : { ...given, timestampValue: 0, timestampEcho: 0 }));

const plain: TcpHeader = {
  sourcePort: 1,
  destinationPort: 2,
  sequence: 3,
  acknowledgment: 4,
  flags: tcpFlags.ACK,
  window: 5,
  checksum: 0,
  urgentPointer: 0,
  mss: 0,
  windowScale: -1,
  sackPermitted: false,
  timestamps: false,
  timestampValue: 0,
  timestampEcho: 0,
  sack: noSack,
};

/** The options `emitTcp` writes, as packets show them. */
function layout(given: Partial<TcpHeader>): string {
  const buffer = new Uint8Array(80);
  const length = emitTcp({ ...plain, ...given }, buffer, 0);
  expect(length).toBe(tcpHeaderLength({ ...plain, ...given }));
  expect(length % 4).toBe(0);
  const options = parseTcpOptions(buffer, 20, length);
  return typeof options === "string" ? options : options.map(({ kind }) => kind).join(" ");
}

test("parsing what was emitted gives the header back [RFC 9293 3.1]", () => {
  fc.assert(
    fc.property(header, (given) => {
      expect(roundTrip((b, at) => emitTcp(given, b, at), parseTcp)).toMatchObject(given);
    }),
  );
});

test("SACK blocks come back as they went [RFC 2018 3]", () => {
  const block = fc.tuple(int32, int32);
  const blocks = fc.array(block, { minLength: 1, maxLength: 3 }).map((list) => list.flat());
  fc.assert(
    fc.property(blocks, fc.boolean(), (sack, timestamps) => {
      const given = { ...plain, sack, timestamps, timestampValue: timestamps ? 7 : 0 };
      expect(roundTrip((b, at) => emitTcp(given, b, at), parseTcp)).toMatchObject(given);
    }),
  );
});

test("segments made by another program are read", () => {
  const syn = sample("ipv4 tcp syn");
  expect(parseTcp(syn, 20, syn.length)).toEqual({
    sourcePort: 40000,
    destinationPort: 80,
    sequence: 0x01020304,
    acknowledgment: 0,
    flags: tcpFlags.SYN,
    window: 64240,
    checksum: expect.any(Number),
    urgentPointer: 0,
    mss: 1460,
    windowScale: 7,
    sackPermitted: true,
    timestamps: true,
    timestampValue: 100,
    timestampEcho: 0,
    sack: [],
    optionsStart: 40,
    payloadStart: 60,
    payloadEnd: 60,
  });
  const data = sample("ipv4 tcp data");
  expect(parseTcp(data, 20, data.length)).toMatchObject({
    acknowledgment: -16,
    flags: tcpFlags.PSH | tcpFlags.ACK,
    timestampValue: 101,
    timestampEcho: 0x80000001 | 0,
    payloadStart: 52,
    payloadEnd: 70,
  });
  const sack = sample("ipv4 tcp sack");
  expect(parseTcp(sack, 20, sack.length)).toMatchObject({ sack: [2000, 3000, 4000, 5000] });
});

test("a SYN and a data segment are emitted as Linux emits them, byte for byte", () => {
  for (const name of ["ipv4 tcp syn", "ipv4 tcp data", "ipv4 tcp sack"] as const) {
    const packet = sample(name);
    const parsed = parseTcp(packet, 20, packet.length);
    if (typeof parsed === "string") throw new Error(parsed);
    const buffer = new Uint8Array(80);
    const length = emitTcp(parsed, buffer, 0);
    expect(toHex(buffer, 0, length)).toBe(toHex(packet, 20, 20 + length));
  }
});

test("options stand in Linux's order, padded with NOPs in front", () => {
  const timestamps = { timestamps: true, timestampValue: 1 };
  expect(layout({ mss: 1460 })).toBe("mss");
  expect(layout({ mss: 1460, sackPermitted: true, windowScale: 7 })).toBe(
    "mss no-operation no-operation sack-permitted no-operation window-scale",
  );
  expect(layout({ mss: 1460, sackPermitted: true, windowScale: 7, ...timestamps })).toBe(
    "mss sack-permitted timestamps no-operation window-scale",
  );
  expect(layout({ mss: 1460, windowScale: 0, ...timestamps })).toBe(
    "mss no-operation no-operation timestamps no-operation window-scale",
  );
  expect(layout(timestamps)).toBe("no-operation no-operation timestamps");
  expect(layout({ sack: [1, 2], ...timestamps })).toBe(
    "no-operation no-operation timestamps no-operation no-operation sack",
  );
  expect(layout({})).toBe("");
});

test("SACK blocks that do not fit in 40 bytes of options are left out [RFC 2018 3]", () => {
  const sack = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect(tcpHeaderLength({ ...plain, sack })).toBe(20 + 4 + 32);
  const timestamps = { ...plain, sack, timestamps: true };
  expect(tcpHeaderLength(timestamps)).toBe(20 + 12 + 4 + 24);
  expect(roundTrip((b, at) => emitTcp(timestamps, b, at), parseTcp)).toMatchObject({
    sack: sack.slice(0, 6),
  });
  const full = { ...timestamps, mss: 1460, windowScale: 7, sackPermitted: true, sack: [1, 2, 3, 4] };
  expect(tcpHeaderLength(full)).toBe(20 + 20 + 4 + 16);
});

test("a bad Data Offset or too few bytes is named", () => {
  const packet = sample("ipv4 tcp syn");
  expect(parseTcp(packet, 20, 39)).toBe("truncated");
  expect(parseTcp(packet, 20, 59)).toBe("bad-data-offset");
  packet[32] = 0x40;
  expect(parseTcp(packet, 20, 60)).toBe("bad-data-offset");
});

/** A segment whose option bytes are `options`, filled up with end-of-list. */
function withOptions(...options: number[]) {
  const length = 20 + ((options.length + 3) & ~3);
  const buffer = new Uint8Array(length);
  emitTcp(plain, buffer, 0);
  buffer[12] = length << 2;
  buffer.set(options, 20);
  const parsed = parseTcp(buffer, 0, length);
  if (typeof parsed === "string") throw new Error(parsed);
  return { parsed, list: parseTcpOptions(buffer, 20, length) };
}

test("an option of illegal length ends the walk; what came before it counts [RFC 9293 MUST-7]", () => {
  const zero = withOptions(2, 4, 5, 0xb4, 3, 0, 7, 0);
  expect(zero.parsed).toMatchObject({ mss: 1460, windowScale: -1 });
  expect(zero.list).toBe("bad-option-length");
  const beyond = withOptions(1, 1, 8, 10, 0, 0, 0, 0);
  expect(beyond.parsed.timestamps).toBe(false);
  expect(beyond.list).toBe("truncated-option");
  expect(withOptions(1, 1, 1, 2).list).toBe("truncated-option");
});

test("a known option of another length is passed over, as is an unknown one [RFC 9293 MUST-6]", () => {
  const { parsed, list } = withOptions(3, 2, 77, 4, 1, 2, 2, 4, 2, 0x18);
  expect(parsed).toMatchObject({ mss: 536, windowScale: -1 });
  expect(list).toEqual([
    { kind: "unknown", type: 3, data: new Uint8Array() },
    { kind: "unknown", type: 77, data: Uint8Array.of(1, 2) },
    { kind: "mss", mss: 536 },
    { kind: "end-of-list" },
  ]);
});

test("options may begin at any byte, and nothing is read behind end-of-list [RFC 9293 MUST-64] [RFC 9293 MUST-4]", () => {
  const { parsed } = withOptions(
    1,
    2,
    4,
    5,
    0xb4,
    1,
    1,
    8,
    10,
    0,
    0,
    0,
    9,
    0xff,
    0xff,
    0xff,
    0xfe,
    3,
    3,
    9,
    0,
    4,
    2,
  );
  expect(parsed).toMatchObject({ mss: 1460, timestampValue: 9, timestampEcho: -2, windowScale: 9 });
  expect(parsed.sackPermitted).toBe(false);
});

test("a segment object used again keeps nothing of the one before", () => {
  const segment = newTcpSegment();
  const syn = sample("ipv4 tcp syn");
  expect(parseTcpInto(segment, syn, 20, syn.length)).toBeUndefined();
  const odd = sample("ipv4 tcp urgent odd options");
  expect(parseTcpInto(segment, odd, 20, odd.length)).toBeUndefined();
  expect(segment).toEqual(parseTcp(odd, 20, odd.length));
  expect(segment.sackPermitted).toBe(false);
});

const option: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.constant<TcpOption>({ kind: "no-operation" }),
  fc.record({ kind: fc.constant("mss"), mss: u16 }),
  fc.record({ kind: fc.constant("window-scale"), shift: u8 }),
  fc.constant<TcpOption>({ kind: "sack-permitted" }),
  fc.record({ kind: fc.constant("sack"), edges: fc.tuple(int32, int32) }),
  fc.record({ kind: fc.constant("timestamps"), value: int32, echo: int32 }),
  fc.record({ kind: fc.constant("md5"), digest: bytes(16, 16) }),
  fc.record({ kind: fc.constant("fast-open"), cookie: bytes(16) }),
  fc.record({ kind: fc.constant("fast-open-experiment"), cookie: bytes(8) }),
  fc.record({
    kind: fc.constant("accecn"),
    order: fc.constantFrom(0, 1),
    counters: fc.array(u24, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("experiment"),
    type: fc.constantFrom(253, 254),
    identifier: fc.constantFrom(0xacc0, 0x00ac),
    data: bytes(8),
  }),
  fc.record({ kind: fc.constant("unknown"), type: fc.constantFrom(6, 77, 250), data: bytes(8) }),
);

test("parsing the options emitted gives them back, whatever their kind", () => {
  fc.assert(
    fc.property(fc.array(option, { maxLength: 6 }), (given) => {
      expect(roundTrip((b, at) => emitTcpOptions(given, b, at), parseTcpOptions)).toEqual(given);
    }),
  );
});
