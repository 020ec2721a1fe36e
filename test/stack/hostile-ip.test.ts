/** Attacks below TCP: floods of fragments, neighbours, routers, errors and datagrams fill what they may, and nothing else. */
import { afterEach, describe, expect, test } from "vitest";
import { type Address, address, addressV4, writeAddressV6 } from "../../src/base/address.ts";
import { seededRandom } from "../../src/base/random.ts";
import { fillIpv4Checksum } from "../../src/wire/ip/ipv4.ts";
import { emitArp } from "../../src/wire/link/arp.ts";
import { etherTypes } from "../../src/wire/link/ethernet.ts";
import { protocols } from "../../src/wire/protocols.ts";
import {
  forgeFragment,
  forgeFrame,
  forgeIcmpv4,
  forgeIcmpv6,
  forgeIp,
  forgeMld,
  forgeNd,
  forgeUdp,
  udpPayload,
} from "../support/forge.ts";
import { outcome } from "./support/fake-world.ts";
import { own, peer, Siege } from "./support/siege.ts";

const random = seededRandom("attacker");
let siege = new Siege();
afterEach(() => siege.network.close());

function expectBounded(): void {
  expect(siege.host.tables().filter(({ used, limit }) => used > limit)).toEqual([]);
}

/** Anybody, anywhere. */
function stranger(): Address {
  return addressV4(0x0a00_0000 | (1 + random.below(0xfffe)));
}

describe("a flood of fragments [RFC 8900] [RFC 1858]", () => {
  const fragment = (source: string | Address, identification: number, offset = 0, more = true) =>
    forgeFragment({ source, destination: own.v4 }, protocols.udp, new Uint8Array(1000), {
      offset,
      more,
      identification,
    });

  test("fills reassembly to its limit, and is gone when its time is over", () => {
    siege = new Siege();
    for (let i = 0; i < 5000; i++) siege.attack(fragment(stranger(), i & 0xffff, 8 * random.below(4000)));
    expectBounded();
    expect(siege.uses("IPv4 datagrams in reassembly")).toBe(1024);
    siege.network.run();
    expect(siege.uses("IPv4 datagrams in reassembly")).toBe(0);
    expect(siege.uses("IPv4 bytes in reassembly")).toBe(0);
  });

  test("from one source leaves room for the datagrams of others", () => {
    siege = new Siege();
    const server = siege.host.socket("AF_INET", "SOCK_DGRAM");
    server.bind({ address: own.v4, port: 7 });
    const client = siege.friend.socket("AF_INET", "SOCK_DGRAM");
    for (let i = 0; i < 5000; i++) siege.attack(fragment("10.0.66.6", i));
    expect(siege.uses("IPv4 datagrams in reassembly")).toBe(64);
    client.sendTo(new Uint8Array(9000), { address: own.v4, port: 7 });
    siege.network.advance(10);
    expect(server.recv(new Uint8Array(9000))).toBe(9000);
  });

  test("of one huge datagram costs no more than the limit, and beyond 65,535 bytes nothing", () => {
    siege = new Siege();
    for (let offset = 65_528; offset >= 0; offset -= 8) {
      const data = new Uint8Array(8);
      const at = { offset, more: true, identification: 1 };
      siege.attack(forgeFragment({ source: peer.v4, destination: own.v4 }, protocols.udp, data, at));
    }
    expectBounded();
    expect(siege.host.drops.of("ipv4", "fragment-beyond")).toBeGreaterThan(0);
  });

  test.each([
    ["10.0.0.2", own.v4, 4],
    ["fd00::2", own.v6, 6],
  ])(
    "that overlap, from %s, spoils the datagram and whatever else comes of it [RFC 5722 3]",
    (source, destination, family) => {
      siege = new Siege();
      const domain = family === 4 ? "AF_INET" : "AF_INET6";
      const server = siege.host.socket(domain, "SOCK_DGRAM");
      server.bind({ address: destination, port: 7 });
      const payload = udpPayload({ sourcePort: 9, destinationPort: 7 }, new Uint8Array(1000));
      const send = (start: number, end: number, more: boolean) =>
        siege.attack(
          forgeFragment({ source, destination }, protocols.udp, payload.slice(start, end), {
            offset: start,
            more,
            identification: 5,
          }),
        );
      send(0, 400, true);
      send(392, 800, true);
      expect(siege.host.drops.of(`ipv${family}`, "fragment-overlap")).toBe(1);
      send(0, 400, true);
      send(400, 1008, false);
      expect(siege.host.drops.of(`ipv${family}`, "fragment-spoiled")).toBe(2);
      expect(server.poll().readable).toBe(false);
      siege.network.run();
      expect(siege.uses(`IPv${family} datagrams in reassembly`)).toBe(0);
    },
  );
});

