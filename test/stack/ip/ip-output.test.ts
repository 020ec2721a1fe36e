import { describe, expect, test } from "vitest";
import { address, formatAddress } from "../../../src/base/address.ts";
import { u16 } from "../../../src/base/bytes.ts";
import { fold, pseudoHeaderSum } from "../../../src/base/hash/checksum.ts";
import { checksumPartial, checksumTrusted, checksumUnknown, type Packet } from "../../../src/base/packet.ts";
import type { LinkCapabilities } from "../../../src/link/link.ts";
import type { Route, SendOptions } from "../../../src/stack/transport.ts";
import { verifyTransportChecksum } from "../../../src/wire/checksums.ts";
import { parseIpv4 } from "../../../src/wire/ip/ipv4.ts";
import { protocols } from "../../../src/wire/protocols.ts";
import { emitTcp, parseTcp, tcpFlags } from "../../../src/wire/tcp.ts";
import { header, Lab, ProbeTransport, packetTo, testProtocol } from "../support/lab.ts";

const options: SendOptions = {
  protocol: protocols.udp,
  hopLimit: 64,
  trafficClass: 0,
  dontFragment: false,
  flowLabel: 0,
};

function routeTo({ host }: Lab, destination: string): Route {
  const route = host.ip.route(address(destination), {});
  if (typeof route === "string") throw new Error(route);
  return route;
}

/** A UDP header with 5 bytes of payload, its checksum left to IP. */
function datagram({ host }: Lab): Packet {
  const packet = host.ip.allocate(13);
  packet.bytes.set([0, 7, 0, 9, 0, 13, 0xaa, 0xaa, 1, 2, 3, 4, 5], packet.start);
  packet.checksum = checksumPartial;
  packet.checksumOffset = 6;
  return packet;
}

describe("the transport checksum", () => {
  test.each(["10.0.0.2", "fd00::2"])("to %s is filled in where the link wants it whole", (destination) => {
    const lab = new Lab();
    lab.host.ip.send(datagram(lab), routeTo(lab, destination), options);
    lab.host.flush();
    expect(lab.link.sent[0]!.checksum).toBe(checksumUnknown);
    const { source, destination: to, payload } = header(lab.link.sent[0]!.bytes);
    expect(verifyTransportChecksum(protocols.udp, source, to, payload, 0, payload.length)).toBeUndefined();
    expect(u16(payload, 6)).not.toBe(0xaaaa);
  });

  test.each(["10.0.0.2", "fd00::2"])(
    "to %s is the pseudo-header's sum where the link goes on from there",
    (destination) => {
      const lab = new Lab({ partialChecksum: true });
      const route = routeTo(lab, destination);
      lab.host.ip.send(datagram(lab), route, options);
      lab.host.flush();
      const [sent] = lab.link.sent;
      expect(sent).toMatchObject({
        checksum: checksumPartial,
        checksumOffset: 6,
        checksumStart: destination === "fd00::2" ? 40 : 20,
      });
      const pseudo = fold(pseudoHeaderSum(route.source, route.destination, protocols.udp, 13));
      expect(u16(header(sent!.bytes).payload, 6)).toBe(pseudo);
    },
  );

  test("is left alone where the transport did not ask", () => {
    const lab = new Lab({ partialChecksum: true });
    const packet = datagram(lab);
    packet.checksum = checksumUnknown;
    lab.host.ip.send(packet, routeTo(lab, "10.0.0.2"), options);
    lab.host.flush();
    expect(u16(header(lab.link.sent[0]!.bytes).payload, 6)).toBe(0xaaaa);
  });

  test("of zero is sent as all ones [RFC 768]", () => {
    const lab = new Lab();
    const packet = datagram(lab);
    const { bytes, start } = packet;
    const route = routeTo(lab, "10.0.0.2");
    const others =
      pseudoHeaderSum(route.source, route.destination, 17, 13) + 9 + 13 + 0x0102 + 0x0304 + 0x0500;
    const sourcePort = 0xffff - fold(others);
    bytes[start] = sourcePort >>> 8;
    bytes[start + 1] = sourcePort & 255;
    lab.host.ip.send(packet, route, options);
    lab.host.flush();
    expect(u16(header(lab.link.sent[0]!.bytes).payload, 6)).toBe(0xffff);
  });

  test("of zero is sent as zero by TCP, which has no other [RFC 1624 3]", () => {
    const lab = new Lab();
    const packet = lab.host.ip.allocate(20);
    const { bytes, start } = packet;
    packet.checksum = checksumPartial;
    packet.checksumOffset = 16;
    const route = routeTo(lab, "10.0.0.2");
    const sourcePort = 0xffff - fold(pseudoHeaderSum(route.source, route.destination, protocols.tcp, 20));
    bytes.set([sourcePort >>> 8, sourcePort & 255], start);
    lab.host.ip.send(packet, route, { ...options, protocol: protocols.tcp });
    lab.host.flush();
    expect(u16(header(lab.link.sent[0]!.bytes).payload, 16)).toBe(0);
  });

  test("over the loopback is never computed, and trusted", () => {
    const lab = new Lab();
    lab.host.ip.send(datagram(lab), routeTo(lab, "10.0.0.1"), { ...options, protocol: testProtocol });
    lab.host.flush();
    lab.clock.run();
    expect(lab.probe.arrived[0]).toMatchObject({ checksum: checksumTrusted, cast: "unicast" });
    expect(lab.link.sent).toEqual([]);
  });
});

