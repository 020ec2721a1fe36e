import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { checksumUnknown } from "../../../src/base/packet.ts";
import { memoryCost } from "../../../src/protocols/udp/queue.ts";
import type { IcmpError } from "../../../src/stack/transport.ts";
import { UdpSocket } from "../../../src/stack/udp/udp-socket.ts";
import { UdpTransport } from "../../../src/stack/udp/udp-transport.ts";
import { fillTransportChecksum } from "../../../src/wire/checksums.ts";
import { FakeWorld, outcome, type Sent } from "../support/fake-world.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function setup() {
  const world = new FakeWorld();
  const transport = new UdpTransport(world);
  const socket = (domain: "AF_INET" | "AF_INET6" = "AF_INET") => new UdpSocket(world, domain);
  /** A datagram from elsewhere to `to`. */
  const arrives = (to: string, port: number, text = "x", cast?: "unicast" | "broadcast" | "multicast") => {
    const v6 = to.includes(":");
    const sender = socket(v6 ? "AF_INET6" : "AF_INET");
    sender.setOption("SO_BROADCAST", 1);
    sender.setOption("SO_BINDTODEVICE", cast === undefined ? "" : "eth0");
    sender.sendTo(encode(text), { address: to, port });
    transport.receive(world.arrival(world.last, cast));
    sender.close();
  };
  return { world, transport, socket, arrives };
}

function take(socket: UdpSocket, room = 100): string {
  const into = new Uint8Array(room);
  return decode(into.subarray(0, socket.recv(into)));
}

function icmp(about: Sent, more: Partial<IcmpError> = {}): IcmpError {
  return {
    family: 4,
    errno: "ECONNREFUSED",
    hard: true,
    mtu: 0,
    type: 3,
    code: 3,
    reporter: about.route.destination,
    source: about.route.source,
    destination: about.route.destination,
    quotedLength: about.bytes.length + 20,
    bytes: about.bytes,
    start: 0,
    end: about.bytes.length,
    ...more,
  };
}

describe("who gets a datagram", () => {
  test("the socket of its port, with the sender's name; onReady follows once a batch", () => {
    const { world, socket, arrives } = setup();
    const receiver = socket();
    receiver.bind({ address: "127.0.0.1", port: 9 });
    let calls = 0;
    receiver.onReady = () => calls++;
    arrives("127.0.0.1", 9, "one");
    arrives("127.0.0.1", 9, "two");
    expect(calls).toBe(0);
    world.settle();
    expect(calls).toBe(1);
    const into = new Uint8Array(10);
    expect(receiver.recvFrom(into)).toMatchObject({
      length: 3,
      from: { family: "IPv4", address: "127.0.0.1" },
      truncated: false,
    });
    expect(take(receiver)).toBe("two");
    expect(world.counters.UdpInDatagrams).toBe(2);
  });

  test("a connected socket hears its peer only [RFC 1122 4.1.4]", () => {
    const { socket, arrives, world } = setup();
    const receiver = socket();
    receiver.bind({ address: "127.0.0.1", port: 9 });
    receiver.connect({ address: "127.0.0.1", port: 10 });
    arrives("127.0.0.1", 9, "stranger");
    expect(outcome(() => take(receiver))).toBe("EAGAIN");
    expect(world.unreachables).toHaveLength(1);
    const peer = socket();
    peer.bind({ address: "127.0.0.1", port: 10 });
    peer.sendTo(encode("peer"), { address: "127.0.0.1", port: 9 });
    const transport = new UdpTransport(world);
    transport.receive(world.arrival(world.last));
    expect(take(receiver)).toBe("peer");
  });

  test("a dual-stack socket names an IPv4 peer by its mapped address", () => {
    const { socket, arrives } = setup();
    const receiver = socket("AF_INET6");
    receiver.bind({ address: "::", port: 9 });
    arrives("127.0.0.1", 9);
    expect(receiver.recvFrom(new Uint8Array(1)).from).toMatchObject({
      family: "IPv6",
      address: "::ffff:127.0.0.1",
    });
  });

  test("nobody: port unreachable, and a count [RFC 1122 4.1.3.1]", () => {
    const { world, arrives } = setup();
    arrives("127.0.0.1", 9);
    arrives("::1", 9);
    expect(world.unreachables).toHaveLength(2);
    expect([world.counters.UdpNoPorts, world.counters.Udp6NoPorts]).toEqual([1, 1]);
  });

  test("to a group, every socket that matches gets a copy, and nobody is told when none does", () => {
    const { world, socket, arrives } = setup();
    const receivers = [1, 2, 3].map(() => {
      const receiver = socket();
      receiver.setOption("SO_REUSEADDR", 1);
      receiver.bind({ address: "0.0.0.0", port: 9 });
      return receiver;
    });
    arrives("10.9.0.255", 9, "all", "broadcast");
    expect(receivers.map((receiver) => take(receiver))).toEqual(["all", "all", "all"]);
    arrives("10.9.0.255", 99, "none", "broadcast");
    expect(world.unreachables).toEqual([]);
    expect(world.counters.UdpIgnoredMulti).toBe(1);
  });

  test("IP_MULTICAST_ALL off: only the groups that were joined, on their interface", () => {
    const { world, socket, arrives } = setup();
    const receiver = socket();
    receiver.bind({ address: "0.0.0.0", port: 9 });
    arrives("239.1.1.1", 9, "any", "multicast");
    expect(take(receiver)).toBe("any");
    receiver.setOption("IP_MULTICAST_ALL", 0);
    arrives("239.1.1.1", 9, "not joined", "multicast");
    expect(outcome(() => take(receiver))).toBe("EAGAIN");
    receiver.setOption("IP_ADD_MEMBERSHIP", { group: "239.1.1.1", interface: "10.9.0.1" });
    arrives("239.1.1.1", 9, "joined", "multicast");
    expect(take(receiver)).toBe("joined");
    receiver.close();
    expect(world.groups.map((each) => each.split(" ")[0])).toEqual(["join", "leave"]);
  });

  test("what a link glued together comes apart again", () => {
    const { world, transport, socket } = setup();
    const receiver = socket();
    receiver.bind({ address: "127.0.0.1", port: 9 });
    socket().sendTo(encode("aaabbbc"), { address: "127.0.0.1", port: 9 });
    transport.receive({ ...world.arrival(world.last), segmentSize: 3 });
    expect([take(receiver), take(receiver), take(receiver)]).toEqual(["aaa", "bbb", "c"]);
  });
});

