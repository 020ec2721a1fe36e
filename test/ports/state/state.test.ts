import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import type { Binding, TransportProtocol } from "../../../src/ports/binding.ts";
import { PortManager } from "../../../src/ports/port-manager.ts";
import { type Profile, withSelection } from "../../../src/ports/profile.ts";
import { iana } from "../../../src/ports/profiles/iana.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { openbsd } from "../../../src/ports/profiles/openbsd.ts";
import { registry } from "../../../src/ports/profiles/register/registry.ts";
import { doubleHash } from "../../../src/ports/selection/rfc6056/double-hash.ts";
import { randomIncrements } from "../../../src/ports/selection/rfc6056/random-increments.ts";
import { simpleHash } from "../../../src/ports/selection/rfc6056/simple-hash.ts";
import { endpoint, path, request, type TestHost, testHost } from "../support/host.ts";

const published = [simpleHash, doubleHash, randomIncrements].map(
  (selection): Profile => ({
    ...iana,
    protocols: { ...iana.protocols, tcp: withSelection(iana.protocols.tcp, selection) },
  }),
);
const profiles = [...registry.map(({ profile }) => profile), ...published];

const peers = ["198.51.100.1:80", "198.51.100.1:443", "198.51.100.2:80"];
const locals = ["0.0.0.0", "192.0.2.1", "[::]"];

/** One call; numbers choose among what there is. */
const step = fc.record({
  call: fc.constantFrom(
    "reserve",
    "connect",
    "connect",
    "connect",
    "listen",
    "narrow",
    "accept",
    "hold",
    "release",
    "wait",
    "look",
    "switch",
  ),
  protocol: fc.constantFrom<TransportProtocol>("tcp", "tcp", "udp", "sctp"),
  local: fc.nat(2),
  port: fc.constantFrom(0, 0, 0, 50_003, 50_007),
  peer: fc.nat(2),
  which: fc.nat(30),
  reuse: fc.constantFrom("none", "address", "port"),
  milliseconds: fc.constantFrom(1, 700, 15_000),
  /** One of the system's by number, or none. */
  algorithm: fc.nat(8),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class History {
  readonly host: TestHost;
  bindings: Binding<string>[] = [];
  #names = 0;

  constructor(host: TestHost) {
    this.host = host;
  }

  /** What the call answered, in words. */
  take(step: Step): unknown {
    const { manager } = this.host;
    const to = path("192.0.2.1", peers[step.peer]!);
    const algorithm = manager.settings.algorithms.names(step.protocol)[step.algorithm];
    const wish = request(`${locals[step.local]!}:${step.port}`, {
      protocol: step.protocol,
      reuseAddress: step.reuse === "address",
      reusePort: step.reuse === "port",
      algorithm,
    });
    const chosen = this.bindings[step.which % Math.max(this.bindings.length, 1)];
    switch (step.call) {
      case "reserve":
        return this.#keep(manager.tryReserve(this.#name(), wish));
      case "connect":
        return this.#keep(
          manager.tryConnectNew(
            this.#name(),
            { ...wish, port: 0, domain: 4, address: endpoint("0.0.0.0:0").address },
            to,
          ),
        );
      case "switch":
        if (algorithm !== undefined) manager.settings.algorithms.take(algorithm, step);
        return algorithm;
      case "listen":
        return chosen?.state === "bound" ? manager.tryListen(chosen) : "nothing";
      case "narrow":
        return chosen?.state === "bound" && chosen.domain === 4 ? manager.tryConnect(chosen, to) : "nothing";
      case "accept":
        return this.#accept(chosen, step);
      case "hold":
        if (chosen?.state !== "connected") return "nothing";
        manager.hold(chosen, `rest of ${chosen.owner}`, this.host.now + 20_000, {
          timestamps: step.which % 2 === 0,
        });
        return chosen.port;
      case "release":
        if (chosen === undefined) return "nothing";
        manager.release(chosen);
        this.bindings = this.bindings.filter((one) => one !== chosen);
        return chosen.port;
      case "wait":
        this.host.now += step.milliseconds;
        manager.expire(this.host.now);
        this.bindings = this.bindings.filter(({ released }) => !released);
        return manager.nextDeadline();
      case "look":
        return this.#look(step);
    }
  }

  #look({ protocol, peer, which }: Step): unknown {
    const { address, port } = endpoint(peers[peer]!);
    const at = this.bindings[which % Math.max(this.bindings.length, 1)]?.port ?? 50_003;
    const { manager } = this.host;
    const found = manager.demultiplex(
      protocol,
      endpoint("192.0.2.1:1").address,
      at,
      address,
      port + which,
      0,
    );
    return [found?.owner, manager.explain(request("0.0.0.0:0", { protocol })).runs];
  }

  #accept(listener: Binding<string> | undefined, { peer, which }: Step): unknown {
    if (listener?.state !== "listening" || listener.domain === 6) return "nothing";
    const remote = { ...endpoint(peers[peer]!), port: 10_000 + which };
    const local = endpoint("192.0.2.1:1").address;
    const { manager } = this.host;
    const taken = this.bindings.some(
      (one) =>
        one.protocol === listener.protocol && one.port === listener.port && one.remote?.port === remote.port,
    );
    if (taken) return "nothing";
    return this.#keep(manager.accept(listener, this.#name(), { local, remote }));
  }

  #name(): string {
    return `owner ${this.#names++}`;
  }

  #keep(result: Binding<string> | string): unknown {
    if (typeof result === "string") return result;
    this.bindings.push(result);
    this.bindings = this.bindings.filter(({ released }) => !released);
    return result.port;
  }

  /** The history of a manager that goes on from what this one exports, by way of JSON. */
  successor(later = 0): History {
    const state: unknown = JSON.parse(JSON.stringify(this.host.manager.exported()));
    const host = testHost(this.host.manager.profile);
    host.now = this.host.now + later;
    const manager = PortManager.imported<string>(state, {
      profile: this.host.manager.profile,
      now: () => host.now,
      onExpire: ({ owner }) => host.expired.push(owner),
    });
    Object.defineProperty(host, "manager", { value: manager });
    const next = new History(host);
    next.bindings = this.bindings.map((before) => bindingOf(manager, before));
    next.#names = this.#names;
    return next;
  }
}

