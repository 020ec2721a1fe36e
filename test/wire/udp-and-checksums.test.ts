import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAddressV4, readAddressV6 } from "../../src/base/address.ts";
import { checksumPartial, newPacket } from "../../src/base/packet.ts";
import {
  checksumOffset,
  completeChecksum,
  fillPartialChecksum,
  fillTransportChecksum,
  verifyTransportChecksum,
} from "../../src/wire/checksums.ts";
import { protocols } from "../../src/wire/protocols.ts";
import { emitUdp, parseUdp } from "../../src/wire/udp.ts";
import { bytes, roundTrip, sample, u16, v4, v6 } from "./arbitraries.ts";
import { samples } from "./samples.ts";

test("parsing what was emitted gives the header back [RFC 768]", () => {
  const header = fc.record({
    sourcePort: u16,
    destinationPort: u16,
    payloadLength: fc.constant(0),
    checksum: u16,
  });
  fc.assert(
    fc.property(header, (given) => {
      expect(roundTrip((b, at) => emitUdp(given, b, at), parseUdp)).toMatchObject(given);
    }),
  );
});

test("Length says where the datagram ends, and must cover its header [RFC 768]", () => {
  const packet = sample("ipv4 udp");
  expect(parseUdp(packet, 20, packet.length)).toMatchObject({
    sourcePort: 5000,
    destinationPort: 53,
    payloadLength: 5,
    payloadStart: 28,
    payloadEnd: 33,
  });
  expect(parseUdp(packet, 20, 27)).toBe("truncated");
  expect(parseUdp(packet, 20, 32)).toBe("truncated");
  packet[25] = 9;
  expect(parseUdp(packet, 20, packet.length)).toMatchObject({ payloadLength: 1, payloadEnd: 29 });
  packet[25] = 7;
  expect(parseUdp(packet, 20, packet.length)).toBe("bad-length");
  packet[25] = 0;
  expect(parseUdp(packet, 20, packet.length)).toBe("bad-length");
});

/** Samples in which the transport header directly follows the IP header. */
const cases = Object.keys(samples).filter((name) => /^(ipv[46] (tcp|udp)|icmpv|nd )/.test(name));

describe.each(cases as (keyof typeof samples)[])("the checksum of: %s", (name) => {
  const packet = sample(name);
  const six = packet[0]! >>> 4 === 6;
  const protocol = packet[six ? 6 : 9]!;
  const start = six ? 40 : 20;
  const source = six ? readAddressV6(packet, 8) : readAddressV4(packet, 12);
  const destination = six ? readAddressV6(packet, 24) : readAddressV4(packet, 16);

  test("verifies, and a changed byte does not", () => {
    expect(
      verifyTransportChecksum(protocol, source, destination, packet, start, packet.length),
    ).toBeUndefined();
    if (name === "ipv4 udp no checksum") return;
    const changed = packet.slice();
    changed[start]! ^= 1;
    expect(verifyTransportChecksum(protocol, source, destination, changed, start, changed.length)).toBe(
      "bad-checksum",
    );
  });

  test("is computed as the other program computed it", () => {
    if (name === "ipv4 udp no checksum") return;
    const copy = packet.slice();
    copy[start + checksumOffset(protocol)]! ^= 0xff;
    fillTransportChecksum(protocol, source, destination, copy, start, copy.length);
    expect(copy).toEqual(packet);
  });
});

test("UDP over IPv4 may go without a checksum, over IPv6 it may not [RFC 768] [RFC 8200 8.1]", () => {
  const packet = sample("ipv6 udp");
  packet[46] = 0;
  packet[47] = 0;
  const source = readAddressV6(packet, 8);
  const verdict = verifyTransportChecksum(protocols.udp, source, source, packet, 40, packet.length);
  expect(verdict).toBe("zero-checksum");
});

test("a UDP checksum that comes out as zero is sent as all ones [RFC 768]", () => {
  fc.assert(
    fc.property(fc.oneof(fc.tuple(v4, v4), fc.tuple(v6, v6)), u16, u16, ([source, destination], a, b) => {
      // The last word is what makes the whole sum 0xffff.
      const buffer = new Uint8Array(10);
      emitUdp({ sourcePort: a, destinationPort: b, payloadLength: 2, checksum: 0 }, buffer, 0);
      fillTransportChecksum(protocols.udp, source, destination, buffer, 0, 10);
      buffer.set(buffer.subarray(6, 8), 8);
      fillTransportChecksum(protocols.udp, source, destination, buffer, 0, 10);
      expect(buffer.slice(6, 8)).toEqual(Uint8Array.of(0xff, 0xff));
      expect(verifyTransportChecksum(protocols.udp, source, destination, buffer, 0, 10)).toBeUndefined();
    }),
  );
});

test("a partial checksum, completed, is the checksum", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(protocols.tcp, protocols.udp, protocols.icmpv6),
      fc.oneof(fc.tuple(v4, v4), fc.tuple(v6, v6)),
      bytes(80, 20),
      (protocol, [source, destination], content) => {
        const whole = content.slice();
        fillTransportChecksum(protocol, source, destination, whole, 0, whole.length);
        const packet = newPacket(new Uint8Array(content.length + 7), 3, content.length + 7);
        packet.bytes.set(content, 7);
        packet.checksum = checksumPartial;
        packet.checksumStart = 4;
        packet.checksumOffset = checksumOffset(protocol);
        fillPartialChecksum(protocol, source, destination, packet.bytes, 7, packet.end);
        completeChecksum(packet);
        expect(packet.bytes.slice(7)).toEqual(whole);
      },
    ),
  );
});

test("a protocol that has no such checksum is left alone", () => {
  const packet = sample("sctp init");
  const copy = packet.slice();
  const source = readAddressV4(packet, 12);
  expect(verifyTransportChecksum(protocols.sctp, source, source, copy, 20, copy.length)).toBeUndefined();
  fillTransportChecksum(protocols.sctp, source, source, copy, 20, copy.length);
  fillPartialChecksum(protocols.sctp, source, source, copy, 20, copy.length);
  expect(copy).toEqual(packet);
});
