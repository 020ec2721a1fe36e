/** The host that was started again: which ports it offers, and for how long it keeps quiet. */
import { describe, expect, test } from "vitest";
import { iana } from "../../../src/ports/profiles/iana.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { registry } from "../../../src/ports/profiles/registry.ts";
import { Network } from "../../../src/stack/network.ts";
import { outcome, path, request, type TestHost, testHost } from "../support/host.ts";

const web = path("192.0.2.1", "198.51.100.1:80");

function connect({ manager }: TestHost): number | string {
  return outcome(() => manager.connectNew("x", request("0.0.0.0:0"), web));
}

describe("counters over a restart", () => {
  test("begin anew if nobody keeps them: the peer is offered the same ports again", () => {
    expect([connect(testHost(iana)), connect(testHost(iana))]).toEqual([49152, 49152]);
  });

  test("go on where they are kept: the device that could not reconnect after a reboot can", () => {
    const before = testHost(iana);
    expect([connect(before), connect(before)]).toEqual([49152, 49153]);
    const counters = JSON.parse(JSON.stringify(before.manager.counters()));
    const after = testHost(iana, 2, { restart: { counters } });
    expect([connect(after), connect(after)]).toEqual([49154, 49155]);
  });

  test("are kept through a run in which nothing was chosen", () => {
    const counters = { tcp: [{ last: 50000 }, { last: 60000 }] };
    const idle = testHost(iana, 1, { restart: { counters } });
    expect(idle.manager.counters()).toEqual(counters);
    expect(connect(testHost(iana, 1, { restart: { counters: idle.manager.counters() } }))).toBe(60001);
  });

  test.each(registry.map(({ profile }) => profile))("of $name survive", (profile) => {
    const before = testHost(profile);
    for (let i = 0; i < 5; i++) connect(before);
    const restart = { counters: before.manager.counters() };
    const after = testHost(profile, 2, { restart });
    connect(after);
    const { tcp = [] } = after.manager.counters();
    const moved = tcp.map((counters) => Object.keys(counters));
    expect(moved).toEqual((restart.counters.tcp ?? []).map((counters) => Object.keys(counters)));
  });

  test("of another profile are left out", () => {
    const counters = { tcp: [{ last: 50000, __proto__x: 3 }], udp: [{ next: 7 }] };
    const { manager } = testHost(linux, 1, { restart: { counters } });
    expect(manager.reserve("x", request("0.0.0.0:0")).port).toSatisfy((port: number) => port % 2 === 1);
  });

  test("that are none are refused", () => {
    for (const last of [-1, 1.5, Number.NaN, "7", undefined])
      expect(() => testHost(iana, 1, { restart: { counters: { tcp: [{ last: last as number }] } } })).toThrow(
        TypeError,
      );
    const algorithms = { tcp: { random: [{ default: -1 }] } };
    expect(() => testHost(iana, 1, { restart: { counters: { algorithms } } })).toThrow(TypeError);
  });
});

describe("quiet time [RFC 9293 3.4.3]", () => {
  test("no TCP connection begins before it is over; UDP goes on", () => {
    const host = testHost(iana, 1, { restart: { quietTime: 120_000 } });
    const bound = host.manager.reserve("x", request("192.0.2.1:5000"));
    const both = (): (number | string | undefined)[] => [
      connect(host),
      host.manager.tryConnect(bound, web) ?? "connected",
    ];
    expect(both()).toEqual(["EAGAIN", "EAGAIN"]);
    expect(bound.state).toBe("bound");
    const udp = request("0.0.0.0:0", { protocol: "udp" });
    expect(host.manager.connectNew("x", udp, web).port).toBe(49152);
    host.now = 119_999;
    expect(both()).toEqual(["EAGAIN", "EAGAIN"]);
    host.now = 120_000;
    expect(both()).toEqual([49152, "connected"]);
  });

  test("that is no span is refused", () => {
    for (const quietTime of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => testHost(iana, 1, { restart: { quietTime } })).toThrow(RangeError);
  });

  test("a host sends no segment in it, not even a reset", () => {
    const network = new Network({ seed: 1 });
    const client = network.host("client");
    const server = network.host("server", { restart: { quietTime: 1500 } });
    network.link(client, server, {
      ends: [
        { name: "c", addresses: ["10.0.0.1/24"] },
        { name: "s", addresses: ["10.0.0.2/24"] },
      ],
    });
    const socket = client.socket("AF_INET", "SOCK_STREAM");
    expect(outcome(() => socket.connect({ address: "10.0.0.2", port: 80 }))).toBe("EINPROGRESS");
    const own = server.socket("AF_INET", "SOCK_STREAM");
    expect(outcome(() => own.connect({ address: "10.0.0.1", port: 80 }))).toBe("EAGAIN");
    network.advance(1400);
    expect(socket.getOption("SO_ERROR")).toBe(0);
    network.advance(2000); // the SYN is sent again
    expect(socket.getOption("SO_ERROR")).toBe(111); // ECONNREFUSED
    expect(outcome(() => own.connect({ address: "10.0.0.1", port: 80 }))).toBe("EINPROGRESS");
  });
});
