import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { address, formatAddress } from "../../src/base/address.ts";
import type { DropEvent } from "../../src/base/trace.ts";
import type { InterfaceOptions } from "../../src/stack/interface/interface-options.ts";
import { Lab, packetTo, TestLink } from "./support/lab.ts";

function way({ host }: Lab, destination: string, wish: { source?: string; device?: number } = {}): string {
  const route = host.ip.route(address(destination), {
    source: wish.source === undefined ? undefined : address(wish.source),
    device: wish.device,
  });
  if (typeof route === "string") return route;
  const { source, nextHop, interface: by, cast } = route;
  return `${by.name} from ${formatAddress(source)} via ${formatAddress(nextHop)} ${cast}`;
}

describe("a route", () => {
  test.each([
    ["10.0.0.9", "test from 10.0.0.1 via 10.0.0.9 unicast"],
    ["fd00::9", "test from fd00::1 via fd00::9 unicast"],
    ["192.0.2.1", "test from 10.0.0.1 via 10.0.0.254 unicast"],
    ["2001:db8::1", "test from fd00::1 via fd00::fe unicast"],
    ["10.0.0.1", "lo from 10.0.0.1 via 10.0.0.1 local"],
    ["127.0.0.1", "lo from 127.0.0.1 via 127.0.0.1 local"],
    ["127.3.2.1", "lo from 127.0.0.1 via 127.3.2.1 local"],
    ["::1", "lo from ::1 via ::1 local"],
    ["0.0.0.0", "lo from 127.0.0.1 via 127.0.0.1 local"],
    ["::", "lo from ::1 via ::1 local"],
    ["10.0.0.255", "test from 10.0.0.1 via 10.0.0.255 broadcast"],
    ["255.255.255.255", "test from 10.0.0.1 via 255.255.255.255 broadcast"],
    ["224.0.0.5", "test from 10.0.0.1 via 224.0.0.5 multicast"],
    ["ff02::5", "test from fd00::1 via ff02::5 multicast"],
  ])("to %s is by %s", (destination, expected) => {
    expect(way(new Lab({}, { gateway: ["10.0.0.254", "fd00::fe"] }), destination)).toBe(expected);
  });

  test("that is not there is ENETUNREACH", () => {
    const lab = new Lab();
    expect(way(lab, "192.0.2.1")).toBe("ENETUNREACH");
    expect(way(lab, "2001:db8::1")).toBe("ENETUNREACH");
    expect(way(lab, "224.0.0.5")).toBe("ENETUNREACH");
    expect(lab.host.counters).toMatchObject({ IpOutNoRoutes: 2, Ip6OutNoRoutes: 1 });
  });

  test("starts from the address asked for, if it is ours", () => {
    const lab = new Lab({}, { addresses: ["10.0.0.1/24", "10.0.0.3/24", "fd00::1/64"] });
    expect(way(lab, "10.0.0.9", { source: "10.0.0.3" })).toBe("test from 10.0.0.3 via 10.0.0.9 unicast");
    expect(way(lab, "10.0.0.9", { source: "0.0.0.0" })).toBe("test from 10.0.0.1 via 10.0.0.9 unicast");
    expect(way(lab, "10.0.0.9", { source: "10.0.0.4" })).toBe("ENETUNREACH");
    expect(way(lab, "10.0.0.9", { source: "fd00::1" })).toBe("EINVAL");
    expect(way(lab, "10.0.0.9", { source: "224.0.0.1" })).toBe("EINVAL");
    expect(way(lab, "10.0.0.9", { source: "127.0.0.1" })).toBe("EINVAL");
  });

  test("goes by the device asked for", () => {
    const lab = new Lab();
    lab.host.addInterface(new TestLink(), { name: "other", addresses: ["10.9.0.1/24"] });
    expect(way(lab, "10.0.0.9", { device: 3 })).toBe("other from 10.9.0.1 via 10.0.0.9 unicast");
    expect(way(lab, "255.255.255.255", { device: 3 })).toBe(
      "other from 10.9.0.1 via 255.255.255.255 broadcast",
    );
    expect(way(lab, "224.0.0.5", { source: "10.9.0.1" })).toBe("other from 10.9.0.1 via 224.0.0.5 multicast");
    expect(way(lab, "10.0.0.9", { device: 9 })).toBe("ENODEV");
  });

  test("is stale once the table has changed, and asked for again is another", () => {
    const lab = new Lab({}, { gateway: "10.0.0.254" });
    const held = lab.host.ip.route(address("192.0.2.1"), {});
    expect(lab.host.ip.route(address("192.0.2.1"), {})).toBe(held);
    const added = lab.host.addRoute("192.0.2.0/24", { via: "10.0.0.253" });
    expect(held).toMatchObject({ stale: true });
    expect(way(lab, "192.0.2.1")).toBe("test from 10.0.0.1 via 10.0.0.253 unicast");
    lab.host.removeRoute(added);
    expect(way(lab, "192.0.2.1")).toBe("test from 10.0.0.1 via 10.0.0.254 unicast");
    expect(() => lab.host.removeRoute(added)).toThrow("ENOENT");
  });

  test("names its source where it was configured so", () => {
    const lab = new Lab({}, { addresses: ["10.0.0.1/24", "10.7.0.1/32"] });
    lab.host.addRoute("198.51.100.0/24", { via: "10.0.0.254", source: "10.7.0.1" });
    expect(way(lab, "198.51.100.9")).toBe("test from 10.7.0.1 via 10.0.0.254 unicast");
  });

  test.each([
    [() => new Lab().host.addRoute("10.0.0.0/33", {}), TypeError],
    [() => new Lab().host.addRoute("default", { via: "nonsense" }), TypeError],
    [() => new Lab().host.addRoute("::/0", { via: "10.0.0.254" }), RangeError],
    [() => new Lab().host.addRoute("default", { via: "10.0.0.254", metric: -1 }), RangeError],
    [() => new Lab().host.addRoute("default", { via: "192.0.2.254" }), /ENETUNREACH/],
  ])("that makes no sense is refused", (add, error) => {
    expect(add).toThrow(error);
  });
});

