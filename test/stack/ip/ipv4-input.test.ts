import { describe, expect, test } from "vitest";
import { address, formatAddress, isV4 } from "../../../src/base/address.ts";
import { checksumPartial, checksumTrusted, checksumUnknown, newPacket } from "../../../src/base/packet.ts";
import { fillPartialChecksum, verifyTransportChecksum } from "../../../src/wire/checksums.ts";
import { icmpv4Types, parseIcmpv4 } from "../../../src/wire/icmp/icmpv4.ts";
import { fillIpv4Checksum } from "../../../src/wire/ip/ipv4.ts";
import { protocols } from "../../../src/wire/protocols.ts";
import { header, Lab, packetTo } from "../support/lab.ts";

function changed(bytes: Uint8Array, change: (bytes: Uint8Array) => void): Uint8Array {
  change(bytes);
  return bytes;
}

describe("IPv4 input", () => {
  test("hands a datagram to the transport of its protocol", () => {
    const { link, probe, host } = new Lab();
    link.deliver(packetTo("10.0.0.1", [1, 2, 3], { trafficClass: 4, hopLimit: 9 }));
    const [arrived] = probe.arrived;
    expect(arrived).toMatchObject({
      payload: [1, 2, 3],
      cast: "unicast",
      hopLimit: 9,
      checksum: checksumUnknown,
    });
    expect(formatAddress(arrived!.source)).toBe("10.0.0.2");
    expect(formatAddress(arrived!.destination)).toBe("10.0.0.1");
    expect(host.counters).toMatchObject({ IpInReceives: 1, IpInDelivers: 1, IpExtInOctets: 23 });
    expect(probe.flushes).toBe(1);
  });

  test("leaves out what follows Total Length: link padding", () => {
    const { link, probe } = new Lab();
    link.deliver(new Uint8Array([...packetTo("10.0.0.1", [1, 2]), 0, 0, 0, 0]));
    expect(probe.arrived[0]!.payload).toEqual([1, 2]);
  });

  test.each<[string, (bytes: Uint8Array) => void, string]>([
    ["a wrong header checksum [RFC 1122 3.2.1.2]", (bytes) => (bytes[10]! ^= 1), "bad-checksum"],
    ["a header too short", (bytes) => (bytes[0] = 0x44), "bad-header-length"],
    ["a header beyond the packet", (bytes) => (bytes[0] = 0x4f), "truncated"],
    ["a Total Length beyond the packet", (bytes) => (bytes[3] = 200), "truncated"],
    ["a Total Length within the header", (bytes) => (bytes[3] = 19), "bad-total-length"],
  ])("drops %s", (_, change, reason) => {
    const { link, probe, host } = new Lab();
    link.deliver(changed(packetTo("10.0.0.1", [1, 2, 3]), change));
    expect(probe.arrived).toEqual([]);
    expect(host.drops.of("ipv4", reason)).toBe(1);
    expect(host.counters.IpInHdrErrors).toBe(1);
    expect(link.take()).toEqual([]);
  });

  test("drops a version that is neither [RFC 1122 3.2.1.1]", () => {
    const { link, host } = new Lab();
    link.deliver(Uint8Array.of(0x50, 1, 2), new Uint8Array(0));
    expect(host.drops.of("ip", "bad-version")).toBe(2);
  });

  test.each([
    ["a multicast source", "10.0.0.1", "224.0.0.5", "martian-source"],
    ["a broadcast source", "10.0.0.1", "255.255.255.255", "martian-source"],
    ["a directed broadcast source", "10.0.0.1", "10.0.0.255", "martian-source"],
    ["a source on network zero", "10.0.0.1", "0.1.2.3", "martian-source"],
    ["a loopback source [RFC 1122 3.2.1.3 g]", "10.0.0.1", "127.0.0.1", "martian-loopback"],
    ["a loopback destination [RFC 1122 3.2.1.3 g]", "127.0.0.1", "10.0.0.2", "martian-loopback"],
    ["our own address as source", "10.0.0.1", "10.0.0.1", "spoofed-source"],
    ["no destination", "0.0.0.0", "10.0.0.2", "martian-destination"],
    ["somebody else's destination", "10.0.0.7", "10.0.0.2", "not-ours"],
    ["a group nobody joined", "224.9.9.9", "10.0.0.2", "not-ours"],
  ])("drops %s", (_, destination, from, reason) => {
    const { link, probe, host } = new Lab();
    link.deliver(packetTo(destination, [1], { from }));
    expect(probe.arrived).toEqual([]);
    expect(host.drops.of("ipv4", reason)).toBe(1);
    expect(link.take()).toEqual([]);
  });

  test.each([
    ["10.0.0.255", "broadcast"],
    ["255.255.255.255", "broadcast"],
    ["224.0.0.1", "multicast"],
  ])("takes what is sent to %s as %s [RFC 1122 3.3.6]", (destination, cast) => {
    const { link, probe } = new Lab();
    link.deliver(packetTo(destination, [1]));
    expect(probe.arrived[0]!.cast).toBe(cast);
  });

  test("takes 0.0.0.0 as the source of a broadcast: somebody has no address yet", () => {
    const { link, probe } = new Lab();
    link.deliver(packetTo("255.255.255.255", [1], { from: "0.0.0.0" }));
    expect(probe.arrived).toHaveLength(1);
  });

  test("passes over options, known and unknown [RFC 1122 3.2.1.8]", () => {
    const { link, probe } = new Lab();
    link.deliver(packetTo("10.0.0.1", [1], { options: [1, 0x94, 4, 0, 0, 0x9e, 2, 0] }));
    expect(probe.arrived[0]!.payload).toEqual([1]);
  });

  test("refuses source routes [RFC 7126 4.3]", () => {
    const { link, probe, host } = new Lab();
    link.deliver(packetTo("10.0.0.1", [1], { options: [131, 7, 4, 10, 0, 0, 9, 0] }));
    expect(probe.arrived).toEqual([]);
    expect(host.drops.of("ipv4", "source-route")).toBe(1);
  });

  test("answers a bad option with a Parameter Problem that points at it [RFC 1122 3.2.2.5]", () => {
    const { link, probe } = new Lab();
    link.deliver(packetTo("10.0.0.1", [1], { options: [1, 1, 148, 9] }));
    expect(probe.arrived).toEqual([]);
    const [answer] = link.take();
    const { payload, protocol } = header(answer!);
    expect(protocol).toBe(protocols.icmp);
    expect(parseIcmpv4(payload, 0, payload.length)).toMatchObject({
      kind: "parameter-problem",
      code: 0,
      pointer: 23,
    });
  });

  test("answers an unknown protocol with Protocol Unreachable [RFC 1122 3.2.2.1]", () => {
    const { link, host } = new Lab();
    const packet = packetTo("10.0.0.1", [1, 2, 3, 4, 5, 6, 7, 8], { protocol: 200 });
    link.deliver(packet);
    const { payload, source, destination } = header(link.take()[0]!);
    expect([source, destination].map(formatAddress)).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(parseIcmpv4(payload, 0, payload.length)).toEqual({
      kind: "destination-unreachable",
      code: 2,
      mtu: 0,
      quoted: packet,
    });
    expect(host.counters).toMatchObject({ IpInUnknownProtos: 1, IcmpOutMsgs: 1, IcmpOutDestUnreachs: 1 });
    link.deliver(packetTo("10.0.0.255", [1], { protocol: 200 }));
    expect(link.take()).toEqual([]);
  });

  test("quotes a packet as it would have been on a wire, its checksum complete [RFC 1122 3.2.2]", () => {
    const { link } = new Lab();
    for (const destination of ["10.0.0.1", "fd00::1"]) {
      const family = isV4(address(destination)) ? 4 : 6;
      const [protocol, from, headerLength] =
        family === 4 ? (["protocol", "10.0.0.2", 20] as const) : (["nextHeader", "fd00::2", 40] as const);
      const udp = [0, 7, 0, 9, 0, 9, 0, 0, 5];
      const bytes = packetTo(destination, udp, { [protocol]: protocols.udp });
      const ends = [address(from), address(destination)] as const;
      fillPartialChecksum(protocols.udp, ...ends, bytes, headerLength, bytes.length);
      const before = bytes.slice();
      const packet = newPacket(bytes);
      packet.checksum = checksumPartial;
      packet.checksumStart = headerLength;
      packet.checksumOffset = 6;
      link.deliver(packet);
      const { payload } = header(link.take()[0]!);
      const quoted = payload.subarray(8 + headerLength);
      expect(verifyTransportChecksum(protocols.udp, ...ends, quoted, 0, quoted.length)).toBeUndefined();
      // What was lent is as it was.
      expect(bytes).toEqual(before);
    }
  });

  test("puts fragments together, and tells the sender when they do not come [RFC 1122 3.3.2]", () => {
    const { link, probe, host, clock } = new Lab();
    const first = packetTo("10.0.0.1", [1, 2, 3, 4, 5, 6, 7, 8], { moreFragments: true });
    link.deliver(first, packetTo("10.0.0.1", [9], { fragmentOffset: 8 }));
    expect(probe.arrived.map(({ payload }) => payload)).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9]]);
    link.deliver(first);
    clock.run();
    expect(clock.now()).toBe(31_000);
    const { payload } = header(link.take()[0]!);
    expect(parseIcmpv4(payload, 0, payload.length)).toEqual({
      kind: "time-exceeded",
      code: 1,
      quoted: first,
    });
    expect(host.counters).toMatchObject({
      IpReasmReqds: 3,
      IpReasmOKs: 1,
      IpReasmTimeout: 1,
      IpReasmFails: 1,
    });
  });

  test("says nothing of a datagram whose first fragment never came [RFC 792]", () => {
    const { link, clock } = new Lab();
    link.deliver(packetTo("10.0.0.1", [1, 2, 3, 4, 5, 6, 7, 8], { moreFragments: true, fragmentOffset: 8 }));
    clock.run();
    expect(link.take()).toEqual([]);
  });

  test("says what is known of the transport checksum, and hands on what the link has glued", () => {
    const { link, probe } = new Lab();
    for (const checksum of [checksumUnknown, checksumTrusted, checksumPartial] as const)
      link.deliver({ ...newPacket(packetTo("10.0.0.1", [1, 2, 3, 4])), checksum, segmentSize: 2 });
    expect(probe.arrived.map(({ checksum }) => checksum)).toEqual([
      checksumUnknown,
      checksumTrusted,
      checksumTrusted,
    ]);
    expect(probe.arrived[0]!.segmentSize).toBe(2);
  });

  test("does not remember an address that is no longer ours", () => {
    const { link, probe, host, interface: by } = new Lab();
    link.deliver(packetTo("10.0.0.1", [1]));
    host.removeAddress(by, by.addresses[0]!);
    link.deliver(packetTo("10.0.0.1", [2]));
    expect(probe.arrived).toHaveLength(1);
    host.addAddress(by, "10.0.0.1/24");
    link.deliver(packetTo("10.0.0.1", [3]));
    expect(probe.arrived).toHaveLength(2);
  });

  test("answers echoes with their own data, and changes nothing but what must be [RFC 1122 3.2.2.6]", () => {
    const { link, host } = new Lab();
    const request = [8, 0, 0, 0, 0x12, 0x34, 0, 1, 0xde, 0xad, 0xbe];
    const sum = 0x0800 + 0x1234 + 1 + 0xdead + 0xbe00;
    const checksum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
    request[2] = checksum >>> 8;
    request[3] = checksum & 255;
    link.deliver(packetTo("10.0.0.1", request, { protocol: protocols.icmp, trafficClass: 0x10 }));
    const [answer] = link.take();
    const { payload, source } = header(answer!);
    expect(formatAddress(source)).toBe("10.0.0.1");
    expect(answer![1]).toBe(0x10);
    expect(payload[0]).toBe(icmpv4Types.echoReply);
    expect([...payload.subarray(4)]).toEqual(request.slice(4));
    link.deliver(packetTo("10.0.0.255", request, { protocol: protocols.icmp }));
    request[10] = 0;
    link.deliver(packetTo("10.0.0.1", request, { protocol: protocols.icmp }));
    expect(link.take()).toEqual([]);
    expect(host.drops.snapshot()).toMatchObject({ icmp: { "echo-to-a-group": 1, "bad-checksum": 1 } });
  });

  test("a changed header with a right checksum is read anew each time", () => {
    const { link, probe } = new Lab();
    const packet = packetTo("10.0.0.1", [1]);
    link.deliver(packet);
    packet[15] = 77;
    fillIpv4Checksum(packet, 0);
    link.deliver(packet);
    expect(probe.arrived.map(({ source }) => formatAddress(source))).toEqual(["10.0.0.2", "10.0.0.77"]);
  });
});
