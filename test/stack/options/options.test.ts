/** Every option: its default, what setting it to a number answers, and on which sockets, as Linux 6.18 answered. */
import { describe, expect, test } from "vitest";
import { optionNames } from "../../../src/stack/options/options.ts";
import type { Socket } from "../../../src/stack/socket.ts";
import { TcpSocket } from "../../../src/stack/tcp/tcp-socket.ts";
import { TcpTransport } from "../../../src/stack/tcp/tcp-transport.ts";
import { UdpSocket } from "../../../src/stack/udp/udp-socket.ts";
import { FakeWorld, outcome } from "../support/fake-world.ts";

const makes = {
  tcp4: (world: FakeWorld): Socket => new TcpSocket(world, new TcpTransport(world), "AF_INET"),
  tcp6: (world: FakeWorld): Socket => new TcpSocket(world, new TcpTransport(world), "AF_INET6"),
  udp4: (world: FakeWorld): Socket => new UdpSocket(world, "AF_INET"),
  udp6: (world: FakeWorld): Socket => new UdpSocket(world, "AF_INET6"),
};
type Kind = keyof typeof makes;
const all = Object.keys(makes) as Kind[];
const tcp: Kind[] = ["tcp4", "tcp6"];
const udp: Kind[] = ["udp4", "udp6"];
const v6: Kind[] = ["tcp6", "udp6"];

/** Values tried, each on a fresh socket. */
const tries = [
  -2, -1, 0, 1, 2, 3, 4, 5, 6, 10, 88, 120, 126, 127, 128, 255, 256, 1000, 1460, 4608, 32767, 32768, 65535,
  65536, 100000, 300000, 2147483647,
] as const;

type Answer = (value: number) => unknown;
const truth: Answer = (value) => Number(value !== 0);
const within =
  (lowest: number, highest: number, otherwise: Answer = () => "EINVAL"): Answer =>
  (value) =>
    value >= lowest && value <= highest ? value : otherwise(value);
const always =
  (answer: string): Answer =>
  () =>
    answer;
const itself: Answer = (value) => value;
/** -1 means the default. */
const orDefault =
  (initial: number, answer: Answer): Answer =>
  (value) =>
    value === -1 ? initial : answer(value);
const doubled =
  (least: number): Answer =>
  (value) =>
    Math.max(Math.min(value >>> 0, 212992) * 2, least);
const tos =
  (mask: number): Answer =>
  (value) =>
    value & 0xff & mask;

