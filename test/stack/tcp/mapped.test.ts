/** An AF_INET6 socket that has had an IPv4 peer: on Linux what it then says by IPv6 is lost. */
import { afterEach, describe, expect, test } from "vitest";
import { linux, linuxAsPublished } from "../../../src/ports/profiles/linux.ts";
import { Network } from "../../../src/stack/network.ts";
import type { Socket } from "../../../src/stack/socket.ts";
import { outcome } from "../support/fake-world.ts";

const byte = Uint8Array.of(1);
let network: Network;
afterEach(() => network.close());

describe.each([
  { profile: linux, heard: false },
  { profile: linuxAsPublished, heard: true },
])("$profile.name", ({ profile, heard }) => {
  /** A host with a listener for IPv4, and an AF_INET6 socket that was connected to it once. */
  function once() {
    network = new Network({ seed: 1 });
    const host = network.host("one", { profile });
    const four = host.socket("AF_INET", "SOCK_STREAM");
    four.bind({ address: "127.0.0.1", port: 5000 });
    four.listen(8);
    const six = host.socket("AF_INET6", "SOCK_STREAM");
    connect(six, "::ffff:127.0.0.1", 5000);
    six.connect(undefined);
    return { host, six };
  }

  function connect(socket: Socket, address: string, port: number): void {
    expect(outcome(() => socket.connect({ address, port }))).toBe("EINPROGRESS");
    network.advance(10);
  }

  test(`its SYN by IPv6 is ${heard ? "heard" : "lost"}`, () => {
    const { host, six } = once();
    const server = host.socket("AF_INET6", "SOCK_STREAM");
    server.bind({ address: "::1", port: 5001 });
    server.listen(8);
    connect(six, "::1", 5001);
    network.advance(10_000);
    expect(server.poll().readable).toBe(heard);
    expect(host.drops.of("tcp", "sent-by-ipv4") > 0).toBe(!heard);
  });

  test(`a child of it is opened, and what it sends is ${heard ? "heard" : "lost"}`, () => {
    const { host, six } = once();
    six.listen(8);
    const peer = host.socket("AF_INET6", "SOCK_STREAM");
    connect(peer, "::1", six.localEndpoint().port);
    const child = six.accept();
    peer.send(byte);
    network.advance(10);
    expect(child.recv(new Uint8Array(9))).toBe(1);
    child.send(byte);
    network.advance(5000);
    expect(outcome(() => peer.recv(new Uint8Array(9)))).toBe(heard ? 1 : "EAGAIN");
  });

  test("a connection to an IPv4 peer that fails at once makes its SYNs heard again", () => {
    const { host, six } = once();
    const server = host.socket("AF_INET6", "SOCK_STREAM");
    server.bind({ address: "::1", port: 5001 });
    server.listen(8);
    expect(outcome(() => six.connect({ address: "::ffff:192.0.2.1", port: 5000 }))).toBe("ENETUNREACH");
    connect(six, "::1", 5001);
    expect(server.poll().readable).toBe(true);
  });

  test("by IPv4 it is heard as before", () => {
    const { six } = once();
    connect(six, "::ffff:127.0.0.1", 5000);
    expect(six.poll()).toMatchObject({ writable: true, error: false });
  });
});
