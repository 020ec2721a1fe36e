import { describe, expect, test } from "vitest";
import { address, formatAddress } from "../../../src/base/address.ts";
import { fillTransportChecksum } from "../../../src/wire/checksums.ts";
import { emitIcmpv4, type Icmpv4Message, icmpv4Length } from "../../../src/wire/icmp/icmpv4.ts";
import { emitIcmpv6, type Icmpv6Message, icmpv6Length } from "../../../src/wire/icmp/icmpv6.ts";
import { protocols } from "../../../src/wire/protocols.ts";
import { Lab, packetTo } from "../support/lab.ts";

const payload = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

function errorV4(message: Icmpv4Message, destination = "10.0.0.1", from = "10.0.0.254"): Uint8Array {
  const bytes = new Uint8Array(icmpv4Length(message));
  emitIcmpv4(message, bytes, 0);
  return packetTo(destination, bytes, { protocol: protocols.icmp, from });
}

function errorV6(message: Icmpv6Message, destination = "fd00::1", from = "fd00::fe"): Uint8Array {
  const bytes = new Uint8Array(icmpv6Length(message));
  emitIcmpv6(message, bytes, 0);
  const ends = [address(from), address(destination)] as const;
  fillTransportChecksum(protocols.icmpv6, ...ends, bytes, 0, bytes.length);
  return packetTo(destination, bytes, { nextHeader: protocols.icmpv6, from });
}

/** What the host could have sent. */
const sentV4 = (change = {}): Uint8Array => packetTo("192.0.2.9", payload, { from: "10.0.0.1", ...change });
const sentV6 = (change = {}): Uint8Array => packetTo("2001:db8::9", payload, { from: "fd00::1", ...change });

function lab(): Lab {
  return new Lab({}, { gateway: ["10.0.0.254", "fd00::fe"] });
}

describe("an ICMP error about a packet of ours", () => {
  test("reaches its transport, with the errno Linux gives [RFC 1122 3.2.2.1]", () => {
    const { link, probe } = lab();
    link.deliver(errorV4({ kind: "destination-unreachable", code: 3, mtu: 0, quoted: sentV4() }));
    const [error] = probe.errors;
    expect(error).toMatchObject({
      family: 4,
      errno: "ECONNREFUSED",
      hard: true,
      mtu: 0,
      type: 3,
      code: 3,
      quotedLength: 30,
    });
    expect([...error!.bytes.subarray(error!.start, error!.end)]).toEqual(payload);
    expect([error!.source, error!.destination, error!.reporter].map(formatAddress)).toEqual([
      "10.0.0.1",
      "192.0.2.9",
      "10.0.0.254",
    ]);
  });

  test("does so over IPv6 too, and errors nobody knows with it [RFC 4443 2.4 a]", () => {
    const { link, probe } = lab();
    link.deliver(errorV6({ kind: "destination-unreachable", code: 3, quoted: sentV6() }));
    link.deliver(
      errorV6({ kind: "other", type: 100, code: 9, body: new Uint8Array([0, 0, 0, 0, ...sentV6()]) }),
    );
    expect(probe.errors).toMatchObject([
      { family: 6, errno: "EHOSTUNREACH", hard: false },
      { family: 6, errno: "EPROTO", hard: false, type: 100, code: 9 },
    ]);
  });

  test.each<[string, Uint8Array, string]>([
    ["a packet of somebody else", sentV4({ from: "10.0.0.9" }), "quote-not-ours"],
    ["a packet that goes nowhere", packetTo("0.0.0.0", payload, { from: "10.0.0.1" }), "quote-not-ours"],
    ["a later fragment", sentV4({ fragmentOffset: 8 }), "quote-later-fragment"],
    ["too little of a packet", sentV4().subarray(0, 27), "quote-truncated"],
    ["no packet at all", new Uint8Array(40), "quote-bad-version"],
  ])("quotes %s: nobody hears of it [RFC 5927 4]", (_, quoted, reason) => {
    const { link, probe, host } = lab();
    link.deliver(errorV4({ kind: "destination-unreachable", code: 3, mtu: 0, quoted }));
    expect(probe.errors).toEqual([]);
    expect(host.drops.of("icmp", reason)).toBe(1);
    expect(host.counters.IcmpInErrors).toBe(1);
  });

  test("sent to a group, or of no known code, is nobody's", () => {
    const { link, probe, host } = lab();
    const message: Icmpv4Message = { kind: "destination-unreachable", code: 3, mtu: 0, quoted: sentV4() };
    link.deliver(errorV4(message, "10.0.0.255"), errorV4({ ...message, code: 77 }));
    link.deliver(errorV4({ kind: "source-quench", code: 0, quoted: sentV4() }));
    expect(probe.errors).toEqual([]);
    expect(host.drops.snapshot()).toMatchObject({
      icmp: { "error-to-a-group": 1, "unknown-error": 1, "ignored-type": 1 },
    });
  });

  test("about a protocol that is not here is nobody's", () => {
    const { link, probe } = lab();
    const quoted = sentV4({ protocol: 77 });
    link.deliver(errorV4({ kind: "time-exceeded", code: 0, quoted }));
    expect(probe.errors).toEqual([]);
  });
});

