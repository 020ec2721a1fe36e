import { describe, expect, test } from "vitest";
import { address, anyV6, formatAddress } from "../../src/base/address.ts";
import { solicitedNode } from "../../src/stack/interface/addressing.ts";
import type { InterfaceOptions } from "../../src/stack/interface/interface-options.ts";
import { fillTransportChecksum } from "../../src/wire/checksums.ts";
import { emitNd, type NdMessage, ndLength, parseNd } from "../../src/wire/icmp/nd.ts";
import { type ArpPacket, arpOperations, emitArp, parseArp } from "../../src/wire/link/arp.ts";
import { type EthernetFrame, emitEthernet, etherTypes, parseEthernet } from "../../src/wire/link/ethernet.ts";
import { broadcastMac, multicastMac } from "../../src/wire/link/mac.ts";
import { protocols } from "../../src/wire/protocols.ts";
import { header, Lab, packetTo } from "./support/lab.ts";

const ourMac = 0x020000000001;
const theirMac = 0x020000000002;
const quiet: InterfaceOptions = { mac: "02:00:00:00:00:01", dad: false, linkLocal: "none" };

function lab(options: InterfaceOptions = quiet): Lab {
  const made = new Lab({ medium: "ethernet" }, options);
  // The groups it joined are reported within a second.
  if (options.dad === false) made.clock.advanceTo(made.clock.now() + 1000);
  made.link.take();
  return made;
}

function frame(
  payload: Uint8Array,
  type: number,
  destination = ourMac,
  source = theirMac,
  tag = -1,
): Uint8Array {
  const bytes = new Uint8Array(18 + payload.length);
  const length = emitEthernet({ destination, source, type, tag }, bytes, 0);
  bytes.set(payload, length);
  return bytes.subarray(0, length + payload.length);
}

function arp(change: Partial<ArpPacket> = {}, destination = broadcastMac): Uint8Array {
  const bytes = new Uint8Array(28);
  emitArp(
    {
      operation: arpOperations.request,
      senderMac: theirMac,
      senderAddress: address("10.0.0.2"),
      targetMac: 0,
      targetAddress: address("10.0.0.1"),
      ...change,
    },
    bytes,
    0,
  );
  return frame(bytes, etherTypes.arp, destination);
}

const reply = (change: Partial<ArpPacket> = {}): Uint8Array =>
  arp({ operation: arpOperations.reply, targetMac: ourMac, ...change }, ourMac);

function nd(message: NdMessage, from: string, to: string, destination: number, hopLimit = 255): Uint8Array {
  const bytes = new Uint8Array(ndLength(message));
  emitNd(message, bytes, 0);
  fillTransportChecksum(protocols.icmpv6, address(from), address(to), bytes, 0, bytes.length);
  return frame(
    packetTo(to, bytes, { from, nextHeader: protocols.icmpv6, hopLimit }),
    etherTypes.ipv6,
    destination,
  );
}

interface Sent extends EthernetFrame {
  bytes: Uint8Array;
  arp: ArpPacket | undefined;
  nd: NdMessage | undefined;
}

/** What was sent since the last call, read as far as these tests look. */
function sent({ link }: Lab): Sent[] {
  return link.take().map((bytes) => {
    const parsed = parseEthernet(bytes, 0, bytes.length);
    if (typeof parsed === "string") throw new Error(parsed);
    const packet = bytes.subarray(parsed.payloadStart);
    const found = parsed.type === etherTypes.arp ? parseArp(packet, 0, packet.length) : undefined;
    const icmp = parsed.type === etherTypes.ipv6 && packet[6] === protocols.icmpv6;
    const message = icmp ? parseNd(packet, 40, packet.length) : undefined;
    return {
      ...parsed,
      bytes: packet,
      arp: typeof found === "string" ? undefined : found,
      nd: typeof message === "string" ? undefined : message,
    };
  });
}

