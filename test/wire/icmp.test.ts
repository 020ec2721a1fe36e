import fc from "fast-check";
import { expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { toHex } from "../../src/base/text.ts";
import { emitIcmpv4, type Icmpv4Message, icmpv4Length, parseIcmpv4 } from "../../src/wire/icmp/icmpv4.ts";
import { emitIcmpv6, type Icmpv6Message, icmpv6Length, parseIcmpv6 } from "../../src/wire/icmp/icmpv6.ts";
import { parseQuotedIpv4, parseQuotedIpv6 } from "../../src/wire/icmp/quoted.ts";
import { bytes, roundTrip, sample, u8, u16, u32, v4 } from "./arbitraries.ts";

const identified = { identifier: u16, sequence: u16 };
const message4: fc.Arbitrary<Icmpv4Message> = fc.oneof(
  fc.record({ kind: fc.constantFrom("echo-request", "echo-reply"), ...identified, data: bytes(20) }),
  fc.record({
    kind: fc.constant("destination-unreachable"),
    code: fc.constant(4),
    mtu: u16,
    quoted: bytes(28),
  }),
  fc.record({
    kind: fc.constant("destination-unreachable"),
    code: fc.constantFrom(0, 1, 3, 13),
    mtu: fc.constant(0),
    quoted: bytes(28),
  }),
  fc.record({ kind: fc.constantFrom("source-quench", "time-exceeded"), code: u8, quoted: bytes(28) }),
  fc.record({ kind: fc.constant("redirect"), code: u8, gateway: v4, quoted: bytes(28) }),
  fc.record({ kind: fc.constant("parameter-problem"), code: u8, pointer: u8, quoted: bytes(28) }),
  fc.record({
    kind: fc.constantFrom("timestamp-request", "timestamp-reply"),
    ...identified,
    originate: u32,
    receive: u32,
    transmit: u32,
  }),
  fc.record({ kind: fc.constantFrom("information-request", "information-reply"), ...identified }),
  fc.record({
    kind: fc.constantFrom("address-mask-request", "address-mask-reply"),
    ...identified,
    mask: u32,
  }),
  fc.record({
    kind: fc.constant("unknown"),
    type: fc.constantFrom(1, 9, 40, 255),
    code: u8,
    body: bytes(20, 4),
  }),
);

test("parsing the ICMP message emitted gives it back [RFC 792]", () => {
  fc.assert(
    fc.property(message4, (given) => {
      const parsed = roundTrip((b, at) => {
        const length = emitIcmpv4(given, b, at);
        expect(length).toBe(icmpv4Length(given));
        return length;
      }, parseIcmpv4);
      expect(parsed).toEqual(given);
    }),
  );
});

const message6: fc.Arbitrary<Icmpv6Message> = fc.oneof(
  fc.record({ kind: fc.constantFrom("echo-request", "echo-reply"), ...identified, data: bytes(20) }),
  fc.record({
    kind: fc.constantFrom("destination-unreachable", "time-exceeded"),
    code: u8,
    quoted: bytes(48),
  }),
  fc.record({ kind: fc.constant("packet-too-big"), code: u8, mtu: u32, quoted: bytes(48) }),
  fc.record({ kind: fc.constant("parameter-problem"), code: u8, pointer: u32, quoted: bytes(48) }),
  fc.record({
    kind: fc.constant("other"),
    type: fc.constantFrom(5, 135, 143, 200),
    code: u8,
    body: bytes(20),
  }),
);

test("parsing the ICMPv6 message emitted gives it back [RFC 4443]", () => {
  fc.assert(
    fc.property(message6, (given) => {
      const parsed = roundTrip((b, at) => {
        const length = emitIcmpv6(given, b, at);
        expect(length).toBe(icmpv6Length(given));
        return length;
      }, parseIcmpv6);
      expect(parsed).toEqual(given);
    }),
  );
});

test("ICMP messages made by another program are read, and written again byte for byte", () => {
  const expected = {
    "icmpv4 echo": { kind: "echo-request", identifier: 0x77, sequence: 3 },
    "icmpv4 port unreachable": { kind: "destination-unreachable", code: 3, mtu: 0 },
    "icmpv4 fragmentation needed": { kind: "destination-unreachable", code: 4, mtu: 1400 },
    "icmpv4 redirect": { kind: "redirect", code: 1, gateway: address("192.0.2.254") },
    "icmpv4 timestamp": { kind: "timestamp-request", originate: 3, receive: 4, transmit: 5 },
    "icmpv4 parameter problem": { kind: "parameter-problem", code: 0, pointer: 20 },
  } as const;
  for (const [name, fields] of Object.entries(expected)) {
    const packet = sample(name as keyof typeof expected);
    const parsed = parseIcmpv4(packet, 20, packet.length);
    expect(parsed).toMatchObject(fields);
    const buffer = new Uint8Array(200);
    const length = emitIcmpv4(parsed as Icmpv4Message, buffer, 0);
    expect(toHex(buffer, 0, length)).toBe(toHex(packet, 20));
  }
});

test("ICMPv6 messages made by another program are read", () => {
  const expected = {
    "icmpv6 echo": { kind: "echo-request", identifier: 0x77, sequence: 3 },
    "icmpv6 port unreachable": { kind: "destination-unreachable", code: 4 },
    "icmpv6 packet too big": { kind: "packet-too-big", mtu: 1280 },
    "icmpv6 time exceeded": { kind: "time-exceeded", code: 0 },
    "icmpv6 parameter problem": { kind: "parameter-problem", code: 2, pointer: 42 },
    "nd neighbor solicitation": { kind: "other", type: 135, code: 0 },
  } as const;
  for (const [name, fields] of Object.entries(expected)) {
    const packet = sample(name as keyof typeof expected);
    expect(parseIcmpv6(packet, 40, packet.length)).toMatchObject(fields);
  }
});

test("messages too short for their type are truncated", () => {
  expect(parseIcmpv4(Uint8Array.of(8, 0, 0, 0, 0, 0, 0), 0, 7)).toBe("truncated");
  expect(parseIcmpv4(Uint8Array.of(13, 0, 0, 0, 0, 0, 0, 0), 0, 8)).toBe("truncated");
  expect(parseIcmpv4(Uint8Array.of(17, 0, 0, 0, 0, 0, 0, 0), 0, 8)).toBe("truncated");
  expect(parseIcmpv6(Uint8Array.of(200, 0, 0), 0, 3)).toBe("truncated");
  expect(parseIcmpv6(Uint8Array.of(1, 0, 0, 0, 0, 0, 0), 0, 7)).toBe("truncated");
});

test("a quoted packet says whose it was, though it is cut short [RFC 792] [RFC 4443 2.4]", () => {
  const four = sample("icmpv4 fragmentation needed");
  expect(parseQuotedIpv4(four, 28, 56)).toEqual({
    source: address("198.51.100.7"),
    destination: address("192.0.2.1"),
    protocol: 6,
    trafficClass: 0,
    flowLabel: 0,
    totalLength: 40,
    transportStart: 48,
    transportEnd: 56,
  });
  const six = sample("icmpv6 port unreachable");
  expect(parseQuotedIpv6(six, 48, six.length)).toMatchObject({
    source: address("2001:db8:1::7"),
    protocol: 17,
    totalLength: 48,
    transportStart: 88,
  });
});

test("a quoted packet is read behind its extension headers, but not in a later fragment", () => {
  const extended = sample("ipv6 extensions");
  expect(parseQuotedIpv6(extended, 0, extended.length)).toMatchObject({
    protocol: 17,
    transportStart: extended.length - 9,
  });
  expect(parseQuotedIpv6(extended, 0, extended.length - 2)).toBe("truncated");
  const fragment = sample("ipv6 fragment");
  expect(parseQuotedIpv6(fragment, 0, fragment.length)).toBe("later-fragment");
  const fragment4 = sample("ipv4 fragment");
  expect(parseQuotedIpv4(fragment4, 0, fragment4.length)).toBe("later-fragment");
});

test("a quoted packet that is none is named", () => {
  const packet = sample("ipv4 udp");
  expect(parseQuotedIpv4(packet, 0, 27)).toBe("truncated");
  expect(parseQuotedIpv6(packet, 0, 27)).toBe("truncated");
  expect(parseQuotedIpv6(new Uint8Array(60), 0, 60)).toBe("bad-version");
  packet[0] = 0x41;
  expect(parseQuotedIpv4(packet, 0, packet.length)).toBe("bad-header-length");
  packet[0] = 0x51;
  expect(parseQuotedIpv4(packet, 0, packet.length)).toBe("bad-version");
  const endless = new Uint8Array(200);
  endless[0] = 0x60;
  expect(parseQuotedIpv6(endless, 0, 200)).toBe("too-many-extensions");
});
