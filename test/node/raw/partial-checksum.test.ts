import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { checksumPartial, checksumTrusted, checksumUnknown, newPacket } from "../../../src/base/packet.ts";
import { findPartialChecksum } from "../../../src/node/raw/partial-checksum.ts";
import { tcpPacket, udpPacket } from "../packets.ts";

const flows = [
  { from: { address: address("10.0.0.1"), port: 1 }, to: { address: address("10.0.0.2"), port: 2 } },
  { from: { address: address("fd00::1"), port: 1 }, to: { address: address("fd00::2"), port: 2 } },
];
const tcp = { flags: 16, sequence: 1, acknowledgment: 2 };

describe.each(flows)("of a packet from $from.address", (flow) => {
  test("a checksum that is only the pseudo-header's is found out", () => {
    for (const sent of [
      udpPacket(flow, new Uint8Array(40_000), "checksum"),
      tcpPacket(flow, tcp, new Uint8Array(9), "checksum"),
    ]) {
      const { bytes, start, end } = sent;
      const received = newPacket(bytes, start, end);
      received.segmentSize = 99;
      findPartialChecksum(received);
      expect(received).toEqual(sent);
    }
  });

  test("a whole one is left to the stack to verify", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (payload) => {
        const packet = tcpPacket(flow, tcp, payload, "none");
        packet.checksum = checksumPartial;
        findPartialChecksum(packet);
        expect(packet.checksum).toBe(checksumUnknown);
      }),
      // One in 65,535 would be taken for partial, and would be right all the same.
      { seed: 1 },
    );
  });
});

test("a UDP datagram without a checksum has none to complete", () => {
  const packet = udpPacket(flows[0]!, new Uint8Array(5), "checksum");
  packet.bytes.fill(0, packet.start + 26, packet.start + 28);
  findPartialChecksum(packet);
  expect(packet.checksum).toBe(checksumUnknown);
});

test("SCTP's, which is zero until a device computes it, is trusted; any other is verified", () => {
  const packet = udpPacket(flows[0]!, new Uint8Array(20), "none");
  packet.bytes[packet.start + 9] = 132;
  packet.bytes.fill(0, packet.start + 28, packet.start + 32);
  findPartialChecksum(packet);
  expect(packet.checksum).toBe(checksumTrusted);
  packet.bytes[packet.start + 31] = 1;
  findPartialChecksum(packet);
  expect(packet.checksum).toBe(checksumUnknown);
});

test("packets cut short are looked at without a throw", () => {
  const whole = tcpPacket(flows[1]!, tcp, new Uint8Array(0), "none");
  for (let end = whole.start + 41; end < whole.end; end++) {
    const packet = newPacket(whole.bytes, whole.start, end);
    findPartialChecksum(packet);
    expect(packet.checksum).toBe(checksumUnknown);
  }
});
