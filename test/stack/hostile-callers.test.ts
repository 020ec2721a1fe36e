/** Callers who throw, close twice and go on after the end: the host bears it. */
import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import type { Host } from "../../src/stack/host.ts";
import { Network } from "../../src/stack/network.ts";
import { outcome } from "./support/fake-world.ts";

const nobody = { destination: address("10.0.0.9") };

function pair(): { network: Network; a: Host; b: Host } {
  const network = new Network({ seed: 1 });
  const [a, b] = [network.host("a"), network.host("b")];
  network.link(a, b, { ends: [{ addresses: ["10.0.0.1/24"] }, { addresses: ["10.0.0.2/24"] }] });
  return { network, a, b };
}

describe("an owner whose callback throws", () => {
  test("from inside a timer, keeps nobody from being told by the next one", () => {
    const { network, a } = pair();
    const told: string[] = [];
    for (const name of ["first", "second"])
      a.echo.send(nobody, () => {
        told.push(name);
        if (name === "first") throw new Error("the owner's own");
      });
    expect(() => network.run()).toThrow("the owner's own");
    network.run();
    expect(told).toEqual(["first", "second"]);
    a.echo.send(nobody, () => told.push("third"));
    network.run();
    expect(told).toEqual(["first", "second", "third"]);
  });

  test("from inside a delivery, holds no sender back for good", () => {
    const { network, a, b } = pair();
    const server = b.socket("AF_INET", "SOCK_DGRAM");
    server.bind({ address: "10.0.0.2", port: 7 });
    let calls = 0;
    let received = 0;
    server.onReady = () => {
      for (; server.poll().readable; received++) server.recv(new Uint8Array(1));
      if (calls++ === 0) throw new Error("the owner's own");
    };
    const client = a.socket("AF_INET", "SOCK_DGRAM");
    const send = () => client.sendTo(new Uint8Array(1), { address: "10.0.0.2", port: 7 });
    // More than the cable holds at once: the rest waits for room.
    for (const _ of "ab")
      a.batch(() => {
        for (let i = 0; i < 1000; i++) send();
      });
    expect(() => network.run()).toThrow("the owner's own");
    network.run();
    const full = b.counters.UdpRcvbufErrors + a.drops.of("link", "queue-full");
    expect(received + full).toBe(2000);
    received = 0;
    send();
    network.run();
    expect(received).toBe(1);
  });
});

test("an owner who shuts down whenever it is called is called for what changes, and no more", () => {
  const { network, a, b } = pair();
  const listener = b.socket("AF_INET", "SOCK_STREAM");
  listener.bind({ address: "10.0.0.2", port: 7 });
  listener.listen(1);
  const client = a.socket("AF_INET", "SOCK_STREAM");
  let calls = 0;
  client.onReady = () => {
    calls++;
    outcome(() => client.shutdown("SHUT_WR"));
  };
  outcome(() => client.connect({ address: "10.0.0.2", port: 7 }));
  network.advance(1000);
  const datagrams = a.socket("AF_INET", "SOCK_DGRAM");
  datagrams.onReady = () => {
    calls++;
    datagrams.shutdown("SHUT_RDWR");
  };
  datagrams.connect({ address: "10.0.0.2", port: 9 });
  datagrams.shutdown("SHUT_WR");
  network.advance(1000);
  expect(calls).toBeLessThan(10);
});

describe("a host that is closed", () => {
  test("may be closed again", () => {
    const { network, a } = pair();
    a.close();
    expect(() => a.close()).not.toThrow();
    expect(() => network.close()).not.toThrow();
  });

  test("makes no sockets any more", () => {
    const { a } = pair();
    a.close();
    expect(outcome(() => a.socket("AF_INET", "SOCK_STREAM"))).toBe("ENETDOWN");
    expect(outcome(() => a.socket("AF_INET6", "SOCK_DGRAM"))).toBe("ENETDOWN");
  });
});
