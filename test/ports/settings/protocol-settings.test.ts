import { describe, expect, test } from "vitest";
import { SocketError } from "../../../src/base/errno.ts";
import { iana } from "../../../src/ports/profiles/iana.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { macos } from "../../../src/ports/profiles/macos.ts";
import { openbsd } from "../../../src/ports/profiles/openbsd.ts";
import { aix, solaris } from "../../../src/ports/profiles/solaris.ts";
import { windows } from "../../../src/ports/profiles/windows.ts";
import type { PortSettings } from "../../../src/ports/settings/port-settings.ts";
import type { PortRules } from "../../../src/ports/settings/protocol-settings.ts";
import { outcome, path, request, testHost } from "../support/host.ts";

const web = path("192.0.2.1", "198.51.100.1:80");
const web6 = path("2001:db8::1", "[2001:db8::99]:80");

/** The ranges of TCP, UDP and SCTP, each over IPv4 and IPv6. */
function rangesOf(settings: PortSettings): (readonly [number, number])[] {
  return (["tcp", "udp", "sctp"] as const).flatMap((protocol) =>
    ([4, 6] as const).map((domain) => settings.of(protocol, domain).range),
  );
}

describe("what is set", () => {
  const [all, udp, tcp6] = [[50_000, 50_009] as const, [40_000, 40_004] as const, [30_000, 30_001] as const];

  test("for all counts for all, for a protocol for it, for a version of IP for that", () => {
    const { settings } = testHost(windows).manager;
    settings.range = all;
    expect(rangesOf(settings)).toEqual([all, all, all, all, all, all]);
    settings.of("udp").range = udp;
    settings.of("tcp", 6).range = tcp6;
    expect(rangesOf(settings)).toEqual([all, tcp6, udp, udp, all, all]);
    expect([settings.range, settings.of("tcp").range, settings.of("udp").range]).toEqual([all, all, udp]);
    settings.range = tcp6;
    expect(rangesOf(settings)).toEqual([tcp6, tcp6, tcp6, tcp6, tcp6, tcp6]);
  });

  test("for one is told apart, by protocol, and by version of IP where these differ", () => {
    const { settings } = testHost(openbsd).manager;
    expect(settings.apart).toEqual([]);
    settings.of("udp").range = udp;
    settings.of("tcp", 6).reserved = [[2000, 2001]];
    const { range, unprivilegedStart } = settings;
    const own = { range, reserved: [], unprivilegedStart, extraPrivileged: [] };
    const { tcp: native, udp: nativeUdp } = openbsd.protocols;
    expect(settings.apart).toEqual([
      { ...own, protocol: "tcp", domain: 6, reserved: [[2000, 2001]], neverChosen: native.neverChosen },
      { ...own, protocol: "udp", range: udp, neverChosen: nativeUdp.neverChosen },
    ]);
    settings.of("udp").range = range;
    settings.of("tcp").reserved = [];
    expect(settings.apart).toEqual([]);
    settings.of("sctp", 4).neverChosen = [];
    expect(settings.apart).toEqual([{ ...own, protocol: "sctp", domain: 4, neverChosen: [] }]);
  });

  test.each<[keyof PortRules, unknown]>([
    ["range", [5, 4]],
    ["range", [0, 4]],
    ["range", [1, 65_536]],
    ["range", [1.5, 4]],
    ["reserved", [[5, 4]]],
    [
      "reserved",
      [
        [1, 2],
        [1, 65_536],
      ],
    ],
    ["neverChosen", [[-1, 4]]],
    ["neverChosen", [[1, Number.NaN]]],
    ["extraPrivileged", [[7, 6]]],
    ["unprivilegedStart", -1],
    ["unprivilegedStart", 65_536],
  ])("is refused where %s is %j, and nothing is changed", (name, wrong) => {
    const { settings } = testHost(openbsd).manager;
    const before = JSON.stringify(settings.of("tcp")[name]);
    expect(() => Object.assign(settings.of("tcp"), { [name]: wrong })).toThrow(RangeError);
    expect(JSON.stringify(settings.of("tcp")[name])).toBe(before);
    expect(settings.apart).toEqual([]);
  });

  test("is nobody's where there is no such protocol or version", () => {
    const { settings } = testHost(linux).manager;
    expect(() => settings.of("icmp" as never)).toThrow(TypeError);
    expect(() => settings.of("tcp", 5 as never)).toThrow(TypeError);
  });

  test("is copied: what the caller does with its list afterwards is its own", () => {
    const { settings } = testHost(linux).manager;
    const list: [number, number][] = [[50_000, 50_001]];
    settings.of("tcp").reserved = list;
    list[0]![0] = 1;
    expect(settings.of("tcp").reserved).toEqual([[50_000, 50_001]]);
  });
});

