/** What Linux 6.18 answered to the same calls stands beside each. */
import { describe, expect, test } from "vitest";
import type { SocketAddress } from "../../../src/stack/socket.ts";
import { UdpSocket } from "../../../src/stack/udp/udp-socket.ts";
import { UdpTransport } from "../../../src/stack/udp/udp-transport.ts";
import { FakeWorld, outcome } from "../support/fake-world.ts";

const hello = new TextEncoder().encode("hello");

function at(address: string, port = 0, scope?: number): SocketAddress {
  return { address, port, scope };
}

function setup(domain: "AF_INET" | "AF_INET6" = "AF_INET") {
  const world = new FakeWorld();
  const transport = new UdpTransport(world);
  return { world, transport, socket: new UdpSocket(world, domain) };
}

const states = {
  fresh: (socket: UdpSocket) => socket,
  bound: (socket: UdpSocket) => {
    socket.bind(at("127.0.0.1", 5000));
    return socket;
  },
  connected: (socket: UdpSocket) => {
    socket.connect(at("127.0.0.1", 7));
    return socket;
  },
  refused: (socket: UdpSocket) => {
    socket.connect(at("127.0.0.1", 7));
    socket.core.error = "ECONNREFUSED";
    return socket;
  },
  "shut for writing": (socket: UdpSocket) => {
    socket.connect(at("127.0.0.1", 7));
    socket.shutdown("SHUT_WR");
    return socket;
  },
  "shut for reading": (socket: UdpSocket) => {
    socket.connect(at("127.0.0.1", 7));
    socket.shutdown("SHUT_RD");
    return socket;
  },
} as const;
type State = keyof typeof states;
const all = Object.keys(states) as State[];

const calls: Record<string, (socket: UdpSocket) => unknown> = {
  "bind 0.0.0.0": (s) => s.bind(at("0.0.0.0")),
  "bind foreign": (s) => s.bind(at("192.0.2.1")),
  "bind IPv6": (s) => s.bind(at("::")),
  listen: (s) => s.listen(),
  accept: (s) => s.accept(),
  connect: (s) => s.connect(at("127.0.0.1", 9)),
  "connect IPv6": (s) => s.connect(at("::1", 9)),
  "connect 0.0.0.0": (s) => s.connect(at("0.0.0.0", 9)),
  "connect nowhere": (s) => s.connect(at("203.0.113.9", 9)),
  "connect undefined": (s) => s.connect(undefined),
  send: (s) => s.send(hello),
  "send nothing": (s) => s.send(new Uint8Array(0)),
  "send urgent": (s) => s.send(hello, { urgent: true }),
  "send 70000": (s) => s.send(new Uint8Array(70000)),
  sendTo: (s) => s.sendTo(hello, at("127.0.0.1", 9)),
  "sendTo IPv6": (s) => s.sendTo(hello, at("::1", 9)),
  "sendTo port 0": (s) => s.sendTo(hello, at("127.0.0.1")),
  "sendTo nowhere": (s) => s.sendTo(hello, at("203.0.113.9", 9)),
  recv: (s) => s.recv(new Uint8Array(9)),
  recvFrom: (s) => s.recvFrom(new Uint8Array(9)),
  shutdown: (s) => s.shutdown("SHUT_RDWR"),
  remoteEndpoint: (s) => s.remoteEndpoint().address,
};

