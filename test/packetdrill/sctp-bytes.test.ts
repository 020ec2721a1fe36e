import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { hexadecimalText } from "../../src/packetdrill/language/names/hexadecimal.ts";
import { compareSctp } from "../../src/packetdrill/packets/compare-sctp.ts";
import type { Envelope } from "../../src/packetdrill/packets/envelope.ts";
import { emitPacket } from "../../src/packetdrill/packets/packet-emit.ts";
import { parsePacket } from "../../src/packetdrill/packets/packet-parse.ts";
import { emitChunks, noFillings } from "../../src/packetdrill/packets/sctp-emit.ts";
import { parseChunks } from "../../src/packetdrill/packets/sctp-parse.ts";
import { verifySctpChecksum } from "../../src/wire/sctp/sctp.ts";
import { chunkOf, contentOf, packetOf } from "./support/parse.ts";

const bytesOf = (text: string) => emitChunks([chunkOf(text)], noFillings);
const hex = (text: string) => hexadecimalText(bytesOf(text));

describe("chunks as bytes", () => {
  test.each([
    ["DATA[flgs=BE, len=17, tsn=1, sid=2, ssn=3, ppid=4]", "00030011000000010002000300000004" + "00000000"],
    ["SHUTDOWN_ACK[flgs=0]", "08000004"],
    ["ABORT[flgs=T]", "06010004"],
    [
      "INIT[flgs=0, tag=1, a_rwnd=2, os=3, is=4, tsn=5, SUPPORTED_ADDRESS_TYPES[types=[IPv4]], ECN_CAPABLE[]]",
      "0100002000000001000000020003000400000005" + "000c000600050000" + "80000004",
    ],
    // The padding of the last parameter is the chunk's.
    [
      "INIT[flgs=0, tag=1, a_rwnd=2, os=3, is=4, tsn=5, SUPPORTED_ADDRESS_TYPES[types=[IPv4]]]",
      "0100001a00000001000000020003000400000005" + "000c000600050000",
    ],
    [
      "SACK[flgs=0, cum_tsn=1, a_rwnd=2, gaps=[2:3], dups=[9]]",
      "0300001800000001000000020001000100020003" + "00000009",
    ],
    ["COOKIE_ECHO[flgs=0, len=8, val=[1, 2, 3, 4]]", "0a00000801020304"],
    ["CHUNK[type=0xaf, flgs=1, len=9, val=[1]]", "af010009" + "0100000000000000"],
    ["PAD[flgs=0, len=8, val=...]", "8400000850505050"],
    ["ERROR[flgs=0, INVALID_STREAM_IDENTIFIER[sid=5]]", "0900000c" + "0001000800050000"],
    ['ABORT[flgs=0, PROTOCOL_VIOLATION[info="ab"]]', "0600000a" + "000d000661620000"],
    ["FORWARD_TSN[cum_tsn=1, ids=[{2, 3}]]", "c000000c0000000100020003"],
    ["RECONFIG[flgs=0, RECONFIG_RESPONSE[resp_sn=1, result=2]]", "82000010" + "0010000c0000000100000002"],
    ["HEARTBEAT[flgs=0, HEARTBEAT_INFORMATION[len=8, val=...]]", "0400000c" + "0001000800000000"],
    [
      "INIT_ACK[flgs=0, tag=1, a_rwnd=1, os=1, is=1, tsn=1, STATE_COOKIE[len=8, val=...]]",
      "0200001c0000000100000001000100010000000100070008" + "41414141",
    ],
  ])("%s", (text, expected) => {
    expect(hex(text)).toBe(expected);
  });

  test("are filled with what came before, where the script leaves that open", () => {
    const fillings = { cookie: Uint8Array.from([7, 8, 9, 10]), heartbeat: Uint8Array.from([5, 6]) };
    const cookie = chunkOf("COOKIE_ECHO[flgs=0, len=..., val=...]");
    expect(hexadecimalText(emitChunks([cookie], fillings))).toBe("0a0000080708090a");
    const heartbeat = chunkOf("HEARTBEAT_ACK[flgs=0, HEARTBEAT_INFORMATION[...]]");
    expect(hexadecimalText(emitChunks([heartbeat], fillings))).toBe("0500000a" + "0001000605060000");
  });

  test.each([
    "I_DATA[flgs=B, len=20, tsn=1, sid=2, mid=3, ppid=4]",
    "I_DATA[flgs=E, len=20, tsn=1, sid=2, mid=3, fsn=4]",
    "NR_SACK[flgs=0, cum_tsn=1, a_rwnd=2, gaps=[2:3], nr_gaps=[4:5, 6:7], dups=[9]]",
    "SHUTDOWN[flgs=0, cum_tsn=9]",
    "CWR[flgs=0, tsn=9]",
    "I_FORWARD_TSN[cum_tsn=1, ids=[{2, 1, 3}]]",
    "RECONFIG[flgs=0, OUTGOING_SSN_RESET[req_sn=1, resp_sn=2, last_tsn=3, sids=[0, 1]], INCOMING_SSN_RESET[req_sn=4]]",
    "RECONFIG[flgs=0, ADD_INCOMING_STREAMS[req_sn=1, number_of_new_streams=9], SSN_TSN_RESET[req_sn=4]]",
    "RECONFIG[flgs=0, RECONFIG_RESPONSE[resp_sn=1, result=1, sender_next_tsn=2, receiver_next_tsn=3]]",
    'ABORT[flgs=0, UNRESOLVABLE_ADDRESS[param=HOSTNAME_ADDRESS[addr="a.b"]], OUT_OF_RESOURCE[]]',
    "ERROR[flgs=0, UNRECOGNIZED_CHUNK_TYPE[chk=CHUNK[type=0xef, flgs=0, len=5, val=[1]]]]",
    "ERROR[flgs=0, UNRECOGNIZED_PARAMETERS[params=[PARAMETER[type=0x8099, len=5, val=[1]]]], STALE_COOKIE_ERROR[staleness=9]]",
    "ERROR[flgs=0, MISSING_MANDATORY_PARAMETER[types=[7, 8]], NO_USER_DATA[tsn=4]]",
    "ERROR[flgs=0, RESTART_WITH_NEW_ADDRESSES[params=[IPV4_ADDRESS[addr=1.2.3.4], IPV6_ADDRESS[addr=2001:db8::1]]]]",
    "INIT[flgs=0, tag=1, a_rwnd=2, os=3, is=4, tsn=5, COOKIE_PRESERVATIVE[incr=5], SUPPORTED_EXTENSIONS[types=[AUTH, 5]]]",
    "INIT[flgs=0, tag=1, a_rwnd=2, os=3, is=4, tsn=5, FORWARD_TSN_SUPPORTED[], ADAPTATION_INDICATION[adaptation_code_point=3]]",
    "INIT_ACK[flgs=0, tag=1, a_rwnd=2, os=3, is=4, tsn=5, UNRECOGNIZED_PARAMETER[params=[PARAMETER[type=9999, len=4, val=[]]]]]",
  ])("are read back as they were written: %s", (text) => {
    const chunk = chunkOf(text);
    const bytes = emitChunks([chunk], noFillings);
    expect(parseChunks(bytes, 0, bytes.length)).toEqual([chunk]);
  });

  test("whatever they are, are the same bytes when they are written again", () => {
    const types = fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x10, 0x40, 0x82, 0x84, 0xc0, 0xc2, 0xee);
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 60 }), (type, body) => {
        const bytes = Uint8Array.from([
          type,
          0,
          0,
          body.length + 4,
          ...body,
          ...new Array(-body.length & 3).fill(0),
        ]);
        const chunks = parseChunks(bytes, 0, bytes.length);
        expect(chunks).toHaveLength(1);
        const again = emitChunks(chunks!, noFillings);
        expect(parseChunks(again, 0, again.length)).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });

  test("of any bytes are chunks or not, and nested quotes have an end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(["undefined", "object"]).toContain(typeof parseChunks(bytes, 0, bytes.length));
      }),
    );
    const nested: number[] = [];
    for (let at = 0; at < 8000; at += 8) {
      const left = 64_000 - at;
      nested.push(9, 0, left >> 8, left & 255, 0, 6, (left - 4) >> 8, (left - 4) & 255);
    }
    const bytes = Uint8Array.from([...nested, ...new Array(56_000).fill(0)]);
    expect(parseChunks(bytes, 0, 64_000)).toHaveLength(1);
  });
});

