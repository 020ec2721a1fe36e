import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { sameBytes } from "../../../src/base/bytes.ts";
import { newPacket, type Packet } from "../../../src/base/packet.ts";
import {
  type FragmentLimits,
  type FragmentOutcome,
  fragmentLimitsV4,
  fragmentLimitsV6,
  Reassembly,
} from "../../../src/protocols/ip/fragments/fragments.ts";
import { firstFragment } from "../../../src/protocols/ip/fragments/join.ts";
import { fragmentV4, fragmentV6 } from "../../../src/protocols/ip/fragments/out.ts";
import type { Fragment } from "../../../src/protocols/ip/fragments/pieces.ts";
import { emitIpv4, parseIpv4 } from "../../../src/wire/ip/ipv4.ts";
import { emitIpv6, parseIpv6 } from "../../../src/wire/ip/ipv6.ts";

const source = address("192.0.2.1");
const destination = address("192.0.2.2");

interface Failure {
  why: string;
  first: Uint8Array | undefined;
}

function reassembly(limits: Partial<FragmentLimits> = {}): { table: Reassembly; failures: Failure[] } {
  const failures: Failure[] = [];
  const table = new Reassembly(4, { ...fragmentLimitsV4, ...limits }, 1, (datagram, why) =>
    failures.push({ why, first: firstFragment(datagram) }),
  );
  return { table, failures };
}

/** An IPv4 fragment with `length` bytes that count up from `offset`. */
function fragment(offset: number, length: number, more: 0 | 1, change: Partial<Fragment> = {}): Fragment {
  const bytes = new Uint8Array(20 + length);
  const header = {
    trafficClass: change.trafficClass ?? 0,
    identification: change.identification ?? 7,
    dontFragment: false,
    moreFragments: more === 1,
    fragmentOffset: offset,
    hopLimit: 64,
    protocol: 17,
    source: change.source ?? source,
    destination,
    optionsLength: 0,
    payloadLength: length,
  };
  emitIpv4(header, bytes, 0);
  for (let i = 0; i < length; i++) bytes[20 + i] = offset + i;
  return {
    source: header.source,
    destination,
    identification: header.identification,
    protocol: 17,
    interfaceIndex: 2,
    offset,
    more,
    trafficClass: header.trafficClass,
    bytes,
    headerStart: 0,
    start: 20,
    end: 20 + length,
    nextHeaderAt: 0,
    ...change,
  };
}

function whole(outcome: FragmentOutcome): Uint8Array {
  if (typeof outcome === "string") throw new Error(`not whole: ${outcome}`);
  return outcome.bytes;
}

