import fc from "fast-check";
import { expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { toHex } from "../../src/base/text.ts";
import { fillTransportChecksum } from "../../src/wire/checksums.ts";
import { emitNd, isNdType, type NdMessage, ndLength, parseNd } from "../../src/wire/icmp/nd.ts";
import type { NdOption } from "../../src/wire/icmp/nd-options.ts";
import { parseIpv6 } from "../../src/wire/ip/ipv6.ts";
import { bytes, mac, roundTrip, sample, u8, u16, u32, v6 } from "./arbitraries.ts";

const option: fc.Arbitrary<NdOption> = fc.oneof(
  fc.record({ kind: fc.constantFrom("source-link-layer", "target-link-layer"), mac }),
  fc.record({
    kind: fc.constant("prefix-information"),
    prefix: v6,
    prefixLength: u8,
    onLink: fc.boolean(),
    autonomous: fc.boolean(),
    validLifetime: u32,
    preferredLifetime: u32,
  }),
  fc.record({ kind: fc.constant("redirected-header"), quoted: bytes(48, 48) }),
  fc.record({ kind: fc.constant("mtu"), mtu: u32 }),
  fc.record({ kind: fc.constant("nonce"), nonce: bytes(6, 6) }),
  fc.record({ kind: fc.constant("unknown"), type: fc.constantFrom(24, 25, 31), data: bytes(14, 14) }),
);
const options = fc.array(option, { maxLength: 4 });
const unicast = v6.filter(({ w0 }) => w0 >>> 24 !== 0xff);
const message: fc.Arbitrary<NdMessage> = fc.oneof(
  fc.record({ kind: fc.constant("router-solicitation"), options }),
  fc.record({
    kind: fc.constant("router-advertisement"),
    hopLimit: u8,
    managed: fc.boolean(),
    otherConfiguration: fc.boolean(),
    preference: fc.constantFrom(0, 1, 3),
    lifetime: u16,
    reachableTime: u32,
    retransTimer: u32,
    options,
  }),
  fc.record({ kind: fc.constant("neighbor-solicitation"), target: unicast, options }),
  fc.record({
    kind: fc.constant("neighbor-advertisement"),
    router: fc.boolean(),
    solicited: fc.boolean(),
    override: fc.boolean(),
    target: unicast,
    options,
  }),
  fc.record({ kind: fc.constant("redirect"), target: unicast, destination: unicast, options }),
);

test("parsing the message emitted gives it back [RFC 4861 4]", () => {
  fc.assert(
    fc.property(message, (given) => {
      const parsed = roundTrip((b, at) => {
        const length = emitNd(given, b, at);
        expect(length).toBe(ndLength(given));
        return length;
      }, parseNd);
      expect(parsed).toEqual(given);
    }),
  );
});

test("messages made by another program are read, and written again byte for byte", () => {
  for (const name of [
    "nd neighbor solicitation",
    "nd neighbor advertisement",
    "nd router solicitation",
    "nd router advertisement",
    "nd redirect",
  ] as const) {
    const packet = sample(name);
    const ip = parseIpv6(packet, 0, packet.length);
    const parsed = parseNd(packet, 40, packet.length);
    if (typeof parsed === "string" || typeof ip === "string") throw new Error(`${parsed}`);
    const buffer = new Uint8Array(200);
    const length = emitNd(parsed, buffer, 0);
    fillTransportChecksum(58, ip.source, ip.destination, buffer, 0, length);
    expect(toHex(buffer, 0, length)).toBe(toHex(packet, 40));
  }
});

test("a router advertisement's options are read, and those not known are kept aside [RFC 4861 4.6]", () => {
  const packet = sample("nd router advertisement");
  expect(parseNd(packet, 40, packet.length)).toMatchObject({
    kind: "router-advertisement",
    hopLimit: 64,
    managed: false,
    otherConfiguration: true,
    preference: 1,
    lifetime: 1800,
    reachableTime: 30000,
    retransTimer: 1000,
    options: [
      { kind: "source-link-layer", mac: 0x0200000000fe },
      { kind: "mtu", mtu: 1480 },
      {
        kind: "prefix-information",
        prefix: address("2001:db8:5::"),
        prefixLength: 64,
        onLink: true,
        autonomous: true,
        validLifetime: 86400,
        preferredLifetime: 14400,
      },
      { kind: "unknown", type: 25 },
    ],
  });
});

test("what a message shows to be invalid is named [RFC 4861 6.1] [RFC 4861 7.1] [RFC 4861 8.1]", () => {
  const packet = sample("nd neighbor solicitation").slice(40);
  const changed = (at: number, value: number) => {
    const copy = packet.slice();
    copy[at] = value;
    return parseNd(copy, 0, copy.length);
  };
  expect(parseNd(packet, 0, 7)).toBe("truncated");
  expect(parseNd(packet, 0, 23)).toBe("truncated");
  expect(changed(0, 128)).toBe("bad-type");
  expect(changed(1, 1)).toBe("bad-code");
  expect(changed(8, 0xff)).toBe("multicast-target");
  expect(changed(25, 0)).toBe("zero-option-length");
  expect(changed(25, 2)).toBe("truncated-option");
  expect(parseNd(packet, 0, 28)).toBe("truncated-option");
  const redirect = sample("nd redirect").slice(40);
  redirect[24] = 0xff;
  expect(parseNd(redirect, 0, redirect.length)).toBe("multicast-target");
});

test("a known option of another length is not taken for it", () => {
  const packet = sample("nd router solicitation").slice(40);
  const longer = new Uint8Array(packet.length + 8);
  longer.set(packet);
  longer[9] = 2;
  expect(parseNd(longer, 0, longer.length)).toMatchObject({ options: [{ kind: "unknown", type: 1 }] });
});

test("the types of Neighbor Discovery are known", () => {
  expect([132, 133, 134, 135, 136, 137, 138].filter(isNdType)).toEqual([133, 134, 135, 136, 137]);
});