/** Name, default, what a number set to it reads as afterwards (or the errno), and on which sockets. */
const table: readonly (readonly [string, unknown, Answer, readonly Kind[]])[] = [
  ["SO_REUSEADDR", 0, truth, all],
  ["SO_REUSEPORT", 0, truth, all],
  ["SO_BROADCAST", 0, truth, all],
  ["SO_KEEPALIVE", 0, truth, all],
  ["SO_OOBINLINE", 0, truth, all],
  ["SO_NO_CHECK", 0, truth, all],
  ["SO_DONTROUTE", 0, truth, all],
  ["SO_TIMESTAMP", 0, truth, all],
  ["SO_DEBUG", 0, truth, all],
  ["SO_TYPE", 1, always("ENOPROTOOPT"), tcp],
  ["SO_TYPE", 2, always("ENOPROTOOPT"), udp],
  ["SO_PROTOCOL", 6, always("ENOPROTOOPT"), tcp],
  ["SO_PROTOCOL", 17, always("ENOPROTOOPT"), udp],
  ["SO_DOMAIN", 2, always("ENOPROTOOPT"), ["tcp4", "udp4"]],
  ["SO_DOMAIN", 10, always("ENOPROTOOPT"), v6],
  ["SO_ERROR", 0, always("ENOPROTOOPT"), all],
  ["SO_ACCEPTCONN", 0, always("ENOPROTOOPT"), all],
  ["SO_COOKIE", 1, always("ENOPROTOOPT"), all],
  ["SO_SNDLOWAT", 1, always("ENOPROTOOPT"), all],
  ["SO_SNDBUF", 16384, doubled(4608), tcp],
  ["SO_SNDBUF", 212992, doubled(4608), udp],
  ["SO_RCVBUF", 131072, doubled(2304), tcp],
  ["SO_RCVBUF", 212992, doubled(2304), udp],
  // Half of tcp_rmem's maximum, which is 6291456 here.
  ["SO_RCVLOWAT", 1, (value) => (value < 0 ? 3145728 : Math.min(Math.max(value, 1), 3145728)), tcp],
  ["SO_RCVLOWAT", 1, (value) => (value < 0 ? 2147483647 : Math.max(value, 1)), udp],
  ["SO_PRIORITY", 0, itself, all],
  ["SO_MARK", 0, itself, all],
  ["SO_INCOMING_CPU", -1, itself, all],
  ["SO_BINDTOIFINDEX", 0, within(0, 2147483647), all],
  ["IP_TOS", 0, tos(0xfc), tcp],
  ["IP_TOS", 0, tos(0xff), udp],
  ["IP_TTL", 64, orDefault(64, within(1, 255)), all],
  ["IP_MTU_DISCOVER", 1, within(0, 5), all],
  ["IP_MTU", "ENOTCONN", always("ENOPROTOOPT"), all],
  ["IP_RECVERR", 0, truth, all],
  ["IP_RECVTTL", 0, truth, all],
  ["IP_RECVTOS", 0, truth, all],
  ["IP_RECVOPTS", 0, truth, all],
  ["IP_RETOPTS", 0, truth, all],
  ["IP_PKTINFO", 0, truth, all],
  ["IP_FREEBIND", 0, truth, all],
  ["IP_TRANSPARENT", 0, truth, all],
  ["IP_MINTTL", 0, within(0, 255), all],
  ["IP_BIND_ADDRESS_NO_PORT", 0, truth, all],
  ["IP_LOCAL_PORT_RANGE", 0, within(-2, 65536), all],
  ["IP_MULTICAST_TTL", 1, always("EINVAL"), tcp],
  ["IP_MULTICAST_TTL", 1, orDefault(1, within(0, 255)), udp],
  ["IP_MULTICAST_LOOP", 1, truth, all],
  ["IP_MULTICAST_ALL", 1, within(0, 1), ["tcp4", "udp4"]],
  ["IP_MULTICAST_ALL", 0, within(0, 1), v6],
  ["IPV6_V6ONLY", 0, truth, v6],
  ["IPV6_UNICAST_HOPS", 64, orDefault(64, within(0, 255)), v6],
  ["IPV6_MULTICAST_HOPS", 1, always("ENOPROTOOPT"), ["tcp6"]],
  ["IPV6_MULTICAST_HOPS", 1, orDefault(1, within(0, 255)), ["udp6"]],
  ["IPV6_MULTICAST_LOOP", 1, within(0, 1), v6],
  ["IPV6_MULTICAST_ALL", 1, truth, v6],
  ["IPV6_MULTICAST_IF", 0, always("ENOPROTOOPT"), ["tcp6"]],
  ["IPV6_MULTICAST_IF", 0, (value) => (value >= 0 && value <= 2 ? value : "ENODEV"), ["udp6"]],
  ["IPV6_MTU_DISCOVER", 1, within(0, 5), v6],
  ["IPV6_MTU", "ENOTCONN", always("ENOPROTOOPT"), v6],
  ["IPV6_DONTFRAG", 0, truth, v6],
  ["IPV6_RECVERR", 0, truth, v6],
  ["IPV6_RECVPKTINFO", 0, truth, v6],
  ["IPV6_RECVHOPLIMIT", 0, truth, v6],
  ["IPV6_RECVTCLASS", 0, truth, v6],
  ["IPV6_AUTOFLOWLABEL", 1, truth, v6],
  ["IPV6_MINHOPCOUNT", 0, within(0, 255), v6],
  ["IPV6_TCLASS", 0, orDefault(0, within(0, 255)), ["udp6"]],
  [
    "IPV6_TCLASS",
    0,
    (value) => (value >= -1 && value <= 255 ? Math.max(value, 0) & 0xfc : "EINVAL"),
    ["tcp6"],
  ],
  ["TCP_NODELAY", 0, truth, tcp],
  ["TCP_CORK", 0, truth, tcp],
  ["TCP_QUICKACK", 1, truth, tcp],
  ["TCP_MAXSEG", 536, (value) => (value === 0 ? 536 : within(88, 32767)(value)), tcp],
  ["TCP_KEEPIDLE", 7200, within(1, 32767), tcp],
  ["TCP_KEEPINTVL", 75, within(1, 32767), tcp],
  ["TCP_KEEPCNT", 9, within(1, 127), tcp],
  ["TCP_SYNCNT", 6, within(1, 127), tcp],
  ["TCP_LINGER2", 60, (value) => (value < 0 ? -1 : value === 0 ? 60 : Math.min(value, 120)), tcp],
  ["TCP_WINDOW_CLAMP", 0, (value) => (value === 0 ? 0 : value < 0 ? 1152 : Math.max(value, 1152)), tcp],
  ["TCP_USER_TIMEOUT", 0, within(0, 2147483647), tcp],
  ["TCP_NOTSENT_LOWAT", 0, itself, tcp],
  ["TCP_SAVE_SYN", 0, within(0, 2), tcp],
  ["TCP_INQ", 0, within(0, 1), tcp],
  ["TCP_THIN_LINEAR_TIMEOUTS", 0, within(0, 1), tcp],
  ["UDP_CORK", 0, truth, udp],
  ["UDP_GRO", 0, truth, udp],
  ["UDP_SEGMENT", 0, within(0, 65535), udp],
];

