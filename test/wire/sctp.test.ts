import fc from "fast-check";
import { expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { toHex } from "../../src/base/text.ts";
import {
  emitSctpCauses,
  parseSctpCauses,
  type SctpCause,
  sctpCauseLength,
} from "../../src/wire/sctp/causes.ts";
import { emitSctpChunk, parseSctpChunk, type SctpChunk } from "../../src/wire/sctp/chunks.ts";
import { emitSctpData, parseSctpData, type SctpData, sctpDataFlags } from "../../src/wire/sctp/data.ts";
import {
  emitSctpParameters,
  parseSctpParameters,
  type SctpParameter,
  sctpParameterLength,
} from "../../src/wire/sctp/parameters.ts";
import {
  emitSctp,
  fillSctpChecksum,
  nextSctpChunk,
  parseSctp,
  sctpChunkLength,
  sctpChunkTypes,
  verifySctpChecksum,
} from "../../src/wire/sctp/sctp.ts";
import { bytes, int32, roundTrip, sample, u8, u16, u32, v4, v6 } from "./arbitraries.ts";

const parameter: fc.Arbitrary<SctpParameter> = fc.oneof(
  fc.record({ type: fc.constant("IPV4-ADDRESS"), address: v4 }),
  fc.record({ type: fc.constant("IPV6-ADDRESS"), address: v6 }),
  fc.record({
    type: fc.constantFrom(
      "HEARTBEAT-INFO",
      "STATE-COOKIE",
      "UNRECOGNIZED-PARAMETER",
      "HOST-NAME-ADDRESS",
      "RANDOM",
      "PADDING",
    ),
    value: bytes(13),
  }),
  fc.record({ type: fc.constantFrom("ECN-CAPABLE", "FORWARD-TSN-SUPPORTED") }),
  fc.record({
    type: fc.constantFrom(
      "COOKIE-PRESERVATIVE",
      "SSN-TSN-RESET",
      "ZERO-CHECKSUM-ACCEPTABLE",
      "SUCCESS-INDICATION",
      "ADAPTATION-LAYER-INDICATION",
    ),
    word: u32,
  }),
  fc.record({
    type: fc.constantFrom("SUPPORTED-ADDRESS-TYPES", "REQUESTED-HMAC-ALGORITHMS"),
    numbers: fc.array(u16, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constantFrom("CHUNK-LIST", "SUPPORTED-EXTENSIONS"),
    chunkTypes: fc.array(u8, { maxLength: 5 }),
  }),
  fc.record({
    type: fc.constantFrom("ADD-IP-ADDRESS", "DELETE-IP-ADDRESS", "SET-PRIMARY-ADDRESS"),
    correlation: u32,
    address: fc.oneof(v4, v6),
  }),
  fc.record({ type: fc.constant("ERROR-CAUSE-INDICATION"), correlation: u32, causes: bytes(9) }),
  fc.record({
    type: fc.constant("OUTGOING-SSN-RESET"),
    request: int32,
    response: int32,
    lastTsn: int32,
    streams: fc.array(u16, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant("INCOMING-SSN-RESET"),
    request: int32,
    streams: fc.array(u16, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant("RE-CONFIG-RESPONSE"),
    response: int32,
    result: u32,
    nextTsns: fc.oneof(fc.constant([]), fc.tuple(int32, int32)),
  }),
  fc.record({
    type: fc.constantFrom("ADD-OUTGOING-STREAMS", "ADD-INCOMING-STREAMS"),
    request: int32,
    streams: u16,
  }),
  fc.record({ type: fc.constant("UNKNOWN"), number: fc.constantFrom(2, 0x4001, 0xfffe), value: bytes(9) }),
);
const parameters = fc.array(parameter, { maxLength: 4 });

const cause: fc.Arbitrary<SctpCause> = fc.oneof(
  fc.record({ type: fc.constant("INVALID-STREAM-IDENTIFIER"), stream: u16 }),
  fc.record({ type: fc.constant("MISSING-MANDATORY-PARAMETER"), missing: fc.array(u16, { maxLength: 3 }) }),
  fc.record({ type: fc.constant("STALE-COOKIE"), staleness: u32 }),
  fc.record({ type: fc.constant("NO-USER-DATA"), tsn: int32 }),
  fc.record({
    type: fc.constantFrom(
      "OUT-OF-RESOURCE",
      "UNRECOGNIZED-CHUNK-TYPE",
      "PROTOCOL-VIOLATION",
      "UNSUPPORTED-HMAC",
    ),
    value: bytes(9),
  }),
  fc.record({ type: fc.constant("UNKNOWN"), code: fc.constantFrom(0, 99, 0xffff), value: bytes(9) }),
);
const causes = fc.array(cause, { maxLength: 3 });

const gaps = fc.array(fc.tuple(u16, u16), { maxLength: 3 }).map((blocks) => blocks.flat());
const duplicates = fc.array(int32, { maxLength: 3 });
const chunk: fc.Arbitrary<SctpChunk> = fc.oneof(
  fc.record({
    type: fc.constantFrom("INIT", "INIT-ACK"),
    initiateTag: int32,
    receiverWindow: u32,
    outboundStreams: u16,
    inboundStreams: u16,
    initialTsn: int32,
    parameters,
  }),
  fc.record({
    type: fc.constant("SACK"),
    cumulativeTsn: int32,
    receiverWindow: u32,
    gaps,
    nonRenegable: fc.constant([]),
    duplicates,
  }),
  fc.record({
    type: fc.constant("NR-SACK"),
    cumulativeTsn: int32,
    receiverWindow: u32,
    gaps,
    nonRenegable: gaps,
    duplicates,
  }),
  fc.record({ type: fc.constantFrom("HEARTBEAT", "HEARTBEAT-ACK", "RE-CONFIG"), parameters }),
  fc.record({ type: fc.constant("ABORT"), tagReflected: fc.boolean(), causes }),
  fc.record({ type: fc.constant("ERROR"), causes }),
  fc.record({ type: fc.constant("SHUTDOWN"), cumulativeTsn: int32 }),
  fc.record({ type: fc.constantFrom("SHUTDOWN-ACK", "COOKIE-ACK") }),
  fc.record({ type: fc.constant("SHUTDOWN-COMPLETE"), tagReflected: fc.boolean() }),
  fc.record({ type: fc.constant("COOKIE-ECHO"), cookie: bytes(9) }),
  fc.record({ type: fc.constantFrom("ECNE", "CWR"), lowestTsn: int32 }),
  fc.record({ type: fc.constant("AUTH"), keyId: u16, hmacId: u16, hmac: bytes(20) }),
  fc.record({ type: fc.constantFrom("ASCONF", "ASCONF-ACK"), serial: int32, parameters }),
  fc.record({
    type: fc.constant("FORWARD-TSN"),
    cumulativeTsn: int32,
    streams: fc.array(fc.record({ stream: u16, ssn: u16 }), { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant("I-FORWARD-TSN"),
    cumulativeTsn: int32,
    streams: fc.array(fc.record({ stream: u16, unordered: fc.boolean(), mid: int32 }), { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant("PAD"), length: fc.nat(9) }),
  fc.record({
    type: fc.constant("UNKNOWN"),
    number: fc.constantFrom(0x3f, 0x7e, 0xbe, 0xff),
    flags: u8,
    value: bytes(9),
  }),
);

test("parsing the control chunk emitted gives it back [RFC 9260 3.3]", () => {
  fc.assert(
    fc.property(chunk, (given) => {
      const parsed = roundTrip(
        (b, at) => emitSctpChunk(given, b, at),
        (b, start, end) => {
          const length = sctpChunkLength(b, start, end);
          expect(nextSctpChunk(start, length)).toBe(end);
          return parseSctpChunk(b, start, start + length);
        },
      );
      expect(parsed).toEqual(given);
    }),
    { numRuns: 300 },
  );
});

test("parsing the parameters and causes emitted gives them back [RFC 9260 3.2.1] [RFC 9260 3.3.10]", () => {
  fc.assert(
    fc.property(parameters, causes, (first, second) => {
      expect(roundTrip((b, at) => emitSctpParameters(first, b, at), parseSctpParameters)).toEqual(first);
      expect(roundTrip((b, at) => emitSctpCauses(second, b, at), parseSctpCauses)).toEqual(second);
      for (const one of first)
        expect(emitSctpParameters([one], new Uint8Array(99), 0)).toBe(sctpParameterLength(one));
      for (const one of second)
        expect(emitSctpCauses([one], new Uint8Array(99), 0)).toBe(sctpCauseLength(one));
    }),
  );
});

test("parsing the DATA or I-DATA chunk emitted gives it back [RFC 9260 3.3.1] [RFC 8260 2.1]", () => {
  const data: fc.Arbitrary<SctpData> = fc
    .record({
      interleaved: fc.boolean(),
      flags: fc.nat(15),
      tsn: int32,
      stream: u16,
      message: int32,
      payloadProtocol: u32,
      fragment: int32,
      payloadLength: fc.integer({ min: 1, max: 40 }),
    })
    .map((given) => {
      if (!given.interleaved) return { ...given, message: given.message & 0xffff, fragment: 0 };
      const begins = (given.flags & sctpDataFlags.beginning) !== 0;
      return begins ? { ...given, fragment: 0 } : { ...given, payloadProtocol: 0 };
    });
  fc.assert(
    fc.property(data, (given) => {
      const parsed = roundTrip((b, at) => emitSctpData(given, b, at) + given.payloadLength, parseSctpData);
      expect(parsed).toMatchObject(given);
    }),
  );
});

test("DATA without user data, and too short for itself, is named [RFC 9260 6.2]", () => {
  const buffer = new Uint8Array(20);
  buffer[3] = 16;
  expect(parseSctpData(buffer, 0, 20)).toBe("no-user-data");
  buffer[3] = 15;
  expect(parseSctpData(buffer, 0, 20)).toBe("bad-length");
  buffer[3] = 21;
  expect(parseSctpData(buffer, 0, 20)).toBe("truncated");
  expect(parseSctpData(buffer, 0, 3)).toBe("truncated");
});

/** The chunks of a sample behind its IPv4 header. */
function chunksOf(name: Parameters<typeof sample>[0]) {
  const packet = sample(name);
  const parsed = parseSctp(packet, 20, packet.length);
  if (typeof parsed === "string") throw new Error(parsed);
  const chunks: unknown[] = [];
  for (let at = parsed.chunksStart; at < parsed.chunksEnd; ) {
    const length = sctpChunkLength(packet, at, parsed.chunksEnd);
    const read = packet[at] === sctpChunkTypes.DATA ? parseSctpData : parseSctpChunk;
    chunks.push(read(packet, at, at + length));
    at = nextSctpChunk(at, length);
  }
  return { packet, parsed, chunks };
}

test("packets made by another program are read", () => {
  expect(chunksOf("sctp init")).toMatchObject({
    parsed: { sourcePort: 40000, destinationPort: 9899, verificationTag: 0 },
    chunks: [
      {
        type: "INIT",
        initiateTag: 0xcafef00d | 0,
        receiverWindow: 106496,
        outboundStreams: 10,
        inboundStreams: 2048,
        initialTsn: 0x11223344,
        parameters: [
          { type: "IPV4-ADDRESS", address: address("192.0.2.1") },
          { type: "SUPPORTED-ADDRESS-TYPES", numbers: [5, 6] },
          { type: "ECN-CAPABLE" },
          { type: "FORWARD-TSN-SUPPORTED" },
          { type: "SUPPORTED-EXTENSIONS" },
        ],
      },
    ],
  });
  expect(chunksOf("sctp cookie echo data").chunks).toMatchObject([
    { type: "COOKIE-ECHO", cookie: new TextEncoder().encode("cookie!") },
    { flags: 3, tsn: 0x11223344, stream: 3, message: 0, payloadProtocol: 51, payloadLength: 5 },
  ]);
  expect(chunksOf("sctp sack").chunks).toEqual([
    {
      type: "SACK",
      cumulativeTsn: 0x11223344,
      receiverWindow: 1500,
      gaps: [2, 3, 5, 5],
      nonRenegable: [],
      duplicates: [0x11223340],
    },
  ]);
  expect(chunksOf("sctp heartbeat").chunks).toMatchObject([
    { type: "HEARTBEAT", parameters: [{ type: "HEARTBEAT-INFO" }] },
  ]);
  expect(chunksOf("sctp shutdown").chunks).toEqual([{ type: "SHUTDOWN", cumulativeTsn: 77 }]);
});

test("the checksum verifies, is computed as the other program did, and a changed byte does not [RFC 9260 6.8]", () => {
  for (const name of ["sctp init", "sctp init ack", "sctp sack", "sctp cookie echo data"] as const) {
    const { packet, parsed, chunks } = chunksOf(name);
    expect(chunks.length).toBeGreaterThan(0);
    expect(verifySctpChecksum(packet, 20, packet.length)).toBe(true);
    const copy = packet.slice();
    emitSctp(parsed, copy, 20);
    expect(parseSctp(copy, 20, copy.length)).toMatchObject({ zeroChecksum: true });
    fillSctpChecksum(copy, 20, copy.length);
    expect(toHex(copy)).toBe(toHex(packet));
    copy[copy.length - 1]! ^= 1;
    expect(verifySctpChecksum(copy, 20, copy.length)).toBe(false);
  }
});

test("chunks that are shorter than their header or run out of the packet end it [RFC 9260 3.2]", () => {
  expect(sctpChunkLength(Uint8Array.of(0, 0, 0), 0, 3)).toBe(-1);
  expect(sctpChunkLength(Uint8Array.of(0, 0, 0, 3), 0, 4)).toBe(-1);
  expect(sctpChunkLength(Uint8Array.of(0, 0, 0, 5), 0, 4)).toBe(-1);
  expect(sctpChunkLength(Uint8Array.of(0, 0, 0, 5, 1), 0, 5)).toBe(5);
  expect(parseSctp(new Uint8Array(11), 0, 11)).toBe("truncated");
});

test("lengths that do not fit their type are named", () => {
  const parse = (...value: number[]) => parseSctpChunk(Uint8Array.from(value), 0, value.length);
  expect(parse(1, 0, 0, 8, 0, 0, 0, 1)).toBe("bad-chunk-length");
  expect(parse(3, 0, 0, 8, 0, 0, 0, 1)).toBe("bad-chunk-length");
  expect(parse(3, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0)).toBe("bad-chunk-length");
  for (const type of [7, 8, 11, 12, 14]) expect(parse(type, 0, 0, 6, 0, 0)).toBe("bad-chunk-length");
  for (const type of [15, 128, 192, 194]) expect(parse(type, 0, 0, 6, 0, 0)).toBe("bad-chunk-length");
  expect(parse(192, 0, 0, 10, 0, 0, 0, 0, 0, 0)).toBe("bad-chunk-length");
  expect(parse(4, 0, 0, 6, 0, 1)).toBe("truncated-parameter");
  expect(parse(4, 0, 0, 8, 0, 1, 0, 3)).toBe("bad-parameter-length");
  expect(parse(4, 0, 0, 8, 0, 1, 0, 5)).toBe("bad-parameter-length");
  expect(parse(4, 0, 0, 12, 0, 5, 0, 8, 1, 2, 3, 4)).toMatchObject({ type: "HEARTBEAT" });
  expect(parse(4, 0, 0, 12, 0, 6, 0, 8, 1, 2, 3, 4)).toBe("bad-parameter-length");
  expect(parse(6, 0, 0, 6, 0, 1)).toBe("truncated-cause");
  expect(parse(6, 0, 0, 8, 0, 1, 0, 4)).toBe("bad-cause-length");
  expect(parse(6, 0, 0, 12, 0, 2, 0, 8, 0, 0, 0, 9)).toBe("bad-cause-length");
  const mapped = [0, 6, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4];
  expect(parse(4, 0, 0, 24, ...mapped)).toBe("mapped-address");
});