/** Call, what it answers, and in which states where not in all. */
const answers: readonly (readonly [string, unknown, ...State[]])[] = [
  ["bind 0.0.0.0", undefined, "fresh"],
  ["bind 0.0.0.0", "EINVAL", "bound", "connected", "refused", "shut for writing", "shut for reading"],
  ["bind foreign", "EADDRNOTAVAIL"],
  ["bind IPv6", "EAFNOSUPPORT"],
  ["listen", "EOPNOTSUPP"],
  ["accept", "EOPNOTSUPP"],
  ["connect", undefined],
  ["connect IPv6", "EAFNOSUPPORT"],
  ["connect 0.0.0.0", undefined],
  ["connect nowhere", "ENETUNREACH", "fresh"],
  ["connect undefined", undefined],
  ["send", "EDESTADDRREQ", "fresh", "bound"],
  ["send", 5, "connected", "shut for reading"],
  ["send", "ECONNREFUSED", "refused"],
  ["send", "EPIPE", "shut for writing"],
  ["send nothing", 0, "connected", "shut for reading"],
  ["send urgent", "EOPNOTSUPP"],
  ["send 70000", "EMSGSIZE"],
  ["sendTo", 5, "fresh", "bound", "connected", "shut for reading"],
  ["sendTo", "ECONNREFUSED", "refused"],
  ["sendTo", "EPIPE", "shut for writing"],
  ["sendTo IPv6", "EAFNOSUPPORT"],
  ["sendTo port 0", "EINVAL"],
  ["sendTo nowhere", "ENETUNREACH", "fresh"],
  ["recv", "EAGAIN", "fresh", "bound", "connected", "shut for writing", "shut for reading"],
  ["recv", "ECONNREFUSED", "refused"],
  ["recvFrom", "EAGAIN", "fresh", "bound", "connected", "shut for writing", "shut for reading"],
  ["shutdown", "ENOTCONN", "fresh", "bound"],
  ["shutdown", undefined, "connected", "refused", "shut for writing", "shut for reading"],
  ["remoteEndpoint", "ENOTCONN", "fresh", "bound"],
  ["remoteEndpoint", "127.0.0.1", "connected", "refused", "shut for writing", "shut for reading"],
];

describe("a UDP socket answers as Linux does", () => {
  for (const [call, answer, ...where] of answers)
    for (const state of where.length === 0 ? all : where)
      test(`${call} when ${state}: ${String(answer)}`, () => {
        const socket = states[state](setup().socket);
        expect(outcome(() => calls[call]!(socket))).toBe(answer);
      });

  test("poll tells of errors, and of directions that are shut", () => {
    const ready = (state: State) => {
      const { readable, writable, error, hangup, readHangup } = states[state](setup().socket).poll();
      return [readable && "IN", writable && "OUT", error && "ERR", hangup && "HUP", readHangup && "RDHUP"]
        .filter(Boolean)
        .join("|");
    };
    expect(all.map((state) => [state, ready(state)])).toEqual([
      ["fresh", "OUT"],
      ["bound", "OUT"],
      ["connected", "OUT"],
      ["refused", "OUT|ERR"],
      ["shut for writing", "OUT"],
      ["shut for reading", "IN|OUT|RDHUP"],
    ]);
  });

  test("SO_ERROR is told once, and clears", () => {
    const socket = states.refused(setup().socket);
    expect([socket.getOption("SO_ERROR"), socket.getOption("SO_ERROR")]).toEqual([111, 0]);
  });

  test("after close every call is EBADF, and close is idempotent", () => {
    const { socket } = setup();
    socket.close();
    socket.close();
    const unanimous = Object.values(calls).map((call) => outcome(() => call(socket)));
    expect(new Set(unanimous)).toEqual(new Set(["EBADF"]));
    expect(outcome(() => socket.setOption("SO_REUSEADDR", 1))).toBe("EBADF");
    expect(outcome(() => socket.localEndpoint())).toBe("EBADF");
  });

  test("a port that is none is a RangeError, before anything changes", () => {
    const { socket } = setup();
    for (const port of [-1, 65536, 1.5, Number.NaN]) {
      expect(outcome(() => socket.bind(at("127.0.0.1", port)))).toBe("ERR_SOCKET_BAD_PORT");
      expect(() => socket.sendTo(hello, at("127.0.0.1", port))).toThrow(RangeError);
      expect(() => socket.connect(at("127.0.0.1", port))).toThrow(RangeError);
    }
    expect(socket.localEndpoint()).toEqual({ family: "IPv4", address: "0.0.0.0", port: 0 });
  });

  test("a port below ip_unprivileged_port_start wants a privilege", () => {
    const { world } = setup();
    world.credentials = { uid: 1000, privileged: false };
    const socket = new UdpSocket(world, "AF_INET");
    expect(outcome(() => socket.bind(at("127.0.0.1", 1023)))).toBe("EACCES");
    world.sysctl.set("net.ipv4.ip_unprivileged_port_start", 80);
    expect(outcome(() => socket.bind(at("127.0.0.1", 80)))).toBeUndefined();
  });

  test("text that is no address is EINVAL", () => {
    const { socket } = setup();
    expect(outcome(() => socket.bind(at("localhost", 1)))).toBe("EINVAL");
  });
});

