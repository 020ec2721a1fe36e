/** SO_INCOMING_CPU on sockets: which CPU an interface's packets are handled by, whom they reach, and what the option tells then. */
import { describe, expect, test } from "vitest";
import type { Host } from "../../src/stack/host.ts";
import { Network } from "../../src/stack/network.ts";
import type { Socket, SocketType } from "../../src/stack/socket.ts";
import { outcome } from "./support/fake-world.ts";

const port = 5000;
const loopback = "127.0.0.1";

/** A host with two queues, each an interface with a CPU of its own, and its peer. */
function lab() {
  const network = new Network({ seed: 1 });
  const [host, peer] = [network.host("host"), network.host("peer")];
  for (const cpu of [0, 1])
    network.link(host, peer, {
      ends: [{ addresses: [`10.0.${cpu}.1/24`], cpu }, { addresses: [`10.0.${cpu}.2/24`] }],
    });
  return { network, host, peer };
}

function bound(host: Host, type: SocketType, options: Record<string, number>, address = "0.0.0.0"): Socket {
  const socket = host.socket("AF_INET", type);
  for (const [name, value] of Object.entries(options)) socket.setOption(name, value);
  socket.bind({ address, port });
  if (type === "SOCK_STREAM") socket.listen(9);
  return socket;
}

const cpuOf = (socket: Socket): unknown => socket.getOption("SO_INCOMING_CPU");

describe.each(["SOCK_DGRAM", "SOCK_STREAM"] as const)("a group of SO_REUSEPORT, %s", (type) => {
  /** Who got what ten sockets of the peer sent to `address`. */
  function takers(network: Network, peer: Host, group: readonly Socket[], address: string): number[] {
    for (let i = 0; i < 10; i++) {
      const sender = peer.socket("AF_INET", type);
      if (type === "SOCK_DGRAM") sender.sendTo(Uint8Array.of(1), { address, port });
      else outcome(() => sender.connect({ address, port }));
    }
    network.advance(100);
    return group.map((socket) => {
      let got = 0;
      for (; socket.poll().readable; got++)
        if (type === "SOCK_DGRAM") socket.recv(new Uint8Array(1));
        else socket.accept();
      return got;
    });
  }

  test("serves each interface by the member of its CPU, set before bind(2) or after", () => {
    const { network, host, peer } = lab();
    const group = [1, -1, 0].map((SO_INCOMING_CPU) =>
      bound(host, type, { SO_REUSEPORT: 1, SO_INCOMING_CPU }),
    );
    expect(takers(network, peer, group, "10.0.0.1")).toEqual([0, 0, 10]);
    expect(takers(network, peer, group, "10.0.1.1")).toEqual([10, 0, 0]);
    group[0]!.setOption("SO_INCOMING_CPU", -1);
    group[1]!.setOption("SO_INCOMING_CPU", 1);
    expect(takers(network, peer, group, "10.0.1.1")).toEqual([0, 10, 0]);
    expect(group.map(cpuOf)).toEqual([-1, 1, 0]);
  });

  test("follows the interface that is given another CPU", () => {
    const { network, host } = lab();
    const group = [0, 1].map((SO_INCOMING_CPU) => bound(host, type, { SO_REUSEPORT: 1, SO_INCOMING_CPU }));
    expect(takers(network, host, group, loopback)).toEqual([10, 0]);
    host.interfaces[0]!.cpu = 1;
    expect(takers(network, host, group, loopback)).toEqual([0, 10]);
  });
});

describe("what the option tells", () => {
  test("UDP: of a connected socket, where its last datagram was handled; of another, what was set", () => {
    const { network, host } = lab();
    const lo = host.interfaces[0]!;
    const sender = host.socket("AF_INET", "SOCK_DGRAM");
    sender.bind({ address: loopback, port: 6000 });
    const receiver = bound(host, "SOCK_DGRAM", {});
    const afterOne = (cpu: number): unknown => {
      lo.cpu = cpu;
      sender.sendTo(Uint8Array.of(1), { address: loopback, port });
      network.advance(1);
      return cpuOf(receiver);
    };
    expect([cpuOf(receiver), afterOne(1)]).toEqual([-1, -1]);
    receiver.connect({ address: loopback, port: 6000 });
    expect([afterOne(0), afterOne(1), afterOne(0)]).toEqual([0, 1, 0]);
    receiver.setOption("SO_INCOMING_CPU", 7);
    expect([cpuOf(receiver), afterOne(0)]).toEqual([7, 0]);
    receiver.connect(undefined);
    expect([cpuOf(receiver), afterOne(1)]).toEqual([0, 0]);
  });

  test("TCP: of a connection, where its last segment was; a listener's stays, and its children do not have it", () => {
    const { network, host } = lab();
    const lo = host.interfaces[0]!;
    lo.cpu = 1;
    const listener = bound(host, "SOCK_STREAM", { SO_INCOMING_CPU: 7 });
    const client = host.socket("AF_INET", "SOCK_STREAM");
    outcome(() => client.connect({ address: loopback, port }));
    network.advance(100);
    const child = listener.accept();
    expect([client, child, listener].map(cpuOf)).toEqual([1, 1, 7]);
    lo.cpu = 0;
    client.send(Uint8Array.of(1));
    network.advance(100);
    expect([client, child].map(cpuOf)).toEqual([0, 0]);
    child.setOption("SO_INCOMING_CPU", 9);
    expect(cpuOf(child)).toBe(9);
    client.send(Uint8Array.of(1));
    network.advance(100);
    expect(cpuOf(child)).toBe(0);
  });

  test("TCP: it stays with a socket whose connection is over, and counts where it listens then", () => {
    const { network, host } = lab();
    const socket = host.socket("AF_INET", "SOCK_STREAM");
    socket.setOption("SO_REUSEPORT", 1);
    socket.bind({ address: loopback, port });
    outcome(() => socket.connect({ address: loopback, port: 9 }));
    network.advance(100);
    expect([cpuOf(socket), outcome(() => socket.connect({ address: loopback, port: 9 }))]).toEqual([
      0,
      "ECONNREFUSED",
    ]);
    socket.listen(9);
    const other = bound(host, "SOCK_STREAM", { SO_REUSEPORT: 1 }, loopback);
    for (let i = 0; i < 8; i++)
      outcome(() => host.socket("AF_INET", "SOCK_STREAM").connect({ address: loopback, port }));
    network.advance(100);
    expect([socket.poll().readable, other.poll().readable, cpuOf(socket)]).toEqual([true, false, 0]);
  });
});

test.each([-1, 1.5, NaN, 8192])("an interface has no CPU %d", (cpu) => {
  const { network, host, peer } = lab();
  const [lo] = host.interfaces;
  expect(() => {
    lo!.cpu = cpu;
  }).toThrow(RangeError);
  expect(lo!.cpu).toBe(0);
  const before = host.interfaces.length;
  expect(() => network.link(host, peer, { ends: [{ cpu }, {}] })).toThrow(RangeError);
  expect(host.interfaces.length).toBe(before);
});