describe("each protocol, and where set so each version of IP,", () => {
  test("chooses from its own range, and says so wherever a range is told", () => {
    const { manager } = testHost(iana);
    manager.range = [50_000, 50_001];
    manager.settings.of("udp").range = [40_000, 40_002];
    const udp = request("0.0.0.0:0", { protocol: "udp" });
    const tcp = request("0.0.0.0:0");
    expect([manager.explain(udp).range, manager.explain(tcp).range]).toEqual([
      [40_000, 40_002],
      [50_000, 50_001],
    ]);
    expect([manager.forecast(udp).suitable, manager.forecast(tcp, web).suitable]).toEqual([3, 2]);
    const made = [1, 2, 3, 4].map(() => outcome(() => manager.reserve("u", udp)));
    expect(made).toEqual([40_000, 40_001, 40_002, "EADDRINUSE"]);
    expect([1, 2, 3].map(() => outcome(() => manager.connectNew("t", tcp, web)))).toEqual([
      ...[50_000, 50_001, "EADDRNOTAVAIL"],
    ]);
    expect(() => manager.reserve("u", udp)).toThrow(
      expect.objectContaining({ inUse: 3, range: [40_000, 40_002] }),
    );
    expect(() => manager.connectNew("t", tcp, web)).toThrow(
      expect.objectContaining({ inUse: 2, range: [50_000, 50_001] }),
    );
    expect([manager.stats().tcp?.free, manager.stats().udp?.free]).toEqual([0, 0]);
  });

  test("is Windows' four ranges [netsh int ipv4|ipv6 set dynamicport tcp|udp]", () => {
    const { manager } = testHost(windows);
    const { settings } = manager;
    settings.of("tcp", 4).range = [10_000, 10_254];
    settings.of("tcp", 6).range = [20_000, 20_254];
    settings.of("udp", 4).range = [30_000, 30_254];
    settings.of("udp", 6).range = [40_000, 40_254];
    const chosen = (["tcp", "udp"] as const).flatMap((protocol) =>
      ["0.0.0.0:0", "[::]:0"].map((local) =>
        Array.from({ length: 255 }, () => manager.reserve("x", request(local, { protocol })).port),
      ),
    );
    expect(chosen.map((ports) => [Math.min(...ports), Math.max(...ports)])).toEqual([
      [10_000, 10_254],
      [20_000, 20_254],
      [30_000, 30_254],
      [40_000, 40_254],
    ]);
    expect(outcome(() => manager.reserve("x", request("[::]:0")))).toBe("ENOBUFS");
    expect(() => manager.connectNew("x", request("[::]:0"), web6)).toThrow(
      expect.objectContaining({ code: "EADDRINUSE", range: [20_000, 20_254] }),
    );
  });

  test("is counted by itself: free ports are those of the version that has fewer left", () => {
    const { manager } = testHost(iana);
    manager.settings.of("tcp", 4).range = [50_000, 50_009];
    manager.settings.of("tcp", 6).range = [50_008, 50_011];
    const free = () => manager.stats().tcp!.free;
    const named = manager.reserve("x", request("0.0.0.0:50000"));
    expect(free()).toBe(4);
    const both = manager.reserve("x", request("0.0.0.0:50009"));
    expect(free()).toBe(3);
    manager.settings.of("tcp", 4).reserved = [[50_001, 50_007]];
    expect(free()).toBe(1); // 50008
    manager.release(named);
    expect(free()).toBe(2);
    manager.release(both);
    expect(free()).toBe(3);
    manager.range = [50_000, 50_009];
    manager.settings.of("tcp").neverChosen = [[50_005, 50_009]];
    manager.settings.of("tcp").reserved = [];
    expect(free()).toBe(5);
  });

  test("has its own low water", () => {
    const told: string[] = [];
    const { manager } = testHost(iana, 1, {
      lowWater: {
        ports: 2,
        reached: (protocol, free) => told.push(`${protocol} ${free}`),
        recovered: (protocol, free) => told.push(`${protocol} ${free} again`),
      },
    });
    manager.settings.of("udp").range = [50_000, 50_002];
    manager.reserve("t", request("0.0.0.0:0"));
    expect(told).toEqual([]);
    const one = manager.reserve("u", request("0.0.0.0:0", { protocol: "udp" }));
    manager.release(one);
    expect(told).toEqual(["udp 2", "udp 3 again"]);
    manager.settings.of("tcp", 6).range = [60_000, 60_001];
    expect(told.slice(2)).toEqual(["tcp 2"]);
    manager.settings.of("tcp", 6).range = [60_000, 60_009];
    expect(told.slice(3)).toEqual(["tcp 10 again"]);
  });

  test("is as full for a destination as its own range", () => {
    const { manager } = testHost(iana);
    manager.settings.of("tcp", 4).range = [50_000, 50_003];
    manager.settings.of("tcp", 6).range = [50_000, 50_001];
    manager.connectNew("a", request("0.0.0.0:0"), web);
    manager.connectNew("b", request("[::]:0"), web6);
    expect([manager.occupancy("tcp", web), manager.occupancy("tcp", web6)]).toEqual([
      { inUse: 1, held: 0, free: 3 },
      { inUse: 1, held: 0, free: 1 },
    ]);
    expect(manager.occupancy("udp", web).free).toBe(16_384);
  });

  test("has its own privileged ports [Solaris: tcp_smallest_nonpriv_port]", () => {
    const { manager } = testHost(solaris);
    manager.settings.of("udp").unprivilegedStart = 2049;
    const of = (protocol: "tcp" | "udp") =>
      outcome(() => manager.reserve("x", request("0.0.0.0:2000", { protocol, privileged: false })));
    expect([of("tcp"), of("udp")]).toEqual([2000, "EACCES"]);
    manager.settings.of("udp").unprivilegedStart = 1024;
    expect(of("udp")).toBe(2000);
  });

  test("AIX: one goes upward from its own start, while the other goes on where it was", () => {
    const { manager } = testHost(aix);
    const of = (protocol: "tcp" | "udp") => manager.reserve("x", request("0.0.0.0:0", { protocol })).port;
    const [tcp, udp] = [of("tcp"), of("udp")];
    manager.settings.of("udp").range = [60_000, 60_009];
    expect([of("tcp"), of("udp"), of("tcp"), of("udp")]).toEqual([tcp + 1, 60_000, tcp + 2, 60_001]);
    expect(udp).toBe(32_768);
  });
});

