import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address, readAddressV4, readAddressV6 } from "../../src/base/address.ts";
import { copyBytes, i32, u16 } from "../../src/base/bytes.ts";
import { checksum, fold, pseudoHeaderSum, sum } from "../../src/base/hash/checksum.ts";
import {
  checksumPartial,
  checksumTrusted,
  checksumUnknown,
  newPacket,
  type Packet,
} from "../../src/base/packet.ts";
import { completeChecksum, planSegments, writeSegment } from "../../src/link/segment.ts";
import { contents } from "./support.ts";
import { type PacketWish, tcpPacket } from "./tcp-packet.ts";

/** All segments of a packet, each in memory of its own that was full of something else. */
function cut(packet: Packet, medium: "ip" | "ethernet"): Uint8Array[] {
  const plan = planSegments(packet, medium);
  if (typeof plan === "string") throw new Error(plan);
  return Array.from({ length: plan.count }, (_, index) => {
    const into = newPacket(new Uint8Array(70_000).fill(0xaa), 7);
    writeSegment(plan, index, into);
    expect([into.checksum, into.segmentSize]).toEqual([checksumTrusted, 0]);
    return contents(into);
  });
}

/** What a receiver reads from a segment, having verified every length and checksum. */
function receive(bytes: Uint8Array, medium: "ip" | "ethernet", transportOffset: number) {
  const at = medium === "ip" ? 0 : 14;
  const v4 = bytes[at]! >>> 4 === 4;
  const transport = at + transportOffset;
  expect(u16(bytes, at + (v4 ? 2 : 4))).toBe(bytes.length - at - (v4 ? 0 : 40));
  if (v4) expect(checksum(bytes, at, transport)).toBe(0);
  const source = v4 ? readAddressV4(bytes, at + 12) : readAddressV6(bytes, at + 8);
  const destination = v4 ? readAddressV4(bytes, at + 16) : readAddressV6(bytes, at + 24);
  return { source, destination, transport, identification: v4 ? u16(bytes, at + 4) : 0 };
}

const shapes: { name: string; wish: PacketWish; offset: number }[] = [
  { name: "TCP over IPv4", wish: {}, offset: 20 },
  {
    name: "TCP over IPv4 with options of both",
    wish: { extension: [7, 7, 4, 0, 0, 0, 0, 0], optionBytes: 12 },
    offset: 28,
  },
  { name: "TCP over IPv6", wish: { source: "2001:db8::1", destination: "2001:db8::2" }, offset: 40 },
  {
    name: "TCP over IPv6 with a destination options header",
    wish: {
      source: "2001:db8::1",
      destination: "2001:db8::2",
      extension: [6, 0, 1, 4, 0, 0, 0, 0],
      extensionType: 60,
      optionBytes: 12,
    },
    offset: 48,
  },
  { name: "UDP over IPv4", wish: { protocol: 17 }, offset: 20 },
  { name: "UDP over IPv6", wish: { protocol: 17, source: "fe80::1", destination: "ff02::1" }, offset: 40 },
];

describe.each(shapes)("a segment of $name", ({ wish, offset }) => {
  const protocol = wish.protocol ?? 6;
  const headerLength = protocol === 6 ? 20 + (wish.optionBytes ?? 0) : 8;

  test("verifies, and all together carry the payload once", () => {
    const cases = fc.record({
      medium: fc.constantFrom("ip" as const, "ethernet" as const),
      length: fc.integer({ min: 0, max: 6000 }),
      size: fc.integer({ min: 1, max: 1500 }),
      sequence: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      identification: fc.nat(0xffff),
      state: fc.constantFrom(checksumPartial, checksumTrusted),
    });
    fc.assert(
      fc.property(cases, ({ medium, length, size, sequence, identification, state }) => {
        const packet = tcpPacket(medium, length, { ...wish, sequence, identification });
        const payload = packet.bytes.slice(packet.end - length, packet.end);
        packet.segmentSize = Math.max(size, Math.ceil(length / 40));
        if (state === checksumTrusted) {
          completeChecksum(packet);
        }
        packet.checksum = state;
        const segments = cut(packet, medium);
        expect(segments.length).toBe(Math.max(1, Math.ceil(length / packet.segmentSize)));
        const whole = new Uint8Array(length);
        let position = 0;
        for (const [index, bytes] of segments.entries()) {
          const seen = receive(bytes, medium, offset);
          expect(seen.source).toEqual(address(wish.source ?? "10.0.0.1"));
          const size = bytes.length - seen.transport;
          const pseudo = pseudoHeaderSum(seen.source, seen.destination, protocol, size);
          expect(fold(sum(bytes, seen.transport, bytes.length, pseudo))).toBe(0xffff);
          if (offset < 40) expect(seen.identification).toBe((identification + index) & 0xffff);
          if (protocol === 6) expect(i32(bytes, seen.transport + 4)).toBe((sequence + position) | 0);
          else expect(u16(bytes, seen.transport + 4)).toBe(size);
          const start = seen.transport + headerLength;
          if (index < segments.length - 1) expect(bytes.length - start).toBe(packet.segmentSize);
          copyBytes(bytes, start, bytes.length, whole, position);
          position += bytes.length - start;
        }
        expect(whole).toEqual(payload);
      }),
      { numRuns: 60 },
    );
  });
});