describe("a flood of neighbours", () => {
  const arp = (operation: number, sender: Address, mac: number): Uint8Array => {
    const packet = new Uint8Array(28);
    const target = { targetMac: own.mac, targetAddress: address(own.v4) };
    emitArp({ operation, senderMac: mac, senderAddress: sender, ...target }, packet, 0);
    return forgeFrame(mac, own.mac, etherTypes.arp, packet);
  };
  const inject = (frame: Uint8Array) => siege.tap.inject(frame, frame.length);

  test("by ARP fills the table and no more; the friend in it is still spoken to [RFC 826]", () => {
    siege = new Siege("ethernet");
    const pair = siege.connect();
    for (let i = 0; i < 10_000; i++)
      inject(arp(1, addressV4(0x0a00_0100 + (i % 60_000)), 0x0200_0000_1000 + i));
    expect(siege.uses("IPv4 neighbours of pipe0")).toBe(1024);
    expectBounded();
    expect(siege.talks(pair)).toBe(true);
  });

  test("by replies nobody asked for makes no neighbour at all [RFC 5227]", () => {
    siege = new Siege("ethernet");
    for (let i = 0; i < 1000; i++) inject(arp(2, addressV4(0x0a00_0100 + i), 0x0200_0000_1000 + i));
    expect(siege.uses("IPv4 neighbours of pipe0")).toBe(0);
  });

  test("by those who all answer keeps nobody else out", () => {
    siege = new Siege("ethernet");
    // Each pings from an address of its own, and answers when it is asked for that.
    const echo = { kind: "echo-request", identifier: 1, sequence: 1, data: new Uint8Array(0) } as const;
    for (let i = 0; i < 1100; i++) {
      const source = addressV4(0x0a00_0100 + i);
      siege.attack(forgeIcmpv4({ source, destination: own.v4 }, echo), 0x0200_0000_1000 + i);
      inject(arp(2, source, 0x0200_0000_1000 + i));
    }
    expect(siege.uses("IPv4 neighbours of pipe0")).toBe(1024);
    expect(siege.talks(siege.connect())).toBe(true);
  });

  test("by neighbour discovery does no more [RFC 4861] [RFC 6583]", () => {
    siege = new Siege("ethernet");
    const pair = siege.connect(7, "AF_INET6");
    for (let i = 0; i < 3000; i++) {
      const mac = 0x0200_0000_1000 + i;
      const options = [{ kind: "source-link-layer", mac }] as const;
      const message = { kind: "neighbor-solicitation", target: address(own.v6), options } as const;
      siege.attack(forgeNd({ source: `fd00::1:${i.toString(16)}`, destination: own.v6 }, message), mac);
    }
    expect(siege.uses("IPv6 neighbours of pipe0")).toBe(1024);
    expectBounded();
    expect(siege.talks(pair)).toBe(true);
  });

  test("of our own asking, to addresses nobody has, is bounded and passes [RFC 6583]", () => {
    siege = new Siege("ethernet");
    const socket = siege.host.socket("AF_INET", "SOCK_DGRAM");
    for (let i = 0; i < 5000; i++)
      outcome(() => socket.sendTo(new Uint8Array(1000), { address: addressV4(0x0a00_1000 + i), port: 7 }));
    expectBounded();
    // One that waits for each neighbour; requests in the output queue, and on their way to the link.
    expect(siege.uses("packet slots lent")).toBeLessThanOrEqual(1024 + 1000 + 64);
    siege.network.run();
    expect(siege.uses("IPv4 neighbours of pipe0")).toBe(0);
    expect(siege.uses("packet slots lent")).toBe(0);
  });
});

