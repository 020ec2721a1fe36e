import { describe, expect, test } from "vitest";
import type { Random } from "../../src/base/random.ts";
import { encodeLatin1 } from "../../src/base/text.ts";
import { chargenPattern, chargenTcp, chargenUdp } from "../../src/services/chargen.ts";
import { daytimeTcp, daytimeUdp } from "../../src/services/daytime.ts";
import { discardTcp, discardUdp } from "../../src/services/discard.ts";
import { echoTcp, echoUdp } from "../../src/services/echo.ts";
import { FakeNetwork } from "./support/fake-network.ts";
import { ask, connectPeer } from "./support/peer.ts";

const server = "10.0.0.2";

function setup() {
  const network = new FakeNetwork();
  return { network, host: network.host(server), client: network.host("10.0.0.1") };
}

const at = (port: number) => ({ address: "0.0.0.0", port });
const randomOf = (value: number) => ({ below: (bound: number) => Math.min(value, bound - 1) }) as Random;

describe("echo", () => {
  test("what is sent comes back, far more than any buffer holds [RFC 862]", () => {
    const { network, host, client } = setup();
    const service = echoTcp(host, at(7));
    const peer = connectPeer(network, client, server, 7);
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i & 0xff);
    peer.stream.write(bytes);
    peer.stream.end();
    network.run();
    expect(peer.received).toEqual(bytes);
    expect(peer.closed).toBe(true);
    expect(peer.error).toBeUndefined();
    expect(service.connections).toBe(0);
    expect(service.counters).toMatchObject({ served: 1, failed: 0, bytesIn: 100_000, bytesOut: 100_000 });
  });

  test("a peer that sends and does not read is slowed, and nothing piles up", () => {
    const { network, host, client } = setup();
    const service = echoTcp(host, at(7));
    const peer = connectPeer(network, client, server, 7);
    peer.stream.pause();
    peer.stream.write(new Uint8Array(1_000_000));
    network.run();
    expect(peer.stream.isCongested).toBe(true);
    expect(peer.stream.bytesOut).toBeLessThan(20_000);
    peer.stream.resume();
    network.run();
    expect(peer.received.length).toBe(1_000_000);
    service.close();
  });

  test("a datagram comes back as it was [RFC 862]", () => {
    const { network, host, client } = setup();
    echoUdp(host, at(7));
    const request = Uint8Array.of(1, 2, 3);
    expect(ask(network, client, { address: server, port: 7 }, request)).toEqual(request);
    expect(ask(network, client, { address: server, port: 7 }, new Uint8Array(0))).toEqual(new Uint8Array(0));
  });

  test.each([7, 9, 13, 17, 19, 37])(
    "a datagram from port %i, which would answer the answer, gets none",
    (port) => {
      const { network, host, client } = setup();
      const service = echoUdp(host, at(7));
      expect(ask(network, client, { address: server, port: 7 }, Uint8Array.of(1), port)).toBeUndefined();
      expect(service.counters.refused).toBe(1);
    },
  );
});

describe("discard", () => {
  test("takes everything and says nothing [RFC 863]", () => {
    const { network, host, client } = setup();
    const service = discardTcp(host, at(9));
    const peer = connectPeer(network, client, server, 9);
    peer.stream.write(new Uint8Array(50_000));
    peer.stream.end();
    network.run();
    expect(peer.received.length).toBe(0);
    expect(peer.closed).toBe(true);
    expect(service.counters.bytesIn).toBe(50_000);
  });

  test("a datagram is counted and not answered [RFC 863]", () => {
    const { network, host, client } = setup();
    const service = discardUdp(host, at(9));
    expect(ask(network, client, { address: server, port: 9 }, new Uint8Array(100))).toBeUndefined();
    expect(service.counters).toMatchObject({ served: 1, bytesIn: 100 });
  });
});

describe("chargen", () => {
  test("the pattern is 95 lines of 72 printing characters, each starting one further on [RFC 864]", () => {
    const lines = Buffer.from(chargenPattern()).toString("latin1").split("\r\n");
    expect(lines.length).toBe(96);
    expect(lines[0]).toBe(" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg");
    expect(lines[1]).toBe(`${lines[0]!.slice(1)}h`);
    expect(lines[94]!.slice(1)).toBe(lines[0]!.slice(0, 71));
  });

  test("streams for as long as the peer reads, and stops when it stops [RFC 864]", () => {
    const { network, host, client } = setup();
    const service = chargenTcp(host, at(19));
    const peer = connectPeer(network, client, server, 19, 100_000);
    const pattern = chargenPattern();
    expect(peer.received.length).toBeGreaterThanOrEqual(100_000);
    expect(peer.received.length).toBeLessThan(110_000);
    expect(peer.received.every((byte, i) => byte === pattern[i % pattern.length])).toBe(true);
    peer.stream.destroy();
    network.run();
    expect(service.connections).toBe(0);
  });

  test("a datagram is answered by up to 512 characters [RFC 864]", () => {
    const { network, host, client } = setup();
    chargenUdp(host, at(19), randomOf(100_000));
    expect(ask(network, client, { address: server, port: 19 }, Uint8Array.of(0))).toEqual(
      chargenPattern().subarray(0, 512),
    );
  });
});

describe("daytime", () => {
  const text = () => "Tuesday, February 22, 1982 17:37:43-PST";

  test("says the time and closes [RFC 867]", () => {
    const { network, host, client } = setup();
    const service = daytimeTcp(host, at(13), text);
    const peer = connectPeer(network, client, server, 13);
    expect(peer.text).toBe(`${text()}\r\n`);
    expect(peer.ended).toBe(true);
    peer.stream.end();
    network.run();
    expect(service.connections).toBe(0);
  });

  test("answers a datagram with the time [RFC 867]", () => {
    const { network, host, client } = setup();
    daytimeUdp(host, at(13), text);
    expect(ask(network, client, { address: server, port: 13 }, new Uint8Array(0))).toEqual(
      encodeLatin1(`${text()}\r\n`),
    );
  });
});

describe("every TCP service", () => {
  test("a connection that is silent too long is dropped with a reset", () => {
    const { network, host, client } = setup();
    const service = echoTcp(host, at(7), { idle: 1000 });
    const peer = connectPeer(network, client, server, 7);
    network.advance(900);
    peer.say("x");
    network.advance(900);
    expect(peer.closed).toBe(false);
    network.advance(3000);
    expect(peer.error).toBe("ECONNRESET");
    expect(service.connections).toBe(0);
  });

  test("more connections than the limit wait until one ends", () => {
    const { network, host, client } = setup();
    const service = echoTcp(host, at(7), { connections: 2 });
    const peers = [1, 2, 3].map(() => connectPeer(network, client, server, 7));
    for (const peer of peers) peer.say("hello");
    expect(peers.map((peer) => peer.text)).toEqual(["hello", "hello", ""]);
    peers[0]!.stream.end();
    network.run();
    expect(peers[2]!.text).toBe("hello");
    expect(service.connections).toBe(2);
  });

  test("closing a service resets its connections and frees its port", () => {
    const { network, host, client } = setup();
    const service = echoTcp(host, at(7));
    const peer = connectPeer(network, client, server, 7);
    service.close();
    network.run();
    expect(peer.error).toBe("ECONNRESET");
    expect(() => echoTcp(host, at(7)).close()).not.toThrow();
  });

  test("a port in use is the caller's error, and leaves nothing behind", () => {
    const { host } = setup();
    echoTcp(host, at(7));
    expect(() => discardTcp(host, at(7))).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
  });
});
