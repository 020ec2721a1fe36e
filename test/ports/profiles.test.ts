/** Every profile of the register: what is told of it, what it does at the ends of its range, and what it says to nonsense. */
import { describe, expect, test } from "vitest";
import { anyV4, anyV6 } from "../../src/base/address.ts";
import { SocketError } from "../../src/base/errno.ts";
import type { BindRequest, TransportProtocol } from "../../src/ports/binding.ts";
import { rangeText } from "../../src/ports/profiles/register/entry.ts";
import { profileNamed, registry } from "../../src/ports/profiles/register/registry.ts";
import { unixEntries } from "../../src/ports/profiles/register/unix-entries.ts";
import { outcome, path, request, testHost } from "./support/host.ts";

const profiles = unixEntries.map(({ profile }) => profile);
const web = path("192.0.2.1", "198.51.100.1:80");

describe("the register of profiles", () => {
  test("has every name once, and finds it", () => {
    const names = registry.map(({ profile }) => profile.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { profile } of registry) expect(profileNamed(profile.name)).toBe(profile);
    expect(() => profileNamed("vms")).toThrow(RangeError);
  });

  test("says of each system what it is, since when, how it chooses and how that is known", () => {
    for (const entry of unixEntries) {
      for (const text of [entry.title, entry.version, entry.algorithm, entry.source, rangeText(entry)])
        expect(text).toMatch(/\S/);
      if (entry.variant !== undefined) expect(entry.notes).toMatch(/\S/);
    }
  });

  /** en.wikipedia.org/wiki/Ephemeral_port, the systems of Unix's family. */
  test.each([
    ["iana", [49152, 65535]],
    ["rfc6056", [1024, 65535]],
    ["freebsd-4", [49152, 65535]],
    ["bsd", [1024, 5000]],
    ["linux", [32768, 60999]],
    ["linux-2.4", [32768, 61000]],
    ["linux-2.2", [1024, 4999]],
    ["solaris", [32768, 65535]],
    ["aix", [32768, 65535]],
    ["macos", [49152, 65535]],
    ["netbsd", [49152, 65535]],
    ["openbsd", [1024, 49151]],
    ["freebsd-13", [10000, 65535]],
    ["freebsd", [10000, 65535]],
  ] as const)("%s chooses from %j", (name, range) => {
    expect(profileNamed(name).range).toEqual(range);
  });
});

/** What an exhausted range is called: [TCP bind(2), TCP connect(2), UDP bind(2), UDP connect(2)], by IPv4 and, where it differs, IPv6. */
const exhaustion: Readonly<Record<string, readonly [string, string, string, string]>> = {
  linux: ["EADDRINUSE", "EADDRNOTAVAIL", "EADDRINUSE", "EAGAIN"],
  "linux-as-published": ["EADDRINUSE", "EADDRNOTAVAIL", "EADDRINUSE", "EAGAIN"],
  "linux-2.4": ["EADDRINUSE", "EAGAIN", "EADDRINUSE", "EAGAIN"],
  "linux-2.2": ["EADDRINUSE", "EAGAIN", "EADDRINUSE", "EAGAIN"],
  iana: ["EADDRINUSE", "EADDRNOTAVAIL", "EADDRINUSE", "EAGAIN"],
  rfc6056: ["EADDRINUSE", "EADDRNOTAVAIL", "EADDRINUSE", "EAGAIN"],
  netbsd: ["EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN"],
  "netbsd-random-start": ["EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN"],
  "netbsd-random-pick": ["EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN"],
  "netbsd-randinc": ["EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN"],
  "netbsd-hash": ["EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN"],
  "netbsd-hash-as-published": ["EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN"],
  "netbsd-doublehash": ["EAGAIN", "EAGAIN", "EAGAIN", "EAGAIN"],
};
const bsdExhaustion = ["EADDRNOTAVAIL", "EADDRNOTAVAIL", "EADDRNOTAVAIL", "EADDRNOTAVAIL"] as const;