test("a flood of router advertisements teaches no more routes and addresses than there is room for [RFC 6104]", () => {
  siege = new Siege("ethernet");
  for (let i = 0; i < 3000; i++) {
    const prefix = {
      kind: "prefix-information",
      prefix: address(`2001:db8:${i.toString(16)}::`),
      prefixLength: 64,
      onLink: true,
      autonomous: true,
      validLifetime: 3600,
      preferredLifetime: 3600,
    } as const;
    siege.attack(
      forgeNd(
        { source: `fe80::${(i + 9).toString(16)}`, destination: own.v6 },
        {
          kind: "router-advertisement",
          hopLimit: 64,
          managed: false,
          otherConfiguration: false,
          preference: 1,
          lifetime: 1800,
          reachableTime: 0,
          retransTimer: 0,
          options: [prefix],
        },
      ),
    );
  }
  expectBounded();
  expect(siege.uses("learned routes")).toBe(256);
  expect(siege.host.interfaces[1]!.addresses.length).toBeLessThan(24);
  siege.network.advance(2 * 3_600_000);
  expect(siege.uses("learned routes")).toBe(0);
});

describe("IPv6 that speaks of IPv4-mapped addresses has no say in IPv4 [RFC 4291 2.5.5.2]", () => {
  const mapped = address(`::ffff:${own.v4}`);
  const onLink = { hopLimit: 255, source: "fe80::9", destination: own.v6 };

  test("a solicitation for one of ours is not answered", () => {
    siege = new Siege("ethernet");
    siege.sent.length = 0;
    const options = [{ kind: "source-link-layer", mac: 0x0200_0000_0009 }] as const;
    siege.attack(forgeNd(onLink, { kind: "neighbor-solicitation", target: mapped, options }));
    expect(siege.sent).toEqual([]);
    expect(siege.host.drops.of("icmpv6", "nd-mapped-address")).toBe(1);
  });

  test("a router advertises no way to IPv4", () => {
    siege = new Siege("ethernet");
    const before = siege.host.routes.length;
    for (const [prefix, prefixLength] of [
      ["::ffff:8.8.8.8", 128],
      ["::ffff:8.8.8.0", 24],
      ["::ffff:0.0.0.0", 0],
      ["::", 64],
      ["ff15::", 64],
    ] as const)
      siege.attack(
        forgeNd(onLink, {
          kind: "router-advertisement",
          hopLimit: 0,
          managed: false,
          otherConfiguration: false,
          preference: 0,
          lifetime: 0,
          reachableTime: 0,
          retransTimer: 0,
          options: [
            {
              kind: "prefix-information",
              prefix: address(prefix),
              prefixLength,
              onLink: true,
              autonomous: true,
              validLifetime: 9999,
              preferredLifetime: 9999,
            },
          ],
        }),
      );
    expect(siege.host.routes).toHaveLength(before);
    expect(siege.host.interfaces[1]!.addresses).toHaveLength(3);
  });

  test("an ICMPv6 error about one reaches no connection of IPv4", () => {
    siege = new Siege();
    siege.tap.loses = () => true;
    const client = siege.host.socket("AF_INET", "SOCK_DGRAM");
    client.connect({ address: peer.v4, port: 7 });
    client.send(Uint8Array.of(1));
    const ports = { sourcePort: client.localEndpoint().port, destinationPort: 7 };
    const quoted = forgeUdp({ source: own.v6, destination: peer.v6 }, ports);
    writeAddressV6(mapped, quoted, 8);
    writeAddressV6(address(`::ffff:${peer.v4}`), quoted, 24);
    const message = { kind: "destination-unreachable", code: 4, quoted } as const;
    siege.attack(forgeIcmpv6({ source: peer.v6, destination: own.v6 }, message));
    expect(client.getOption("SO_ERROR")).toBe(0);
    expect(siege.host.drops.of("icmpv6", "quote-mapped-address")).toBe(1);
  });

  test("a listener query about one is answered by no report of IGMP", () => {
    siege = new Siege("ethernet");
    siege.host.joinGroup(address("239.1.2.3"), 2);
    siege.network.run(5000);
    siege.sent.length = 0;
    const group = address("::ffff:239.1.2.3");
    siege.attack(
      forgeMld({ source: "fe80::9", destination: own.v6 }, { kind: "query", maximumResponse: 10, group }),
    );
    siege.network.run(5000);
    expect(siege.sent).toEqual([]);
  });
});

