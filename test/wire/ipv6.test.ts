import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { emitIpv6, newIpv6Packet, parseIpv6, parseIpv6Into } from "../../src/wire/ip/ipv6.ts";
import {
  emitIpv6Extension,
  type Ipv6Extension,
  ipv6ExtensionEmittedLength,
  parseIpv6Extension,
} from "../../src/wire/ip/ipv6-extensions.ts";
import { type Ipv6Option, parseIpv6Options } from "../../src/wire/ip/ipv6-options.ts";
import { walkIpv6 } from "../../src/wire/ip/ipv6-walk.ts";
import { protocols } from "../../src/wire/protocols.ts";
import { bytes, roundTrip, sample, u8, u16, u32, v6 } from "./arbitraries.ts";

const header = fc.record({
  trafficClass: u8,
  flowLabel: fc.integer({ min: 0, max: 0xfffff }),
  payloadLength: fc.constant(0),
  nextHeader: u8,
  hopLimit: u8,
  source: v6,
  destination: v6,
});

test("parsing what was emitted gives the header back [RFC 8200 3]", () => {
  fc.assert(
    fc.property(header, (given) => {
      expect(roundTrip((b, at) => emitIpv6(given, b, at), parseIpv6)).toMatchObject(given);
    }),
  );
});

test("a packet made by another program is read", () => {
  const packet = sample("ipv6 udp");
  expect(parseIpv6(packet, 0, packet.length)).toEqual({
    trafficClass: 2,
    flowLabel: 0xabcde,
    payloadLength: 13,
    nextHeader: 17,
    hopLimit: 64,
    source: address("2001:db8::1"),
    destination: address("2001:db8:1::7"),
    payloadStart: 40,
    payloadEnd: 53,
  });
});

test("each way to be malformed has its name", () => {
  const packet = sample("ipv6 udp");
  expect(parseIpv6(packet, 0, 39)).toBe("truncated");
  expect(parseIpv6(packet, 0, packet.length - 1)).toBe("truncated");
  packet[0] = 0x45;
  expect(parseIpv6(packet, 0, packet.length)).toBe("bad-version");
});

test("a packet object used again keeps its address objects where the addresses are the same", () => {
  const packet = newIpv6Packet();
  const first = sample("ipv6 udp");
  parseIpv6Into(packet, first, 0, first.length);
  const { source } = packet;
  const second = sample("icmpv6 echo");
  parseIpv6Into(packet, second, 0, second.length);
  expect(packet.source).toBe(source);
  expect(packet).toEqual(parseIpv6(second, 0, second.length));
});

const option: fc.Arbitrary<Ipv6Option> = fc.oneof(
  fc.record({ kind: fc.constant("router-alert"), value: u16 }),
  fc.record({ kind: fc.constant("jumbo-payload"), length: u32 }),
  fc.record({ kind: fc.constant("unknown"), type: fc.constantFrom(0x1e, 0x5e, 0x9e, 0xde), data: bytes(6) }),
);
const extension: fc.Arbitrary<Ipv6Extension> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("hop-by-hop", "destination-options"),
    nextHeader: u8,
    options: fc.array(option, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("routing"),
    nextHeader: u8,
    routingType: u8,
    segmentsLeft: u8,
    data: fc.integer({ min: 0, max: 3 }).map((units) => new Uint8Array(4 + units * 8).fill(units)),
  }),
  fc.record({
    kind: fc.constant("fragment"),
    nextHeader: u8,
    fragmentOffset: fc.integer({ min: 0, max: 0x1fff }).map((units) => units * 8),
    moreFragments: fc.boolean(),
    identification: u32,
  }),
);
const numbers = {
  "hop-by-hop": protocols.hopByHop,
  "destination-options": protocols.destinationOptions,
  routing: protocols.routing,
  fragment: protocols.fragment,
};

test("parsing the extension header emitted gives it back, its padding apart [RFC 8200 4]", () => {
  fc.assert(
    fc.property(extension, (given) => {
      const parsed = roundTrip(
        (b, at) => {
          const length = emitIpv6Extension(given, b, at);
          expect(length).toBe(ipv6ExtensionEmittedLength(given));
          expect(length % 8).toBe(0);
          return length;
        },
        (b, start, end) => parseIpv6Extension(numbers[given.kind], b, start, end),
      );
      if (typeof parsed === "object" && "options" in parsed)
        parsed.options = parsed.options.filter(({ kind }) => kind !== "pad1" && kind !== "padn");
      expect(parsed).toEqual(given);
    }),
  );
});

test("options that run out of their header are named", () => {
  expect(parseIpv6Options(Uint8Array.of(5), 0, 1)).toBe("truncated-option");
  expect(parseIpv6Options(Uint8Array.of(5, 2, 0), 0, 3)).toBe("truncated-option");
  expect(parseIpv6Options(Uint8Array.of(0, 1, 0), 0, 3)).toEqual([
    { kind: "pad1" },
    { kind: "padn", length: 0 },
  ]);
});