describe("what is dropped", () => {
  const received = (v6: boolean, spoil: (bytes: Uint8Array) => void) => {
    const { world, transport, socket } = setup();
    const receiver = socket(v6 ? "AF_INET6" : "AF_INET");
    receiver.bind({ address: v6 ? "::1" : "127.0.0.1", port: 9 });
    socket(v6 ? "AF_INET6" : "AF_INET").sendTo(encode("hello"), {
      address: v6 ? "::1" : "127.0.0.1",
      port: 9,
    });
    const { bytes, route } = world.last;
    fillTransportChecksum(17, route.source, route.destination, bytes, 0, bytes.length);
    spoil(bytes);
    transport.receive({ ...world.arrival(world.last), checksum: checksumUnknown });
    return { taken: outcome(() => take(receiver)), counters: world.counters };
  };

  test("a wrong checksum is counted and dropped [RFC 1122 4.1.3.4]", () => {
    expect(received(false, () => {}).taken).toBe("hello");
    const { taken, counters } = received(false, (bytes) => bytes.fill(1, 8, 9));
    expect(taken).toBe("EAGAIN");
    expect([counters.UdpInErrors, counters.UdpInCsumErrors]).toEqual([1, 1]);
  });

  test("no checksum is taken over IPv4 and refused over IPv6 [RFC 768] [RFC 8200 8.1]", () => {
    expect(received(false, (bytes) => bytes.fill(0, 6, 8)).taken).toBe("hello");
    const { taken, counters } = received(true, (bytes) => bytes.fill(0, 6, 8));
    expect(taken).toBe("EAGAIN");
    expect(counters.Udp6InErrors).toBe(1);
  });

  test("a Length that does not hold is dropped; bytes beyond it are no part of the datagram [RFC 768]", () => {
    expect(received(false, (bytes) => bytes.fill(0xff, 4, 6)).taken).toBe("EAGAIN");
    expect(received(false, (bytes) => bytes.fill(0, 4, 6)).taken).toBe("EAGAIN");
  });

  test("what does not fit SO_RCVBUF is dropped and counted; into an empty queue fits anything", () => {
    const { world, socket, arrives } = setup();
    const receiver = socket();
    receiver.setOption("SO_RCVBUF", 0);
    receiver.bind({ address: "127.0.0.1", port: 9 });
    arrives("127.0.0.1", 9, "x".repeat(9000));
    arrives("127.0.0.1", 9, "x");
    expect(take(receiver, 9000)).toHaveLength(9000);
    expect([world.counters.UdpRcvbufErrors, world.counters.UdpInErrors]).toEqual([1, 1]);
    expect(receiver.queue.drops).toBe(1);
  });

  test("the queue takes what Linux takes: 256 small datagrams in 212992 bytes", () => {
    expect(Math.floor(212992 / memoryCost(64))).toBe(256);
    expect(Math.floor(212992 / memoryCost(1472))).toBe(92);
    expect(Math.floor(40000 / memoryCost(512))).toBe(31);
  });
});

