import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { checksum, pseudoHeaderSum } from "../../src/base/hash/checksum.ts";
import { hexadecimalText } from "../../src/packetdrill/language/names/hexadecimal.ts";
import { tcpOptionsLength } from "../../src/packetdrill/language/names/tcp-option-lengths.ts";
import type { Envelope } from "../../src/packetdrill/packets/envelope.ts";
import { emitPacket } from "../../src/packetdrill/packets/packet-emit.ts";
import { parsePacket, type Seen } from "../../src/packetdrill/packets/packet-parse.ts";
import { emitTcpOptions, parseTcpOptions } from "../../src/packetdrill/packets/tcp-option-bytes.ts";
import { verifyTransportChecksum } from "../../src/wire/checksums.ts";
import { contentOf, packetOf } from "./support/parse.ts";

const v4: Envelope = {
  ...{ family: 4, source: address("192.0.2.1"), sourcePort: 40000 },
  ...{ destination: address("192.168.0.1"), destinationPort: 8080 },
};
const v6: Envelope = { ...v4, family: 6, source: address("2001:db8::1"), destination: address("fd3d::1") };

function bytesOf(text: string, envelope: Envelope = v4, dialect: "google" | "nplab" = "google") {
  const bytes = emitPacket(packetOf(text, dialect), envelope);
  if (typeof bytes === "string") throw new Error(bytes);
  return bytes;
}

function seenOf(bytes: Uint8Array): Seen {
  const seen = parsePacket(bytes);
  if (typeof seen === "string") throw new Error(seen);
  return seen;
}

const optionBytes = (text: string, dialect: "google" | "nplab" = "google") => {
  const { options } = contentOf("tcp", `> S 0:0(0) <${text}>`, dialect);
  const bytes = new Uint8Array(60);
  const end = emitTcpOptions(options, bytes, 0);
  expect(end).toBe(tcpOptionsLength(options));
  if (typeof options !== "string") expect(parseTcpOptions(bytes, 0, end)).toEqual(options);
  return hexadecimalText(bytes, 0, end);
};

describe("TCP options as bytes, and back", () => {
  test.each([
    ["nop,eol", "0100"],
    ["mss 1460", "020405b4"],
    ["wscale 8", "030308"],
    ["sackOK", "0402"],
    ["sack 1:2 3:4", "051200000001000000020000000300000004"],
    ["TS val 1 ecr 2", "080a0000000100000002"],
    ["FO", "2202"],
    ["FO aabbccdd", "2206aabbccdd"],
    ["FOEXP aabb", "fe06f989aabb"],
    ["md5 00112233445566778899aabbccddeeff", "131200112233445566778899aabbccddeeff"],
    ["ECN e1b 1 ceb 2 e0b 3", "ae0b000001000002000003"],
    ["ECN e0b 1", "ac05000001"],
  ])("%s", (text, expected) => {
    expect(optionBytes(text)).toBe(expected);
  });

  test.each([
    ["exp-tarr", "fe0400ac"],
    ["exp-tarr 5", "fe0500ac05"],
    ["gen-99 0102", "63040102"],
    ["exp-beef 01", "fe05beef01"],
    ["exp-AccECN0 ee0b 1 eceb 2", "fe0aacc0000001000002"],
    ["AccECN1", "ae02"],
    ["0204", "0204"],
  ])("of nplab: %s", (text, expected) => {
    expect(optionBytes(text, "nplab")).toBe(expected);
  });

  test("that are malformed stay bytes", () => {
    const bytes = Uint8Array.from([2, 4, 5]);
    expect(parseTcpOptions(bytes, 0, 3)).toBe("020405");
    expect(parseTcpOptions(Uint8Array.from([3, 1]), 0, 2)).toBe("0301");
    expect(parseTcpOptions(Uint8Array.from([8, 4, 1, 2]), 0, 4)).toEqual([
      { kind: "generic", number: 8, bytes: "0102" },
    ]);
  });

  test("of any bytes are the bytes again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const options = parseTcpOptions(bytes, 0, bytes.length);
        const again = new Uint8Array(64);
        const end = emitTcpOptions(options, again, 0);
        expect(hexadecimalText(again, 0, end)).toBe(hexadecimalText(bytes));
      }),
    );
  });
});