describe("ARP", () => {
  test("asks for a neighbour, and the packet follows the answer [RFC 826]", () => {
    const tested = lab();
    expect(tested.send("10.0.0.2", 5)).toBeUndefined();
    const [question, ...nothing] = sent(tested);
    expect(nothing).toEqual([]);
    expect(question).toMatchObject({
      destination: broadcastMac,
      source: ourMac,
      arp: {
        operation: 1,
        senderMac: ourMac,
        senderAddress: address("10.0.0.1"),
        targetAddress: address("10.0.0.2"),
      },
    });
    tested.link.deliver(reply());
    const [packet] = sent(tested);
    expect(packet).toMatchObject({ destination: theirMac, source: ourMac, type: etherTypes.ipv4 });
    expect(header(packet!.bytes).payload).toHaveLength(5);
    tested.send("10.0.0.2", 6);
    expect(sent(tested)).toHaveLength(1);
    expect(tested.host.neighbours()).toEqual([
      { interface: "test", address: "10.0.0.2", mac: "02:00:00:00:00:02", state: "REACHABLE", router: false },
    ]);
  });

  test("asks for the gateway of what is far", () => {
    const tested = lab({ ...quiet, gateway: "10.0.0.254" });
    tested.send("192.0.2.1", 5);
    expect(sent(tested)[0]!.arp).toMatchObject({ targetAddress: address("10.0.0.254") });
  });

  test("answers who asks for us, and remembers them [RFC 826]", () => {
    const tested = lab();
    tested.link.deliver(arp());
    expect(sent(tested)).toMatchObject([
      {
        destination: theirMac,
        arp: { operation: 2, senderMac: ourMac, senderAddress: address("10.0.0.1"), targetMac: theirMac },
      },
    ]);
    expect(tested.host.neighbours()).toMatchObject([{ address: "10.0.0.2", state: "STALE" }]);
  });

  test("answers a probe, and learns nothing from it [RFC 5227 2.1.1]", () => {
    const tested = lab();
    tested.link.deliver(arp({ senderAddress: address("0.0.0.0") }));
    expect(sent(tested)).toHaveLength(1);
    expect(tested.host.neighbours()).toEqual([]);
  });

  test("remembers nobody who does not speak to us", () => {
    const tested = lab();
    tested.link.deliver(
      arp({ targetAddress: address("10.0.0.9") }),
      reply(),
      arp({ targetAddress: address("10.0.0.2") }),
    );
    expect(sent(tested)).toEqual([]);
    expect(tested.host.neighbours()).toEqual([]);
  });

  test("believes an announcement of somebody it knows [RFC 5227 3]", () => {
    const tested = lab();
    tested.link.deliver(arp());
    const moved = 0x020000000077;
    tested.link.deliver(arp({ senderMac: moved, targetAddress: address("10.0.0.2") }));
    expect(tested.host.neighbours()).toMatchObject([{ mac: "02:00:00:00:00:77", state: "STALE" }]);
  });

  test("defends our address, but not for ever [RFC 5227 2.4 b]", () => {
    const tested = lab();
    const claim = arp({ senderAddress: address("10.0.0.1") });
    tested.link.deliver(claim);
    expect(sent(tested)).toMatchObject([
      {
        destination: broadcastMac,
        arp: { senderAddress: address("10.0.0.1"), targetAddress: address("10.0.0.1") },
      },
    ]);
    tested.link.deliver(claim);
    expect(sent(tested)).toEqual([]);
    tested.clock.advanceTo(tested.clock.now() + 10_000);
    tested.link.deliver(claim);
    expect(sent(tested)).toHaveLength(1);
    expect(tested.host.drops.of("arp", "address-conflict")).toBe(3);
    expect(tested.host.neighbours()).toEqual([]);
  });

  test.each<[string, Uint8Array, string]>([
    ["a group as sender's hardware", arp({ senderMac: broadcastMac }), "bad-sender-mac"],
    ["no sender's hardware", arp({ senderMac: 0 }), "bad-sender-mac"],
    ["a group as sender", arp({ senderAddress: address("224.0.0.1") }), "bad-sender"],
    ["everybody as sender", arp({ senderAddress: address("10.0.0.255") }), "bad-sender"],
    ["an unknown operation", arp({ operation: 8 }), "unknown-operation"],
  ])("ignores %s", (_, bytes, reason) => {
    const tested = lab();
    tested.link.deliver(bytes);
    expect(sent(tested)).toEqual([]);
    expect(tested.host.drops.of("arp", reason)).toBe(1);
  });

  test("that nobody answers tells the transport: host unreachable [RFC 1122 2.3.2.2]", () => {
    const tested = lab();
    tested.send("10.0.0.2", 20);
    tested.clock.run();
    expect(sent(tested)).toHaveLength(3);
    expect(tested.probe.errors).toMatchObject([{ errno: "EHOSTUNREACH", hard: false, type: 3, code: 1 }]);
    expect(formatAddress(tested.probe.errors[0]!.destination)).toBe("10.0.0.2");
  });

  test("of a gateway that nobody answers for makes us try the next one [RFC 1122 3.3.1.4]", () => {
    const tested = lab({ ...quiet, gateway: ["10.0.0.254", "10.0.0.253"] });
    const asked = (): unknown => {
      tested.send("192.0.2.1", 20);
      const [question] = sent(tested);
      return formatAddress(question!.arp!.targetAddress);
    };
    expect(asked()).toBe("10.0.0.254");
    tested.clock.advanceTo(tested.clock.now() + 3000);
    sent(tested);
    expect(asked()).toBe("10.0.0.253");
    tested.clock.advanceTo(tested.clock.now() + 61_000);
    sent(tested);
    expect(asked()).toBe("10.0.0.254");
  });

  test("is needed neither for groups nor for everybody", () => {
    const tested = lab();
    tested.host.addRoute("224.0.0.0/4", { interface: tested.interface });
    tested.send("224.1.2.3", 1);
    tested.send("10.0.0.255", 1);
    expect(sent(tested).map(({ destination }) => destination)).toEqual([
      multicastMac(address("224.1.2.3")),
      broadcastMac,
    ]);
  });
});