describe("receiving", () => {
  function with10() {
    const made = setup();
    const receiver = made.socket();
    receiver.bind({ address: "127.0.0.1", port: 9 });
    made.arrives("127.0.0.1", 9, "0123456789");
    return receiver;
  }

  test("what the buffer does not hold is lost, and said to be", () => {
    const receiver = with10();
    expect(receiver.recvFrom(new Uint8Array(4))).toMatchObject({ length: 4, truncated: true });
    expect(outcome(() => take(receiver))).toBe("EAGAIN");
  });

  test("MSG_TRUNC tells the length it had, MSG_PEEK leaves it", () => {
    const receiver = with10();
    expect(receiver.recv(new Uint8Array(4), { truncate: true, peek: true })).toBe(10);
    expect(receiver.recvFrom(new Uint8Array(4), { truncate: true }).length).toBe(10);
  });

  test("an empty datagram is a datagram [RFC 768]", () => {
    const { socket, arrives } = setup();
    const receiver = socket();
    receiver.bind({ address: "127.0.0.1", port: 9 });
    arrives("127.0.0.1", 9, "");
    expect(receiver.poll().readable).toBe(true);
    expect(receiver.recvFrom(new Uint8Array(4)).length).toBe(0);
    expect(receiver.poll().readable).toBe(false);
  });
});

describe("UDP_CORK and MSG_MORE", () => {
  const to = { address: "127.0.0.1", port: 9 };
  function setup2() {
    const { world, socket } = setup();
    const payloads = () => world.sent.map(({ bytes }) => decode(bytes.subarray(8)));
    return { sender: socket(), payloads };
  }

  test("make one datagram of several sends, where the first said", () => {
    const { sender, payloads } = setup2();
    expect(sender.sendTo(encode("ab"), to, { more: true })).toBe(2);
    expect(payloads()).toEqual([]);
    sender.sendTo(encode("cd"), { address: "127.0.0.1", port: 10 });
    expect(payloads()).toEqual(["abcd"]);
    sender.connect(to);
    sender.setOption("UDP_CORK", 1);
    sender.send(encode("e"));
    sender.send(encode("f"));
    expect(payloads()).toHaveLength(1);
    sender.setOption("UDP_CORK", 0);
    expect(payloads()).toEqual(["abcd", "ef"]);
  });

  test("that grow too long are EMSGSIZE, and lost", () => {
    const { sender, payloads } = setup2();
    sender.connect(to);
    sender.setOption("UDP_CORK", 1);
    sender.send(new Uint8Array(60000));
    expect(outcome(() => sender.send(new Uint8Array(6000)))).toBe("EMSGSIZE");
    sender.setOption("UDP_CORK", 0);
    expect(payloads()).toEqual([]);
  });
});

describe("ICMP errors [RFC 1122 4.1.3.3]", () => {
  function about(connected: boolean, options: Record<string, unknown> = {}) {
    const { world, transport, socket } = setup();
    const sender = socket();
    for (const [name, value] of Object.entries(options)) sender.setOption(name, value);
    const to = { address: "10.9.0.2", port: 9 };
    if (connected) {
      sender.connect(to);
      sender.send(encode("x"));
    } else sender.sendTo(encode("x"), to);
    const told = (more: Partial<IcmpError> = {}) => {
      transport.icmpError(icmp(world.last, more));
      return outcome(() => sender.recv(new Uint8Array(1)));
    };
    return { sender, told, transport, world };
  }

  test("reach a connected socket, whose next call fails with them, once", () => {
    const { told, sender } = about(true);
    expect(told()).toBe("ECONNREFUSED");
    expect(outcome(() => sender.recv(new Uint8Array(1)))).toBe("EAGAIN");
  });

  test("reach an unconnected one only with IP_RECVERR", () => {
    expect(about(false).told()).toBe("EAGAIN");
    expect(about(false, { IP_RECVERR: 1 }).told()).toBe("ECONNREFUSED");
  });

  test("soft ones are for IP_RECVERR too", () => {
    const soft = { errno: "EHOSTUNREACH", hard: false, code: 1 } as const;
    expect(about(true).told(soft)).toBe("EAGAIN");
    expect(about(true, { IP_RECVERR: 1 }).told(soft)).toBe("EHOSTUNREACH");
  });

  test("too big: taken into the path MTU, and EMSGSIZE unless discovery is off", () => {
    const tooBig = { errno: "EMSGSIZE", hard: false, code: 4, mtu: 1280 } as const;
    const { told, world } = about(true);
    expect(told(tooBig)).toBe("EMSGSIZE");
    expect(world.reduced).toHaveLength(1);
    expect(about(true, { IP_MTU_DISCOVER: 0 }).told(tooBig)).toBe("EAGAIN");
  });

  test("about a flow that is not ours, or quoted too short, are counted and forgotten", () => {
    const { told, transport, world } = about(true);
    expect(told({ destination: address("10.9.0.3") })).toBe("EAGAIN");
    expect(world.counters.IcmpInErrors).toBe(1);
    transport.icmpError(icmp(world.last, { end: 7 }));
    expect(world.counters.IcmpInErrors).toBe(2);
  });
});