describe("an inbound packet as bytes", () => {
  test("is plain IP: TTL 255, no fragment, nothing else", () => {
    const bytes = bytesOf("< S 5:5(0) win 9 <mss 1000>");
    expect(hexadecimalText(bytes, 0, 10)).toBe("4500002c00000000ff06");
    expect(hexadecimalText(bytes, 20)).toMatch(/^9c401f90000000050000000060020009....0000020403e8$/);
    const six = bytesOf("< [ect0] S 5:5(0) win 9", v6);
    expect(hexadecimalText(six, 0, 8)).toBe("60200000001406ff");
  });

  test("has right checksums, in either family", () => {
    for (const envelope of [v4, v6]) {
      const start = envelope.family === 4 ? 20 : 40;
      const { source, destination } = envelope;
      for (const [text, protocol] of [
        ["< P. 1:1000(999) ack 1 win 1", 6],
        ["< udp (77)", 17],
      ] as const) {
        const bytes = bytesOf(text, envelope);
        expect(
          verifyTransportChecksum(protocol, source, destination, bytes, start, bytes.length),
        ).toBeUndefined();
      }
      const icmp = bytesOf("< icmp unreachable port_unreachable [udp (5)]", envelope);
      const number = envelope.family === 4 ? 1 : 58;
      expect(verifyTransportChecksum(number, source, destination, icmp, start, icmp.length)).toBeUndefined();
    }
  });

  test("is one packet however long", () => {
    expect(bytesOf("< P. 1:39001(39000) ack 1 win 1")).toHaveLength(39_040);
    expect(emitPacket(packetOf("< P. 1:65536(65535) ack 1 win 1"), v4)).toBe(
      "a packet of 65575 bytes does not fit into IP",
    );
  });

  test("keeps the ports the script shows", () => {
    expect(seenOf(bytesOf("< 53 > 0 S 0:0(0) win 1")).envelope).toMatchObject({
      sourcePort: 53,
      destinationPort: 8080,
    });
  });

  test("quotes in ICMP what went the other way", () => {
    const bytes = bytesOf("< icmp unreachable frag_needed mtu 1200 [1:1001(1000)]");
    expect(hexadecimalText(bytes, 20, 22)).toBe("0304");
    expect(hexadecimalText(bytes, 24, 28)).toBe("000004b0");
    // IPv4, total length 1040, 192.168.0.1 to 192.0.2.1, ports 8080 and 40000, sequence number 1
    expect(hexadecimalText(bytes, 28, 32)).toBe("45000410");
    expect(hexadecimalText(bytes, 40)).toBe("c0a80001c00002011f909c4000000001");
    expect(hexadecimalText(bytesOf("< icmp packet_too_big mtu 1300", v6), 40, 48)).toMatch(
      /^0200....00000514$/,
    );
    expect(hexadecimalText(bytesOf("< icmp echo_request id 7 [raw (3)]"), 20)).toMatch(
      /^0800....00070000000000$/,
    );
  });

  test("of UDP-Lite is summed as far as its coverage [RFC 3828]", () => {
    const bytes = bytesOf("< udplite (10, 8)", v4, "nplab");
    expect(bytes[9]).toBe(136);
    const pseudo = pseudoHeaderSum(v4.source, v4.destination, 136, 18);
    expect(checksum(bytes, 20, 28, pseudo)).toBe(0);
    expect(seenOf(bytes).packet.content).toEqual({ protocol: "udplite", length: 10, coverage: 8 });
  });

  test("may lie in UDP [RFC 6951]", () => {
    const bytes = bytesOf("< S 0:0(0) win 1 /udp(9899 > 9900)", v4, "nplab");
    expect(seenOf(bytes).packet.content).toMatchObject({ protocol: "udp", length: 20 });
  });

  test("that we cannot make says so", () => {
    expect(emitPacket(packetOf("< ipv4 1.2.3.4 > 1.2.3.5: S 0:0(0) win 1"), v4)).toMatch(/^unsupported/);
    expect(emitPacket(packetOf("< encap psp spi 5 S 0:0(0) win 1"), v4)).toMatch(/^unsupported/);
  });
});

describe("a captured packet", () => {
  test("is read as it was written", () => {
    for (const envelope of [v4, v6]) {
      const written = packetOf("> [tos 0x2e] FP. 5:15(10) ack 7 win 9 urg 3 <nop,nop,TS val 1 ecr 2>");
      const bytes = emitPacket(written, envelope);
      const seen = seenOf(bytes as Uint8Array);
      expect(seen.packet.content).toEqual(written.content);
      expect(seen.packet.ip).toMatchObject({ tos: 0x2e, ttl: 255 });
      expect(seen).toMatchObject({ reserved: 0, flaw: undefined, ipLength: envelope.family === 4 ? 62 : 42 });
      expect(seen.envelope).toEqual(envelope);
    }
  });

  test("has its flaws told", () => {
    const bytes = bytesOf("> P. 1:3(2) ack 1 win 1");
    bytes[41] = 1;
    expect(seenOf(bytes).flaw).toBe("payload byte 1 is not 0");
    bytes[32] = 0x52;
    expect(seenOf(bytes).reserved).toBe(1);
    bytes[11] = bytes[11]! ^ 1;
    expect(parsePacket(bytes)).toBe("IPv4: bad-checksum");
  });

  test("of anything else is no packet, and nothing throws", () => {
    expect(parsePacket(new Uint8Array(0))).toMatch(/^IPv4/);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(0x45, 0x60), (bytes, first) => {
        if (bytes.length > 0) bytes[0] = first;
        expect(["string", "object"]).toContain(typeof parsePacket(bytes));
      }),
    );
  });
});
