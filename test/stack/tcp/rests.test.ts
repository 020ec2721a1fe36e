/** FIN-WAIT-2 without a user: on Linux it rests as TIME-WAIT does (tcp_time_wait), elsewhere it is a connection. */
import { afterEach, describe, expect, test } from "vitest";
import type { Profile } from "../../../src/ports/profile.ts";
import { freebsd } from "../../../src/ports/profiles/freebsd.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import type { Host } from "../../../src/stack/host.ts";
import { Network } from "../../../src/stack/network.ts";
import type { Socket } from "../../../src/stack/socket.ts";
import { outcome } from "../support/fake-world.ts";

let network: Network;
afterEach(() => network.close());

const server = { address: "127.0.0.1", port: 5000 };
const client = { address: "127.0.0.1", port: 6000 };

function machine(profile: Profile): { host: Host; listener: Socket } {
  network = new Network({ seed: 1 });
  const host = network.host("one", { profile });
  const listener = host.socket("AF_INET", "SOCK_STREAM");
  listener.bind(server);
  listener.listen(8);
  return { host, listener };
}

/** A socket at the client's port, and what connect(2) came to. */
function connected(host: Host): { socket: Socket; answer: unknown } {
  const socket = host.socket("AF_INET", "SOCK_STREAM");
  socket.setOption("SO_REUSEADDR", 1);
  socket.bind(client);
  const answer = outcome(() => socket.connect(server));
  network.advance(10);
  return { socket, answer };
}

describe("linux", () => {
  test("a bound socket takes the five-tuple over, and its peer's challenge makes way", () => {
    const { host, listener } = machine(linux);
    connected(host).socket.close();
    network.advance(100);
    expect(host.ports.stats().tcp).toMatchObject({ held: 1 });
    const half = listener.accept();
    const { socket, answer } = connected(host);
    expect(answer).toBe("EINPROGRESS");
    expect(socket.poll()).toMatchObject({ writable: true, error: false });
    expect(outcome(() => half.recv(new Uint8Array(1)))).toBe(0);
    expect(half.getOption("SO_ERROR")).not.toBe(0);
    expect(host.counters.TcpExtTWRecycled).toBe(1);
    expect(host.ports.stats().tcp).toMatchObject({ held: 0 });
  });

  test("it is over after tcp_fin_timeout, and its port is free", () => {
    const { host } = machine(linux);
    host.sysctl.set("net.ipv4.tcp_fin_timeout", "20");
    connected(host).socket.close();
    network.advance(19_900);
    expect(host.ports.stats().tcp).toMatchObject({ held: 1 });
    network.advance(200);
    expect(host.ports.stats().tcp).toMatchObject({ held: 0 });
  });

  test("TIME-WAIT follows it, counted once", () => {
    const { host, listener } = machine(linux);
    connected(host).socket.close();
    network.advance(100);
    listener.accept().close();
    network.advance(100);
    expect(host.ports.stats().tcp).toMatchObject({ held: 1 });
    expect(host.counters.TcpExtTW).toBe(1);
    network.advance(60_000);
    expect(host.ports.stats().tcp).toMatchObject({ held: 0 });
  });

  test("where tcp_fin_timeout is longer than TIME-WAIT, it is a connection", () => {
    const { host } = machine(linux);
    host.sysctl.set("net.ipv4.tcp_fin_timeout", "120");
    connected(host).socket.close();
    network.advance(100);
    expect(host.ports.stats().tcp).toMatchObject({ held: 0 });
    expect(connected(host).answer).toBe("EADDRNOTAVAIL");
  });
});

test("freebsd has a connection until it is over", () => {
  const { host } = machine(freebsd);
  connected(host).socket.close();
  network.advance(100);
  expect(host.ports.stats().tcp).toMatchObject({ held: 0 });
});
