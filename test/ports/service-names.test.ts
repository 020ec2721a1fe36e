import { describe, expect, test } from "vitest";
import { overlapsOf, overlapText, type PlannedServer } from "../../src/ports/insight/overlap.ts";
import { iana } from "../../src/ports/profiles/iana.ts";
import { parseServices, serviceNames } from "../../src/ports/service-names.ts";
import { testHost } from "./support/host.ts";

describe("names of ports [RFC 6335]", () => {
  const names = serviceNames({
    "80/tcp": ["http", "World Wide Web HTTP"],
    "8008/tcp": ["http-alt"],
    "8080/tcp": ["http-alt"],
    "53/udp": ["domain", "Domain Name Server"],
    "x/tcp": ["broken"],
  });

  test("by port and protocol, and back; of several ports with one name the lowest", () => {
    expect([names.nameOf(80, "tcp"), names.nameOf(80, "udp"), names.nameOf(53, "udp")]).toEqual([
      ...["http", undefined, "domain"],
    ]);
    expect(names.descriptionOf(53, "udp")).toBe("Domain Name Server");
    expect([
      names.portOf("HTTP-alt", "tcp"),
      names.portOf("domain", "tcp"),
      names.portOf("broken", "tcp"),
    ]).toEqual([...[8008, undefined, undefined]]);
    expect([names.portOf("constructor", "tcp"), names.nameOf(Number.NaN, "tcp")]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("from /etc/services", () => {
    const text =
      "# Network services\n\ntcpmux\t\t1/tcp\t\t# TCP port service multiplexer\nhttp 80/tcp www # WorldWideWeb HTTP\nhttp 80/udp\nnot a line\nold 80/tcp\n";
    expect(parseServices(text)).toEqual({
      "1/tcp": ["tcpmux", "TCP port service multiplexer"],
      "80/tcp": ["http", "WorldWideWeb HTTP"],
      "80/udp": ["http"],
    });
  });
});

describe("servers in the ephemeral range", () => {
  const server = (low: number, high = low): PlannedServer => ({
    name: "web",
    protocol: "tcp",
    ports: [low, high],
  });
  const portsOf = (reserved: readonly (readonly [number, number])[], ...servers: PlannedServer[]) =>
    overlapsOf({ range: [50_000, 50_099], reserved }, servers).map(({ ports }) => ports);

  test("are told of, as far as their ports lie in it", () => {
    expect(portsOf([], server(80), server(49_999), server(50_000), server(50_099), server(50_100))).toEqual([
      [50_000, 50_000],
      [50_099, 50_099],
    ]);
    expect(portsOf([], server(49_000, 50_004), server(50_090, 60_000), server(1, 65_535))).toEqual([
      [50_000, 50_004],
      [50_090, 50_099],
      [50_000, 50_099],
    ]);
  });

  test("but not where their ports are reserved", () => {
    expect(
      portsOf([[50_010, 50_019]], server(50_010, 50_019), server(50_005, 50_012), server(50_015, 50_020)),
    ).toEqual([
      [50_005, 50_009],
      [50_020, 50_020],
    ]);
  });

  test("of their own protocol, over whichever version of IP", () => {
    const { manager } = testHost(iana);
    manager.range = [50_000, 50_099];
    manager.settings.of("udp").range = [40_000, 40_099];
    manager.settings.of("tcp", 6).range = [30_000, 30_099];
    const servers = [30_000, 40_000, 50_000].flatMap((port) => [
      { ...server(port), name: `tcp ${port}` },
      { ...server(port), name: `udp ${port}`, protocol: "udp" as const },
    ]);
    const found = (host: Parameters<typeof overlapsOf>[0]) =>
      overlapsOf(host, servers).map(({ server: { name }, range }) => `${name} of ${range.join("-")}`);
    const all = ["tcp 30000 of 30000-30099", "udp 40000 of 40000-40099", "tcp 50000 of 50000-50099"];
    expect([found(manager), found(manager.settings)]).toEqual([all, all]);
    expect(overlapText(overlapsOf(manager, servers)[1]!)).toContain("in the ephemeral range 40000-40099:");
  });

  test("in a line", () => {
    const [overlap] = overlapsOf({ range: [32_768, 60_999], reserved: [] }, [server(50_000)]);
    expect(overlapText(overlap!, [32_768, 60_999])).toBe(
      "web: tcp port 50000 in the ephemeral range 32768-60999: a client may have the port when the server starts; reserve it, or take one below",
    );
  });
});
