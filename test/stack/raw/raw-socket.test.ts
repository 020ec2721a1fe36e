/** What Linux 6.18 answered to the same calls stands beside each. */
import { afterEach, describe, expect, test } from "vitest";
import type { Host } from "../../../src/stack/host.ts";
import { Network } from "../../../src/stack/network.ts";
import type { Socket, SocketDomain } from "../../../src/stack/socket.ts";
import { outcome } from "../support/fake-world.ts";

let network: Network;
afterEach(() => network.close());

function pair(): { a: Host; b: Host } {
  network = new Network({ seed: 1 });
  const [a, b] = [network.host("a"), network.host("b")];
  network.link(a, b, {
    ends: [{ addresses: ["10.0.0.1/24", "fd00::1/64"] }, { addresses: ["10.0.0.2/24", "fd00::2/64"] }],
  });
  network.run(5000);
  return { a, b };
}

function raw(host: Host, domain: SocketDomain, protocol: number): Socket {
  return host.socket(domain, "SOCK_RAW", protocol);
}

function received(socket: Socket): Uint8Array {
  const into = new Uint8Array(2000);
  return into.slice(0, socket.recv(into));
}

/** Protocol numbers for experiments (RFC 3692). */
const experiment = 253;
const data = Uint8Array.of(1, 2, 3);

describe("raw sockets", () => {
  test.each([
    ["AF_INET", "10.0.0.2", 23],
    ["AF_INET6", "fd00::2", 3],
  ] as const)("%s: carry a protocol of their own, IPv4's with its header", (domain, address, length) => {
    const { a, b } = pair();
    const receiver = raw(b, domain, experiment);
    raw(a, domain, experiment).sendTo(data, { address, port: 0 });
    network.run(100);
    const packet = received(receiver);
    expect([packet.length, packet.slice(-3)]).toEqual([length, data]);
    expect(b.counters.IcmpOutDestUnreachs + b.counters.Icmp6OutParmProblems).toBe(0);
  });

  test("see what a transport takes as well, and no more once they are closed", () => {
    const { a, b } = pair();
    const [watching, closed] = [raw(b, "AF_INET", 1), raw(b, "AF_INET", 1)];
    closed.close();
    a.echo.send({ destination: a.interfaces[1]!.addresses[0]!.address, timeout: 10 }, () => {});
    const answers: string[] = [];
    a.echo.send({ destination: b.interfaces[1]!.addresses[0]!.address }, ({ kind }) => answers.push(kind));
    network.run(100);
    expect(answers).toEqual(["reply"]);
    expect(received(watching)[20]).toBe(8);
    expect(outcome(() => received(watching))).toBe("EAGAIN");
    expect(outcome(() => closed.recv(new Uint8Array(1)))).toBe("EBADF");
  });

  test("ping by hand, over IPv6 with the checksum filled in [RFC 3542 3.1]", () => {
    const { a } = pair();
    const socket = raw(a, "AF_INET6", 58);
    socket.connect({ address: "fd00::2", port: 0 });
    socket.send(Uint8Array.of(128, 0, 0, 0, 0x12, 0x34, 0, 1));
    network.run(100);
    expect([...received(socket)].slice(4)).toEqual([0x12, 0x34, 0, 1]);
  });

  test("bound and connected ones hear only that", () => {
    const { a, b } = pair();
    const elsewhere = raw(b, "AF_INET", experiment);
    elsewhere.bind({ address: "127.0.0.1", port: 0 });
    const stranger = raw(b, "AF_INET", experiment);
    stranger.connect({ address: "10.0.0.7", port: 0 });
    raw(a, "AF_INET", experiment).sendTo(data, { address: "10.0.0.2", port: 0 });
    network.run(100);
    expect([elsewhere, stranger].map((socket) => outcome(() => received(socket)))).toEqual([
      "EAGAIN",
      "EAGAIN",
    ]);
  });

  test("answer as Linux's do", () => {
    const { a } = pair();
    const socket = raw(a, "AF_INET", experiment);
    const at = (address: string) => ({ address, port: 0 });
    expect(socket.localEndpoint()).toMatchObject({ address: "0.0.0.0", port: experiment });
    expect(outcome(() => socket.remoteEndpoint())).toBe("ENOTCONN");
    expect(outcome(() => socket.listen(1))).toBe("EOPNOTSUPP");
    expect(outcome(() => socket.accept())).toBe("EOPNOTSUPP");
    expect(outcome(() => received(socket))).toBe("EAGAIN");
    expect(outcome(() => socket.send(data))).toBe("EDESTADDRREQ");
    expect(outcome(() => socket.shutdown("SHUT_WR"))).toBe("ENOTCONN");
    expect(outcome(() => socket.sendTo(data, at("::1")))).toBe("EAFNOSUPPORT");
    expect(outcome(() => socket.sendTo(data, at("203.0.113.9")))).toBe("ENETUNREACH");
    expect(outcome(() => socket.bind(at("192.0.2.1")))).toBe("EADDRNOTAVAIL");
    expect(outcome(() => socket.bind(at("127.0.0.1")))).toBeUndefined();
    expect(outcome(() => socket.bind(at("127.0.0.1")))).toBeUndefined();
    expect(outcome(() => socket.connect(at("127.0.0.1")))).toBeUndefined();
    expect(outcome(() => socket.remoteEndpoint())).toBe("ENOTCONN");
    expect(outcome(() => socket.send(new Uint8Array(65516)))).toBe("EMSGSIZE");
    expect(outcome(() => socket.send(new Uint8Array(70000)))).toBe("EMSGSIZE");
    expect(outcome(() => socket.send(data, { urgent: true }))).toBe("EOPNOTSUPP");
    expect(outcome(() => raw(a, "AF_INET6", experiment).sendTo(data, at("127.0.0.1")))).toBe("EINVAL");
    expect(outcome(() => socket.setOption("TCP_NODELAY", 1))).toBe("ENOPROTOOPT");
    expect([socket.getOption("SO_TYPE"), socket.getOption("SO_RCVBUF")]).toEqual([3, 212992]);
    socket.shutdown("SHUT_WR");
    expect(outcome(() => socket.send(data))).toBe(3);
    expect(socket.poll()).toMatchObject({ readable: false, writable: true });
  });

  test("are for the privileged", () => {
    const { a } = pair();
    expect(outcome(() => raw(a, "AF_INET", 0))).toBe("EPROTONOSUPPORT");
    a.credentials = { uid: 1000, privileged: false };
    expect(outcome(() => raw(a, "AF_INET", 1))).toBe("EPERM");
  });
});
