/** What the profiles of Windows and of the stacks in user space fix: ranges, choices, errnos, holds, receivers. */
import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import type { PortCall } from "../../../src/ports/binding.ts";
import type { Profile } from "../../../src/ports/profile.ts";
import { gvisor, gvisor2022 } from "../../../src/ports/profiles/gvisor.ts";
import { lwip, lwipAsPublished, tcpipJs } from "../../../src/ports/profiles/lwip.ts";
import { profileNamed, registry } from "../../../src/ports/profiles/register/registry.ts";
import { smoltcp } from "../../../src/ports/profiles/smoltcp.ts";
import { usrsctp } from "../../../src/ports/profiles/usrsctp.ts";
import {
  windows,
  windows2003,
  windows2003Ms08037,
  windows2008Exchange2007,
  windowsWithAutoReuse,
  windowsWithRange,
  windowsXp,
} from "../../../src/ports/profiles/windows.ts";
import type { PortRange } from "../../../src/ports/range.ts";
import { outcome, path, request, type TestHost, testHost } from "../support/host.ts";

const ranges: readonly [Profile, PortRange][] = [
  [windowsXp, [1025, 5000]],
  [windows2003, [1025, 5000]],
  [windows2003Ms08037, [49152, 65535]],
  [windows, [49152, 65535]],
  [windows2008Exchange2007, [1025, 60000]],
  [windowsWithRange([1025, 1279]), [1025, 1279]],
  [windowsWithRange([1025, 65535]), [1025, 65535]],
  [gvisor, [16000, 65535]],
  [gvisor2022, [16000, 65535]],
  [lwip, [49152, 65535]],
  [smoltcp, [49152, 65535]],
  [usrsctp, [49152, 65535]],
];

describe("ranges", () => {
  for (const [profile, range] of ranges)
    test(`${profile.name}: ${range.join("-")}`, () => expect(profile.range).toEqual(range));

  test("each is in the register by its name, with what is known of it", () => {
    for (const [profile] of ranges.filter(([{ name }]) => !name.includes(":"))) {
      expect(profileNamed(profile.name)).toBe(profile);
      const entry = registry.find((one) => one.profile === profile)!;
      expect(entry.evidence === "documented").toBe(profile.name.startsWith("windows"));
    }
  });

  test("of Windows: 255 ports or more, from 1025 to 65535", () => {
    const wrong: readonly PortRange[] = [
      [1024, 5000],
      [1025, 1278],
      [49152, 65536],
      [60000, 50000],
      [0, 65535],
      [1025.5, 5000],
      [Number.NaN, 5000],
      [1025, Number.POSITIVE_INFINITY],
    ];
    for (const range of wrong) {
      expect(() => windowsWithRange(range)).toThrow(RangeError);
      expect(() => windowsWithAutoReuse(range)).toThrow(RangeError);
    }
    expect(() => windowsWithRange([1025, 1278])).toThrow("Windows takes 255 ports or more, not 1025 to 1278");
  });
});

/** The errno of one call when both ports of the range are bound. */
function exhausted(profile: Profile, protocol: "tcp" | "udp" | "sctp", call: PortCall): number | string {
  const { manager } = testHost(profile);
  manager.range = [50000, 50001];
  for (const port of [50000, 50001]) manager.reserve("A", request(`0.0.0.0:${port}`, { protocol }));
  const before = manager.snapshot();
  const wanted = request("0.0.0.0:0", { protocol, call });
  const got = outcome(() =>
    call === "connect"
      ? manager.connectNew("B", wanted, path("192.0.2.1", "198.51.100.1:80"))
      : manager.reserve("B", wanted),
  );
  expect(manager.snapshot()).toEqual(before);
  return got;
}