describe("ICMP that would be answered", () => {
  const echo = { kind: "echo-request", identifier: 1, sequence: 1, data: new Uint8Array(100) } as const;

  test("for closed ports stays within its rate, whoever asks [RFC 1812 4.3.2.8] [RFC 4443 2.4]", () => {
    siege = new Siege();
    const ports = { sourcePort: 1, destinationPort: 99 };
    for (let i = 0; i < 5000; i++) siege.attack(forgeUdp({ source: stranger(), destination: own.v4 }, ports));
    expect(siege.sent.length).toBeLessThanOrEqual(50);
    siege.sent.length = 0;
    siege.network.advance(1000);
    for (let i = 0; i < 5000; i++) siege.attack(forgeUdp({ source: peer.v4, destination: own.v4 }, ports));
    expect(siege.sent.length).toBeLessThanOrEqual(7);
    expect(siege.host.counters.IcmpOutRateLimitHost).toBeGreaterThan(9000);
    expect(siege.host.drops.of("udp", "no-port")).toBe(10_000);
  });

  test("to a group or a broadcast address makes nobody's amplifier of us [RFC 1122 3.2.2] [RFC 2644]", () => {
    siege = new Siege();
    const ports = { sourcePort: 1, destinationPort: 99 };
    for (const destination of ["10.0.255.255", "255.255.255.255", "224.0.0.1"]) {
      siege.attack(forgeIcmpv4({ source: peer.v4, destination }, echo));
      siege.attack(forgeUdp({ source: peer.v4, destination }, ports));
      siege.attack(forgeIp({ source: peer.v4, destination }, 200, new Uint8Array(8)));
    }
    siege.attack(forgeUdp({ source: peer.v6, destination: "ff02::1" }, ports));
    siege.attack(forgeIp({ source: peer.v6, destination: "ff02::1" }, 200, new Uint8Array(8)));
    expect(siege.sent).toEqual([]);
  });

  test("is not, where it is an error itself: not even behind extension headers [RFC 4443 2.4]", () => {
    siege = new Siege();
    const quoted = forgeUdp({ source: own.v6, destination: peer.v6 }, { sourcePort: 1, destinationPort: 2 });
    const error = forgeIcmpv6(
      { source: peer.v6, destination: own.v6 },
      { kind: "destination-unreachable", code: 4, quoted },
    ).slice(40);
    // A destination option that wants to be told of, and one that is malformed.
    for (const option of [Uint8Array.of(0x9e, 4, 0, 0, 0, 0), Uint8Array.of(0x9e, 99, 0, 0, 0, 0)]) {
      const payload = new Uint8Array([protocols.icmpv6, 0, ...option, ...error]);
      siege.attack(forgeIp({ source: peer.v6, destination: own.v6 }, protocols.destinationOptions, payload));
    }
    expect(siege.sent).toEqual([]);
    expect(Object.values(siege.host.drops.snapshot()["ipv6"]!)).toEqual([1, 1]);
    const innocent = new Uint8Array([protocols.udp, 0, 0x9e, 4, 0, 0, 0, 0, ...quoted.slice(40)]);
    siege.attack(forgeIp({ source: peer.v6, destination: own.v6 }, protocols.destinationOptions, innocent));
    expect(siege.sent).toHaveLength(1);
  });

  test("is about first fragments only [RFC 1122 3.2.2]", () => {
    siege = new Siege();
    const send = (offset: number) => {
      const at = { offset, more: true, identification: 1 };
      const packet = forgeFragment(
        { source: peer.v4, destination: own.v4 },
        protocols.udp,
        new Uint8Array(8),
        at,
      );
      // An option that runs beyond the header.
      const optioned = new Uint8Array([...packet.slice(0, 20), 0x44, 99, 5, 0, ...packet.slice(20)]);
      optioned[0] = 0x46;
      optioned[3]! += 4;
      fillIpv4Checksum(optioned, 0);
      siege.attack(optioned);
    };
    send(8);
    expect(siege.sent).toEqual([]);
    send(0);
    expect(siege.sent).toHaveLength(1);
    expect(siege.host.drops.snapshot()["ipv4"]).toMatchObject({ "truncated-option": 2 });
  });

  test("of unknown destinations fills no cache: what is too big must have been sent [RFC 5927 7]", () => {
    siege = new Siege();
    for (let i = 0; i < 5000; i++) {
      const quoted = forgeUdp(
        { source: own.v4, destination: stranger() },
        { sourcePort: 9, destinationPort: 9 },
      );
      const message = { kind: "destination-unreachable", code: 4, mtu: 600, quoted } as const;
      siege.attack(forgeIcmpv4({ source: stranger(), destination: own.v4 }, message));
    }
    expect(siege.uses("path MTUs")).toBe(0);
  });

  test("about real flows fills the path MTU cache to its limit, and no further", () => {
    siege = new Siege();
    const socket = siege.host.socket("AF_INET", "SOCK_DGRAM");
    socket.bind({ address: own.v4, port: 9 });
    for (let i = 0; i < 3000; i++) {
      const destination = addressV4(0x0a00_1000 + i);
      const quoted = forgeUdp({ source: own.v4, destination }, { sourcePort: 9, destinationPort: 9 });
      const message = { kind: "destination-unreachable", code: 4, mtu: 600, quoted } as const;
      siege.attack(forgeIcmpv4({ source: peer.v4, destination: own.v4 }, message));
    }
    expect(siege.uses("path MTUs")).toBe(1024);
  });
});

