/** Sockets of two hosts on a cable, under a clock that costs nothing. */
import { afterEach, describe, expect, test } from "vitest";
import { sameBytes } from "../../src/base/bytes.ts";
import { iana } from "../../src/ports/profiles/iana.ts";
import { linux } from "../../src/ports/profiles/linux.ts";
import type { Host } from "../../src/stack/host.ts";
import { type LinkOptions, Network } from "../../src/stack/network.ts";
import type { Socket, SocketDomain } from "../../src/stack/socket.ts";
import { outcome } from "./support/fake-world.ts";

let network: Network;
afterEach(() => network.close());

function pair(options: LinkOptions = {}, seed: number | string = 1): { a: Host; b: Host } {
  network = new Network({ seed });
  const [a, b] = [network.host("a"), network.host("b")];
  const ends = [
    { addresses: ["10.0.0.1/24", "fd00::1/64"] },
    { addresses: ["10.0.0.2/24", "fd00::2/64"] },
  ] as const;
  network.link(a, b, { ...options, ends: [ends[0], ends[1]] });
  network.run(5000);
  return { a, b };
}

const families = [
  ["AF_INET", "10.0.0.2"],
  ["AF_INET6", "fd00::2"],
] as const;

/** Answers everything with itself, and closes when the peer does. */
function echo(host: Host, domain: SocketDomain, address: string, port: number): Socket {
  const listener = host.socket(domain, "SOCK_STREAM");
  listener.setOption("SO_REUSEADDR", 1);
  listener.bind({ address, port });
  listener.listen(128);
  listener.onReady = () => {
    while (listener.poll().readable) serve(listener.accept());
  };
  return listener;
}

function serve(socket: Socket): void {
  const buffer = new Uint8Array(65536);
  let pending = new Uint8Array(0);
  const work = () => {
    for (;;) {
      if (pending.length > 0) {
        const sent = outcome(() => socket.send(pending));
        if (typeof sent === "string") return sent === "EAGAIN" ? undefined : socket.close();
        pending = pending.slice(sent);
        continue;
      }
      const got = outcome(() => socket.recv(buffer));
      if (got === "EAGAIN") return undefined;
      if (typeof got === "string" || got === 0) return socket.close();
      pending = buffer.slice(0, got);
    }
  };
  socket.onReady = work;
  work();
}

/** Sends `data`, shuts down, and collects what comes back. */
function talk(host: Host, domain: SocketDomain, address: string, port: number, data: Uint8Array) {
  const socket = host.socket(domain, "SOCK_STREAM");
  const result = { socket, received: [] as Uint8Array[], ended: undefined as string | number | undefined };
  const buffer = new Uint8Array(65536);
  let sent = 0;
  socket.onReady = () => {
    while (sent < data.length) {
      const taken = outcome(() => socket.send(data.subarray(sent)));
      if (taken === "EAGAIN") break;
      if (typeof taken === "string") {
        result.ended = taken;
        return;
      }
      sent += taken;
      if (sent === data.length) socket.shutdown("SHUT_WR");
    }
    for (;;) {
      const got = outcome(() => socket.recv(buffer));
      if (got === "EAGAIN") return;
      if (typeof got === "string" || got === 0) {
        result.ended = got;
        socket.close();
        return;
      }
      result.received.push(buffer.slice(0, got));
    }
  };
  expect(outcome(() => socket.connect({ address, port }))).toBe("EINPROGRESS");
  return result;
}

/** Whether the pieces make up `whole`: comparing bytes one by one is slow work for `toEqual`. */
function makeUp(pieces: readonly Uint8Array[], whole: Uint8Array): boolean {
  let at = 0;
  for (const piece of pieces) {
    if (!sameBytes(piece, whole.subarray(at, at + piece.length))) return false;
    at += piece.length;
  }
  return at === whole.length;
}

function noise(length: number): Uint8Array {
  return network.random.fork("noise").bytes(new Uint8Array(length));
}