describe("an exhausted range", () => {
  const expected: readonly [Profile, "tcp" | "udp" | "sctp", bind: string, connect: string, send: string][] =
    [
      [windowsXp, "tcp", "ENOBUFS", "ENOBUFS", "ENOBUFS"],
      [windows, "tcp", "ENOBUFS", "EADDRINUSE", "ENOBUFS"],
      [windows, "udp", "ENOBUFS", "ENOBUFS", "ENOBUFS"],
      [gvisor, "tcp", "EADDRINUSE", "EADDRNOTAVAIL", "EADDRNOTAVAIL"],
      [gvisor, "udp", "EADDRINUSE", "EAGAIN", "EAGAIN"],
      [gvisor2022, "tcp", "EADDRINUSE", "EADDRNOTAVAIL", "EADDRNOTAVAIL"],
      [lwip, "tcp", "ENOBUFS", "ENOBUFS", "ENOBUFS"],
      [lwip, "udp", "EADDRINUSE", "EADDRINUSE", "EADDRINUSE"],
      [usrsctp, "sctp", "EADDRINUSE", "EADDRINUSE", "EADDRINUSE"],
      [smoltcp, "tcp", "EADDRNOTAVAIL", "EADDRNOTAVAIL", "EADDRNOTAVAIL"],
    ];
  for (const [profile, protocol, bind, connect, send] of expected)
    test(`${profile.name}, ${protocol}: ${bind}, ${connect}, ${send}, and nothing changes`, () => {
      expect(exhausted(profile, protocol, "bind")).toBe(bind);
      expect(exhausted(profile, protocol, "connect")).toBe(connect);
      expect(exhausted(profile, protocol, "send")).toBe(send);
    });

  test("has the system's own name too", () => {
    expect(windows.errorNames).toMatchObject({ ENOBUFS: "WSAENOBUFS (10055)", EACCES: "WSAEACCES (10013)" });
    expect(lwip.errorNames).toEqual({ EADDRINUSE: "ERR_USE (-8)", ENOBUFS: "ERR_BUF (-2)" });
  });
});

/** So many ports for connect() to one destination after another, all kept. */
function connected({ manager }: TestHost, count: number, protocol: "tcp" | "udp" = "tcp"): number[] {
  return Array.from({ length: count }, (_, i) => {
    const to = path("192.0.2.1", `198.51.100.${1 + (i % 200)}:80`);
    return manager.connectNew("c", request("0.0.0.0:0", { protocol }), to).port;
  });
}

describe("choices", () => {
  test("of Windows XP go up from 1025, one for each connection", () => {
    expect(connected(testHost(windowsXp), 5)).toEqual([1025, 1026, 1027, 1028, 1029]);
  });

  test("of Windows are not shared, those of an auto-reuse range are", () => {
    const plain = testHost(windowsWithRange([40000, 40299]));
    expect(new Set(connected(plain, 300)).size).toBe(300);
    expect(() => connected(plain, 1)).toThrow("EADDRINUSE");
    const sharing = testHost(windowsWithAutoReuse([40000, 40254]));
    const ports = connected(sharing, 600);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(40000);
    expect(Math.max(...ports)).toBeLessThanOrEqual(40254);
    expect(sharing.manager.reserve("b", request("0.0.0.0:0")).port).toBeGreaterThanOrEqual(49152);
  });

  test("of gVisor share a port between destinations, but not with a bound socket", () => {
    const { manager } = testHost(gvisor);
    manager.range = [20000, 20001];
    const connect = (to: string): number | string =>
      outcome(() => manager.connectNew("c", request("0.0.0.0:0"), path("192.0.2.1", to)));
    manager.reserve("bound", request("0.0.0.0:20000"));
    expect(connect("198.51.100.1:80")).toBe(20001);
    expect(connect("198.51.100.2:80")).toBe(20001);
    expect(connect("198.51.100.1:80")).toBe("EADDRNOTAVAIL");
    expect(outcome(() => manager.reserve("b", request("0.0.0.0:0")))).toBe("EADDRINUSE");
  });

  test("of gVisor in 2022 follow one another to a destination", () => {
    const host = testHost(gvisor2022);
    const to = path("192.0.2.1", "198.51.100.1:80");
    const ports = [0, 1, 2, 3].map(() => host.manager.connectNew("c", request("0.0.0.0:0"), to).port);
    expect(ports.map((port) => port - ports[0]!)).toEqual([0, 1, 2, 3]);
  });

  test("of lwIP come around to 49152, for TCP one port too early", () => {
    for (const [profile, protocol, count] of [
      [lwip, "tcp", 16383],
      [lwipAsPublished, "tcp", 16384],
      [lwip, "udp", 16384],
    ] as const) {
      const host = testHost(profile);
      const ports = connected(host, count, protocol);
      expect(new Set(ports).size).toBe(count);
      expect(ports.includes(65535)).toBe(count === 16384);
      for (let i = 1; i < count; i++) expect([ports[i - 1]! + 1, 49152]).toContain(ports[i]);
      expect(() => connected(host, 1, protocol)).toThrow(protocol === "tcp" ? "ENOBUFS" : "EADDRINUSE");
    }
  });

  test("of tcpip.js begin with 49153 whatever the seed", () => {
    for (const seed of ["a", "b"]) expect(connected(testHost(tcpipJs, seed), 2)).toEqual([49153, 49154]);
    expect(connected(testHost(lwip, "a"), 1)).not.toEqual(connected(testHost(lwip, "b"), 1));
  });
});

