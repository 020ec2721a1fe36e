import { describe, expect, test } from "vitest";
import { address, formatAddress, writeAddressV6 } from "../../../src/base/address.ts";
import { fillTransportChecksum, verifyTransportChecksum } from "../../../src/wire/checksums.ts";
import { type Icmpv6Message, parseIcmpv6 } from "../../../src/wire/icmp/icmpv6.ts";
import { protocols } from "../../../src/wire/protocols.ts";
import { header, Lab, packetTo, testProtocol } from "../support/lab.ts";

/** The one ICMPv6 message sent, its checksum verified. */
function answer(lab: Lab): Icmpv6Message {
  const sent = lab.link.take();
  expect(sent).toHaveLength(1);
  const { source, destination, payload, protocol } = header(sent[0]!);
  expect(protocol).toBe(protocols.icmpv6);
  expect(verifyTransportChecksum(protocol, source, destination, payload, 0, payload.length)).toBeUndefined();
  const message = parseIcmpv6(payload, 0, payload.length);
  if (typeof message === "string") throw new Error(message);
  return message;
}

const hopByHop = { nextHeader: protocols.hopByHop };

describe("IPv6 input", () => {
  test("hands a datagram to the transport of its protocol", () => {
    const { link, probe, host } = new Lab();
    link.deliver(packetTo("fd00::1", [1, 2, 3], { hopLimit: 9 }));
    expect(probe.arrived[0]).toMatchObject({ payload: [1, 2, 3], cast: "unicast", hopLimit: 9 });
    expect(host.counters).toMatchObject({ Ip6InReceives: 1, Ip6InDelivers: 1, Ip6InOctets: 43 });
  });

  test.each([
    ["a mapped source", "fd00::1", "::ffff:10.0.0.2", "mapped-address"],
    ["a multicast source [RFC 4291 2.7]", "fd00::1", "ff02::5", "martian-source"],
    ["a loopback source [RFC 4291 2.5.3]", "fd00::1", "::1", "martian-loopback"],
    ["a loopback destination [RFC 4291 2.5.3]", "::1", "fd00::2", "martian-loopback"],
    ["no destination [RFC 4291 2.5.2]", "::", "fd00::2", "martian-destination"],
    ["our own address as source", "fd00::1", "fd00::1", "spoofed-source"],
    ["an interface-local group [RFC 4291 2.7]", "ff01::1", "fd00::2", "martian-scope"],
    ["somebody else's destination", "fd00::7", "fd00::2", "not-ours"],
    ["a group nobody joined", "ff05::9", "fd00::2", "not-ours"],
  ])("drops %s", (_, destination, from, reason) => {
    const { link, probe, host } = new Lab();
    const packet = packetTo("fd00::1", [1]);
    writeAddressV6(address(from), packet, 8);
    writeAddressV6(address(destination), packet, 24);
    link.deliver(packet);
    expect(probe.arrived).toEqual([]);
    expect(host.drops.of("ipv6", reason)).toBe(1);
    expect(link.take()).toEqual([]);
  });

  test("drops what is cut short", () => {
    const { link, host } = new Lab();
    const packet = packetTo("fd00::1", [1, 2, 3]);
    link.deliver(packet.subarray(0, 39), packet.subarray(0, 42));
    expect(host.drops.of("ipv6", "truncated")).toBe(2);
    expect(host.counters.Ip6InTruncatedPkts).toBe(2);
  });

  test("takes what is sent to all nodes [RFC 4291 2.8]", () => {
    const { link, probe } = new Lab();
    link.deliver(packetTo("ff02::1", [1], { from: "fe80::2" }));
    expect(probe.arrived[0]!.cast).toBe("multicast");
  });

  test("walks past extension headers to the upper layer [RFC 8200 4]", () => {
    const { link, probe } = new Lab();
    const chain = [protocols.destinationOptions, 0, 1, 4, 0, 0, 0, 0, testProtocol, 0, 1, 4, 0, 0, 0, 0, 42];
    link.deliver(packetTo("fd00::1", chain, hopByHop));
    expect(probe.arrived[0]!.payload).toEqual([42]);
  });

  test.each([
    [0x3e, "nothing", undefined, "fd00::1"],
    [0x7e, "nothing", undefined, "fd00::1"],
    [0xbe, "Parameter Problem", 42, "ff02::1"],
    [0xfe, "Parameter Problem", 42, "fd00::1"],
    [0xfe, "nothing", undefined, "ff02::1"],
  ])("answers unknown option %i with %s [RFC 8200 4.2]", (type, _, pointer, destination) => {
    const lab = new Lab();
    const options = [testProtocol, 0, type, 4, 0, 0, 0, 0, 1];
    lab.link.deliver(packetTo(destination, options, { ...hopByHop, from: "fd00::2" }));
    expect(lab.probe.arrived).toHaveLength(type === 0x3e ? 1 : 0);
    if (pointer === undefined) expect(lab.link.take()).toEqual([]);
    else expect(answer(lab)).toMatchObject({ kind: "parameter-problem", code: 2, pointer });
  });

  test("answers an unknown protocol with a Parameter Problem that points at it [RFC 8200 4]", () => {
    const lab = new Lab();
    lab.link.deliver(packetTo("fd00::1", [1], { nextHeader: 200 }));
    expect(answer(lab)).toMatchObject({ kind: "parameter-problem", code: 1, pointer: 6 });
    lab.link.deliver(packetTo("fd00::1", [200, 0, 1, 4, 0, 0, 0, 0, 1], hopByHop));
    expect(answer(lab)).toMatchObject({ kind: "parameter-problem", code: 1, pointer: 40 });
  });

  test("delivers nothing where nothing follows [RFC 8200 4.7]", () => {
    const { link, host } = new Lab();
    link.deliver(packetTo("fd00::1", [], { nextHeader: protocols.noNextHeader }));
    expect(link.take()).toEqual([]);
    expect(host.counters.Ip6InDelivers).toBe(1);
  });

  test("refuses a routing header with segments left [RFC 5095]", () => {
    const lab = new Lab();
    const routing = [testProtocol, 2, 0, 1, 0, 0, 0, 0, ...new Array<number>(16).fill(1), 9];
    lab.link.deliver(packetTo("fd00::1", routing, { nextHeader: protocols.routing }));
    expect(lab.probe.arrived).toEqual([]);
    expect(answer(lab)).toMatchObject({ kind: "parameter-problem", code: 0, pointer: 42 });
  });
});

