import { describe, expect, test } from "vitest";
import { type Address, address, formatAddress } from "../../../src/base/address.ts";
import { formatPrefix } from "../../../src/base/prefix.ts";
import type { InterfaceOptions } from "../../../src/stack/interface/interface-options.ts";
import { fillTransportChecksum } from "../../../src/wire/checksums.ts";
import { emitNd, type NdMessage, type NdRouterAdvertisement, ndLength } from "../../../src/wire/icmp/nd.ts";
import type { NdOption, NdPrefixInformation } from "../../../src/wire/icmp/nd-options.ts";
import { emitEthernet, etherTypes } from "../../../src/wire/link/ethernet.ts";
import { multicastMac } from "../../../src/wire/link/mac.ts";
import { protocols } from "../../../src/wire/protocols.ts";
import { Lab, packetTo } from "../support/lab.ts";

const routerMac = 0x0200000000fe;

function lab(options: InterfaceOptions = {}): Lab {
  const made = new Lab({ medium: "ethernet" }, { addresses: [], mac: "02:00:00:00:00:01", ...options });
  made.clock.advanceTo(made.clock.now() + 2500);
  made.link.take();
  return made;
}

function deliver({ link }: Lab, message: NdMessage, from = "fe80::fe", to = "ff02::1"): void {
  const bytes = new Uint8Array(ndLength(message));
  emitNd(message, bytes, 0);
  fillTransportChecksum(protocols.icmpv6, address(from), address(to), bytes, 0, bytes.length);
  const packet = packetTo(to, bytes, { from, nextHeader: protocols.icmpv6, hopLimit: 255 });
  const frame = new Uint8Array(14 + packet.length);
  const destination = to.startsWith("ff") ? multicastMac(address(to)) : 0x020000000001;
  emitEthernet({ destination, source: routerMac, type: etherTypes.ipv6, tag: -1 }, frame, 0);
  frame.set(packet, 14);
  link.deliver(frame);
}

function advertisement(change: Partial<NdRouterAdvertisement> = {}): NdRouterAdvertisement {
  return {
    kind: "router-advertisement",
    hopLimit: 0,
    managed: false,
    otherConfiguration: false,
    preference: 0,
    lifetime: 1800,
    reachableTime: 0,
    retransTimer: 0,
    options: [{ kind: "source-link-layer", mac: routerMac }],
    ...change,
  };
}

function prefix(change: Partial<NdPrefixInformation> = {}): NdOption {
  return {
    kind: "prefix-information",
    prefix: address("2001:db8::"),
    prefixLength: 64,
    onLink: true,
    autonomous: true,
    validLifetime: 7200,
    preferredLifetime: 3600,
    ...change,
  };
}

function addresses({ interface: by }: Lab): string[] {
  return by.addresses.map(
    ({ address: own, prefixLength, state }) => `${formatAddress(own)}/${prefixLength} ${state}`,
  );
}

function routes({ host }: Lab): string[] {
  const text = (via: Address | undefined): string =>
    via === undefined ? "on link" : `via ${formatAddress(via)}`;
  return host.routes
    .filter(({ device, origin }) => device === 2 && origin !== "address")
    .map(({ prefix: to, via, metric }) => `${formatPrefix(to)} ${text(via)} ${metric}`);
}

const linkLocal = "fe80::ff:fe00:1/64 preferred";

