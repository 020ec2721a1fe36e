import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { checksumPartial, checksumTrusted, checksumUnknown, newPacket } from "../../../src/base/packet.ts";
import { readVirtioHeader, virtioHeaderLength, writeVirtioHeader } from "../../../src/node/tun/virtio.ts";
import { type Offload, tcpFlags, tcpPacket, udpPacket } from "../packets.ts";

const v4 = { from: { address: address("10.0.0.1"), port: 1 }, to: { address: address("10.0.0.2"), port: 2 } };
const v6 = { from: { address: address("fd00::1"), port: 1 }, to: { address: address("fd00::2"), port: 2 } };

function tcp(flow: typeof v4, offload: Offload, flags: number = tcpFlags.acknowledge) {
  const options = [1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0];
  return tcpPacket(flow, { flags, sequence: 0, acknowledgment: 0, options }, new Uint8Array(5000), offload);
}

describe("a packet's header for the kernel", () => {
  test.each([
    ["a plain packet", udpPacket(v4, new Uint8Array(5), "none"), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["a partial UDP checksum", udpPacket(v4, new Uint8Array(5), "checksum"), [1, 0, 0, 0, 0, 0, 20, 0, 6, 0]],
    ["a partial TCP checksum", tcp(v6, "checksum"), [1, 0, 0, 0, 0, 0, 40, 0, 16, 0]],
    ["TCP segments over IPv4", tcp(v4, 1448), [1, 1, 52, 0, 0xa8, 5, 20, 0, 16, 0]],
    ["TCP segments over IPv6", tcp(v6, 1428), [1, 4, 72, 0, 0x94, 5, 40, 0, 16, 0]],
    ["TCP segments with CWR", tcp(v4, 1448, 0x90), [1, 0x81, 52, 0, 0xa8, 5, 20, 0, 16, 0]],
    [
      "UDP segments over IPv4",
      udpPacket(v4, new Uint8Array(3000), 1400),
      [1, 5, 28, 0, 0x78, 5, 20, 0, 6, 0],
    ],
    [
      "UDP segments over IPv6",
      udpPacket(v6, new Uint8Array(3000), 1400),
      [1, 5, 48, 0, 0x78, 5, 40, 0, 6, 0],
    ],
  ] as const)("%s", (_name, packet, expected) => {
    const header = new Uint8Array(virtioHeaderLength).fill(0xff);
    writeVirtioHeader(packet, header, 0);
    expect([...header]).toEqual([...expected]);
  });
});

describe("a packet's header from the kernel", () => {
  test("says partial, verified or nothing of the checksum", () => {
    const packet = newPacket(new Uint8Array(100));
    for (const [flags, checksum] of [
      [0, checksumUnknown],
      [2, checksumTrusted],
      [1, checksumPartial],
      [3, checksumPartial],
    ] as const) {
      readVirtioHeader(Uint8Array.of(flags, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0, packet);
      expect(packet.checksum).toBe(checksum);
    }
  });

  test("has a segment size only with a segment type", () => {
    const packet = newPacket(new Uint8Array(100));
    for (const [type, size] of [
      [0, 0],
      [1, 1448],
      [4, 1448],
      [5, 1448],
      [0x81, 1448],
    ] as const) {
      readVirtioHeader(Uint8Array.of(1, type, 0, 0, 0xa8, 5, 20, 0, 16, 0), 0, packet);
      expect(packet.segmentSize).toBe(size);
    }
  });

  test("is what was written", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.integer({ min: 0, max: 4000 }), (six, isTcp, size) => {
        const flow = six ? v6 : v4;
        const sent = isTcp
          ? tcp(flow, size || "checksum")
          : udpPacket(flow, new Uint8Array(4500), size || "checksum");
        const header = new Uint8Array(virtioHeaderLength);
        writeVirtioHeader(sent, header, 0);
        const { bytes, start, end } = sent;
        const received = newPacket(bytes, start, end);
        readVirtioHeader(header, 0, received);
        const { bytes: _, ...said } = received;
        expect(sent).toMatchObject(said);
      }),
    );
  });

  test("whatever it holds, reading it never throws", () => {
    const packet = newPacket(new Uint8Array(100));
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), (header) => {
        readVirtioHeader(header, 0, packet);
        expect(packet.segmentSize).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