describe("IPv6 fragments", () => {
  const fragment = { nextHeader: protocols.fragment };
  const piece = (offset: number, more: 0 | 1, data: number[], next = testProtocol): number[] => [
    next,
    0,
    offset >>> 8,
    (offset & 0xf8) | more,
    0,
    0,
    0,
    9,
    ...data,
  ];
  const eight = [1, 2, 3, 4, 5, 6, 7, 8];

  test("come together as the packet that was cut [RFC 8200 4.5]", () => {
    const { link, probe, host } = new Lab();
    link.deliver(packetTo("fd00::1", piece(8, 0, [9]), fragment));
    link.deliver(packetTo("fd00::1", piece(0, 1, eight), fragment));
    expect(probe.arrived[0]!.payload).toEqual([...eight, 9]);
    expect(host.counters).toMatchObject({ Ip6ReasmReqds: 2, Ip6ReasmOKs: 1, Ip6InDelivers: 1 });
  });

  test("of a chain with options before and behind the cut come together", () => {
    const { link, probe } = new Lab();
    const options = (next: number): number[] => [next, 0, 1, 4, 0, 0, 0, 0];
    const before = options(protocols.fragment);
    const first = [
      ...before,
      ...piece(0, 1, [...options(testProtocol), ...eight], protocols.destinationOptions),
    ];
    const second = [...before, ...piece(16, 0, [9], protocols.destinationOptions)];
    link.deliver(packetTo("fd00::1", first, hopByHop), packetTo("fd00::1", second, hopByHop));
    expect(probe.arrived[0]!.payload).toEqual([...eight, 9]);
  });

  test("that are whole in one are not mixed with others [RFC 6946 4]", () => {
    const { link, probe, host } = new Lab();
    link.deliver(packetTo("fd00::1", piece(8, 0, [9]), fragment));
    link.deliver(packetTo("fd00::1", piece(0, 0, [5]), fragment));
    expect(probe.arrived.map(({ payload }) => payload)).toEqual([[5]]);
    expect(host.counters.Ip6ReasmReqds).toBe(1);
  });

  test.each([
    ["that are no multiple of eight and not the last", piece(0, 1, [1, 2, 3, 4, 5, 6, 7]), 0, 4],
    ["that end beyond 65,535", piece(0xfff8, 0, eight), 0, 42],
    ["that do not hold all headers", piece(0, 1, eight, protocols.tcp), 3, 0],
  ])("%s are answered with a Parameter Problem [RFC 8200 4.5] [RFC 7112 5]", (_, data, code, pointer) => {
    const lab = new Lab();
    lab.link.deliver(packetTo("fd00::1", data, fragment));
    expect(answer(lab)).toMatchObject({ kind: "parameter-problem", code, pointer });
  });

  test("that overlap drop their datagram in silence [RFC 5722 3]", () => {
    const { link, probe, host, clock } = new Lab();
    link.deliver(packetTo("fd00::1", piece(0, 1, [...eight, ...eight]), fragment));
    link.deliver(packetTo("fd00::1", piece(8, 0, [9, 9, 9, 9, 9, 9, 9, 9, 9]), fragment));
    clock.run();
    expect(probe.arrived).toEqual([]);
    expect(host.drops.of("ipv6", "fragment-overlap")).toBe(1);
    expect(link.take()).toEqual([]);
  });

  test("of fragments are refused: nothing is walked twice", () => {
    const { link, probe, host } = new Lab();
    const nested = piece(0, 0, piece(0, 0, [1]), protocols.fragment);
    link.deliver(packetTo("fd00::1", nested, fragment));
    link.deliver(packetTo("fd00::1", piece(0, 1, piece(0, 1, eight), protocols.fragment), fragment));
    link.deliver(packetTo("fd00::1", piece(16, 0, [1], protocols.fragment), fragment));
    expect(probe.arrived).toEqual([]);
    expect(host.drops.of("ipv6", "nested-fragment")).toBe(2);
  });

  test("that never come together are told of after a minute [RFC 8200 4.5]", () => {
    const lab = new Lab();
    lab.link.deliver(packetTo("fd00::1", piece(0, 1, eight), fragment));
    lab.clock.run();
    expect(lab.clock.now()).toBe(61_000);
    expect(answer(lab)).toMatchObject({ kind: "time-exceeded", code: 1 });
    expect(lab.host.counters).toMatchObject({ Ip6ReasmTimeout: 1, Icmp6OutTimeExcds: 1 });
  });
});

