import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../../src/base/text.ts";
import {
  linkTypes,
  nanosecondsOf,
  type PcapngDirection,
  type PcapngInterface,
  type PcapngPacket,
  pcapngInterface,
  pcapngPacket,
  pcapngSection,
} from "../../src/wire/capture/pcapng.ts";
import { type PcapngCapture, parsePcapng } from "../../src/wire/capture/pcapng-reader.ts";
import { bytes } from "./arbitraries.ts";

const section = { hardware: "", operatingSystem: "", application: "harbormaster", comment: "" };

function file(...blocks: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(blocks.reduce((length, block) => length + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    whole.set(block, at);
    at += block.length;
  }
  return whole;
}

function read(contents: Uint8Array): PcapngCapture {
  const capture = parsePcapng(contents);
  if (typeof capture === "string") throw new Error(capture);
  return capture;
}

const text = fc.string({ maxLength: 20, unit: "binary" });
const interfaces = fc.array(
  fc.record<PcapngInterface>({
    linkType: fc.constantFrom(linkTypes.ethernet, linkTypes.ip),
    snapLength: fc.constantFrom(0, 262144),
    name: text,
    description: text,
  }),
  { minLength: 1, maxLength: 3 },
);

test("what was written is read back: interfaces, times, directions, comments and bytes", () => {
  const packet = fc.record({
    interface: fc.nat(2),
    nanoseconds: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    content: bytes(40),
    originalLength: fc.nat(),
    direction: fc.constantFrom<PcapngDirection>("inbound", "outbound", "unknown"),
    comment: text,
  });
  fc.assert(
    fc.property(interfaces, fc.array(packet, { maxLength: 4 }), (given, packets) => {
      const blocks = packets.map(({ content, ...rest }): PcapngPacket => {
        const surrounded = new Uint8Array(content.length + 5);
        surrounded.set(content, 3);
        const place = { bytes: surrounded, start: 3, end: 3 + content.length };
        return { ...rest, interface: rest.interface % given.length, ...place };
      });
      const capture = read(
        file(pcapngSection(section), ...given.map(pcapngInterface), ...blocks.map(pcapngPacket)),
      );
      expect(capture.interfaces).toEqual(given);
      const plain = ({ bytes, start, end, ...rest }: PcapngPacket) => ({
        ...rest,
        hex: toHex(bytes, start, end),
      });
      expect(capture.packets.map(plain)).toEqual(blocks.map(plain));
    }),
  );
});

test("an instant in milliseconds keeps its fraction, from 1970 too", () => {
  expect(nanosecondsOf(0.000001)).toBe(1n);
  expect(nanosecondsOf(1500.25)).toBe(1500250000n);
  expect(nanosecondsOf(1_760_000_000_000.5)).toBe(1_760_000_000_000_500_000n);
  expect(nanosecondsOf(1.9999999)).toBe(2000000n);
});

test("a big-endian file with microseconds and unknown blocks is read", () => {
  const capture = read(
    fromHex(
      `0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c
       00000bad 00000010 01020304 00000010
       00000001 00000014 00650000 00000000 00000014
       00000006 00000030 00000000 00000000 00000007 00000002 00000063 abcd0000
       00020004 00000002 0000 0000 00000030`,
    ),
  );
  expect(capture.interfaces).toEqual([{ linkType: 101, snapLength: 0, name: "", description: "" }]);
  expect(capture.packets).toMatchObject([
    { nanoseconds: 7000n, originalLength: 99, direction: "outbound", comment: "" },
  ]);
});

test("resolutions finer and other than nanoseconds are brought to them", () => {
  const stamped = (resolution: number) => {
    const described = pcapngInterface({ linkType: 1, snapLength: 0, name: "", description: "" });
    described[described.indexOf(9, 16) + 4] = resolution;
    const packet = pcapngPacket({
      interface: 0,
      nanoseconds: 3_000_000n,
      bytes: new Uint8Array(),
      start: 0,
      end: 0,
      originalLength: 0,
      direction: "unknown",
      comment: "",
    });
    return read(file(pcapngSection(section), described, packet)).packets[0]!.nanoseconds;
  };
  expect([9, 6, 0, 12, 128 + 10].map(stamped)).toEqual([
    3_000_000n,
    3_000_000_000n,
    3_000_000_000_000_000n,
    3000n,
    2_929_687_500_000n,
  ]);
});

test("a second section numbers its interfaces on", () => {
  const one = file(
    pcapngSection(section),
    pcapngInterface({ linkType: 1, snapLength: 0, name: "a", description: "" }),
    pcapngPacket({
      interface: 0,
      nanoseconds: 0n,
      bytes: new Uint8Array(),
      start: 0,
      end: 0,
      originalLength: 0,
      direction: "unknown",
      comment: "",
    }),
  );
  expect(read(file(one, one)).packets.map((packet) => packet.interface)).toEqual([0, 1]);
});

test("files that are none, or cut or spoiled, are named and never throw", () => {
  const good = file(
    pcapngSection(section),
    pcapngInterface({ linkType: 1, snapLength: 0, name: "a", description: "" }),
  );
  const changed = (at: number, value: number) => {
    const copy = good.slice();
    copy[at] = value;
    return parsePcapng(copy);
  };
  expect(parsePcapng(new Uint8Array(40))).toBe("not-pcapng");
  expect(changed(8, 0)).toBe("not-pcapng");
  expect(parsePcapng(good.slice(0, -4))).toBe("truncated");
  expect(changed(4, 13)).toBe("bad-block-length");
  expect(changed(4, 8)).toBe("bad-block-length");
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
      expect(() => changed(at, value)).not.toThrow();
    }),
  );
});