describe("the walk over extension headers", () => {
  /** Headers put one behind the other, then eight bytes of UDP; byte 0 is the Next Header that starts it. */
  function walk(...chain: Ipv6Extension[]) {
    const buffer = new Uint8Array(4000);
    buffer[0] = chain[0] ? numbers[chain[0].kind] : protocols.udp;
    let at = 1;
    for (const [index, one] of chain.entries()) {
      const next = chain[index + 1];
      at += emitIpv6Extension({ ...one, nextHeader: next ? numbers[next.kind] : protocols.udp }, buffer, at);
    }
    return { ...walkIpv6(buffer[0], 0, buffer, 1, at + 8), end: at };
  }
  const options = (kind: "hop-by-hop" | "destination-options", ...list: Ipv6Option[]): Ipv6Extension => ({
    kind,
    nextHeader: 0,
    options: list,
  });
  const unknown = (type: number): Ipv6Option => ({ kind: "unknown", type, data: new Uint8Array(2) });
  const routing = (segmentsLeft: number): Ipv6Extension => ({
    kind: "routing",
    nextHeader: 0,
    routingType: 0,
    segmentsLeft,
    data: new Uint8Array(20),
  });
  const fragment: Ipv6Extension = {
    kind: "fragment",
    nextHeader: 0,
    fragmentOffset: 0,
    moreFragments: true,
    identification: 1,
  };

  test("passes over headers to the upper layer and says where its number stood", () => {
    const alert: Ipv6Option = { kind: "router-alert", value: 0 };
    const found = walk(
      options("hop-by-hop", alert, unknown(0x1e)),
      routing(0),
      options("destination-options"),
    );
    expect(found).toMatchObject({
      kind: "chain",
      protocol: protocols.udp,
      payloadStart: found.end,
      protocolAt: found.end - 8,
      routerAlert: 0,
    });
    expect(walk()).toMatchObject({
      protocol: protocols.udp,
      payloadStart: 1,
      protocolAt: 0,
      routerAlert: -1,
    });
  });

  test("reads a packet made by another program", () => {
    const packet = sample("ipv6 extensions");
    expect(walkIpv6(packet[6]!, 6, packet, 40, packet.length)).toMatchObject({
      protocol: protocols.udp,
      payloadStart: packet.length - 9,
      routerAlert: 0,
    });
  });

  test("stops at a fragment header, as what is behind it is a fragment's business [RFC 8200 4.5]", () => {
    expect(walk(options("hop-by-hop"), fragment, options("destination-options"))).toMatchObject({
      protocol: protocols.fragment,
      payloadStart: 9,
    });
  });

  test("stops at No Next Header [RFC 8200 4.7]", () => {
    expect(walkIpv6(protocols.noNextHeader, 0, new Uint8Array(8), 0, 8)).toMatchObject({
      protocol: protocols.noNextHeader,
      payloadStart: 0,
    });
  });

  test("does with unknown options what their top two bits say [RFC 8200 4.2]", () => {
    expect(walk(options("destination-options", unknown(0x1e)))).toMatchObject({ kind: "chain" });
    for (const [type, report] of [
      [0x5e, "never"],
      [0x9e, "always"],
      [0xde, "unless-multicast"],
    ] as const)
      expect(walk(options("destination-options", unknown(type)))).toMatchObject({
        kind: "problem",
        reason: "unknown-option",
        report,
        code: 2,
        at: 3,
      });
  });

  test("refuses the Jumbo Payload option", () => {
    expect(walk(options("hop-by-hop", { kind: "jumbo-payload", length: 70000 }))).toMatchObject({
      reason: "jumbo-payload",
      report: "unless-multicast",
    });
  });

  test("takes hop-by-hop options only first [RFC 8200 4.1]", () => {
    expect(walk(options("destination-options"), options("hop-by-hop"))).toMatchObject({
      reason: "misplaced-hop-by-hop",
      code: 1,
      at: 1,
    });
  });

  test("refuses source routes with segments left, of type 0 too [RFC 5095 3]", () => {
    expect(walk(routing(1))).toMatchObject({ reason: "source-route", report: "always", code: 0, at: 3 });
  });

  test("is bounded in headers, options and padding [RFC 8504 5.3]", () => {
    const many = new Array<Ipv6Extension>(9).fill(options("destination-options"));
    expect(walk(...many.slice(1))).toMatchObject({ kind: "chain" });
    expect(walk(...many)).toMatchObject({ reason: "too-many-extensions", report: "never" });
    const crowd = new Array<Ipv6Option>(9).fill(unknown(0x1e));
    expect(walk(options("hop-by-hop", ...crowd))).toMatchObject({ reason: "too-many-options" });
    expect(walk(options("hop-by-hop", { kind: "padn", length: 12 }))).toMatchObject({
      reason: "too-many-options",
    });
  });

  test("drops headers and options cut short", () => {
    expect(walkIpv6(protocols.routing, 0, Uint8Array.of(0, 17, 1, 0, 0, 0, 0, 0, 0), 1, 9)).toMatchObject({
      reason: "truncated-extension",
    });
    expect(walkIpv6(protocols.routing, 0, Uint8Array.of(0, 17, 0), 1, 3)).toMatchObject({
      reason: "truncated-extension",
    });
    const long = Uint8Array.of(17, 0, 0x1e, 9, 0, 0, 0, 0);
    expect(walkIpv6(protocols.destinationOptions, 0, long, 0, 8)).toMatchObject({
      reason: "truncated-option",
      at: 2,
    });
  });
});