describe("ICMPv6 echo", () => {
  function echoTo(destination: string): Uint8Array {
    const request = Uint8Array.of(128, 0, 0, 0, 0, 1, 0, 2, 3);
    const ends = [address("fd00::2"), address(destination)] as const;
    fillTransportChecksum(protocols.icmpv6, ...ends, request, 0, request.length);
    return packetTo(destination, request, { nextHeader: protocols.icmpv6 });
  }

  test("is answered, to a group too, from an address of ours [RFC 4443 4.2]", () => {
    const lab = new Lab();
    lab.link.deliver(echoTo("fd00::1"));
    expect(answer(lab)).toMatchObject({ kind: "echo-reply", identifier: 1, sequence: 2 });
    lab.link.deliver(echoTo("ff02::1"));
    const [sent] = lab.link.sent;
    expect(formatAddress(header(sent!.bytes).source)).toBe("fd00::1");
    expect(answer(lab)).toMatchObject({ kind: "echo-reply" });
  });

  test("with a wrong checksum is not", () => {
    const { link, host } = new Lab();
    const packet = echoTo("fd00::1");
    packet[48]! ^= 1;
    link.deliver(packet);
    expect(link.take()).toEqual([]);
    expect(host.counters.Icmp6InCsumErrors).toBe(1);
  });
});