describe("an Ethernet interface", () => {
  test("gives itself a link-local address and asks for routers [RFC 4862 5.3]", () => {
    const tested = new Lab({ medium: "ethernet" }, { addresses: [], mac: "02:00:00:00:00:01" });
    expect(addresses(tested)).toEqual(["fe80::ff:fe00:1/64 tentative"]);
    tested.clock.run();
    expect(addresses(tested)).toEqual([linkLocal]);
    const types = tested.link.take().map((frame) => frame[54]);
    expect(types.filter((type) => type === 133)).toHaveLength(3);
    expect(types.filter((type) => type === 135)).toHaveLength(1);
  });

  test("makes another stable address where the first is taken, three times [RFC 7217 6]", () => {
    const tested = new Lab({ medium: "ethernet" }, { addresses: [], linkLocal: "stable" });
    const seen = new Set<string>();
    for (let i = 0; i < 4; i++) {
      const [own] = tested.interface.addresses;
      seen.add(formatAddress(own!.address));
      const message: NdMessage = {
        kind: "neighbor-advertisement",
        router: false,
        solicited: false,
        override: true,
        target: own!.address,
        options: [],
      };
      deliver(tested, message, formatAddress(own!.address));
    }
    expect(seen.size).toBe(4);
    expect(tested.interface.addresses.map(({ state }) => state)).toEqual(["duplicate"]);
  });

  test("believes a router: default route, prefix, address, parameters [RFC 4861 6.3.4] [RFC 4862 5.5.3]", () => {
    const tested = lab();
    const options: NdOption[] = [
      { kind: "source-link-layer", mac: routerMac },
      prefix(),
      { kind: "mtu", mtu: 1400 },
    ];
    deliver(tested, advertisement({ hopLimit: 32, options }));
    expect(routes(tested)).toEqual(["2001:db8::/64 on link 256", "::/0 via fe80::fe 1024"]);
    expect(addresses(tested)).toEqual([linkLocal, "2001:db8::ff:fe00:1/64 tentative"]);
    tested.clock.advanceTo(tested.clock.now() + 2500);
    expect(addresses(tested)[1]).toBe("2001:db8::ff:fe00:1/64 preferred");
    expect(tested.interface).toMatchObject({ hopLimit: 32, mtu: 1500 });
    expect(tested.host.ip.route(address("2001:db8:9::1"), {})).toMatchObject({
      mtu: 1400,
      nextHop: address("fe80::fe"),
      source: address("2001:db8::ff:fe00:1"),
    });
    expect(tested.host.neighbours()).toMatchObject([
      { address: "fe80::fe", mac: "02:00:00:00:00:fe", router: true },
    ]);
  });

  test("prefers the router that says it is better [RFC 4191 2.1]", () => {
    const tested = lab();
    deliver(tested, advertisement({ preference: 0 }), "fe80::a");
    deliver(tested, advertisement({ preference: 1 }), "fe80::b");
    deliver(tested, advertisement({ preference: 3 }), "fe80::c");
    expect(routes(tested)).toEqual([
      "::/0 via fe80::b 1023",
      "::/0 via fe80::a 1024",
      "::/0 via fe80::c 1025",
    ]);
  });

  test("lets routes and addresses go when their time is over [RFC 4861 6.3.5] [RFC 4862 5.5.4]", () => {
    const tested = lab();
    const start = tested.clock.now();
    deliver(tested, advertisement({ options: [prefix()] }));
    tested.clock.advanceTo(start + 1_800_000);
    expect(routes(tested)).toEqual(["2001:db8::/64 on link 256"]);
    tested.clock.advanceTo(start + 3_600_000);
    expect(addresses(tested)[1]).toBe("2001:db8::ff:fe00:1/64 deprecated");
    tested.clock.advanceTo(start + 7_200_000);
    expect(addresses(tested)).toEqual([linkLocal]);
    expect(routes(tested)).toEqual([]);
    expect(tested.host.timers.next()).toBe(Infinity);
  });

  test("prolongs what is advertised again, and withdraws what is no more [RFC 4862 5.5.3 e]", () => {
    const tested = lab();
    deliver(tested, advertisement({ options: [prefix()] }));
    tested.clock.advanceTo(tested.clock.now() + 3_600_000);
    deliver(
      tested,
      advertisement({ lifetime: 0, options: [prefix({ validLifetime: 0, preferredLifetime: 0 })] }),
    );
    expect(routes(tested)).toEqual([]);
    expect(addresses(tested)[1]).toContain("deprecated");
    deliver(tested, advertisement({ options: [prefix()] }));
    expect(addresses(tested)[1]).toContain("preferred");
    expect(addresses(tested)).toHaveLength(2);
  });

  test("forms sixteen addresses at most, whatever is advertised", () => {
    const tested = lab();
    for (let i = 0; i < 40; i++)
      deliver(tested, advertisement({ options: [prefix({ prefix: address(`2001:db8:${i}::`) })] }));
    expect(addresses(tested)).toHaveLength(17);
  });

  test.each<[string, () => Lab, string]>([
    ["not from the link", () => withAdvertisement(lab(), "2001:db8::1"), "ra-not-from-link"],
    [
      "where none is wanted",
      () => withAdvertisement(lab({ routerDiscovery: false }), "fe80::fe"),
      "ra-not-wanted",
    ],
  ])("ignores an advertisement %s [RFC 4861 6.1.2]", (_, make, reason) => {
    const tested = make();
    expect(routes(tested)).toEqual([]);
    expect(tested.host.drops.of("icmpv6", reason)).toBe(1);
  });

  test("a router that says it is none is a default router no more [RFC 4861 7.2.5]", () => {
    const tested = lab();
    deliver(tested, advertisement());
    expect(routes(tested)).toHaveLength(1);
    deliver(tested, {
      kind: "neighbor-advertisement",
      router: false,
      solicited: false,
      override: true,
      target: address("fe80::fe"),
      options: [],
    });
    expect(routes(tested)).toEqual([]);
  });

  describe("that is redirected", () => {
    const redirect = (target: string, destination = "2001:db8:9::1"): NdMessage => ({
      kind: "redirect",
      target: address(target),
      destination: address(destination),
      options: [{ kind: "target-link-layer", mac: 0x020000000077 }],
    });
    const connected = (): Lab => {
      const tested = lab();
      deliver(tested, advertisement({ options: [prefix()] }));
      tested.clock.advanceTo(tested.clock.now() + 2500);
      return tested;
    };
    const own = "2001:db8::ff:fe00:1";

    test("sends to the better router, or straight [RFC 4861 8.3]", () => {
      const tested = connected();
      deliver(tested, redirect("fe80::77"), "fe80::fe", own);
      deliver(tested, redirect("2001:db8:9::2", "2001:db8:9::2"), "fe80::fe", own);
      expect(routes(tested)).toEqual([
        "2001:db8:9::1/128 via fe80::77 0",
        "2001:db8:9::2/128 on link 0",
        "2001:db8::/64 on link 256",
        "::/0 via fe80::fe 1024",
      ]);
      expect(tested.host.neighbours()).toMatchObject([
        { address: "fe80::77", router: true },
        { address: "2001:db8:9::2" },
      ]);
    });

    test.each<[string, NdMessage, string, string]>([
      ["by somebody else", redirect("fe80::77"), "fe80::66", "redirect-not-from-router"],
      ["from afar", redirect("fe80::77"), "2001:db8::66", "redirect-not-from-link"],
      ["to no router and no destination", redirect("2001:db8::77"), "fe80::fe", "redirect-bad-target"],
      ["to itself", redirect("fe80::ff:fe00:1"), "fe80::fe", "redirect-to-ourselves"],
    ])("%s pays no heed [RFC 4861 8.1]", (_, message, from, reason) => {
      const tested = connected();
      deliver(tested, message, from, own);
      expect(routes(tested)).toHaveLength(2);
      expect(tested.host.drops.of("icmpv6", reason)).toBe(1);
    });
  });

  test("taken away takes everything with it", () => {
    const tested = lab();
    deliver(tested, advertisement({ options: [prefix()] }));
    tested.host.removeInterface(tested.interface);
    expect(tested.host.routes.filter(({ device }) => device === 2)).toEqual([]);
    expect(tested.host.neighbours()).toEqual([]);
    expect(tested.link.closed).toBe(true);
    expect(tested.host.timers.next()).toBe(Infinity);
    expect(tested.host.interfaces).toHaveLength(1);
  });
});

function withAdvertisement(tested: Lab, from: string): Lab {
  deliver(tested, advertisement({ options: [prefix()] }), from);
  return tested;
}