describe("reassembly", () => {
  test("the last missing fragment makes the datagram whole, header and all [RFC 791 3.2]", () => {
    const { table } = reassembly();
    expect(table.add(fragment(0, 8, 1), 0)).toBe("held");
    expect(table.add(fragment(16, 5, 0), 0)).toBe("held");
    const bytes = whole(table.add(fragment(8, 8, 1), 0));
    expect(parseIpv4(bytes, 0, bytes.length)).toMatchObject({
      payloadLength: 21,
      moreFragments: false,
      fragmentOffset: 0,
      protocol: 17,
    });
    expect([...bytes.subarray(20)]).toEqual(Array.from({ length: 21 }, (_, i) => i));
    expect(table.size).toBe(0);
    expect(table.memory).toBe(0);
  });

  test("an overlap drops the datagram, and what still comes of it [RFC 5722 3]", () => {
    const { table, failures } = reassembly();
    table.add(fragment(0, 16, 1), 0);
    expect(table.add(fragment(8, 16, 1), 0)).toBe("fragment-overlap");
    expect(table.add(fragment(16, 8, 0), 0)).toBe("fragment-spoiled");
    table.expire(30_000);
    expect(failures).toEqual([]);
    expect(table.size).toBe(0);
    expect(table.memory).toBe(0);
  });

  test("an exact duplicate is no overlap, but one of other content is [RFC 8200 4.5]", () => {
    const { table } = reassembly();
    table.add(fragment(0, 16, 1), 0);
    expect(table.add(fragment(0, 16, 1), 0)).toBe("duplicate");
    const other = fragment(0, 16, 1);
    other.bytes[25] = 99;
    expect(table.add(other, 0)).toBe("fragment-overlap");
  });

  test("fragments that disagree about the end drop the datagram", () => {
    for (const [second, reason] of [
      [fragment(24, 8, 1), "fragment-inconsistent"],
      [fragment(8, 4, 0), "fragment-inconsistent"],
    ] as const) {
      const { table } = reassembly();
      table.add(fragment(16, 8, 0), 0);
      expect(table.add(second, 0)).toBe(reason);
    }
    const { table } = reassembly();
    table.add(fragment(16, 8, 1), 0);
    expect(table.add(fragment(8, 4, 0), 0)).toBe("fragment-inconsistent");
  });

  test("a fragment that is not the last holds a multiple of eight bytes", () => {
    const { table } = reassembly();
    expect(table.add(fragment(0, 12, 1), 0)).toBe("fragment-length");
    expect(table.add(fragment(0, 0, 1), 0)).toBe("fragment-empty");
    expect(table.size).toBe(0);
  });

  test("nothing ends beyond 65,535 bytes", () => {
    const { table } = reassembly();
    expect(table.add(fragment(65_528, 8, 0), 0)).toBe("fragment-beyond");
    expect(table.add(fragment(65_504, 11, 0), 0)).toBe("held");
  });

  test("datagrams are told apart by addresses, protocol, identification and interface", () => {
    const { table } = reassembly();
    table.add(fragment(0, 8, 1), 0);
    for (const other of [
      { identification: 8 },
      { protocol: 6 },
      { interfaceIndex: 3 },
      { source: address("192.0.2.9") },
    ])
      expect(table.add(fragment(8, 8, 0, other), 0)).toBe("held");
    expect(table.size).toBe(5);
    expect(whole(table.add(fragment(8, 8, 0), 0))).toHaveLength(36);
  });

  test("the timeout gives the first fragment to quote, if it came [RFC 792] [RFC 1122 3.3.2]", () => {
    const { table, failures } = reassembly();
    const first = fragment(0, 8, 1);
    table.add(first, 1000);
    table.add(fragment(8, 8, 1, { identification: 9 }), 2000);
    expect(table.nextDeadline).toBe(31_000);
    table.expire(30_999);
    expect(failures).toEqual([]);
    table.expire(31_000);
    expect(failures).toEqual([{ why: "timeout", first: first.bytes }]);
    table.expire(32_000);
    expect(failures[1]).toEqual({ why: "timeout", first: undefined });
    expect(table.nextDeadline).toBe(Infinity);
  });

  test("memory is bounded: the oldest datagram goes", () => {
    const { table, failures } = reassembly({ memory: 10_000 });
    for (let id = 0; id < 20; id++) table.add(fragment(0, 1400, 1, { identification: id }), id);
    expect(table.memory).toBeLessThanOrEqual(10_000);
    expect(failures.length).toBeGreaterThan(10);
    expect(failures.every(({ why }) => why === "evicted")).toBe(true);
    expect(table.add(fragment(1400, 8, 0, { identification: 19 }), 20)).not.toBe("held");
  });

  test("one source has only so many datagrams in the making", () => {
    const { table } = reassembly({ perSource: 3 });
    for (let id = 0; id < 3; id++)
      expect(table.add(fragment(0, 8, 1, { identification: id }), 0)).toBe("held");
    expect(table.add(fragment(0, 8, 1, { identification: 3 }), 0)).toBe("fragment-limit");
    expect(table.add(fragment(0, 8, 1, { source: address("192.0.2.77") }), 0)).toBe("held");
    table.expire(30_000);
    expect(table.add(fragment(0, 8, 1, { identification: 3 }), 30_000)).toBe("held");
  });

  test("all sources together have only so many: the oldest goes", () => {
    const { table, failures } = reassembly({ datagrams: 2 });
    for (let id = 0; id < 3; id++) table.add(fragment(0, 8, 1, { identification: id }), 0);
    expect(table.size).toBe(2);
    expect(failures).toHaveLength(1);
  });

  test.each([
    ["congestion on one fragment is congestion on the whole", [2, 3], 3],
    ["without ECN it stays without", [0, 0], 0],
    ["ECT(0) with ECT(1) is ECT(0)", [1, 2], 2],
  ])("%s [RFC 3168 5.3]", (_, [first, second], expected) => {
    const { table } = reassembly();
    table.add(fragment(0, 8, 1, { trafficClass: first! }), 0);
    const bytes = whole(table.add(fragment(8, 8, 0, { trafficClass: second! }), 0));
    expect(bytes[1]! & 3).toBe(expected);
    expect(typeof parseIpv4(bytes, 0, bytes.length)).toBe("object");
  });

  test.each([
    [0, 3],
    [0, 2],
    [1, 0],
  ])("ECN codepoints %i and %i do not mix [RFC 3168 5.3]", (first, second) => {
    const { table } = reassembly();
    table.add(fragment(0, 8, 1, { trafficClass: first }), 0);
    expect(table.add(fragment(8, 8, 0, { trafficClass: second }), 0)).toBe("fragment-ecn");
    expect(table.size).toBe(0);
  });

  test("random fragments never break the limits", () => {
    const piece = fc.record({
      offset: fc.nat(8191).map((n) => n * 8),
      length: fc.nat(200),
      more: fc.constantFrom<0 | 1>(0, 1),
      identification: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        const { table } = reassembly({ memory: 8000, datagrams: 4, perSource: 3 });
        for (const { offset, length, more, identification } of pieces) {
          table.add(fragment(offset, length, more, { identification }), 0);
          expect(table.memory).toBeLessThanOrEqual(8000);
          expect(table.size).toBeLessThanOrEqual(4);
        }
        table.expire(30_000);
        expect(table.memory).toBe(0);
        expect(table.size).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe("fragmentation", () => {
  test("what is cut for any MTU comes together again in any order [RFC 791 3.2] [RFC 8200 4.5]", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<4 | 6>(4, 6),
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 68, max: 1500 }),
        fc.infiniteStream(fc.nat()),
        (family, length, smallest, order) => {
          const mtu = family === 4 ? smallest : Math.max(smallest, 1280);
          const original = datagram(family, length);
          const pieces = cut(family, original, mtu);
          const limits = family === 4 ? fragmentLimitsV4 : fragmentLimitsV6;
          const table = new Reassembly(family, limits, 5, () => expect.unreachable());
          let result: FragmentOutcome = "held";
          const shuffled = pieces
            .map((each) => ({ each, key: order.next().value }))
            .sort((a, b) => a.key - b.key);
          for (const { each } of shuffled) {
            expect(each.end - each.start).toBeLessThanOrEqual(mtu);
            result = table.add(asFragment(family, each), 0);
          }
          expect(sameBytes(whole(result), original)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });
});

function datagram(family: 4 | 6, payloadLength: number): Uint8Array {
  const headerLength = family === 4 ? 20 : 40;
  const bytes = new Uint8Array(headerLength + payloadLength).map((_, i) => i * 7);
  const common = { trafficClass: 2, hopLimit: 64, payloadLength };
  if (family === 6) {
    const ends = { source: address("fd00::1"), destination: address("fd00::2") };
    emitIpv6({ ...common, ...ends, flowLabel: 5, nextHeader: 17 }, bytes, 0);
    return bytes;
  }
  const flags = { dontFragment: false, moreFragments: false, fragmentOffset: 0, optionsLength: 0 };
  emitIpv4({ ...common, ...flags, identification: 77, protocol: 17, source, destination }, bytes, 0);
  return bytes;
}

function cut(family: 4 | 6, bytes: Uint8Array, mtu: number): Packet[] {
  const pieces: Packet[] = [];
  const sink = {
    allocate: (length: number) => newPacket(new Uint8Array(length + 3), 3),
    fragment: (piece: Packet) => pieces.push(piece),
  };
  const count =
    family === 4
      ? fragmentV4(bytes, 0, bytes.length, mtu, sink)
      : fragmentV6(bytes, 0, bytes.length, mtu, 0x12345678, sink);
  expect(count).toBe(pieces.length);
  return pieces;
}

function asFragment(family: 4 | 6, { bytes, start, end }: Packet): Fragment {
  const common = { interfaceIndex: 1, bytes, headerStart: start, end };
  if (family === 4) {
    const header = parseIpv4(bytes, start, end);
    if (typeof header === "string") throw new Error(header);
    const { fragmentOffset: offset, moreFragments, payloadStart } = header;
    return {
      ...common,
      ...header,
      offset,
      more: moreFragments ? 1 : 0,
      start: payloadStart,
      nextHeaderAt: 0,
    };
  }
  const header = parseIpv6(bytes, start, end);
  if (typeof header === "string") throw new Error(header);
  const at = header.payloadStart;
  const field = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  const parts = {
    identification: 0x12345678,
    protocol: 0,
    offset: field & 0xfff8,
    more: (field & 1) as 0 | 1,
  };
  return { ...common, ...header, ...parts, start: at + 8, nextHeaderAt: start + 6 };
}