describe("an interface", () => {
  test.each<[InterfaceOptions, typeof RangeError | typeof TypeError]>([
    [{ name: "lo" }, RangeError],
    [{ name: "" }, RangeError],
    [{ mtu: 67 }, RangeError],
    [{ mtu: 1501 }, RangeError],
    [{ mtu: 1000, addresses: ["fd00::1/64"] }, RangeError],
    [{ addresses: ["10.0.0.1/33"] }, TypeError],
    [{ addresses: ["224.0.0.1/4"] }, RangeError],
    [{ addresses: ["0.0.0.0/0"] }, RangeError],
    [{ gateway: "10.0.0.300" }, TypeError],
    [{ gateway: "255.0.0.0/8" }, TypeError],
    [{ gateway: "224.0.0.1" }, RangeError],
  ])("set up as %j is refused, and nothing is changed", (options, error) => {
    const { host } = new Lab();
    const link = new TestLink();
    expect(() => host.addInterface(link, options)).toThrow(error);
    expect(host.interfaces).toHaveLength(2);
    expect(link.receiver).toBeUndefined();
  });

  test.each(["nonsense", "01:00:00:00:00:01", "00:00:00:00:00:00"])(
    "does not take %s for its Ethernet address",
    (mac) => {
      const { host } = new Lab();
      expect(() => host.addInterface(new TestLink({ medium: "ethernet" }), { mac })).toThrow();
      expect(host.interfaces).toHaveLength(2);
    },
  );

  test("has a name of its own, an index, and the loopback before it", () => {
    const { host } = new Lab();
    const second = host.addInterface(new TestLink());
    expect(host.interfaces.map(({ index, name }) => `${index} ${name}`)).toEqual([
      "1 lo",
      "2 test",
      "3 test.1",
    ]);
    expect(host.interfaceNamed("test.1")).toBe(second);
    expect(host.interfaceAt(3)).toBe(second);
    expect(() => host.removeInterface(host.interfaces[0]!)).toThrow(RangeError);
    host.removeInterface(second);
    expect(() => host.removeInterface(second)).toThrow(RangeError);
    expect(host.addInterface(new TestLink()).index).toBe(4);
  });

  test("whose link closes is gone", () => {
    const lab = new Lab();
    lab.link.receiver!.closed!();
    expect(lab.host.interfaces).toHaveLength(1);
    expect(way(lab, "10.0.0.9")).toBe("ENETUNREACH");
    expect(lab.host.ip.route(address("10.0.0.1"), {})).toBe("ENETUNREACH");
  });

  test("with two addresses on one network loses one and keeps the route", () => {
    const lab = new Lab({}, { addresses: ["10.0.0.1/24", "10.0.0.3/24"] });
    lab.host.removeAddress(lab.interface, lab.interface.addresses[0]!);
    expect(way(lab, "10.0.0.9")).toBe("test from 10.0.0.3 via 10.0.0.9 unicast");
    expect(lab.host.localKind(address("10.0.0.255"))).toBe("broadcast");
    lab.host.removeAddress(lab.interface, lab.interface.addresses[0]!);
    expect(lab.host.localKind(address("10.0.0.255"))).toBeUndefined();
    expect(way(lab, "10.0.0.9")).toBe("ENETUNREACH");
  });
});