describe("a datagram longer than the path carries", () => {
  test("is cut, its checksum complete first [RFC 791 3.2]", () => {
    const lab = new Lab({ partialChecksum: true });
    const packet = lab.host.ip.allocate(3000);
    packet.bytes.fill(3, packet.start, packet.end);
    packet.checksum = checksumPartial;
    packet.checksumOffset = 6;
    lab.host.ip.send(packet, routeTo(lab, "10.0.0.2"), options);
    lab.host.flush();
    expect(lab.link.sent.map(({ checksum }) => checksum)).toEqual([0, 0, 0]);
    const parsed = lab.link.sent.map(({ bytes }) => parseIpv4(bytes, 0, bytes.length));
    expect(parsed).toMatchObject([
      { fragmentOffset: 0, moreFragments: true, payloadLength: 1480 },
      { fragmentOffset: 1480, moreFragments: true, payloadLength: 1480 },
      { fragmentOffset: 2960, moreFragments: false, payloadLength: 40 },
    ]);
    const whole = new Uint8Array(3000);
    for (const each of parsed)
      if (typeof each !== "string")
        whole.set(lab.link.sent[each.fragmentOffset / 1480]!.bytes.subarray(20), each.fragmentOffset);
    expect(
      verifyTransportChecksum(17, address("10.0.0.1"), address("10.0.0.2"), whole, 0, 3000),
    ).toBeUndefined();
    expect(lab.host.counters).toMatchObject({ IpOutRequests: 1, IpFragOKs: 1, IpFragCreates: 3 });
  });

  test.each([
    ["dont", 1400, undefined, [false]],
    ["dont", 2000, undefined, [false, false]],
    ["want", 1400, undefined, [true]],
    ["want", 2000, undefined, [false, false]],
    ["do", 1400, undefined, [true]],
    ["do", 2000, "EMSGSIZE", []],
    ["probe", 2000, "EMSGSIZE", []],
  ] as const)("with IP_MTU_DISCOVER %s and %i bytes: %s, DF %j", (pathMtuDiscovery, length, errno, flags) => {
    const lab = new Lab();
    expect(lab.send("10.0.0.2", length, { pathMtuDiscovery })).toBe(errno);
    expect(lab.link.take().map((bytes) => (bytes[6]! & 0x40) !== 0)).toEqual(flags);
    expect(lab.host.ip.route(address("10.0.0.2"), {})).toMatchObject({ mtu: 1500 });
  });

  test("beyond 65,535 bytes is no datagram", () => {
    const lab = new Lab();
    expect(lab.send("10.0.0.2", 65_516)).toBe("EMSGSIZE");
    expect(lab.send("10.0.0.2", 65_515)).toBeUndefined();
    expect(lab.send("fd00::2", 65_536)).toBe("EMSGSIZE");
    expect(lab.send("fd00::2", 65_535)).toBeUndefined();
    expect(() => lab.host.ip.allocate(70_000)).toThrow(RangeError);
  });

  test("gives each datagram that may be cut an identification of its own, and none to the others [RFC 6864 4.1]", () => {
    const lab = new Lab();
    for (let i = 0; i < 20; i++) lab.send("10.0.0.2", 2000);
    lab.send("10.0.0.2", 100, { dontFragment: true });
    const ids = lab.link.take().map((bytes) => u16(bytes, 4));
    expect(ids.pop()).toBe(0);
    expect(new Set(ids).size).toBe(20);
  });
});

