/** Systems that let the host or a socket choose how ports are chosen. */
import { describe, expect, test } from "vitest";
import type { BindOptions } from "../../../src/ports/binding.ts";
import { type Profile, withAlgorithm } from "../../../src/ports/profile.ts";
import { freebsd, freebsd13 } from "../../../src/ports/profiles/freebsd.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { macos } from "../../../src/ports/profiles/macos.ts";
import { netbsd } from "../../../src/ports/profiles/netbsd.ts";
import { registry } from "../../../src/ports/profiles/register/registry.ts";
import { rfc6056 } from "../../../src/ports/profiles/rfc6056.ts";
import { path, request, type TestHost, testHost } from "../support/host.ts";

const web = path("192.0.2.1", "198.51.100.1:443");

function bind({ manager }: TestHost, more: Partial<BindOptions> & { protocol?: "tcp" | "udp" } = {}): number {
  return manager.reserve("x", request("0.0.0.0:0", more)).port;
}

function connect({ manager }: TestHost, algorithm?: string): number {
  return manager.connectNew("x", request("0.0.0.0:0", { algorithm }), web).port;
}

function nameOf({ manager }: TestHost, algorithm?: string, domain: 4 | 6 = 4): string {
  return manager.explain({ ...request("0.0.0.0:0", { algorithm }), domain }, web).selection;
}

describe("a host takes another algorithm", () => {
  test("for everything, one protocol or one version of IP; and the usual one again", () => {
    const host = testHost(netbsd);
    const { algorithms } = host.manager.settings;
    expect(algorithms.names("tcp")).toEqual([
      "bsd",
      "random_start",
      "random_pick",
      "hash",
      "doublehash",
      "randinc",
    ]);
    expect(algorithms.selected("tcp", 4)).toBe("bsd");
    algorithms.take("hash", { domain: 6 });
    expect([nameOf(host), nameOf(host, undefined, 6)]).toEqual(["netbsd-bsd", "netbsd-hash"]);
    algorithms.take("randinc", { protocol: "udp" });
    expect([algorithms.selected("tcp", 4), algorithms.selected("udp", 4)]).toEqual(["bsd", "randinc"]);
    algorithms.take("random_pick");
    expect([nameOf(host), nameOf(host, undefined, 6)]).toEqual(["netbsd-random-pick", "netbsd-random-pick"]);
    algorithms.take("bsd");
    expect(nameOf(host, undefined, 6)).toBe("netbsd-bsd");
  });

  test("and goes on where it was when it comes back", () => {
    const host = testHost(netbsd);
    const { algorithms } = host.manager.settings;
    expect([bind(host), bind(host)]).toEqual([65535, 65534]);
    algorithms.take("random_start");
    const between = bind(host);
    algorithms.take("bsd");
    expect(bind(host)).toBe(between === 65533 ? 65532 : 65533);
  });

  test("not one that its system has not, and nothing has changed", () => {
    const { settings } = testHost(macos).manager;
    expect(() => settings.algorithms.take("hash")).toThrow(RangeError);
    expect(() => testHost(linux).manager.settings.algorithms.take("random")).toThrow(
      'linux has no algorithm "random"',
    );
    expect(settings.algorithms.all()).toEqual([]);
  });

  test("of which a hash waits for its destination: bind(2) is left to the plain one", () => {
    const host = testHost(netbsd);
    host.manager.settings.algorithms.take("doublehash");
    expect(nameOf(host)).toBe("double-hash");
    expect(host.manager.explain(request("0.0.0.0:0")).selection).toBe("netbsd-bsd");
    expect(bind(host)).toBe(65535);
  });
});

describe("a socket takes another algorithm", () => {
  test("for itself alone", () => {
    const host = testHost(macos);
    expect([bind(host), bind(host)]).toEqual([49152, 49153]);
    const own = bind(host, { algorithm: "random" });
    expect(own).not.toBe(49154);
    // in_pcbbind: the last port is the protocol's, whoever chose it
    expect(bind(host)).toBe(own + 1);
  });

  test("before what the host has taken", () => {
    const host = testHost(rfc6056);
    host.manager.settings.algorithms.take("sequential");
    expect(nameOf(host)).toBe("sequential");
    expect(nameOf(host, "random-increments")).toBe("random-increments");
    expect([connect(host), connect(host)]).toEqual([1024, 1025]);
    connect(host, "random");
    expect(connect(host)).toBe(1026);
  });

  test("but none that is not there: refused before anything has changed", () => {
    const { manager } = testHost(freebsd);
    for (const algorithm of ["hash", "constructor", ""])
      expect(() => manager.reserve("x", request("0.0.0.0:0", { algorithm }))).toThrow(RangeError);
    expect(manager.snapshot()).toEqual([]);
    expect(manager.stats().tcp).toMatchObject({ allocations: 0 });
  });
});

describe("FreeBSD", () => {
  test.each([freebsd13, freebsd])(
    "without portrange.randomized: $name goes on from the last port",
    (profile) => {
      const host = testHost(profile);
      const last = bind(host);
      host.manager.settings.algorithms.take("sequential");
      expect([bind(host), connect(host)]).toEqual([last + 1, last + 2]);
    },
  );

  test("13 with another portrange.randomcps and .randomtime", () => {
    const host = testHost(freebsd13);
    Object.assign(host.manager.settings.algorithms.busy, { choices: 2, seconds: 3 });
    const follows = (): boolean => bind(host) + 1 === bind(host);
    for (let i = 0; i < 3; i++) bind(host);
    const followed: boolean[] = [];
    for (const second of [1, 2, 3, 4, 5]) {
      host.now = second * 1000;
      followed.push(follows());
    }
    expect(followed).toEqual([true, true, true, false, false]);
  });
});

describe.each(
  registry
    .map(({ profile }) => profile)
    .filter(({ protocols }) => protocols.tcp.algorithms !== undefined)
    .map((profile) => [profile.name, profile] as const),
)("every algorithm of %s", (_, profile: Profile) => {
  const names = Object.keys(profile.protocols.tcp.algorithms!);

  test.each(names)("%s tells beforehand what it will choose, and what that costs", (name) => {
    const host = testHost(profile);
    const told: (number | undefined)[] = [];
    host.manager.onChoice = ({ port }) => told.push(port);
    for (let i = 0; i < 20; i++) {
      const wish = request("0.0.0.0:0", { algorithm: name });
      expect(host.manager.explain(wish, web).port).toBe(connect(host, name));
    }
    expect(told).toHaveLength(20);
    const { selection, cost } = host.manager.forecast(request("0.0.0.0:0", { algorithm: name }), web, {
      samples: 50,
    });
    expect(selection).toBe(nameOf(host, name));
    expect(cost.mean).toBeGreaterThan(0);
  });

  test.each(names)("%s goes on after a restart where its counters are kept", (name) => {
    const before = testHost(profile);
    for (let i = 0; i < 5; i++) connect(before, name);
    const counters = JSON.parse(JSON.stringify(before.manager.counters()));
    const after = testHost(profile, 2, { restart: { counters } });
    nameOf(after, name); // its ports are looked at
    expect(after.manager.counters()).toEqual(counters);
  });

  test.each(names)("%s is what the profile made with it does by itself", (name) => {
    expect(nameOf(testHost(withAlgorithm(profile, name)))).toBe(nameOf(testHost(profile), name));
  });
});