describe("TCP between two hosts", () => {
  test.each(families)("%s: what is sent comes back whole, and the ports too", (domain, address) => {
    const { a, b } = pair();
    const listener = echo(b, domain, address, 7);
    const data = noise(100_000);
    const client = talk(a, domain, address, 7, data);
    network.run();
    expect(client.ended).toBe(0);
    expect(makeUp(client.received, data)).toBe(true);
    listener.close();
    network.advance(61_000);
    for (const host of [a, b]) expect(host.ports.stats().tcp).toMatchObject({ inUse: 0, held: 0, flows: 0 });
  });

  test("a closed port refuses at once", () => {
    const { a } = pair();
    const client = talk(a, "AF_INET", "10.0.0.2", 9, new Uint8Array(1));
    network.advance(1);
    expect(client.ended).toBe("ECONNREFUSED");
    client.socket.close();
    expect(a.ports.stats().tcp).toMatchObject({ inUse: 0 });
  });

  test("two hundred connections at once", () => {
    const { a, b } = pair();
    echo(b, "AF_INET6", "::", 7);
    const data = noise(2000);
    const clients = Array.from({ length: 200 }, (_, index) => {
      const [domain, address] = families[index % 2]!;
      return talk(a, domain, address, 7, data);
    });
    network.run();
    expect(clients.filter(({ ended }) => ended !== 0)).toEqual([]);
    expect(clients.every(({ received }) => makeUp(received, data))).toBe(true);
  });

  test("a sender makes no more segments than its own queue holds", () => {
    const { a, b } = pair();
    echo(b, "AF_INET", "10.0.0.2", 7);
    const data = noise(10_000_000);
    const client = talk(a, "AF_INET", "10.0.0.2", 7, data);
    network.run();
    expect(makeUp(client.received, data)).toBe(true);
    for (const { counters } of [a, b])
      expect(counters).toMatchObject({ IpOutDiscards: 0, TcpRetransSegs: 0 });
  });

  test("over a bad cable all arrives all the same", () => {
    const { a, b } = pair({
      loss: 0.1,
      duplication: 0.05,
      reordering: 0.1,
      corruption: 0.02,
      delay: 5,
      jitter: 5,
    });
    echo(b, "AF_INET", "10.0.0.2", 7);
    const data = noise(50_000);
    const client = talk(a, "AF_INET", "10.0.0.2", 7, data);
    network.run();
    expect(client.ended).toBe(0);
    expect(makeUp(client.received, data)).toBe(true);
  });

  test("to oneself over the loopback", () => {
    const { a } = pair();
    echo(a, "AF_INET", "127.0.0.1", 7);
    const data = noise(100_000);
    const client = talk(a, "AF_INET", "127.0.0.1", 7, data);
    network.run();
    expect(makeUp(client.received, data)).toBe(true);
  });

  test("a small range wraps: EADDRNOTAVAIL when it is spent, and again after TIME-WAIT", () => {
    const { a, b } = pair();
    echo(b, "AF_INET", "10.0.0.2", 7);
    a.sysctl.set("net.ipv4.ip_local_port_range", "50000 50003");
    a.sysctl.set("net.ipv4.tcp_tw_reuse", 0);
    const connect = () => {
      const socket = a.socket("AF_INET", "SOCK_STREAM");
      const answer = outcome(() => socket.connect({ address: "10.0.0.2", port: 7 }));
      network.run(1000);
      return { socket, answer };
    };
    const four = [1, 2, 3, 4].map(connect);
    expect(four.map(({ answer }) => answer)).toEqual(Array(4).fill("EINPROGRESS"));
    expect(new Set(four.map(({ socket }) => socket.localEndpoint().port)).size).toBe(4);
    expect(connect().answer).toBe("EADDRNOTAVAIL");
    for (const { socket } of four) socket.close();
    network.run(1000);
    expect(a.ports.stats().tcp).toMatchObject({ inUse: 0, held: 4 });
    expect(connect().answer).toBe("EADDRNOTAVAIL");
    network.advance(61_000);
    expect(connect().answer).toBe("EINPROGRESS");
  });

  test("the same seed gives the same packets", () => {
    const run = () => {
      network = new Network({ seed: 7, capture: true });
      const [a, b] = [network.host("a"), network.host("b")];
      network.link(a, b, {
        loss: 0.05,
        delay: 3,
        ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }],
      });
      echo(b, "AF_INET", "10.0.0.2", 7);
      for (let i = 0; i < 5; i++) talk(a, "AF_INET", "10.0.0.2", 7, noise(20_000));
      network.run();
      return network.capture();
    };
    expect(sameBytes(run(), run())).toBe(true);
  });
});