describe("a packet that stands for many", () => {
  function send(capabilities: Partial<LinkCapabilities>): Packet[] {
    const lab = new Lab(capabilities);
    const length = 20 + 3000;
    const packet = lab.host.ip.allocate(length);
    const tcp = {
      sourcePort: 1,
      destinationPort: 2,
      sequence: 1000,
      acknowledgment: 5,
      flags: tcpFlags.ACK | tcpFlags.PSH,
      window: 9,
      checksum: 0,
      urgentPointer: 0,
      mss: 0,
      windowScale: -1,
      sackPermitted: false,
      timestamps: false,
      timestampValue: 0,
      timestampEcho: 0,
      sack: [],
    };
    emitTcp(tcp, packet.bytes, packet.start);
    packet.bytes.fill(9, packet.start + 20, packet.end);
    packet.checksum = checksumPartial;
    packet.checksumOffset = 16;
    packet.segmentSize = 1460;
    expect(
      lab.host.ip.send(packet, routeTo(lab, "10.0.0.2"), {
        ...options,
        protocol: protocols.tcp,
        dontFragment: true,
      }),
    ).toBeUndefined();
    lab.host.flush();
    return lab.link.sent;
  }

  test("goes as one where the link cuts it", () => {
    const [sent, ...others] = send({ partialChecksum: true, tcpSegmentation: true });
    expect(others).toEqual([]);
    expect(sent).toMatchObject({ segmentSize: 1460, checksum: checksumPartial, end: 3040 });
  });

  test("is cut where the link does not, with the checksums of its parts", () => {
    const sent = send({});
    expect(sent.map(({ end }) => end)).toEqual([1500, 1500, 120]);
    for (const [i, { bytes, segmentSize }] of sent.entries()) {
      const { source, destination, payload } = header(bytes);
      expect(segmentSize).toBe(0);
      expect(verifyTransportChecksum(6, source, destination, payload, 0, payload.length)).toBeUndefined();
      expect(parseTcp(payload, 0, payload.length)).toMatchObject({ sequence: 1000 + i * 1460 });
    }
  });
});

describe("a full link", () => {
  test("gets the rest when there is room again, in order", () => {
    const lab = new Lab();
    lab.link.room = 2;
    for (let i = 1; i <= 5; i++) expect(lab.send("10.0.0.2", i)).toBeUndefined();
    expect(lab.link.take()).toHaveLength(2);
    lab.link.room = Infinity;
    lab.send("10.0.0.2", 6);
    expect(lab.link.take()).toEqual([]);
    lab.link.receiver!.writable!();
    expect(lab.link.take().map(({ length }) => length - 20)).toEqual([3, 4, 5, 6]);
  });

  test("that stays full costs the caller ENOBUFS, and only so much memory", () => {
    const lab = new Lab();
    lab.link.room = 0;
    let refused = 0;
    for (let i = 0; i < 3000; i++) if (lab.send("10.0.0.2", 10) === "ENOBUFS") refused++;
    expect(refused).toBeGreaterThanOrEqual(1900);
    expect(lab.host.drops.of("link", "queue-full")).toBe(refused);
    expect(lab.host.counters.IpOutDiscards).toBe(refused);
  });
});