describe("a flood of datagrams", () => {
  test("into a queue nobody reads stops at SO_RCVBUF; other sockets do not notice [RFC 1122 4.1]", () => {
    siege = new Siege();
    const [full, calm] = [7, 8].map((port) => {
      const socket = siege.host.socket("AF_INET", "SOCK_DGRAM");
      socket.bind({ address: own.v4, port });
      return socket;
    }) as [ReturnType<typeof siege.host.socket>, ReturnType<typeof siege.host.socket>];
    const between = { source: peer.v4, destination: own.v4 };
    for (let i = 0; i < 5000; i++)
      siege.attack(
        forgeUdp(between, { sourcePort: 1, destinationPort: 7 }, new Uint8Array(random.below(1400))),
      );
    expectBounded();
    const { UdpRcvbufErrors } = siege.host.counters;
    expect(siege.host.counters.UdpInDatagrams).toBe(0); // nobody has read one
    expect(siege.host.drops.of("udp", "receive-queue-full")).toBe(UdpRcvbufErrors);
    siege.attack(forgeUdp(between, { sourcePort: 1, destinationPort: 8 }, Uint8Array.of(5)));
    expect(calm.recv(new Uint8Array(9))).toBe(1);
    let received = 0;
    while (outcome(() => full.recv(new Uint8Array(1))) !== "EAGAIN") received++;
    expect(received + UdpRcvbufErrors).toBe(5000);
    expect(siege.host.counters.UdpInDatagrams).toBe(received + 1);
  });

  test("of none of our protocols is told of, within the rate, and dropped", () => {
    siege = new Siege();
    for (let i = 0; i < 3000; i++)
      siege.attack(forgeIp({ source: stranger(), destination: own.v4 }, 150 + (i % 100), new Uint8Array(40)));
    expect(siege.host.drops.of("ipv4", "unknown-protocol")).toBe(3000);
    expect(siege.sent.length).toBeLessThanOrEqual(50);
  });
});
