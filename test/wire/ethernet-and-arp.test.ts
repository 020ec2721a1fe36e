import fc from "fast-check";
import { expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import {
  type ArpPacket,
  arpOperations,
  emitArp,
  isArpAnnouncement,
  isArpProbe,
  parseArp,
} from "../../src/wire/link/arp.ts";
import { emitEthernet, etherTypes, parseEthernet } from "../../src/wire/link/ethernet.ts";
import { broadcastMac, formatMac, isGroupMac, multicastMac, parseMac } from "../../src/wire/link/mac.ts";
import { mac, roundTrip, sample, u16, v4 } from "./arbitraries.ts";

test("parsing the frame header emitted gives it back, tagged or not", () => {
  const header = fc.record({
    destination: mac,
    source: mac,
    type: fc.integer({ min: 0x600, max: 0xffff }).filter((type) => type !== etherTypes.vlan),
    tag: fc.oneof(fc.constant(-1), u16),
  });
  fc.assert(
    fc.property(header, (given) => {
      expect(roundTrip((b, at) => emitEthernet(given, b, at), parseEthernet)).toMatchObject(given);
    }),
  );
});

test("frames made by another program are read", () => {
  const arp = sample("arp request");
  expect(parseEthernet(arp, 0, arp.length)).toEqual({
    destination: broadcastMac,
    source: 0x020000000001,
    type: etherTypes.arp,
    tag: -1,
    payloadStart: 14,
    payloadEnd: arp.length,
  });
  const vlan = sample("vlan ipv4");
  expect(parseEthernet(vlan, 0, vlan.length)).toMatchObject({
    type: etherTypes.ipv4,
    tag: (5 << 13) | 100,
    payloadStart: 18,
  });
});

test("frames with a length in place of a type, and short ones, are named", () => {
  const frame = sample("vlan ipv4");
  expect(parseEthernet(frame, 0, 13)).toBe("truncated");
  expect(parseEthernet(frame, 0, 17)).toBe("truncated");
  frame[16] = 0;
  expect(parseEthernet(frame, 0, frame.length)).toBe("not-ethernet-ii");
});

const packet: fc.Arbitrary<ArpPacket> = fc.record({
  operation: u16,
  senderMac: mac,
  senderAddress: v4,
  targetMac: mac,
  targetAddress: v4,
});

test("parsing the ARP packet emitted gives it back [RFC 826]", () => {
  fc.assert(
    fc.property(packet, (given) => {
      expect(roundTrip((b, at) => emitArp(given, b, at), parseArp)).toEqual(given);
    }),
  );
});

test("an ARP request made by another program is read", () => {
  const frame = sample("arp request");
  expect(parseArp(frame, 14, frame.length)).toEqual({
    operation: arpOperations.request,
    senderMac: 0x020000000001,
    senderAddress: address("192.0.2.1"),
    targetMac: 0,
    targetAddress: address("192.0.2.2"),
  });
});

test("ARP of other networks is named [RFC 826]", () => {
  const changed = (at: number, value: number) => {
    const frame = sample("arp reply");
    frame[14 + at] = value;
    return parseArp(frame, 14, frame.length);
  };
  expect(parseArp(sample("arp reply"), 14, 41)).toBe("truncated");
  expect(changed(1, 6)).toBe("foreign-hardware");
  expect(changed(2, 0x86)).toBe("foreign-protocol");
  expect(changed(4, 8)).toBe("bad-address-length");
  expect(changed(5, 16)).toBe("bad-address-length");
});

test("probes and announcements are told apart [RFC 5227 1.1]", () => {
  const mine = address("192.0.2.1");
  const base = { operation: arpOperations.request, senderMac: 1, targetMac: 0, targetAddress: mine };
  const probe = { ...base, senderAddress: address("0.0.0.0") };
  const announcement = { ...base, senderAddress: mine };
  expect([isArpProbe(probe), isArpAnnouncement(probe)]).toEqual([true, false]);
  expect([isArpProbe(announcement), isArpAnnouncement(announcement)]).toEqual([false, true]);
});

test("MAC addresses are read and written as people write them", () => {
  expect(formatMac(0x02000000000a)).toBe("02:00:00:00:00:0a");
  expect(parseMac("02:00:00:00:00:0A")).toBe(0x02000000000a);
  expect(parseMac("02-00-00-00-00-0a")).toBe(0x02000000000a);
  for (const bad of ["", "02:00:00:00:00", "02:00:00:00:00:0g", "02:00-00:00:00:0a", "2:0:0:0:0:a"])
    expect(parseMac(bad)).toBeUndefined();
  fc.assert(
    fc.property(mac, (value) => {
      expect(parseMac(formatMac(value))).toBe(value);
    }),
  );
});

test("group addresses are known by their first bit on the wire, and made from multicast addresses", () => {
  expect([broadcastMac, 0x01005e000001, 0x020000000001].map(isGroupMac)).toEqual([true, true, false]);
  expect(formatMac(multicastMac(address("239.129.2.3")))).toBe("01:00:5e:01:02:03");
  expect(formatMac(multicastMac(address("ff02::1:ff00:7")))).toBe("33:33:ff:00:00:07");
});