describe.each(profiles)("$name", (profile) => {
  const expected = exhaustion[profile.name] ?? bsdExhaustion;

  test("calls an exhausted range by the system's own errno, in each call, and is as before", () => {
    const { manager } = testHost(profile);
    manager.reserved = [manager.range];
    const before = JSON.stringify(manager.snapshot());
    const ask = (protocol: TransportProtocol, call: "bind" | "connect"): number | string =>
      outcome(() => {
        const wish = request("0.0.0.0:0", { protocol });
        return call === "bind" ? manager.reserve("x", wish) : manager.connectNew("x", wish, web);
      });
    const answers = [ask("tcp", "bind"), ask("tcp", "connect"), ask("udp", "bind"), ask("udp", "connect")];
    expect(answers).toEqual(expected);
    expect(JSON.stringify(manager.snapshot())).toBe(before);
    expect(manager.stats().tcp).toMatchObject({ inUse: 0, held: 0, allocations: 0, exhaustions: 2 });
  });

  test.each([-1, 1.5, 65536, Number.NaN, Number.POSITIVE_INFINITY, -0.5])(
    "takes no %d for a port, and is as before",
    (port) => {
      const { manager } = testHost(profile);
      const wish: BindRequest = { protocol: "tcp", domain: 4, address: anyV4, port, privileged: true };
      expect(() => manager.reserve("x", wish)).toThrow(RangeError);
      expect(() => manager.connectNew("x", wish, web)).toThrow(RangeError);
      expect(() => manager.explain(wish)).toThrow(RangeError);
      expect(manager.snapshot()).toEqual([]);
    },
  );

  test.each([
    [[5000, 4999]],
    [[0, 10]],
    [[0, 0]],
    [[60000, 65536]],
    [[-1, 10]],
    [[1.5, 3]],
    [[Number.NaN, 10]],
    [[10, Number.POSITIVE_INFINITY]],
  ] as const)("takes no %j for a range, and keeps the one it had", (range) => {
    const { manager } = testHost(profile);
    expect(() => {
      manager.range = range;
    }).toThrow(RangeError);
    expect(manager.range).toEqual(profile.range);
    expect(() => {
      manager.reserved = [[4000, 4001], range];
    }).toSatisfy((set: () => void) => range[0] === 0 || throwsRangeError(set));
    expect(() => {
      manager.unprivilegedStart = range[0] === 0 ? Number.NaN : range[1] > 65535 ? range[1] : 0.5;
    }).toThrow(RangeError);
    expect(manager.unprivilegedStart).toBe(profile.unprivilegedStart);
  });

  test("gives 65535 and 1 to whoever names them, if privileged, and to nobody twice", () => {
    const { manager } = testHost(profile);
    const named = (port: number, more: Partial<BindRequest> = {}): number | string =>
      outcome(() => manager.reserve("x", request(`192.0.2.1:${port}`, more)));
    expect([named(65535), named(65535)]).toEqual([65535, "EADDRINUSE"]);
    expect([named(1, { privileged: false }), named(1), named(1)]).toEqual(["EACCES", 1, "EADDRINUSE"]);
  });

  test("gives out the last port of a range that is full but for it, and every port comes back", () => {
    const { manager } = testHost(profile);
    const size = 40;
    manager.range = [30000, 30000 + size - 1];
    const wish = request("0.0.0.0:0");
    const bindings = Array.from({ length: size + 2 }, () => manager.tryReserve("x", wish));
    const made = bindings.filter((one) => typeof one !== "string");
    if (profile.name !== "rfc6056") expect(made).toHaveLength(size);
    expect(new Set(made.map(({ port }) => port)).size).toBe(made.length);
    for (const binding of made) manager.release(binding);
    expect(manager.stats().tcp).toMatchObject({ inUse: 0, held: 0, free: size });
  });

  test("knows when a choice will be what, before it is made", () => {
    const { manager } = testHost(profile);
    for (let i = 0; i < 20; i++) {
      for (const protocol of ["tcp", "udp", "sctp"] as const) {
        const wish = request("0.0.0.0:0", { protocol });
        const foretold = manager.explain(wish, web).port;
        expect(manager.connectNew("x", wish, web).port).toBe(foretold);
        expect(manager.explain(wish).port).toBe(manager.reserve("x", wish).port);
      }
    }
  });
});

test("a choice by ip_local_port_step_width is foreseen too, every port found, and nonsense refused", () => {
  const { manager } = testHost(profileNamed("linux"));
  manager.range = [30000, 30599];
  manager.settings.stepWidth = 100;
  const made = new Set<number>();
  for (let i = 0; i < 600; i++) {
    const foretold = manager.explain(request("0.0.0.0:0"), web);
    const { port } = manager.connectNew("x", request("0.0.0.0:0"), web);
    expect(foretold.port).toBe(port);
    made.add(port);
  }
  expect(made.size).toBe(600);
  expect(outcome(() => manager.connectNew("x", request("0.0.0.0:0"), web))).toBe("EADDRNOTAVAIL");
  for (const width of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => {
      manager.settings.stepWidth = width;
    }).toThrow(RangeError);
  expect(manager.settings.stepWidth).toBe(100);
});

test("macOS has another name for an exhausted range over IPv6", () => {
  const { manager } = testHost(profileNamed("macos"));
  manager.reserved = [manager.range];
  const wish: BindRequest = { protocol: "tcp", domain: 6, address: anyV6, port: 0 };
  expect(outcome(() => manager.reserve("x", wish))).toBe("EAGAIN");
  expect(outcome(() => manager.reserve("x", { ...wish, domain: 4, address: anyV4 }))).toBe("EADDRNOTAVAIL");
});

function throwsRangeError(call: () => void): boolean {
  try {
    call();
  } catch (error) {
    return error instanceof RangeError && !(error instanceof SocketError);
  }
  return false;
}