describe("an AF_INET6 socket speaks both families, unless told or bound otherwise", () => {
  const make = (how: "fresh" | "v6only" | "::1" | "mapped" | "::") => {
    const { socket, world } = setup("AF_INET6");
    if (how === "v6only") socket.setOption("IPV6_V6ONLY", 1);
    if (how === "::1") socket.bind(at("::1"));
    if (how === "mapped") socket.bind(at("::ffff:127.0.0.1"));
    if (how === "::") socket.bind(at("::"));
    return { socket, world };
  };

  test.each([
    ["fresh", "::1", undefined, "::1"],
    ["mapped", "::1", "EAFNOSUPPORT", "::ffff:127.0.0.1"],
    ["fresh", "::", undefined, "::1"],
    ["mapped", "::", undefined, "::ffff:127.0.0.1"],
    ["fresh", "::ffff:127.0.0.1", undefined, "::ffff:127.0.0.1"],
    ["::", "::ffff:127.0.0.1", undefined, "::ffff:127.0.0.1"],
    ["v6only", "::ffff:127.0.0.1", "ENETUNREACH", "::"],
    ["::1", "::ffff:127.0.0.1", "ENETUNREACH", "::1"],
    ["fresh", "127.0.0.1", undefined, "::ffff:127.0.0.1"],
    ["fresh", "2001:db8::1", "ENETUNREACH", "::"],
    ["fresh", "fe80::1", "EINVAL", "::"],
  ] as const)("%s connects to %s: %s, and is then at %s", (how, to, answer, local) => {
    const { socket } = make(how);
    expect(outcome(() => socket.connect(at(to, 9)))).toBe(answer);
    expect(socket.localEndpoint().address).toBe(local);
  });

  test.each([
    ["fresh", "::ffff:127.0.0.1", 5],
    ["v6only", "::ffff:127.0.0.1", "ENETUNREACH"],
    ["mapped", "::1", "EAFNOSUPPORT"],
    ["::1", "::1", 5],
  ] as const)("%s sends to %s: %s", (how, to, answer) => {
    expect(outcome(() => make(how).socket.sendTo(hello, at(to, 9)))).toBe(answer);
  });

  test.each([
    ["0.0.0.0", "EINVAL"],
    ["127.0.0.1", "EINVAL"],
    ["::ffff:192.0.2.1", "EADDRNOTAVAIL"],
    ["2001:db8::1", "EADDRNOTAVAIL"],
    ["fe80::1", "EINVAL"],
    ["ff02::1", "EINVAL"],
    ["ff0e::1", undefined],
    ["::ffff:224.0.0.5", undefined],
    ["::ffff:0.0.0.0", undefined],
  ])("bind to %s: %s", (to, answer) => {
    expect(outcome(() => make("fresh").socket.bind(at(to)))).toBe(answer);
  });

  test("a link-local address names its interface, and there is none like it", () => {
    const { socket } = make("fresh");
    expect(outcome(() => socket.bind(at("fe80::1", 0, 1)))).toBe("EADDRNOTAVAIL");
    expect(outcome(() => socket.bind(at("fe80::1", 0, 99)))).toBe("ENODEV");
    expect(outcome(() => socket.bind(at("ff02::1", 0, 2)))).toBeUndefined();
  });

  test("IPV6_V6ONLY refuses mapped addresses, is fixed by bind, and set by an IPv6 address", () => {
    expect(outcome(() => make("v6only").socket.bind(at("::ffff:127.0.0.1")))).toBe("EINVAL");
    expect(outcome(() => make("::").socket.setOption("IPV6_V6ONLY", 1))).toBe("EINVAL");
    expect(make("::1").socket.getOption("IPV6_V6ONLY")).toBe(1);
    expect(make("::").socket.getOption("IPV6_V6ONLY")).toBe(0);
  });
});

