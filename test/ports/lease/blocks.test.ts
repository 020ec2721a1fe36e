import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import {
  type DeterministicOptions,
  deterministicBlocks,
  type PortLease,
} from "../../../src/ports/lease/blocks.ts";
import { LeasedPorts } from "../../../src/ports/lease/leased-ports.ts";
import { PortManager } from "../../../src/ports/port-manager.ts";
import type { Profile } from "../../../src/ports/profile.ts";
import { iana } from "../../../src/ports/profiles/iana.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { outcome, path, request, testHost } from "../support/host.ts";

describe("deterministic blocks [RFC 7422]", () => {
  test("one after the other, of one size, and who has a port needs no log", () => {
    const blocks = deterministicBlocks({ subscribers: 16 });
    expect(blocks.own(0).range).toEqual([1024, 5055]);
    expect(blocks.own(1).range).toEqual([5056, 9087]);
    expect(blocks.own(15).range).toEqual([61504, 65535]);
    expect([1023, 1024, 5055, 5056, 65535].map((port) => blocks.subscriberAt(port))).toEqual([
      ...[undefined, 0, 0, 1, 15],
    ]);
    expect(blocks.lease(0, 0)).toBe("exhausted"); // no pool
  });

  test("the pool: blocks up to the limit, which rest when they come back [RFC 6888 REQ-4, REQ-8]", () => {
    const blocks = deterministicBlocks({
      ...{ range: [10_000, 10_099], subscribers: 5, common: 0.5, blockSize: 20 },
      ...{ limit: 50, quarantine: 1000 },
    });
    expect(blocks.own(4).range).toEqual([10_040, 10_049]);
    const [one, two] = [blocks.lease(0, 0), blocks.lease(0, 0)] as [PortLease, PortLease];
    expect([one.range, two.range]).toEqual([
      [10_050, 10_069],
      [10_070, 10_089],
    ]);
    expect(blocks.lease(0, 0)).toBe("limit");
    expect(blocks.lease(1, 0)).toBe("exhausted"); // ten ports are left: no whole block
    expect([10_050, 10_089, 10_090].map((port) => blocks.subscriberAt(port))).toEqual([0, 0, undefined]);
    blocks.release(one, 500);
    expect([blocks.subscriberAt(10_050), blocks.lease(1, 1499)]).toEqual([undefined, "exhausted"]);
    expect(blocks.lease(1, 1500)).toEqual({ subscriber: 1, kind: "common", range: [10_050, 10_069] });
  });

  test.each<[string, DeterministicOptions]>([
    ["nobody", { subscribers: 0 }],
    ["half a subscriber", { subscribers: 1.5 }],
    ["more subscribers than ports", { range: [10, 19], subscribers: 11 }],
    ["a range that is none", { range: [20, 10], subscribers: 1 }],
    ["all in common", { subscribers: 2, common: 1 }],
    ["a limit below one's own", { range: [10, 19], subscribers: 1, limit: 9 }],
    ["blocks of nothing", { subscribers: 1, blockSize: 0 }],
    ["no number of milliseconds", { subscribers: 1, quarantine: Number.NaN }],
  ])("%s is refused", (_name, options) => {
    expect(() => deterministicBlocks(options)).toThrow(RangeError);
  });

  test("a stranger has no block, and nobody gives back what is not his", () => {
    const blocks = deterministicBlocks({ subscribers: 2, common: 0.5 });
    for (const stranger of [-1, 2, 0.5]) expect(() => blocks.own(stranger)).toThrow(RangeError);
    const lease = blocks.lease(0, 0) as PortLease;
    for (const wrong of [{ ...lease, subscriber: 1 }, blocks.own(0), { ...lease, range: [1, 2] as const }])
      expect(() => blocks.release(wrong, 0)).toThrow(RangeError);
    blocks.release(lease, 0);
    expect(() => blocks.release(lease, 0)).toThrow(RangeError);
  });
});

/** Hosts that share 192.0.2.1, each with a port manager supplied from the same blocks. */
function share(options: DeterministicOptions, profile: Profile) {
  const time = { now: 0 };
  const blocks = deterministicBlocks(options);
  const hosts = Array.from({ length: options.subscribers }, (_, subscriber) => {
    const leased = new LeasedPorts(blocks, subscriber, () => time.now);
    const random = seededRandom(`host ${subscriber}`);
    const ports = new PortManager<string>({
      ...{ profile, random, now: () => time.now, claim: leased.claim, more: leased.more },
    });
    leased.supply(ports);
    return { leased, ports };
  });
  return { time, blocks, hosts };
}