describe("segmentation", () => {
  const [fin, push, acknowledge, reduced, echo] = [0x01, 0x08, 0x10, 0x80, 0x40];

  test("leaves FIN and PSH to the last segment and CWR to the first [RFC 3168 6.1.2]", () => {
    const packet = tcpPacket("ip", 2500, { flags: fin | push | acknowledge | reduced | echo });
    packet.segmentSize = 1000;
    const flags = cut(packet, "ip").map((bytes) => bytes[33]!);
    const always = acknowledge | echo;
    expect(flags).toEqual([always | reduced, always, always | fin | push]);
  });

  test("gives one segment everything", () => {
    const packet = tcpPacket("ip", 10, { flags: fin | push | acknowledge | reduced });
    packet.segmentSize = 1000;
    expect(cut(packet, "ip").map((bytes) => bytes[33])).toEqual([fin | push | acknowledge | reduced]);
  });

  test("leaves a UDP datagram without a checksum without one [RFC 768]", () => {
    const packet = tcpPacket("ip", 3000, { protocol: 17 });
    packet.bytes.fill(0, packet.start + 26, packet.start + 28);
    packet.checksum = checksumUnknown;
    packet.segmentSize = 1400;
    expect(cut(packet, "ip").map((bytes) => u16(bytes, 26))).toEqual([0, 0, 0]);
  });

  test("finds its way past VLAN tags", () => {
    const plain = tcpPacket("ethernet", 3000);
    const bytes = new Uint8Array(plain.end - plain.start + 8);
    bytes.set(plain.bytes.subarray(plain.start, plain.start + 12));
    bytes.set([0x88, 0xa8, 0, 7, 0x81, 0x00, 0, 9], 12);
    bytes.set(plain.bytes.subarray(plain.start + 12, plain.end), 20);
    const tagged: Packet = { ...plain, bytes, start: 0, end: bytes.length, segmentSize: 1400 };
    plain.segmentSize = 1400;
    const expected = cut(plain, "ethernet").map((one) => one.slice(12));
    expect(cut(tagged, "ethernet").map((one) => one.slice(20))).toEqual(expected);
  });

  test("says why a packet cannot be cut", () => {
    const reason = (change: (packet: Packet) => void, wish: PacketWish = {}) => {
      const packet = tcpPacket("ip", 100, wish);
      packet.segmentSize = 50;
      change(packet);
      return planSegments(packet, "ip");
    };
    const set = (at: number, value: number) => (packet: Packet) => {
      packet.bytes[packet.start + at] = value;
    };
    const cutTo = (length: number) => (packet: Packet) => {
      packet.end = packet.start + length;
    };
    const v6: PacketWish = { source: "::1", destination: "::2" };
    expect(reason(set(0, 0x95))).toBe("not-ip");
    expect(reason(set(0, 0x44))).toBe("truncated");
    expect(reason(set(9, 1))).toBe("not-tcp-or-udp");
    expect(reason(set(6, 0x20))).toBe("fragment");
    expect(reason(set(32, 0x10))).toBe("truncated");
    expect(reason(set(32, 0xf0), { flags: 2 })).not.toBe("truncated");
    expect(reason(cutTo(39))).toBe("truncated");
    expect(reason(cutTo(19))).toBe("truncated");
    expect(reason(set(6, 44), v6)).toBe("fragment");
    expect(reason(set(6, 58), v6)).toBe("not-tcp-or-udp");
    expect(reason(cutTo(39), v6)).toBe("truncated");
    expect(reason(cutTo(44), { ...v6, extension: [6, 0, 1, 4, 0, 0, 0, 0], extensionType: 0 })).toBe(
      "truncated",
    );
  });

  test("never throws on random bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.constantFrom(0x45, 0x4f, 0x60, 0),
        fc.constantFrom("ip" as const, "ethernet" as const),
        (bytes, first, medium) => {
          const at = medium === "ip" ? 0 : 14;
          if (bytes.length > at && first !== 0) bytes[at] = first;
          const packet = newPacket(bytes);
          packet.segmentSize = 10;
          const plan = planSegments(packet, medium);
          if (typeof plan === "string") return;
          const into = newPacket(new Uint8Array(300));
          for (let i = 0; i < plan.count; i++) writeSegment(plan, i, into);
          expect(into.end).toBeLessThan(200);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("a partial checksum", () => {
  test("is completed in place, and only once", () => {
    for (const wish of [{}, { protocol: 17 as const }, { source: "::1", destination: "::2" }]) {
      const packet = tcpPacket("ip", 777, wish);
      const start = packet.start + packet.checksumStart;
      const size = packet.end - start;
      const [source, destination] = [
        address(wish.source ?? "10.0.0.1"),
        address(wish.destination ?? "10.0.0.2"),
      ];
      completeChecksum(packet);
      expect(packet.checksum).toBe(checksumTrusted);
      const before = contents(packet);
      completeChecksum(packet);
      expect(contents(packet)).toEqual(before);
      const pseudo = pseudoHeaderSum(source, destination, wish.protocol ?? 6, size);
      expect(checksum(packet.bytes, start, packet.end, pseudo)).toBe(0);
    }
  });

  test("of UDP that comes out zero is sent as ones [RFC 768]", () => {
    const packet = tcpPacket("ip", 2, { protocol: 17 });
    const field = packet.start + 26;
    completeChecksum(packet);
    const value = u16(packet.bytes, field);
    // Put the complement into the payload: now everything sums to ones by itself.
    const again = tcpPacket("ip", 2, { protocol: 17 });
    const payload = fold(u16(again.bytes, again.end - 2) + value);
    again.bytes[again.end - 2] = payload >>> 8;
    again.bytes[again.end - 1] = payload;
    completeChecksum(again);
    expect(u16(again.bytes, field)).toBe(0xffff);
  });
});
