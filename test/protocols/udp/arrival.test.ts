import fc from "fast-check";
import { expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { checksumPartial, checksumTrusted, checksumUnknown, newPacket } from "../../../src/base/packet.ts";
import { receiveUdp } from "../../../src/protocols/udp/arrival.ts";
import { writeDatagram } from "../../../src/protocols/udp/departure.ts";
import { fillTransportChecksum } from "../../../src/wire/checksums.ts";

const families = [
  [address("192.0.2.1"), address("192.0.2.2")],
  [address("2001:db8::1"), address("2001:db8::2")],
] as const;

test("what is written arrives [RFC 768]", () => {
  const ports = fc.integer({ min: 0, max: 65535 });
  fc.assert(
    fc.property(
      ports,
      ports,
      fc.uint8Array({ maxLength: 100 }),
      fc.constantFrom(...families),
      (from, to, payload, [a, b]) => {
        const packet = newPacket(new Uint8Array(8 + payload.length));
        writeDatagram(packet, from, to, payload, 0, payload.length, "checksum");
        expect([packet.checksum, packet.checksumOffset]).toEqual([checksumPartial, 6]);
        fillTransportChecksum(17, a, b, packet.bytes, 0, packet.end);
        const udp = receiveUdp(packet.bytes, 0, packet.end, a, b, checksumUnknown);
        expect(udp).toMatchObject({
          sourcePort: from,
          destinationPort: to,
          payloadStart: 8,
          payloadEnd: packet.end,
        });
        expect(packet.bytes.slice(8)).toEqual(payload);
      },
    ),
  );
});

test("a checksum that is vouched for is not looked at", () => {
  const packet = newPacket(new Uint8Array(9));
  writeDatagram(packet, 1, 2, new Uint8Array([3]), 0, 1, "checksum");
  const [a, b] = families[0];
  expect(receiveUdp(packet.bytes, 0, 9, a, b, checksumTrusted)).toMatchObject({ payloadLength: 1 });
});

test("no bytes throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...families), (bytes, [a, b]) => {
      const udp = receiveUdp(bytes, 0, bytes.length, a, b, checksumUnknown);
      if (typeof udp === "object") expect(udp.payloadEnd).toBeLessThanOrEqual(bytes.length);
      else expect(["truncated", "bad-length", "bad-checksum", "zero-checksum"]).toContain(udp);
    }),
  );
});