describe("what is ours", () => {
  test.each([
    ["10.0.0.1", 0, "local"],
    ["10.0.0.1", 2, "local"],
    ["10.0.0.1", 1, undefined],
    ["127.9.9.9", 0, "local"],
    ["10.0.0.2", 0, undefined],
    ["10.0.0.255", 0, "broadcast"],
    ["255.255.255.255", 0, "broadcast"],
    ["224.0.0.1", 0, "multicast"],
    ["224.0.0.9", 0, undefined],
    ["::1", 0, "local"],
  ])("%s on interface %i is %s", (text, device, kind) => {
    expect(new Lab().host.localKind(address(text), device)).toBe(kind);
  });
});

describe("a host", () => {
  test("tells its tracer of every drop, with the reason, the counter and the bytes", () => {
    const lab = new Lab();
    const drops: DropEvent[] = [];
    lab.host.tracer = (event) => {
      if (event.kind === "drop") drops.push(event);
    };
    const packet = packetTo("10.0.0.7", [1]);
    lab.link.deliver(packet);
    expect(drops).toMatchObject([
      {
        layer: "ipv4",
        reason: "not-ours",
        counter: "IpInAddrErrors",
        interface: "test",
        host: "lab",
        at: 1000,
        start: 0,
        end: 21,
      },
    ]);
  });

  test("closed is silent: no alarm, no link, no answer", () => {
    const lab = new Lab();
    lab.link.deliver(packetTo("10.0.0.1", [1, 2, 3, 4, 5, 6, 7, 8], { moreFragments: true }));
    lab.host.close();
    lab.host.close();
    expect(lab.link.closed).toBe(true);
    lab.clock.run();
    expect(lab.clock.now()).toBe(1000);
    expect(lab.host.interfaces).toEqual([]);
  });

  test("makes one batch of several calls", () => {
    const lab = new Lab();
    let batches = 0;
    const { link } = lab;
    const send = link.send.bind(link);
    link.send = (packets, count) => {
      batches++;
      return send(packets, count);
    };
    lab.host.batch(() => {
      for (let i = 0; i < 10; i++) lab.send("10.0.0.2", 5);
      expect(link.sent).toEqual([]);
    });
    expect([batches, link.sent.length]).toEqual([1, 10]);
  });
});

describe("hostile packets", () => {
  const seed = fc.oneof(
    fc.constant(packetTo("10.0.0.1", new Uint8Array(40), { protocol: 1 })),
    fc.constant(
      packetTo("10.0.0.1", new Uint8Array(40), { moreFragments: true, options: [7, 7, 4, 0, 0, 0, 0, 0] }),
    ),
    fc.constant(packetTo("fd00::1", new Uint8Array(60), { nextHeader: 0 })),
    fc.constant(packetTo("fd00::1", new Uint8Array(60), { nextHeader: 44 })),
    fc.constant(packetTo("fd00::1", new Uint8Array(60), { nextHeader: 58, hopLimit: 255 })),
    fc.constant(packetTo("ff02::1", new Uint8Array(60), { nextHeader: 58, hopLimit: 1, from: "fe80::2" })),
    fc.uint8Array({ maxLength: 200 }),
  );
  const changes = fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 });

  test.each(["ip", "ethernet"] as const)(
    "never throw, and leave nothing behind, on a link of medium %s",
    (medium) => {
      const lab = new Lab({ medium }, { mac: medium === "ethernet" ? "02:00:00:00:00:01" : undefined });
      fc.assert(
        fc.property(
          fc.array(fc.tuple(seed, changes), { maxLength: 20 }),
          fc.boolean(),
          (packets, trusted) => {
            const batch = packets.map(([bytes, edits]) => {
              const framed =
                medium === "ip"
                  ? bytes.slice()
                  : new Uint8Array([
                      2,
                      0,
                      0,
                      0,
                      0,
                      1,
                      2,
                      0,
                      0,
                      0,
                      0,
                      2,
                      bytes[0]! >>> 4 === 4 ? 8 : 0x86,
                      bytes[0]! >>> 4 === 4 ? 0 : 0xdd,
                      ...bytes,
                    ]);
              for (const [at, value] of edits) if (at < framed.length) framed[at] = value;
              return {
                bytes: framed,
                start: 0,
                end: framed.length,
                checksum: trusted ? 1 : 0,
                checksumStart: 0,
                checksumOffset: 0,
                segmentSize: 0,
                device: 0,
              } as const;
            });
            lab.link.deliver(...batch);
            lab.link.take();
          },
        ),
        { numRuns: 300 },
      );
      lab.clock.advanceTo(lab.clock.now() + 3_700_000);
      expect(lab.host.ip.allocate(1)).toBeDefined();
      expect(lab.host.interfaces).toHaveLength(2);
    },
  );
});