describe("UDP between two hosts", () => {
  test.each(families)("%s: echo, with the names of both ends", (domain, address) => {
    const { a, b } = pair();
    const server = b.socket(domain, "SOCK_DGRAM");
    server.bind({ address: domain === "AF_INET" ? "0.0.0.0" : "::", port: 7 });
    server.onReady = () => {
      const into = new Uint8Array(2000);
      while (server.poll().readable) {
        const { length, from } = server.recvFrom(into);
        server.sendTo(into.subarray(0, length), from);
      }
    };
    const client = a.socket(domain, "SOCK_DGRAM");
    client.connect({ address, port: 7 });
    client.send(new TextEncoder().encode("hello"));
    network.run();
    const into = new Uint8Array(100);
    const { length, from } = client.recvFrom(into);
    expect(new TextDecoder().decode(into.subarray(0, length))).toBe("hello");
    expect(from).toMatchObject({ address, port: 7 });
  });

  test("a closed port is told to a connected socket, and to no other", () => {
    const { a } = pair();
    const connected = a.socket("AF_INET", "SOCK_DGRAM");
    let calls = 0;
    connected.onReady = () => calls++;
    connected.connect({ address: "10.0.0.2", port: 9 });
    connected.send(new Uint8Array(1));
    const other = a.socket("AF_INET", "SOCK_DGRAM");
    other.sendTo(new Uint8Array(1), { address: "10.0.0.2", port: 9 });
    network.run();
    expect(calls).toBe(1);
    expect([connected, other].map((socket) => outcome(() => socket.recv(new Uint8Array(1))))).toEqual([
      "ECONNREFUSED",
      "EAGAIN",
    ]);
  });

  test.each(families)("%s: what is larger than the MTU goes in fragments", (domain, address) => {
    const { a, b } = pair();
    const server = b.socket(domain, "SOCK_DGRAM");
    server.bind({ address, port: 7 });
    const client = a.socket(domain, "SOCK_DGRAM");
    const data = noise(20_000);
    client.sendTo(data, { address, port: 7 });
    network.run();
    const into = new Uint8Array(65536);
    expect(sameBytes(into.slice(0, server.recv(into)), data)).toBe(true);
    client.setOption(domain === "AF_INET" ? "IP_MTU_DISCOVER" : "IPV6_MTU_DISCOVER", 2);
    expect(outcome(() => client.sendTo(data, { address, port: 7 }))).toBe("EMSGSIZE");
  });

  test("link-local peers are named with their interface, and can be answered by that name [RFC 4007 11.2]", () => {
    network = new Network({ seed: 3 });
    const hub = network.hub();
    const [a, b] = ["a", "b"].map((name) => {
      const host = network.host(name);
      return { host, at: hub.attach(host) };
    });
    network.run(5000);
    const local = b!.at.addresses.find(({ family }) => family === 6)!.address;
    const server = b!.host.socket("AF_INET6", "SOCK_DGRAM");
    server.bind({ address: "::", port: 7 });
    const client = a!.host.socket("AF_INET6", "SOCK_DGRAM");
    client.sendTo(new Uint8Array(1), { address: local, port: 7, scope: a!.at.index });
    network.run(5000);
    const { from } = server.recvFrom(new Uint8Array(1));
    expect(from).toMatchObject({ scope: b!.at.index });
    server.sendTo(new Uint8Array(2), from);
    network.run(5000);
    expect(client.recv(new Uint8Array(9))).toBe(2);
    echo(b!.host, "AF_INET6", "::", 8);
    const stream = a!.host.socket("AF_INET6", "SOCK_STREAM");
    expect(outcome(() => stream.connect({ address: local, port: 8 }))).toBe("EINVAL");
    expect(outcome(() => stream.connect({ address: local, port: 8, scope: a!.at.index }))).toBe(
      "EINPROGRESS",
    );
    network.run(1000);
    expect(stream.remoteEndpoint()).toMatchObject({ port: 8, scope: a!.at.index });
  });

  test("broadcast and multicast reach every member on the link", () => {
    network = new Network({ seed: 3 });
    const hub = network.hub();
    const hosts = ["a", "b", "c"].map((name, index) => {
      const host = network.host(name);
      hub.attach(host, { addresses: [`10.0.0.${index + 1}/24`, `fd00::${index + 1}/64`] });
      return host;
    });
    network.run(5000);
    const receivers = hosts.map((host) => {
      const socket = host.socket("AF_INET", "SOCK_DGRAM");
      socket.bind({ address: "0.0.0.0", port: 5000 });
      return socket;
    });
    for (const [index, socket] of receivers.slice(1).entries())
      socket.setOption("IP_ADD_MEMBERSHIP", { group: "239.1.2.3", interface: `10.0.0.${index + 2}` });
    network.run(5000);
    const sender = hosts[0]!.socket("AF_INET", "SOCK_DGRAM");
    sender.setOption("SO_BROADCAST", 1);
    sender.setOption("IP_MULTICAST_IF", "10.0.0.1");
    sender.sendTo(new TextEncoder().encode("all"), { address: "10.0.0.255", port: 5000 });
    sender.sendTo(new TextEncoder().encode("members"), { address: "239.1.2.3", port: 5000 });
    network.run(5000);
    const heard = receivers.map((socket) => {
      const words: string[] = [];
      const into = new Uint8Array(100);
      while (socket.poll().readable)
        words.push(new TextDecoder().decode(into.subarray(0, socket.recv(into))));
      return words;
    });
    expect(heard).toEqual([["all"], ["all", "members"], ["all", "members"]]);
  });
});