describe("options", () => {
  for (const [name, initial, answer, kinds] of table)
    test(`${name} on ${kinds.join(", ")} begins as ${String(initial)}, and takes what Linux takes`, () => {
      for (const kind of kinds) {
        expect(outcome(() => makes[kind](new FakeWorld()).getOption(name))).toBe(initial);
        const world = new FakeWorld();
        const answers = tries.map((value) => {
          const socket = makes[kind](world);
          return [value, outcome(() => socket.setOption(name, value)) ?? socket.getOption(name)];
        });
        expect(answers).toEqual(tries.map((value) => [value, answer(value)]));
      }
    });

  test("TCP_DEFER_ACCEPT counts in retransmissions of the SYN-ACK", () => {
    const read = [0, 1, 2, 3, 4, 10, 20, 64, 128, 1000, 2147483647].map((seconds) => {
      const socket = makes.tcp4(new FakeWorld());
      socket.setOption("TCP_DEFER_ACCEPT", seconds);
      return socket.getOption("TCP_DEFER_ACCEPT");
    });
    expect(read).toEqual([0, 1, 3, 3, 7, 15, 31, 127, 247, 1087, 29887]);
  });

  test("of another protocol or family: ENOPROTOOPT, and reading on AF_INET EOPNOTSUPP", () => {
    const answers = (kind: Kind, name: string) => {
      const socket = makes[kind](new FakeWorld());
      return [outcome(() => socket.setOption(name, 1)), outcome(() => socket.getOption(name))];
    };
    expect(answers("udp4", "TCP_NODELAY")).toEqual(["ENOPROTOOPT", "EOPNOTSUPP"]);
    expect(answers("udp6", "TCP_NODELAY")).toEqual(["ENOPROTOOPT", "ENOPROTOOPT"]);
    expect(answers("tcp4", "UDP_SEGMENT")).toEqual(["ENOPROTOOPT", "EOPNOTSUPP"]);
    expect(answers("tcp6", "UDP_SEGMENT")).toEqual(["ENOPROTOOPT", "ENOPROTOOPT"]);
    expect(answers("tcp4", "IPV6_V6ONLY")).toEqual(["ENOPROTOOPT", "EOPNOTSUPP"]);
    expect(answers("udp4", "IPV6_UNICAST_HOPS")).toEqual(["ENOPROTOOPT", "EOPNOTSUPP"]);
  });

  test("a name nobody knows is ENOPROTOOPT, also one that every object has", () => {
    for (const name of ["SO_NOPE", "toString", "__proto__", ""]) {
      const socket = makes.tcp4(new FakeWorld());
      expect(outcome(() => socket.setOption(name, 1))).toBe("ENOPROTOOPT");
      expect(outcome(() => socket.getOption(name))).toBe("ENOPROTOOPT");
    }
  });

  test("a value of the wrong kind is EINVAL, and changes nothing", () => {
    for (const name of optionNames) {
      const kind = name.startsWith("UDP") ? "udp6" : "tcp6";
      for (const value of ["one", undefined, null, 1.5, Number.NaN, 2 ** 40, [], () => {}]) {
        const socket = makes[kind](new FakeWorld());
        const before = outcome(() => socket.getOption(name));
        const answer = outcome(() => socket.setOption(name, value));
        expect(
          ["EINVAL", "ENOENT", "ENOPROTOOPT", "ENODEV", "EPROTO"],
          `${name} = ${String(value)}`,
        ).toContain(answer);
        expect(outcome(() => socket.getOption(name))).toEqual(before);
      }
    }
  });

  test("booleans are as good as numbers", () => {
    const socket = makes.tcp4(new FakeWorld());
    socket.setOption("TCP_NODELAY", true);
    expect(socket.getOption("TCP_NODELAY")).toBe(1);
  });
});