const web = path("192.0.2.1", "198.51.100.1:80");

describe("several hosts that share one address", () => {
  test("each chooses from its own block, then from the pool until its limit; the error tells of the range", () => {
    const { hosts, time } = share(
      { range: [50_000, 50_019], subscribers: 2, common: 0.5, blockSize: 3, limit: 11, quarantine: 100 },
      iana,
    );
    const [a, b] = hosts as [(typeof hosts)[0], (typeof hosts)[0]];
    const of = ({ ports }: typeof a, count: number) =>
      Array.from({ length: count }, () => outcome(() => ports.connectNew("x", request("0.0.0.0:0"), web)));
    expect(of(a, 5)).toEqual([50_000, 50_001, 50_002, 50_003, 50_004]);
    expect(of(b, 6)).toEqual([50_005, 50_006, 50_007, 50_008, 50_009, 50_010]);
    expect(of(a, 4)).toEqual([50_013, 50_014, 50_015, 50_016]);
    expect(a.leased.ranges).toEqual([
      [50_000, 50_004],
      [50_013, 50_015],
      [50_016, 50_018],
    ]);
    expect(of(a, 3)).toEqual([50_017, 50_018, "EADDRNOTAVAIL"]);
    expect(() => a.ports.connectNew("x", request("0.0.0.0:0"), web)).toThrow(
      expect.objectContaining({ inUse: 11, held: 0, range: [50_000, 50_018] }),
    );
    for (const binding of [...a.ports.bindings()]) if (binding.port > 50_015) a.ports.release(binding);
    expect([a.leased.giveBack(), a.leased.giveBack()]).toEqual([1, 0]);
    expect(of(b, 3).at(-1)).toBe("EADDRNOTAVAIL"); // what came back rests
    time.now = 100;
    expect(of(b, 1)).toEqual([50_016]);
  });

  test("what a host has reserved for one protocol stays reserved for it, whatever is leased", () => {
    const blocks = deterministicBlocks({
      range: [50_000, 50_019],
      subscribers: 2,
      common: 0.5,
      blockSize: 5,
    });
    const leased = new LeasedPorts(blocks, 0, () => 0);
    const { claim, more } = leased;
    const { manager } = testHost(iana, 1, { claim, more });
    manager.settings.of("udp").reserved = [[50_000, 50_003]];
    leased.supply(manager);
    const of = (protocol: "tcp" | "udp") => manager.reserve("x", request("0.0.0.0:0", { protocol })).port;
    expect([1, 2, 3, 4, 5, 6].map(() => of("tcp"))).toEqual([
      ...[50_000, 50_001, 50_002, 50_003, 50_004, 50_010],
    ]);
    expect([of("udp"), of("udp")]).toEqual([50_004, 50_010]);
  });

  test("a port of somebody else's block is in use, whoever names it", () => {
    const { hosts } = share({ range: [50_000, 50_009], subscribers: 2 }, linux);
    const [a, b] = hosts.map(({ ports }) => ports);
    expect(outcome(() => a!.reserve("x", request("192.0.2.1:50005")))).toBe("EADDRINUSE");
    expect(outcome(() => b!.reserve("x", request("192.0.2.1:50005")))).toBe(50_005);
    expect(outcome(() => a!.reserve("x", request("192.0.2.1:80")))).toBe("EADDRINUSE");
  });

  test("whatever they do, no port is two hosts' at once, and every port is known to be its host's", () => {
    const call = fc.record({
      host: fc.nat(2),
      does: fc.constantFrom("connect", "bind", "release", "give back", "wait"),
    });
    fc.assert(
      fc.property(fc.constantFrom(iana, linux), fc.array(call, { maxLength: 120 }), (profile, calls) => {
        const { hosts, blocks, time } = share(
          { range: [50_000, 50_029], subscribers: 3, common: 0.6, blockSize: 4, quarantine: 10 },
          profile,
        );
        for (const { host, does } of calls) {
          const { ports, leased } = hosts[host]!;
          if (does === "connect") ports.tryConnectNew("x", request("0.0.0.0:0"), web);
          else if (does === "bind") ports.tryReserve("x", request("0.0.0.0:0"));
          else if (does === "give back") leased.giveBack();
          else if (does === "wait") time.now += 7;
          else for (const binding of [...ports.bindings()].slice(0, 3)) ports.release(binding);
        }
        hosts.forEach(({ ports }, subscriber) => {
          for (const { port } of ports.bindings()) expect(blocks.subscriberAt(port)).toBe(subscriber);
        });
      }),
    );
  });
});