describe("a frame", () => {
  const packet = packetTo("10.0.0.1", [1]);

  test("for us, with or without a priority tag, is taken", () => {
    const tested = lab();
    tested.link.deliver(
      frame(packet, etherTypes.ipv4),
      frame(packet, etherTypes.ipv4, ourMac, theirMac, 0xe000),
    );
    expect(tested.probe.arrived).toHaveLength(2);
  });

  test.each<[string, Uint8Array, string]>([
    ["for somebody else", frame(packet, etherTypes.ipv4, 0x020000000009), "not-for-us"],
    ["from a group", frame(packet, etherTypes.ipv4, ourMac, broadcastMac), "group-source"],
    ["of a VLAN", frame(packet, etherTypes.ipv4, ourMac, theirMac, 5), "vlan"],
    ["of an unknown type", frame(packet, 0x9999), "unknown-type"],
    ["of IEEE 802.3", frame(packet, 100), "not-ethernet-ii"],
    ["cut short", new Uint8Array(13), "truncated"],
  ])("%s is dropped", (_, bytes, reason) => {
    const tested = lab();
    tested.link.deliver(bytes);
    expect(tested.probe.arrived).toEqual([]);
    expect(tested.host.drops.of("ethernet", reason)).toBe(1);
  });

  test("for everybody with a packet for us alone is dropped [RFC 1122 3.3.6]", () => {
    const tested = lab();
    tested.link.deliver(frame(packet, etherTypes.ipv4), frame(packet, etherTypes.ipv4, broadcastMac));
    expect(tested.probe.arrived).toHaveLength(1);
    expect(tested.host.drops.of("ipv4", "unicast-in-link-broadcast")).toBe(1);
  });
});