/** The binding that took the place of `before`: owners are told apart by their names. */
function bindingOf(manager: PortManager<string>, before: Binding<string>): Binding<string> {
  return [...manager.bindings()].find(({ owner }) => owner === before.owner)!;
}

describe("a state exported and imported", () => {
  test.each(profiles.map((profile) => [profile.name, profile] as const))(
    "goes on as the original under %s: the same answers to the same calls, for ever",
    (_name, profile) => {
      fc.assert(
        fc.property(
          fc.integer(),
          fc.array(step, { maxLength: 40 }),
          fc.array(step, { maxLength: 40 }),
          (seed, before, after) => {
            const original = new History(testHost(profile, seed));
            original.host.manager.range = [50_000, 50_011];
            for (const each of before) original.take(each);
            const copy = original.successor();
            expect(copy.host.manager.snapshot()).toEqual(original.host.manager.snapshot());
            expect(numbersOf(copy)).toEqual(numbersOf(original));
            for (const each of after) expect(copy.take(each)).toEqual(original.take(each));
            expect(copy.host.manager.snapshot()).toEqual(original.host.manager.snapshot());
            expect(numbersOf(copy)).toEqual(numbersOf(original));
            expect(copy.host.expired.toSorted()).toEqual(
              original.host.expired
                .slice(-copy.host.expired.length || original.host.expired.length)
                .toSorted(),
            );
            expect(copy.host.manager.exported()).toEqual(original.host.manager.exported());
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  test("a port of Linux remembers that connect(2) had it first", () => {
    const original = new History(testHost(linux));
    const { manager } = original.host;
    const first = manager.connectNew("first", request("0.0.0.0:0"), path("192.0.2.1", peers[0]!));
    const wish = request(`0.0.0.0:${first.port}`, { reuseAddress: true });
    first.reuseAddress = true;
    original.bindings.push(manager.reserve("second", wish));
    manager.release(first);
    for (const { host, bindings } of [original.successor(), original]) {
      host.manager.connect(bindings[0]!, path("192.0.2.1", peers[1]!));
      host.manager.release(host.manager.reserve("third", wish));
      expect(bindings[0]!.explicit).toBe(false);
    }
  });

  test("what rests has as long to rest on another clock", () => {
    const original = new History(testHost(linux));
    const { manager } = original.host;
    manager.hold(manager.connectNew("a", request("0.0.0.0:0"), path("192.0.2.1", peers[0]!)), "a", 60_000);
    original.host.now = 20_000;
    const copy = original.successor(1_000_000);
    expect(copy.host.manager.nextDeadline()).toBe(1_060_000);
    copy.host.manager.expire(1_060_000);
    expect(copy.host.expired).toEqual(["a"]);
  });

  test("the state of chance from elsewhere asks for it again", () => {
    const foreign = {
      ...seededRandom(1),
      uint32: () => 5,
      below: () => 1,
      bytes: (into: Uint8Array) => into.fill(7),
      fork: () => foreign,
    };
    const options = { profile: iana, now: () => 0 };
    const state = new PortManager<string>({ ...options, random: foreign }).exported();
    expect(state.random).toBe(undefined);
    expect(() => PortManager.imported(state, options)).toThrow("random");
    expect(PortManager.imported(state, { ...options, random: foreign }).range).toEqual(iana.range);
  });
});

describe("what is set for one protocol", () => {
  const taken = (state: unknown) =>
    PortManager.imported<string>(JSON.parse(JSON.stringify(state)), { profile: openbsd, now: () => 0 });

  test("goes on with it", () => {
    const { manager } = testHost(openbsd);
    manager.range = [50_000, 50_099];
    const { settings } = manager;
    settings.of("udp").range = [40_000, 40_009];
    settings.of("tcp", 6).reserved = [[50_000, 50_009]];
    settings.of("tcp").neverChosen = [];
    settings.of("sctp").unprivilegedStart = 2000;
    const udp = request("0.0.0.0:0", { protocol: "udp" });
    manager.reserve("u", udp);
    const after = taken(manager.exported());
    expect(settings.apart.length).toBe(4);
    expect(after.apart).toEqual(settings.apart);
    expect([after.range, after.stats().udp?.free]).toEqual([[50_000, 50_099], 9]);
    for (let i = 0; i < 9; i++) expect(after.reserve("u", udp).port).toBe(manager.reserve("u", udp).port);
  });

  test("is nothing in a state of version 1: it is read as it was meant", () => {
    const { manager } = testHost(openbsd);
    manager.range = [2048, 2050];
    manager.reserved = [[2050, 2050]];
    const { settings, ...state } = manager.exported();
    const { apart, ...old } = settings;
    const after = taken({ ...state, version: 1, settings: old });
    expect([apart, after.apart, after.range, after.reserved]).toEqual([
      ...[[], [], [2048, 2050], [[2050, 2050]]],
    ]);
    expect(after.settings.of("tcp").neverChosen).toEqual(openbsd.protocols.tcp.neverChosen);
    expect(after.reserve("x", request("0.0.0.0:0")).port).toBe(2048);
    expect(after.exported().version).toBe(2);
  });
});

describe("what is no state is refused, and says where", () => {
  const options = { profile: linux, now: () => 0 };
  function state(): Record<string, unknown> {
    const { manager } = testHost(linux);
    manager.settings.of("udp", 6).range = [40_000, 40_009];
    manager.settings.of("udp", 6).neverChosen = [[40_003, 40_003]];
    manager.settings.of("sctp").reserved = [[50_000, 50_009]];
    manager.listen(manager.reserve("web", request("0.0.0.0:80")));
    manager.hold(manager.connectNew("a", request("0.0.0.0:0"), path("192.0.2.1", peers[0]!)), "a", 60_000);
    return JSON.parse(JSON.stringify(manager.exported())) as Record<string, unknown>;
  }
  type Part = Record<string, never>;
  const spoil = (change: (state: never) => void): unknown => {
    const spoilt = state();
    change(spoilt as never);
    return spoilt;
  };

  test.each<[string, unknown, string | RegExp]>([
    ["nothing", undefined, "format"],
    ["another format", { format: "JSON" }, "format"],
    ["another version", spoil((s: { version: number }) => (s.version = 3)), "version 3: this reads 1 and 2"],
    [
      "another profile",
      spoil((s: { profile: string }) => (s.profile = "iana")),
      '"iana" cannot go on under "linux"',
    ],
    [
      "a range of nothing",
      spoil((s: { settings: { range: number[] } }) => (s.settings.range = [5, 4])),
      "settings.range",
    ],
    [
      "a protocol's range of nothing",
      spoil((s: { settings: { apart: { range: number[] }[] } }) => (s.settings.apart[0]!.range = [0, 4])),
      "settings.apart[0].range",
    ],
    [
      "a version of IP that is none",
      spoil((s: { settings: { apart: { domain?: number }[] } }) => (s.settings.apart[1]!.domain = 5)),
      "settings.apart[1].domain",
    ],
    [
      "an algorithm that the system has not",
      spoil((s: { settings: Part }) =>
        Object.assign(s.settings, { algorithms: [{ protocol: "tcp", domain: 4, name: "hash" }] }),
      ),
      "settings.algorithms",
    ],
    [
      "what such an algorithm has counted",
      spoil((s: { protocols: { tcp: Part } }) =>
        Object.assign(s.protocols.tcp, { algorithms: { hash: [] } }),
      ),
      "protocols.tcp.algorithms.hash",
    ],
    [
      "busy seconds that are none",
      spoil((s: { settings: Part }) => Object.assign(s.settings, { busy: { choices: 10, seconds: -1 } })),
      "settings.busy",
    ],
    [
      "an unknown protocol",
      spoil((s: { protocols: Part }) => Object.assign(s.protocols, { dccp: {} })),
      "protocols.dccp",
    ],
    [
      "a port that is none",
      spoil((s: Spoilt) => (s.protocols.tcp.bindings[1]!.port = 70_000)),
      "tcp.bindings[1].port",
    ],
    [
      "an address that is none",
      spoil((s: Spoilt) => (s.protocols.tcp.bindings[0]!.address = "x")),
      "tcp.bindings[0].address",
    ],
    [
      "a hold without end",
      spoil((s: Spoilt) => delete s.protocols.tcp.bindings[1]!.rest),
      "held without an end",
    ],
    [
      "a serial number twice",
      spoil((s: Spoilt) => (s.protocols.tcp.bindings[1]!.serial = 0)),
      "serial number twice",
    ],
    [
      "a receiver nobody knows",
      spoil((s: Spoilt) => (s.protocols.tcp.receivers[0]!.order = [9])),
      "receivers[0].order",
    ],
    [
      "random numbers of another kind",
      spoil((s: { random: unknown }) => (s.random = { key: [1], state: [] })),
      "random",
    ],
  ])("%s", (_name, spoilt, message) => {
    expect(() => PortManager.imported(spoilt, options)).toThrow(message);
  });

  interface Spoilt {
    protocols: {
      tcp: {
        bindings: { port: number; address: string; serial: number; rest?: unknown }[];
        receivers: { order: number[] }[];
      };
    };
  }

  test.each(["gone", null, "text", -1])(
    "whatever in a state is %j, it is refused or stands: it never breaks",
    (instead) => {
      const paths = pathsOf(state());
      for (const at of paths) {
        const spoilt = state();
        put(spoilt, at, instead);
        try {
          PortManager.imported(spoilt, options).snapshot();
        } catch (error) {
          expect(`${(error as Error).name} ${(error as Error).message}`).toMatch(
            /^(TypeError|RangeError) (not a state of ports|a state of ports|not a saved stream)/,
          );
        }
      }
      expect(paths.length).toBeGreaterThan(60);
    },
  );
});

function numbersOf({ host: { manager } }: History): unknown {
  const stats = Object.entries(manager.stats()).map(([protocol, { flowBytes: _, ...numbers }]) => [
    protocol,
    numbers,
  ]);
  return [stats, manager.range, manager.settings.timeWaitReuse];
}

function pathsOf(value: unknown, before: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [before];
  const inside = Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...before, key]));
  return before.length === 0 ? inside : [before, ...inside];
}

function put(value: unknown, [first, ...rest]: readonly string[], instead: unknown): void {
  const object = value as Record<string, unknown>;
  if (rest.length > 0) put(object[first!], rest, instead);
  else if (instead !== "gone" || Array.isArray(object)) object[first!] = instead;
  else delete object[first!];
}