describe("an SCTP packet", () => {
  const envelope: Envelope = {
    ...{
      family: 4,
      source: address("192.0.2.1"),
      sourcePort: 5,
      destination: address("192.168.0.1"),
      destinationPort: 6,
    },
  };
  const emitted = (text: string) =>
    emitPacket(packetOf(text, "nplab"), envelope, { tag: 0x01020304 }) as Uint8Array;

  test("has its tag and a right CRC32c, a wrong one, or none", () => {
    const good = emitted("< sctp: COOKIE_ACK[flgs=0]");
    expect(hexadecimalText(good, 20, 28)).toBe("0005000601020304");
    expect(verifySctpChecksum(good, 20, good.length)).toBe(true);
    expect(parsePacket(good)).toMatchObject({ tag: 0x01020304, flaw: undefined });
    const bad = emitted("< sctp(bad_crc32c): COOKIE_ACK[flgs=0]");
    expect(verifySctpChecksum(bad, 20, bad.length)).toBe(false);
    expect(parsePacket(bad)).toMatchObject({ flaw: "bad CRC32c" });
    const zero = emitted("< sctp(zero_checksum): COOKIE_ACK[flgs=0]");
    expect(parsePacket(zero)).toMatchObject({
      flaw: undefined,
      packet: { content: { checksum: "zero_checksum" } },
    });
    expect(hexadecimalText(emitted("< sctp: [1, 2, 3, 4]"), 32)).toBe("01020304");
  });

  const compared = (expected: string, live: string) =>
    compareSctp(contentOf("sctp", `> ${expected}`, "nplab"), contentOf("sctp", `> ${live}`, "nplab"), 5);

  test.each([
    ["sctp: COOKIE_ACK[flgs=0]", "sctp: COOKIE_ACK[flgs=0]"],
    ["sctp(tag=5): COOKIE_ACK[flgs=...]", "sctp: COOKIE_ACK[flgs=7]"],
    [
      "sctp: INIT[flgs=0, tag=1, a_rwnd=..., os=..., is=1, tsn=1, ...]",
      "sctp: INIT[flgs=0, tag=1, a_rwnd=5, os=6, is=1, tsn=1, ECN_CAPABLE[]]",
    ],
    [
      "sctp: SACK[flgs=0, cum_tsn=1, a_rwnd=..., gaps=..., dups=[5]]",
      "sctp: SACK[flgs=0, cum_tsn=1, a_rwnd=4, gaps=[1:2], dups=[5]]",
    ],
    ["sctp: CHUNK[type=0x0b, flgs=0, len=4, val=[]]", "sctp: COOKIE_ACK[flgs=0]"],
    [
      "sctp: ERROR[flgs=0, CAUSE[code=1, len=8, info=[0, 5, 0, 0]]]",
      "sctp: ERROR[flgs=0, INVALID_STREAM_IDENTIFIER[sid=5]]",
    ],
    [
      "sctp: HEARTBEAT[flgs=0, HEARTBEAT_INFORMATION[...]]",
      "sctp: HEARTBEAT[flgs=0, HEARTBEAT_INFORMATION[len=8, val=[1, 2, 3, 4]]]",
    ],
  ])("%s is what came as %s", (expected, live) => {
    expect(compared(expected, live)).toBeUndefined();
  });

  test.each([
    ["sctp(tag=6): COOKIE_ACK[flgs=0]", "sctp: COOKIE_ACK[flgs=0]", "sctp_v_tag: expected: 6 vs actual: 5"],
    [
      "sctp: COOKIE_ACK[flgs=0]",
      "sctp: SHUTDOWN_ACK[flgs=0]",
      "chunk 1: expected: COOKIE_ACK vs actual: SHUTDOWN_ACK",
    ],
    [
      "sctp: COOKIE_ACK[flgs=0]",
      "sctp: COOKIE_ACK[flgs=1]",
      "chunk 1: COOKIE_ACK.flgs: expected: 0 vs actual: 1",
    ],
    [
      "sctp: COOKIE_ACK[flgs=0]; SHUTDOWN_ACK[flgs=0]",
      "sctp: COOKIE_ACK[flgs=0]",
      "chunk 2: expected: SHUTDOWN_ACK[flgs=0] and there is none",
    ],
    [
      "sctp: COOKIE_ACK[flgs=0]",
      "sctp: COOKIE_ACK[flgs=0]; SHUTDOWN_ACK[flgs=0]",
      "chunk 2: not expected: SHUTDOWN_ACK[flgs=0]",
    ],
    [
      "sctp: SACK[flgs=0, cum_tsn=1, a_rwnd=..., gaps=[], dups=[]]",
      "sctp: SACK[flgs=0, cum_tsn=1, a_rwnd=1, gaps=[1:2], dups=[]]",
      'chunk 1: SACK.gaps: expected: [] vs actual: [{"start":1,"end":2}]',
    ],
    [
      "sctp: INIT[flgs=0, tag=1, a_rwnd=1, os=1, is=1, tsn=1]",
      "sctp: INIT[flgs=0, tag=1, a_rwnd=1, os=1, is=1, tsn=1, ECN_CAPABLE[]]",
      'INIT.parameters: expected: [] vs actual: [{"type":"ECN_CAPABLE"}]',
    ],
    ["sctp(zero_checksum): COOKIE_ACK[flgs=0]", "sctp: COOKIE_ACK[flgs=0]", "sctp_crc32c"],
  ])("%s is not what came as %s", (expected, live, message) => {
    expect(compared(expected, live)).toContain(message);
  });
});
