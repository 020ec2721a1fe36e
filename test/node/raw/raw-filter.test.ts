import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Address, address, addressV4, addressV6 } from "../../../src/base/address.ts";
import { addressFilter, icmpTypeMask, icmpv6TypeMask } from "../../../src/node/raw/raw-filter.ts";
import { udpPacket } from "../packets.ts";

/** A classic packet filter as the kernel runs it: only what ours use, and anything else is an error. */
function run(program: Uint8Array, packet: Uint8Array): number {
  const view = new DataView(program.buffer, program.byteOffset, program.length);
  const data = new DataView(packet.buffer, packet.byteOffset, packet.length);
  let accumulator = 0;
  for (let at = 0; at < program.length; ) {
    const code = view.getUint16(at, true);
    const operand = view.getUint32(at + 4, true);
    const offset = (operand | 0) + 0x100000;
    let jump = 0;
    if (code === 0x06) return operand;
    if (code === 0x20) accumulator = data.getUint32(offset, false);
    else if (code === 0x30) accumulator = data.getUint8(offset);
    else if (code === 0x15) jump = program[at + (accumulator === operand ? 2 : 3)]!;
    else if (code === 0x35) jump = program[at + (accumulator >= operand ? 2 : 3)]!;
    else throw new Error(`instruction ${code}`);
    at += 8 * (1 + jump);
  }
  throw new Error("the program ends without a verdict");
}

function passes(own: readonly Address[], from: Address, to: Address): boolean {
  const { bytes, start } = udpPacket(
    { from: { address: from, port: 1 }, to: { address: to, port: 2 } },
    new Uint8Array(1),
    "none",
  );
  return run(addressFilter(own)!, bytes.subarray(start)) !== 0;
}

describe.each([
  {
    family: 4,
    own: ["127.7.7.7", "192.0.2.1", "10.0.0.1"],
    foreign: "192.0.2.2",
    many: ["224.0.0.1", "255.255.255.255"],
  },
  { family: 6, own: ["::1", "fd00::7", "fd00::8"], foreign: "fd00::9", many: ["ff02::1"] },
])("the kernel's filter for IPv$family", ({ own, foreign, many }) => {
  const addresses = own.map(address);

  test("passes what is for us, or for many", () => {
    for (const to of [...own, ...many]) expect(passes(addresses, address(foreign), address(to))).toBe(true);
  });

  test("drops what is for others, and what is from us", () => {
    expect(passes(addresses, address(own[0]!), address(foreign))).toBe(false);
    expect(passes(addresses, address(foreign), address(foreign))).toBe(false);
    for (const from of own)
      for (const to of own) expect(passes(addresses, address(from), address(to))).toBe(false);
  });
});

test("it agrees with the rule in one sentence, for any addresses", () => {
  const word = fc.integer({ min: 0, max: 3 });
  const v6 = fc.tuple(word, word, word, word).map((words) => addressV6(...words));
  const v4 = fc.integer({ min: 1, max: 6 }).map((bits) => addressV4(bits));
  for (const one of [v4, v6])
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), one, one, (own, from, to) => {
        const has = (candidate: Address) =>
          own.some((each) => JSON.stringify(each) === JSON.stringify(candidate));
        expect(passes(own, from, to)).toBe(has(to) && !has(from));
      }),
    );
});

test("too many addresses for 8-bit jumps are left to the link itself", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => addressV4(0x0a000000 + i));
  expect(addressFilter(many(100))).toBeInstanceOf(Uint8Array);
  expect(passes(many(100), address("192.0.2.1"), addressV4(0x0a000063))).toBe(true);
  expect(addressFilter(many(200))).toBeUndefined();
});

test("of ICMP only answers and errors pass: the kernel answers requests, discovers neighbours and redirects", () => {
  const passing = (blocked: (type: number) => boolean) =>
    Array.from({ length: 256 }, (_, i) => i).filter((i) => !blocked(i));
  expect(passing((type) => type > 31 || ((icmpTypeMask >>> type) & 1) === 1)).toEqual([0, 3, 11, 12]);
  const mask = icmpv6TypeMask();
  expect(passing((type) => ((mask[type >>> 3]! >>> (type & 7)) & 1) === 1)).toEqual([1, 2, 3, 4, 129]);
});
