import { describe, expect, test } from "vitest";
import { address, formatAddress } from "../../../src/base/address.ts";
import { formatPrefix } from "../../../src/base/prefix.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { prolong, RouterDiscovery } from "../../../src/protocols/ip/router-discovery.ts";
import type { NdRouterAdvertisement } from "../../../src/wire/icmp/nd.ts";
import type { NdOption } from "../../../src/wire/icmp/nd-options.ts";
import { FakeTimers } from "./support/timers.ts";

const router = address("fe80::1");

function discovery(): { timers: FakeTimers; said: string[]; machine: RouterDiscovery } {
  const timers = new FakeTimers();
  const said: string[] = [];
  const machine = new RouterDiscovery(timers, seededRandom(1), {
    solicit: () => said.push(`solicit at ${timers.now}`),
    defaultRouter: (one, expires, preference) =>
      said.push(`router ${formatAddress(one)} until ${expires} rank ${preference}`),
    onLink: (prefix, expires) => said.push(`on-link ${formatPrefix(prefix)} until ${expires}`),
    autoconfigure: (prefix, preferred, valid) =>
      said.push(`form ${formatAddress(prefix)} ${preferred} ${valid}`),
    parameters: ({ hopLimit, mtu, reachableTime, retransTimer }) =>
      said.push(`parameters ${hopLimit} ${mtu} ${reachableTime} ${retransTimer}`),
  });
  return { timers, said, machine };
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
    options: [],
    ...change,
  };
}

function prefixOption(change: Partial<Extract<NdOption, { kind: "prefix-information" }>> = {}): NdOption {
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

describe("router discovery", () => {
  test("asks three times, four seconds apart, after less than a second [RFC 4861 6.3.7]", () => {
    const { timers, said, machine } = discovery();
    machine.start(0);
    const first = timers.next;
    expect(first).toBeLessThan(1000);
    timers.advance(60_000);
    expect(said).toEqual([`solicit at ${first}`, `solicit at ${first + 4000}`, `solicit at ${first + 8000}`]);
  });

  test("stops asking once a router has answered [RFC 4861 6.3.7]", () => {
    const { timers, said, machine } = discovery();
    machine.start(0);
    machine.advertised(router, advertisement({ lifetime: 0 }), 1500, 0);
    expect(timers.next).toBeLessThan(1000);
    machine.advertised(router, advertisement(), 1500, 0);
    timers.advance(60_000);
    expect(said.filter((line) => line.startsWith("solicit"))).toEqual([]);
  });

  test("believes lifetimes, prefixes and parameters [RFC 4861 6.3.4] [RFC 4862 5.5.3]", () => {
    const { said, machine } = discovery();
    const options: NdOption[] = [prefixOption(), { kind: "mtu", mtu: 1400 }];
    machine.advertised(
      router,
      advertisement({ hopLimit: 32, reachableTime: 20_000, preference: 1, options }),
      1500,
      1000,
    );
    expect(said).toEqual([
      "router fe80::1 until 1801000 rank 1",
      "parameters 32 1400 20000 undefined",
      "on-link 2001:db8::/64 until 7201000",
      "form 2001:db8:: 3600000 7200000",
    ]);
  });

  test.each<[string, NdOption]>([
    ["link-local", prefixOption({ prefix: address("fe80::") })],
    ["of groups", prefixOption({ prefix: address("ff15::") })],
    ["of IPv4-mapped addresses", prefixOption({ prefix: address("::ffff:192.0.2.0"), prefixLength: 24 })],
    ["of an IPv4-mapped host", prefixOption({ prefix: address("::ffff:192.0.2.1"), prefixLength: 128 })],
    ["of the loopback", prefixOption({ prefix: address("::") })],
    ["longer than an address", prefixOption({ prefixLength: 129 })],
    ["neither on-link nor autonomous", prefixOption({ onLink: false, autonomous: false })],
    ["not of 64 bits", prefixOption({ onLink: false, prefixLength: 63 })],
    ["preferred for longer than valid", prefixOption({ onLink: false, preferredLifetime: 9000 })],
  ])("makes nothing of a prefix that is %s [RFC 4862 5.5.3]", (_, option) => {
    const { said, machine } = discovery();
    machine.advertised(router, advertisement({ options: [option] }), 1500, 0);
    expect(said.slice(2)).toEqual([]);
  });

  test.each([[1279], [1501], [9000]])(
    "does not take an MTU of %i on a link of 1500 [RFC 4861 6.3.4]",
    (mtu) => {
      const { said, machine } = discovery();
      machine.advertised(router, advertisement({ options: [{ kind: "mtu", mtu }] }), 1500, 0);
      expect(said[1]).toBe("parameters undefined undefined undefined undefined");
    },
  );

  test("looks at sixteen prefixes of one advertisement", () => {
    const { said, machine } = discovery();
    const options = Array.from({ length: 40 }, () =>
      prefixOption({ autonomous: false, validLifetime: 0xffffffff }),
    );
    machine.advertised(router, advertisement({ options }), 1500, 0);
    expect(said.slice(2)).toEqual(new Array(16).fill("on-link 2001:db8::/64 until Infinity"));
  });
});

describe("the lifetimes of a formed address", () => {
  const hours = 3_600_000;

  test.each([
    ["may grow", 1, 5, 5],
    ["may shrink to more than two hours", 9, 3, 3],
    ["shrink to two hours and no further", 9, 0.5, 2],
    ["do not shrink where less than two hours remain", 1.5, 0.5, 1.5],
  ])("%s [RFC 4862 5.5.3 e]", (_, remaining, advertised, expected) => {
    const old = { preferredUntil: 100, validUntil: 100 + remaining * hours };
    const { preferredUntil, validUntil } = prolong(old, 1000, advertised * hours, 100);
    expect(validUntil).toBe(100 + expected * hours);
    expect(preferredUntil).toBe(1100);
  });
});