describe("Packet Too Big", () => {
  test("lowers the path MTU once the transport vouches for the quote [RFC 1191 6.1] [RFC 5927 7]", () => {
    const { link, probe, host } = lab();
    link.deliver(errorV4({ kind: "destination-unreachable", code: 4, mtu: 1400, quoted: sentV4() }));
    expect(probe.errors[0]).toMatchObject({ errno: "EMSGSIZE", hard: false, mtu: 1400 });
    expect(host.ip.route(address("192.0.2.9"), {})).toMatchObject({ mtu: 1500 });
    const held = host.ip.route(address("192.0.2.9"), {});
    host.ip.reducePathMtu(probe.errors[0]!);
    expect(held).toMatchObject({ stale: true });
    expect(host.ip.route(address("192.0.2.9"), {})).toMatchObject({ mtu: 1400 });
  });

  test("is forgotten after ten minutes [RFC 8201 5.3]", () => {
    const { link, probe, host, clock } = lab();
    link.deliver(errorV6({ kind: "packet-too-big", code: 0, mtu: 1300, quoted: sentV6() }));
    host.ip.reducePathMtu(probe.errors[0]!);
    const held = host.ip.route(address("2001:db8::9"), {});
    expect(held).toMatchObject({ mtu: 1300 });
    clock.advanceTo(clock.now() + 600_000);
    expect(held).toMatchObject({ stale: true });
    expect(host.ip.route(address("2001:db8::9"), {})).toMatchObject({ mtu: 1500 });
  });

  test.each([[1279], [1500], [9000]])("with MTU %i over IPv6 is not believed [RFC 8201 4]", (mtu) => {
    const { link, probe, host } = lab();
    link.deliver(errorV6({ kind: "packet-too-big", code: 0, mtu, quoted: sentV6() }));
    expect(probe.errors).toEqual([]);
    expect(host.drops.of("icmpv6", "path-mtu-not-lowered")).toBe(1);
  });

  test("smaller than we go lets packets be fragmented on the way", () => {
    const { link, probe, host } = lab();
    link.deliver(errorV4({ kind: "destination-unreachable", code: 4, mtu: 300, quoted: sentV4() }));
    host.ip.reducePathMtu(probe.errors[0]!);
    expect(host.ip.route(address("192.0.2.9"), {})).toMatchObject({ mtu: 552, fragmentable: true });
  });

  test("makes later datagrams fragments of the right size", () => {
    const tested = lab();
    const { link, probe, host } = tested;
    link.deliver(errorV6({ kind: "packet-too-big", code: 0, mtu: 1280, quoted: sentV6() }));
    host.ip.reducePathMtu(probe.errors[0]!);
    expect(tested.send("2001:db8::9", 2000)).toBeUndefined();
    expect(link.take().map(({ length }) => length)).toEqual([1280, 40 + 8 + 2000 - 1232]);
    expect(tested.send("2001:db8::9", 1300, { dontFragment: true })).toBe("EMSGSIZE");
  });
});

describe("a redirect", () => {
  const redirect = (gateway: string, quoted = sentV4()): Icmpv4Message => ({
    kind: "redirect",
    code: 1,
    gateway: address(gateway),
    quoted,
  });
  function nextHop({ host }: Lab): string {
    const route = host.ip.route(address("192.0.2.9"), {});
    return typeof route === "string" ? route : formatAddress(route.nextHop);
  }

  test("from the gateway in use changes the way to one host [RFC 1122 3.2.2.2]", () => {
    const tested = lab();
    tested.link.deliver(errorV4(redirect("10.0.0.253")));
    expect(nextHop(tested)).toBe("10.0.0.253");
    expect(tested.host.ip.route(address("192.0.2.10"), {})).toMatchObject({ nextHop: address("10.0.0.254") });
    tested.clock.advanceTo(tested.clock.now() + 600_000);
    expect(nextHop(tested)).toBe("10.0.0.254");
  });

  test.each<[string, Uint8Array, string]>([
    [
      "from somebody else",
      errorV4(redirect("10.0.0.253"), "10.0.0.1", "10.0.0.66"),
      "redirect-not-from-gateway",
    ],
    ["to a gateway not on the link", errorV4(redirect("198.51.100.1")), "redirect-bad-gateway"],
    ["to ourselves", errorV4(redirect("10.0.0.1")), "redirect-bad-gateway"],
    ["to the broadcast address", errorV4(redirect("10.0.0.255")), "redirect-bad-gateway"],
    ["to where we send already", errorV4(redirect("10.0.0.254")), "redirect-to-itself"],
    [
      "about somebody else's packet",
      errorV4(redirect("10.0.0.253", sentV4({ from: "10.0.0.8" }))),
      "quote-not-ours",
    ],
    [
      "about a neighbour",
      errorV4(redirect("10.0.0.253", packetTo("10.0.0.77", payload, { from: "10.0.0.1" }))),
      "redirect-not-from-gateway",
    ],
  ])("%s changes nothing [RFC 1122 3.2.2.2]", (_, packet, reason) => {
    const tested = lab();
    tested.link.deliver(packet);
    expect(nextHop(tested)).toBe("10.0.0.254");
    expect(tested.host.drops.of("icmp", reason)).toBe(1);
  });
});