test("icmp_ratelimit bounds the port unreachables one sender gets", () => {
  const unreachables = (limit: number) => {
    const { a, b } = pair();
    b.sysctl.set("net.ipv4.icmp_ratelimit", limit);
    const socket = a.socket("AF_INET", "SOCK_DGRAM");
    for (let i = 0; i < 20; i++) socket.sendTo(new Uint8Array(1), { address: "10.0.0.2", port: 9 });
    network.run(100);
    network.close();
    return b.counters.IcmpOutDestUnreachs;
  };
  expect([unreachables(1000), unreachables(0)]).toEqual([6, 20]);
});

describe("socket(2)", () => {
  test.each([
    ["AF_INET", "SOCK_STREAM", 6, 6],
    ["AF_INET", "SOCK_DGRAM", 17, 17],
    ["AF_INET6", "SOCK_STREAM", 0, 6],
    ["AF_INET", "SOCK_STREAM", 17, "EPROTONOSUPPORT"],
    ["AF_INET", "SOCK_DGRAM", 6, "EPROTONOSUPPORT"],
    ["AF_INET", "SOCK_DGRAM", 1, "EACCES"],
    ["AF_INET6", "SOCK_DGRAM", 1, "EPROTONOSUPPORT"],
    ["AF_INET6", "SOCK_DGRAM", 58, "EACCES"],
    ["AF_INET", "SOCK_SEQPACKET", 0, "ESOCKTNOSUPPORT"],
    ["AF_INET", "SOCK_SEQPACKET", 300, "EINVAL"],
    ["AF_INET", "SOCK_STREAM", -1, "EINVAL"],
  ] as const)("%s %s %i: %s", (domain, type, protocol, answer) => {
    const { a } = pair();
    expect(outcome(() => a.socket(domain, type, protocol).protocol)).toBe(answer);
  });
});

describe("onReady", () => {
  test("is never called from inside a call of the owner, but soon after", () => {
    const { a } = pair();
    const socket = a.socket("AF_INET", "SOCK_DGRAM");
    socket.bind({ address: "127.0.0.1", port: 9 });
    const order: string[] = [];
    socket.onReady = () => order.push("ready");
    socket.connect({ address: "127.0.0.1", port: 9 });
    socket.send(new Uint8Array(3));
    socket.shutdown("SHUT_WR");
    order.push("returned");
    network.run();
    expect(order.slice(0, 2)).toEqual(["returned", "ready"]);
  });

  test("that throws leaves the others their turn", () => {
    const { a } = pair();
    const [bad, good] = [a.socket("AF_INET", "SOCK_DGRAM"), a.socket("AF_INET", "SOCK_DGRAM")];
    for (const [index, socket] of [bad, good].entries())
      socket.bind({ address: "127.0.0.1", port: 10 + index });
    let calls = 0;
    bad.onReady = () => {
      throw new Error("owner's own fault");
    };
    good.onReady = () => calls++;
    const sender = a.socket("AF_INET", "SOCK_DGRAM");
    a.batch(() => {
      sender.sendTo(new Uint8Array(1), { address: "127.0.0.1", port: 10 });
      sender.sendTo(new Uint8Array(1), { address: "127.0.0.1", port: 11 });
    });
    expect(() => network.run()).toThrow("owner's own fault");
    network.run();
    expect(calls).toBe(1);
  });
});

test("TIME-WAIT lasts as long as the profile says [RFC 9293 MUST-13]", () => {
  const lengths = [linux, iana].map((profile) => {
    network = new Network({ seed: 1 });
    const [a, b] = [network.host("a", { profile }), network.host("b")];
    network.link(a, b, { ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }] });
    echo(b, "AF_INET", "10.0.0.2", 7);
    const { socket } = talk(a, "AF_INET", "10.0.0.2", 7, new Uint8Array(10));
    network.advance(1000);
    socket.close();
    const [resting] = a.ports.snapshot();
    expect(resting?.state).toBe("held");
    const from = network.now();
    while (a.ports.snapshot().length > 0) network.advance(1000);
    return Math.round((network.now() - from) / 10_000) * 10;
  });
  expect(lengths).toEqual([60, 240]);
});