describe("what is sent to a group", () => {
  test("is heard by members on this host too, unless they wish not to [RFC 1112 6.1]", () => {
    const lab = new Lab();
    const group = address("224.0.0.99");
    lab.host.joinGroup(group, lab.interface.index);
    lab.link.take();
    lab.host.addRoute("224.0.0.0/4", { interface: lab.interface });
    lab.send("224.0.0.99", 4);
    lab.send("224.0.0.99", 4, { multicastLoop: false });
    expect(lab.link.take()).toHaveLength(2);
    expect(lab.probe.arrived).toMatchObject([{ payload: [7, 7, 7, 7], cast: "multicast" }]);
    lab.host.leaveGroup(group, lab.interface.index);
    lab.link.take();
    lab.send("224.0.0.99", 4);
    expect(lab.probe.arrived).toHaveLength(1);
  });

  test("with TTL 0 stays on this host [RFC 1112 6.1]", () => {
    const lab = new Lab();
    lab.host.joinGroup(address("224.0.0.99"), lab.interface.index);
    lab.host.addRoute("224.0.0.0/4", { interface: lab.interface });
    lab.link.take();
    lab.send("224.0.0.99", 4, { hopLimit: 0 });
    expect(lab.link.take()).toEqual([]);
    expect(lab.probe.arrived).toHaveLength(1);
  });

  test("and to everybody is heard by this host as a broadcast", () => {
    const lab = new Lab();
    lab.send("10.0.0.255", 4);
    expect(lab.link.take()).toHaveLength(1);
    expect(lab.probe.arrived).toMatchObject([{ cast: "broadcast" }]);
    expect(lab.host.counters.IpExtOutBcastPkts).toBe(1);
  });
});

describe("a callback that throws", () => {
  test("leaves the host able to go on", () => {
    const lab = new Lab();
    lab.probe.onReceive = () => {
      throw new Error("the owner's bug");
    };
    expect(() => lab.link.deliver(packetTo("10.0.0.1", [1]))).toThrow("the owner's bug");
    lab.probe.onReceive = undefined;
    lab.link.deliver(packetTo("10.0.0.1", [2]));
    expect(lab.probe.arrived).toHaveLength(2);
    expect(lab.send("10.0.0.2", 1)).toBeUndefined();
    expect(lab.link.take()).toHaveLength(1);
  });
});

describe("a packet that comes in while transports are at work", () => {
  test("waits for the end of the batch", () => {
    const lab = new Lab();
    const order: string[] = [];
    lab.probe.onReceive = ({ bytes, start }) => {
      order.push(`start ${bytes[start]}`);
      if (bytes[start] === 1) lab.link.deliver(packetTo("10.0.0.1", [2]), packetTo("10.0.0.1", [3]));
      order.push(`end ${bytes[start] ?? "?"}`);
    };
    lab.link.deliver(packetTo("10.0.0.1", [1]));
    expect(order).toEqual(["start 1", "end 1", "start 2", "end 2", "start 3", "end 3"]);
  });

  test("and is answered within the same call", () => {
    const lab = new Lab();
    lab.probe.onReceive = () => {
      lab.send("10.0.0.2", 5);
      expect(lab.link.sent).toEqual([]);
    };
    lab.link.deliver(packetTo("10.0.0.1", [1]));
    expect(formatAddress(header(lab.link.take()[0]!).destination)).toBe("10.0.0.2");
  });
});

test("the protocol number of a transport is its own", () => {
  const lab = new Lab();
  expect(() => lab.host.register(new ProbeTransport(testProtocol))).toThrow(RangeError);
  expect(() => lab.host.register(new ProbeTransport(protocols.icmp))).toThrow(RangeError);
  expect(() => lab.host.register(new ProbeTransport(256))).toThrow(RangeError);
});