describe("structures", () => {
  test("SO_LINGER takes its time along only when it is switched on", () => {
    const socket = makes.tcp4(new FakeWorld());
    expect(socket.getOption("SO_LINGER")).toEqual({ on: false, seconds: 0 });
    socket.setOption("SO_LINGER", { on: true, seconds: 5 });
    socket.setOption("SO_LINGER", { on: false, seconds: 7 });
    expect(socket.getOption("SO_LINGER")).toEqual({ on: false, seconds: 5 });
    expect(outcome(() => socket.setOption("SO_LINGER", 1))).toBe("EINVAL");
  });

  test("SO_BINDTODEVICE by name, empty for none", () => {
    const socket = makes.udp4(new FakeWorld());
    expect(socket.getOption("SO_BINDTODEVICE")).toBe("");
    socket.setOption("SO_BINDTODEVICE", "lo");
    expect(socket.getOption("SO_BINDTODEVICE")).toBe("lo");
    expect(outcome(() => socket.setOption("SO_BINDTODEVICE", "nope"))).toBe("ENODEV");
    socket.setOption("SO_BINDTODEVICE", "");
    expect(socket.getOption("SO_BINDTOIFINDEX")).toBe(0);
  });

  const join = (group: string, where: unknown, name = "IP_ADD_MEMBERSHIP") =>
    [name, { group, interface: where }] as const;
  const leave = (group: string, where: unknown) => join(group, where, "IP_DROP_MEMBERSHIP");

  test("membership of IPv4 groups", () => {
    const socket = makes.udp4(new FakeWorld());
    const answers = [
      join("224.0.0.251", "10.9.0.1"),
      join("224.0.0.251", "10.9.0.1"),
      join("10.0.0.1", "0.0.0.0"),
      join("239.0.0.1", "9.9.9.9"),
      join("239.0.0.1", "0.0.0.0"),
      join("239.9.9.9", "127.0.0.1"),
      join("239.0.0.2", 2),
      join("239.0.0.2", 99),
      leave("224.0.0.251", "10.9.0.1"),
      leave("224.0.0.251", "10.9.0.1"),
      leave("239.7.7.7", "10.9.0.1"),
      leave("10.0.0.1", "0.0.0.0"),
    ].map(([name, value]) => outcome(() => socket.setOption(name, value)) ?? "ok");
    expect(answers).toEqual([
      ...["ok", "EADDRINUSE", "EINVAL", "ENODEV", "ENODEV", "ok", "ok", "ENODEV"],
      ...["ok", "EADDRNOTAVAIL", "EADDRNOTAVAIL", "ENODEV"],
    ]);
    const stream = makes.tcp4(new FakeWorld());
    expect(outcome(() => stream.setOption(...join("224.0.0.251", "10.9.0.1")))).toBe("EPROTO");
    expect(outcome(() => socket.getOption("IP_ADD_MEMBERSHIP"))).toBe("ENOPROTOOPT");
  });

  test("twenty groups a socket (igmp_max_memberships)", () => {
    const socket = makes.udp4(new FakeWorld());
    const answer = (n: number) => outcome(() => socket.setOption(...join(`239.1.0.${n}`, "10.9.0.1")));
    for (let n = 1; n <= 20; n++) expect(answer(n)).toBeUndefined();
    expect(answer(21)).toBe("ENOBUFS");
  });

  test("membership of IPv6 groups", () => {
    const socket = makes.udp6(new FakeWorld());
    const answers = [
      ["IPV6_JOIN_GROUP", "ff02::fb", 2],
      ["IPV6_JOIN_GROUP", "ff02::fb", 2],
      ["IPV6_JOIN_GROUP", "ff02::fb", 99],
      ["IPV6_JOIN_GROUP", "fe80::1", 2],
      ["IPV6_JOIN_GROUP", "::1", 1],
      ["IPV6_ADD_MEMBERSHIP", "ff0e::2", 1],
      ["IPV6_LEAVE_GROUP", "ff02::fb", 2],
      ["IPV6_LEAVE_GROUP", "ff02::fb", 2],
      ["IPV6_LEAVE_GROUP", "fe80::1", 2],
      ["IPV6_DROP_MEMBERSHIP", "ff0e::2", 0],
    ].map(
      ([name, group, index]) =>
        outcome(() => socket.setOption(String(name), { group, interface: index })) ?? "ok",
    );
    expect(answers).toEqual([
      ...["ok", "EADDRINUSE", "ENODEV", "EINVAL", "EINVAL", "ok"],
      ...["ok", "EADDRNOTAVAIL", "EINVAL", "ok"],
    ]);
  });

  test("IP_MULTICAST_IF by address or index", () => {
    const socket = makes.udp4(new FakeWorld());
    const set = (value: unknown) => outcome(() => socket.setOption("IP_MULTICAST_IF", value));
    expect(socket.getOption("IP_MULTICAST_IF")).toBe("0.0.0.0");
    expect([set("10.9.0.1"), set("9.9.9.9"), set(99)]).toEqual([undefined, "EADDRNOTAVAIL", "EADDRNOTAVAIL"]);
    expect(socket.getOption("IP_MULTICAST_IF")).toBe("10.9.0.1");
    expect([set("0.0.0.0"), set(2)]).toEqual([undefined, undefined]);
    expect(socket.getOption("IP_MULTICAST_IF")).toBe("0.0.0.0");
    expect(outcome(() => makes.tcp4(new FakeWorld()).setOption("IP_MULTICAST_IF", "10.9.0.1"))).toBe(
      "EINVAL",
    );
  });

  test("IP_MTU is the path's once a socket is connected", () => {
    const socket = makes.udp4(new FakeWorld());
    socket.connect({ address: "10.9.0.2", port: 9 });
    expect(socket.getOption("IP_MTU")).toBe(1500);
  });
});