describe("ports that are not chosen", () => {
  test("are excluded for the protocol and version alone; there they may not be named either [excludedportrange]", () => {
    const { manager } = testHost(windows);
    manager.settings.of("tcp", 4).reserved = [[50_000, 50_009]];
    const named = (local: string, protocol: "tcp" | "udp") =>
      outcome(() => manager.reserve("x", request(local, { protocol })));
    expect([named("0.0.0.0:50000", "tcp"), named("[::]:50000", "tcp")]).toEqual(["EACCES", 50_000]);
    expect(named("0.0.0.0:50000", "udp")).toBe(50_000);
    expect(manager.explain(request("0.0.0.0:50001")).passedOver).toEqual([
      { port: 50_001, obstacle: { kind: "reserved" } },
    ]);
    expect(manager.explain(request("[::]:50001")).port).toBe(50_001);
  });

  test("by the system's own list may be named [net.inet.tcp.baddynamic]", () => {
    const { manager } = testHost(openbsd);
    manager.range = [2048, 2050];
    const three = (protocol: "tcp" | "udp") =>
      [1, 2, 3].map(() => outcome(() => manager.reserve("x", request("192.0.2.1:0", { protocol })))).sort();
    manager.settings.of("udp").neverChosen = [];
    expect([three("tcp"), three("udp")]).toEqual([
      [2048, 2050, "EADDRNOTAVAIL"],
      [2048, 2049, 2050],
    ]);
    expect(outcome(() => manager.reserve("x", request("192.0.2.1:2049")))).toBe(2049);
    expect(manager.explain(request("192.0.2.1:0")).passedOver).toContainEqual({
      port: 2049,
      obstacle: { kind: "reserved" },
    });
  });

  test("by a list that the embedder knows, and the profile does not [macOS: IS_RESTRICTED_IN_PORT]", () => {
    const { manager } = testHost(macos);
    expect(manager.settings.of("tcp").neverChosen).toEqual([]);
    manager.range = [50_000, 50_002];
    manager.settings.of("tcp").neverChosen = [[50_001, 50_001]];
    const made = [1, 2].map(() => manager.reserve("x", request("0.0.0.0:0")).port);
    expect(made.sort()).toEqual([50_000, 50_002]);
    expect(() => manager.reserve("x", request("0.0.0.0:0"))).toThrow(SocketError);
  });
});