describe("Neighbor Discovery", () => {
  const target = address("fd00::1");
  const group = multicastMac(solicitedNode(target));
  const sourceLinkLayer = { kind: "source-link-layer", mac: theirMac } as const;
  const solicitation: NdMessage = { kind: "neighbor-solicitation", target, options: [sourceLinkLayer] };

  test("asks the solicited-node group, and the packet follows the answer [RFC 4861 7.2.2]", () => {
    const tested = lab();
    tested.send("fd00::2", 5);
    const [question] = sent(tested);
    expect(question).toMatchObject({
      destination: multicastMac(solicitedNode(address("fd00::2"))),
      nd: { kind: "neighbor-solicitation", target: address("fd00::2"), options: [{ mac: ourMac }] },
    });
    expect(question!.bytes[7]).toBe(255);
    const answer: NdMessage = {
      kind: "neighbor-advertisement",
      router: false,
      solicited: true,
      override: true,
      target: address("fd00::2"),
      options: [{ kind: "target-link-layer", mac: theirMac }],
    };
    tested.link.deliver(nd(answer, "fd00::2", "fd00::1", ourMac));
    expect(sent(tested)).toMatchObject([{ destination: theirMac, type: etherTypes.ipv6 }]);
    expect(tested.host.neighbours()).toMatchObject([{ address: "fd00::2", state: "REACHABLE" }]);
  });

  test("answers who asks, and remembers them [RFC 4861 7.2.4]", () => {
    const tested = lab();
    tested.link.deliver(nd(solicitation, "fd00::2", "ff02::1:ff00:1", group));
    expect(sent(tested)).toMatchObject([
      {
        destination: theirMac,
        nd: {
          kind: "neighbor-advertisement",
          target,
          router: false,
          solicited: true,
          override: true,
          options: [{ mac: ourMac }],
        },
      },
    ]);
    expect(tested.host.neighbours()).toMatchObject([{ address: "fd00::2", state: "DELAY" }]);
  });

  test("tells all nodes where somebody tries our address [RFC 4862 5.4.3]", () => {
    const tested = lab();
    tested.link.deliver(nd({ ...solicitation, options: [] }, "::", "ff02::1:ff00:1", group));
    expect(sent(tested)).toMatchObject([
      {
        destination: multicastMac(address("ff02::1")),
        nd: { kind: "neighbor-advertisement", solicited: false, override: true },
      },
    ]);
  });

  test.each<[string, Uint8Array, string]>([
    [
      "that came through a router [RFC 4861 7.1.1]",
      nd(solicitation, "fd00::2", "fd00::1", ourMac, 254),
      "nd-from-afar",
    ],
    [
      "of a trial with a link-layer address [RFC 4861 7.1.1]",
      nd(solicitation, "::", "ff02::1:ff00:1", group),
      "nd-bad-trial",
    ],
    [
      "of a trial sent to us alone [RFC 4861 7.1.1]",
      nd({ ...solicitation, options: [] }, "::", "fd00::1", ourMac),
      "nd-bad-trial",
    ],
    [
      "for somebody else's address",
      nd({ ...solicitation, target: address("fd00::9") }, "fd00::2", "fd00::1", ourMac),
      "nd-not-our-target",
    ],
  ])("ignores a solicitation %s", (_, bytes, reason) => {
    const tested = lab();
    tested.link.deliver(bytes);
    expect(sent(tested)).toEqual([]);
    expect(tested.host.drops.of("icmpv6", reason)).toBe(1);
  });

  test("ignores a solicited advertisement to a group [RFC 4861 7.1.2]", () => {
    const tested = lab();
    const message: NdMessage = {
      kind: "neighbor-advertisement",
      router: false,
      solicited: true,
      override: true,
      target: address("fd00::2"),
      options: [],
    };
    tested.link.deliver(nd(message, "fd00::2", "ff02::1", multicastMac(address("ff02::1"))));
    expect(tested.host.drops.of("icmpv6", "nd-solicited-multicast")).toBe(1);
  });

  test("probes a neighbour that was silent for long, directly [RFC 4861 7.3.3]", () => {
    const tested = lab();
    tested.link.deliver(nd(solicitation, "fd00::2", "ff02::1:ff00:1", group));
    sent(tested);
    tested.clock.advanceTo(tested.clock.now() + 5000);
    expect(sent(tested)).toMatchObject([
      { destination: theirMac, nd: { kind: "neighbor-solicitation", target: address("fd00::2") } },
    ]);
    tested.clock.run();
    expect(tested.host.neighbours()).toEqual([]);
  });

  test("that nobody answers tells the transport: address unreachable [RFC 4861 7.2.2]", () => {
    const tested = lab();
    tested.send("fd00::2", 20);
    tested.clock.run();
    expect(tested.probe.errors).toMatchObject([{ family: 6, errno: "EHOSTUNREACH", type: 1, code: 3 }]);
  });

  test("takes a hint from above for a sign of life [RFC 4861 7.3.1]", () => {
    const tested = lab();
    tested.link.deliver(nd(solicitation, "fd00::2", "ff02::1:ff00:1", group));
    const route = tested.host.ip.route(address("fd00::2"), {});
    tested.send("fd00::2", 1);
    if (typeof route !== "string") tested.host.ip.confirm(route);
    expect(tested.host.neighbours()).toMatchObject([{ state: "REACHABLE" }]);
  });
});