describe("connecting and dissolving", () => {
  test("what bind did not name is given up: the address of a wildcard, the port of a bind to 0", () => {
    const { world, socket } = setup();
    socket.connect(at("127.0.0.1", 9));
    socket.connect(undefined);
    expect(socket.localEndpoint()).toMatchObject({ address: "0.0.0.0", port: 0 });
    const named = new UdpSocket(world, "AF_INET");
    named.bind(at("0.0.0.0", 45678));
    named.connect(at("127.0.0.1", 9));
    expect(named.localEndpoint().address).toBe("127.0.0.1");
    named.connect(undefined);
    expect(named.localEndpoint()).toMatchObject({ address: "0.0.0.0", port: 45678 });
    const half = new UdpSocket(world, "AF_INET");
    half.bind(at("127.0.0.1", 0));
    half.connect(at("127.0.0.1", 9));
    half.connect(undefined);
    expect(half.localEndpoint()).toMatchObject({ address: "127.0.0.1", port: 0 });
  });

  test("a socket bound to the loopback cannot leave by another interface: EINVAL", () => {
    const { socket } = setup();
    socket.connect(at("127.0.0.1", 9));
    expect(outcome(() => socket.connect(at("10.9.0.2", 9)))).toBe("EINVAL");
    expect(socket.remoteEndpoint().port).toBe(9);
  });

  test("connecting to port 0 leaves the peer without a name", () => {
    const { socket } = setup();
    socket.connect(at("127.0.0.1", 0));
    expect(outcome(() => socket.remoteEndpoint())).toBe("ENOTCONN");
    expect(socket.send(hello)).toBe(5);
  });

  test("IP_BIND_ADDRESS_NO_PORT leaves the port to the first use", () => {
    const { socket } = setup();
    socket.setOption("IP_BIND_ADDRESS_NO_PORT", 1);
    socket.bind(at("127.0.0.1"));
    expect(socket.localEndpoint().port).toBe(0);
    socket.sendTo(hello, at("127.0.0.1", 9));
    expect(socket.localEndpoint().port).toBeGreaterThan(0);
  });

  test("close gives the port back", () => {
    const { world, socket } = setup();
    socket.bind(at("127.0.0.1", 5000));
    const rival = new UdpSocket(world, "AF_INET");
    expect(outcome(() => rival.bind(at("127.0.0.1", 5000)))).toBe("EADDRINUSE");
    socket.close();
    expect(outcome(() => rival.bind(at("127.0.0.1", 5000)))).toBeUndefined();
  });

  test("no port left for an implicit bind is EAGAIN", () => {
    const { world } = setup();
    world.sysctl.set("net.ipv4.ip_local_port_range", "50000 50001");
    const sockets = [1, 2, 3].map(() => new UdpSocket(world, "AF_INET"));
    const send = (s: UdpSocket) => outcome(() => s.sendTo(hello, at("127.0.0.1", 9)));
    expect(sockets.map(send)).toEqual([5, 5, "EAGAIN"]);
    expect(outcome(() => new UdpSocket(world, "AF_INET").connect(at("127.0.0.1", 9)))).toBe("EAGAIN");
    expect(outcome(() => new UdpSocket(world, "AF_INET").bind(at("127.0.0.1")))).toBe("EADDRINUSE");
  });
});

