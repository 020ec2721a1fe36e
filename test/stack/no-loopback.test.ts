/** A host without a loopback network of its own: 127.0.0.0/8 and ::1 are those of the machine beside which it is. */
import { describe, expect, test } from "vitest";
import { address, formatAddress } from "../../src/base/address.ts";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/time/virtual-clock.ts";
import { Host } from "../../src/stack/host.ts";
import { fillTransportChecksum } from "../../src/wire/checksums.ts";
import { emitIcmpv6, type Icmpv6Message, icmpv6Length } from "../../src/wire/icmp/icmpv6.ts";
import { protocols } from "../../src/wire/protocols.ts";
import { ProbeTransport, packetTo, TestLink, testProtocol } from "./support/lab.ts";

function beside(loopback: "own" | "none") {
  const host = new Host({ clock: new VirtualClock(), random: seededRandom(1), loopback });
  const link = new TestLink();
  const probe = new ProbeTransport(testProtocol);
  const by = host.addInterface(link, { addresses: ["127.7.7.7/8", "fd00::7/128"] });
  host.addRoute("::/0", { interface: by });
  host.addRoute("0.0.0.0/0", { interface: by });
  host.register(probe);
  return { host, link, probe };
}

function way(host: Host, destination: string): string {
  const route = host.ip.route(address(destination), {});
  if (typeof route === "string") return route;
  return `${route.interface.name} from ${formatAddress(route.source)} ${route.cast}`;
}

/** From ::1, about a packet from `source` to it. */
function unreachable(source: string): Uint8Array {
  const quoted = packetTo("::1", new Uint8Array(8), { from: source });
  const message: Icmpv6Message = { kind: "destination-unreachable", code: 4, quoted };
  const bytes = new Uint8Array(icmpv6Length(message));
  emitIcmpv6(message, bytes, 0);
  fillTransportChecksum(protocols.icmpv6, address("::1"), address(source), bytes, 0, bytes.length);
  return packetTo(source, bytes, { nextHeader: protocols.icmpv6, from: "::1" });
}

describe("a host without a loopback network", () => {
  test.each([
    ["127.0.0.1", "test from 127.7.7.7 unicast"],
    ["127.7.7.8", "test from 127.7.7.7 unicast"],
    ["10.0.0.1", "test from 127.7.7.7 unicast"],
    ["::1", "test from fd00::7 unicast"],
    ["127.7.7.7", "lo from 127.7.7.7 local"],
    ["fd00::7", "lo from fd00::7 local"],
  ])("goes to %s by %s", (destination, expected) => {
    expect(way(beside("none").host, destination)).toBe(expected);
  });

  test("hears what comes from there, and about what it sent there", () => {
    const { link, probe, host } = beside("none");
    link.deliver(
      packetTo("127.7.7.7", [1], { from: "127.0.0.1" }),
      packetTo("fd00::7", [2], { from: "::1" }),
    );
    expect(probe.arrived.map(({ payload }) => payload)).toEqual([[1], [2]]);
    link.deliver(packetTo("127.7.7.8", [3], { from: "127.0.0.1" }));
    expect(host.drops.of("ipv4", "not-ours")).toBe(1);
    link.deliver(unreachable("fd00::7"));
    expect(probe.errors).toMatchObject([{ errno: "ECONNREFUSED" }]);
  });

  test("is also one whose loopback interface has lost its addresses", () => {
    const { host } = beside("own");
    const [lo] = host.interfaces;
    expect(way(host, "127.0.0.1")).toBe("lo from 127.0.0.1 local");
    for (const entry of [...lo!.addresses]) host.removeAddress(lo!, entry);
    expect(way(host, "127.0.0.1")).toBe("test from 127.7.7.7 unicast");
    expect(way(host, "::1")).toBe("test from fd00::7 unicast");
  });

  test("is nobody by default: what says to come from there is a martian [RFC 1122 3.2.1.3 g]", () => {
    const { link, probe, host } = beside("own");
    link.deliver(
      packetTo("127.7.7.7", [1], { from: "127.0.0.1" }),
      packetTo("fd00::7", [2], { from: "::1" }),
    );
    link.deliver(unreachable("fd00::7"));
    expect(probe).toMatchObject({ arrived: [], errors: [] });
    expect(host.drops.of("ipv4", "martian-loopback")).toBe(1);
    expect(host.drops.of("ipv6", "martian-loopback")).toBe(2);
  });
});