describe("holds", () => {
  test("last as long as the system says", () => {
    const lengths = [windowsXp, windows, gvisor, lwip, smoltcp, usrsctp].map(({ hold }) => hold.length);
    expect(lengths).toEqual([240_000, 120_000, 60_000, 120_000, 10_000, 60_000]);
  });

  test("of lwIP keep their port from everybody", () => {
    const host = testHost(lwip);
    host.manager.range = [50000, 50002];
    const [one] = [host.manager.connectNew("c", request("0.0.0.0:0"), path("192.0.2.1", "198.51.100.1:80"))];
    host.manager.hold(one, "c", 120_000);
    expect(connected(host, 1)).not.toContain(one.port);
    expect(() => connected(host, 1)).toThrow("ENOBUFS");
    host.now = 120_000;
    host.manager.expire(120_000);
    expect(connected(host, 1)).toEqual([one.port]);
  });

  test("of gVisor give way on the loopback interface, a second after their last timestamp", () => {
    const outcomes = (local: string, after: number): number | string => {
      const host = testHost(gvisor);
      host.manager.range = [50000, 50000];
      const to = path(local, local === "127.0.0.1" ? "127.0.0.1:80" : "198.51.100.1:80");
      const one = host.manager.connectNew("c", request("0.0.0.0:0"), to);
      host.manager.hold(one, "c", 60_000, { timestamps: true });
      host.now = after;
      return outcome(() => host.manager.connectNew("d", request("0.0.0.0:0"), to));
    };
    expect(outcomes("127.0.0.1", 999)).toBe("EADDRNOTAVAIL");
    expect(outcomes("127.0.0.1", 1001)).toBe(50000);
    expect(outcomes("192.0.2.1", 30_000)).toBe("EADDRNOTAVAIL");
  });
});

describe("receivers", () => {
  const to = (profile: Profile, first: string, second: string): string | undefined => {
    const { manager } = testHost(profile);
    for (const [owner, at] of [["first", first] as const, ["second", second] as const])
      manager.reserve(owner, request(at, { protocol: "udp", reuseAddress: true }));
    return manager.demultiplex("udp", address("192.0.2.1"), 5000, address("192.0.2.9"), 7, 1)?.owner;
  };

  test("with the address come before a wildcard, but for smoltcp, whose sockets are asked in turn", () => {
    for (const profile of [windows, gvisor, lwip])
      expect(to(profile, "0.0.0.0:5000", "192.0.2.1:5000")).toBe("second");
    expect(to(smoltcp, "0.0.0.0:5000", "192.0.2.1:5000")).toBe("first");
    expect(to(smoltcp, "192.0.2.1:5000", "0.0.0.0:5000")).toBe("first");
  });

  test("of one address: lwIP's newest gets it, Windows' oldest", () => {
    expect(to(lwip, "192.0.2.1:5000", "192.0.2.1:5000")).toBe("second");
    expect(to(windows, "192.0.2.1:5000", "192.0.2.1:5000")).toBe("first");
  });
});