describe("sending", () => {
  test("the longest datagrams are 65507 and 65527 bytes", () => {
    const v4 = (length: number) =>
      outcome(() => setup().socket.sendTo(new Uint8Array(length), at("127.0.0.1", 9)));
    const v6 = (length: number) =>
      outcome(() => setup("AF_INET6").socket.sendTo(new Uint8Array(length), at("::1", 9)));
    expect([v4(65507), v4(65508), v6(65527), v6(65528)]).toEqual([65507, "EMSGSIZE", 65527, "EMSGSIZE"]);
  });

  test("broadcast wants SO_BROADCAST [RFC 1122 4.1.3.4]", () => {
    const { socket, world } = setup();
    expect(outcome(() => socket.sendTo(hello, at("10.9.0.255", 9)))).toBe("EACCES");
    expect(outcome(() => socket.connect(at("10.9.0.255", 9)))).toBe("EACCES");
    socket.setOption("SO_BROADCAST", 1);
    expect(socket.sendTo(hello, at("10.9.0.255", 9))).toBe(5);
    expect(world.last.route.cast).toBe("broadcast");
  });

  test("IP_TTL, IP_TOS, IP_MULTICAST_TTL and IP_MTU_DISCOVER are what IP is asked for", () => {
    const { socket, world } = setup();
    socket.sendTo(hello, at("10.9.0.2", 9));
    expect(world.last.options).toMatchObject({ hopLimit: 64, trafficClass: 0, pathMtuDiscovery: "want" });
    socket.setOption("IP_TTL", 9);
    socket.setOption("IP_TOS", 0x2e);
    socket.setOption("IP_MTU_DISCOVER", 2);
    socket.sendTo(hello, at("10.9.0.2", 9));
    expect(world.last.options).toMatchObject({ hopLimit: 9, trafficClass: 0x2e, pathMtuDiscovery: "do" });
    expect(outcome(() => socket.sendTo(new Uint8Array(1473), at("10.9.0.2", 9)))).toBe("EMSGSIZE");
    socket.setOption("IP_MULTICAST_IF", "10.9.0.1");
    socket.sendTo(hello, at("239.1.2.3", 9));
    expect(world.last.options).toMatchObject({ hopLimit: 1, multicastLoop: true });
    socket.setOption("IP_MULTICAST_TTL", 5);
    socket.setOption("IP_MULTICAST_LOOP", 0);
    socket.sendTo(hello, at("239.1.2.3", 9));
    expect(world.last.options).toMatchObject({ hopLimit: 5, multicastLoop: false });
  });

  test("IPV6_UNICAST_HOPS and IPV6_TCLASS count for IPv6", () => {
    const { socket, world } = setup("AF_INET6");
    socket.setOption("IPV6_UNICAST_HOPS", 3);
    socket.setOption("IPV6_TCLASS", 0x20);
    socket.sendTo(hello, at("fd00:9::2", 9));
    expect(world.last.options).toMatchObject({ hopLimit: 3, trafficClass: 0x20 });
  });

  test("UDP_SEGMENT cuts a send into datagrams", () => {
    const { socket, world } = setup();
    socket.setOption("UDP_SEGMENT", 1000);
    expect(socket.sendTo(new Uint8Array(2500), at("10.9.0.2", 9))).toBe(2500);
    expect(world.sent.map(({ bytes }) => bytes.length - 8)).toEqual([1000, 1000, 500]);
  });

  test("SO_BINDTODEVICE decides the way out", () => {
    const { socket, world } = setup();
    socket.setOption("SO_BINDTODEVICE", "eth0");
    socket.sendTo(hello, at("10.9.0.2", 9));
    expect(world.last.route.interface.name).toBe("eth0");
    expect(outcome(() => socket.setOption("SO_BINDTODEVICE", "nope"))).toBe("ENODEV");
    expect(socket.getOption("SO_BINDTODEVICE")).toBe("eth0");
  });

  test("what IP refuses the caller hears, and a full queue only with IP_RECVERR", () => {
    const { socket, world } = setup();
    world.refusal = "EHOSTUNREACH";
    expect(outcome(() => socket.sendTo(hello, at("10.9.0.2", 9)))).toBe("EHOSTUNREACH");
    world.refusal = "ENOBUFS";
    expect(outcome(() => socket.sendTo(hello, at("10.9.0.2", 9)))).toBe(5);
    expect(world.counters.UdpSndbufErrors).toBe(1);
    socket.setOption("IP_RECVERR", 1);
    expect(outcome(() => socket.sendTo(hello, at("10.9.0.2", 9)))).toBe("ENOBUFS");
  });
});