describe("an IPv6 address on Ethernet", () => {
  const trial: InterfaceOptions = { ...quiet, dad: true };

  test("is on trial first, and not used [RFC 4862 5.4]", () => {
    const tested = lab(trial);
    const entry = tested.interface.addresses.find(({ family }) => family === 6)!;
    expect(entry.state).toBe("tentative");
    expect(tested.send("fd00::2", 1)).toBe("EADDRNOTAVAIL");
    tested.clock.run();
    expect(entry.state).toBe("preferred");
    const probes = sent(tested).filter(({ nd: message }) => message?.kind === "neighbor-solicitation");
    expect(probes).toHaveLength(1);
    expect(formatAddress(header(probes[0]!.bytes).source)).toBe("::");
    expect(tested.send("fd00::2", 1)).toBeUndefined();
  });

  test.each<[string, NdMessage, string]>([
    [
      "has it",
      {
        kind: "neighbor-advertisement",
        router: false,
        solicited: false,
        override: true,
        target: address("fd00::1"),
        options: [],
      },
      "fd00::1",
    ],
    ["tries it", { kind: "neighbor-solicitation", target: address("fd00::1"), options: [] }, "::"],
  ])("is a duplicate where somebody else %s, and never used [RFC 4862 5.4.5]", (_, message, from) => {
    const tested = lab(trial);
    const to = message.kind === "neighbor-solicitation" ? "ff02::1:ff00:1" : "ff02::1";
    tested.link.deliver(nd(message, from, to, multicastMac(address(to))));
    tested.clock.run();
    expect(tested.interface.addresses.find(({ family }) => family === 6)!.state).toBe("duplicate");
    expect(tested.send("fd00::2", 1)).toBe("EADDRNOTAVAIL");
    tested.link.deliver(
      nd(
        { kind: "neighbor-solicitation", target: address("fd00::1"), options: [] },
        "::",
        to,
        multicastMac(address(to)),
      ),
    );
    expect(sent(tested).filter(({ nd: answer }) => answer?.kind === "neighbor-advertisement")).toEqual([]);
  });

  test("taken away while on trial leaves nothing behind", () => {
    const tested = lab(trial);
    const entry = tested.interface.addresses.find(({ family }) => family === 6)!;
    tested.host.removeAddress(tested.interface, entry);
    tested.clock.run();
    expect(tested.host.timers.next()).toBe(Infinity);
    expect(sent(tested).filter(({ nd: message }) => message !== undefined)).toEqual([]);
  });
});

test("the unspecified address is never asked about", () => {
  expect(formatAddress(solicitedNode(anyV6))).toBe("ff02::1:ff00:0");
});
