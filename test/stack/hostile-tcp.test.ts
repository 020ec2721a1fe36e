/** Attacks on TCP from somewhere on the network: who does not see the traffic changes nothing; who floods fills nothing. */
import { afterEach, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import type { Tcb } from "../../src/protocols/tcp/connection.ts";
import type { Socket } from "../../src/stack/socket.ts";
import { TcpSocket } from "../../src/stack/tcp/tcp-socket.ts";
import { tcpFlags } from "../../src/wire/tcp.ts";
import { forgeIcmpv4, forgeTcp } from "../support/forge.ts";
import { outcome } from "./support/fake-world.ts";
import { own, peer, Siege } from "./support/siege.ts";

const { SYN, ACK, RST, FIN } = tcpFlags;
const random = seededRandom("attacker");
let siege = new Siege();
afterEach(() => siege.network.close());

function tcbOf(socket: Socket): Tcb {
  if (!(socket instanceof TcpSocket) || socket.connection === undefined) throw new Error("no connection");
  return socket.connection.tcb;
}

/** What a forger who knows the four-tuple can fill in; numbers are his guess. */
function forged(
  client: Socket,
  fields: { flags: number; sequence: number; acknowledgment?: number },
  data?: Uint8Array,
) {
  const ports = { sourcePort: client.localEndpoint().port, destinationPort: 7 };
  return forgeTcp({ source: peer.v4, destination: own.v4 }, { ...ports, ...fields }, data);
}

describe("a SYN flood [RFC 4987]", () => {
  const flood = (count: number, port: number) => {
    for (let i = 0; i < count; i++) {
      const source = `10.0.${1 + ((i >>> 8) % 250)}.${i & 255}`;
      const fields = { sourcePort: 1024 + random.below(60_000), destinationPort: port, flags: SYN };
      siege.attack(forgeTcp({ source, destination: own.v4 }, { ...fields, sequence: random.uint32() | 0 }));
    }
  };

  test("fills the queue of half-open connections, and no more than that", () => {
    siege = new Siege();
    siege.host.sysctl.set("net.ipv4.tcp_max_syn_backlog", 128);
    siege.listen(7);
    flood(6000, 7);
    expect(siege.uses("half-open connections at port 7")).toBe(128);
    expect(siege.uses("TCP connections")).toBe(128);
    expect(siege.host.ports.stats().tcp).toMatchObject({ inUse: 129, flows: 128 });
    expect(siege.host.counters.TcpExtListenDrops).toBe(6000 - 128);
  });

  test("keeps no connection from living on, and lets a new one in whose handshake is quick", () => {
    siege = new Siege();
    siege.host.sysctl.set("net.ipv4.tcp_max_syn_backlog", 128);
    const pair = siege.connect();
    flood(5000, 7);
    expect(siege.talks(pair)).toBe(true);
    const client = siege.friend.socket("AF_INET", "SOCK_STREAM");
    outcome(() => client.connect({ address: own.v4, port: 7 }));
    for (let i = 0; i < 50; i++) {
      flood(100, 7);
      siege.network.advance(1);
    }
    expect(client.poll().writable).toBe(true);
  });

  test("is forgotten when nobody answers, and whole again is every table", () => {
    siege = new Siege();
    const listener = siege.listen(7);
    flood(1000, 7);
    siege.network.run();
    expect(siege.uses("half-open connections at port 7")).toBe(0);
    listener.close();
    expect(siege.host.ports.stats().tcp).toMatchObject({ inUse: 0, flows: 0 });
  });

  test("with whole handshakes fills the queue to accept from, and no more", () => {
    siege = new Siege();
    siege.listen(7, "AF_INET", 4);
    const clients = Array.from({ length: 40 }, () => {
      const socket = siege.friend.socket("AF_INET", "SOCK_STREAM");
      outcome(() => socket.connect({ address: own.v4, port: 7 }));
      return socket;
    });
    siege.network.advance(500);
    expect(siege.uses("connections to accept at port 7")).toBe(5);
    expect(clients).toHaveLength(40);
  });
});

describe("a forger who does not see the traffic [RFC 5961]", () => {
  test("resets no connection but with the one exact number; in the window he draws a challenge [RFC 5961 3.2]", () => {
    siege = new Siege();
    const pair = siege.connect();
    const { rcvNxt, rcvWnd, state } = tcbOf(pair.server);
    expect(state).toBe("ESTABLISHED");
    siege.segments();
    for (const sequence of [
      rcvNxt + 1,
      rcvNxt + (rcvWnd >> 1),
      rcvNxt + rcvWnd - 1,
      rcvNxt - 1,
      rcvNxt + 0x40000000,
    ])
      siege.attack(forged(pair.client, { flags: RST, sequence: sequence | 0 }));
    expect(siege.segments()).toMatchObject([{ flags: ACK, acknowledgment: rcvNxt }]);
    expect(siege.host.drops.of("tcp", "blind-reset")).toBe(3);
    expect(siege.host.drops.of("tcp", "out-of-window")).toBe(2);
    expect(siege.talks(pair)).toBe(true);
  });

  test("gets one challenge for a flood of them, each half second [RFC 5961 7]", () => {
    siege = new Siege();
    const pair = siege.connect();
    siege.segments();
    const guess = () => (tcbOf(pair.server).rcvNxt + 1 + random.below(30_000)) | 0;
    for (let i = 0; i < 1000; i++)
      siege.attack(forged(pair.client, { flags: i % 2 ? RST : SYN, sequence: guess() }));
    expect(siege.segments()).toHaveLength(1);
    siege.network.advance(500);
    for (let i = 0; i < 1000; i++) siege.attack(forged(pair.client, { flags: RST, sequence: guess() }));
    expect(siege.segments()).toHaveLength(1);
    expect(siege.talks(pair)).toBe(true);
  });

  test("ends no connection with a SYN, in the window or out of it [RFC 5961 4.2]", () => {
    siege = new Siege();
    const pair = siege.connect();
    for (let i = 0; i < 500; i++)
      siege.attack(forged(pair.client, { flags: SYN, sequence: random.uint32() | 0 }));
    siege.attack(forged(pair.client, { flags: SYN, sequence: tcbOf(pair.server).rcvNxt }));
    expect(siege.talks(pair)).toBe(true);
  });

  test("puts no data into the stream unless he knows what is acknowledged too [RFC 5961 5.2]", () => {
    siege = new Siege();
    const pair = siege.connect();
    const { rcvNxt, sndUna, maxSndWnd, sndNxt } = tcbOf(pair.server);
    const far = [sndUna - maxSndWnd - 1, sndNxt + 1, sndUna + 0x4000_0000, sndUna - 0x4000_0000];
    for (const acknowledgment of far)
      siege.attack(
        forged(
          pair.client,
          { flags: ACK, sequence: rcvNxt, acknowledgment: acknowledgment | 0 },
          Uint8Array.of(9, 9),
        ),
      );
    expect(pair.server.poll().readable).toBe(false);
    expect(siege.host.drops.of("tcp", "ack-too-old") + siege.host.drops.of("tcp", "ack-of-unsent")).toBe(4);
    expect(siege.talks(pair)).toBe(true);
  });

  test("who guesses no four-tuple meets a closed door: one reset each, and none for a reset", () => {
    siege = new Siege();
    siege.connect();
    siege.segments();
    const between = { source: peer.v4, destination: own.v4 };
    for (let i = 0; i < 100; i++)
      siege.attack(forgeTcp(between, { sourcePort: 1 + i, destinationPort: 99, flags: ACK, sequence: i }));
    expect(siege.segments().every(({ flags }) => (flags & RST) !== 0)).toBe(true);
    for (let i = 0; i < 100; i++)
      siege.attack(forgeTcp(between, { sourcePort: 1 + i, destinationPort: 99, flags: RST, sequence: i }));
    expect(siege.segments()).toEqual([]);
    expect(siege.host.drops.of("tcp", "no-connection")).toBe(200);
  });

  test("who pretends to be the host itself, or everybody, is not heard", () => {
    siege = new Siege();
    siege.listen(7);
    siege.sent.length = 0;
    const fields = { sourcePort: 7, destinationPort: 7, flags: SYN, sequence: 1 };
    siege.attack(forgeTcp({ source: own.v4, destination: own.v4 }, fields));
    siege.attack(forgeTcp({ source: "10.0.255.255", destination: own.v4 }, fields));
    siege.attack(forgeTcp({ source: peer.v4, destination: "10.0.255.255" }, fields));
    siege.attack(forgeTcp({ source: peer.v4, destination: "224.0.0.1" }, fields));
    siege.attack(forgeTcp({ source: "127.0.0.1", destination: own.v4 }, fields));
    expect(siege.sent).toEqual([]);
    expect(siege.uses("TCP connections")).toBe(0);
  });
});

describe("a forger in TIME-WAIT's way", () => {
  function resting() {
    siege = new Siege();
    const pair = siege.connect();
    pair.server.close();
    siege.network.advance(100);
    const ports = { sourcePort: pair.client.localEndpoint().port, destinationPort: 7 };
    const { rcvNxt } = tcbOf(pair.client);
    pair.client.close();
    pair.listener.close();
    siege.network.advance(100);
    expect(siege.uses("TCP TIME-WAIT")).toBe(1);
    return { ports, rcvNxt };
  }

  test("ends it with no reset but the exact one [RFC 5961 3.2] [RFC 1337]", () => {
    const { ports } = resting();
    for (let i = 0; i < 2000; i++)
      siege.attack(
        forgeTcp(
          { source: peer.v4, destination: own.v4 },
          { ...ports, flags: RST, sequence: random.uint32() | 0 },
        ),
      );
    expect(siege.uses("TCP TIME-WAIT")).toBe(1);
  });

  test("prolongs it, but gets one answer each half second", () => {
    const { ports } = resting();
    siege.segments();
    for (let i = 0; i < 500; i++)
      siege.attack(
        forgeTcp(
          { source: peer.v4, destination: own.v4 },
          { ...ports, flags: ACK, sequence: random.uint32() | 0 },
        ),
      );
    expect(siege.segments().length).toBeLessThanOrEqual(1);
    siege.network.run();
    expect(siege.uses("TCP TIME-WAIT")).toBe(0);
  });
});

describe("forged ICMP about a connection [RFC 5927]", () => {
  function quoting(client: Socket, sequence: number): Uint8Array {
    const ports = { sourcePort: 7, destinationPort: client.localEndpoint().port };
    return forgeTcp({ source: own.v4, destination: peer.v4 }, { ...ports, flags: ACK, sequence });
  }

  const error = (code: number, quoted: Uint8Array, mtu = 0): Uint8Array =>
    forgeIcmpv4(
      { source: "10.0.9.9", destination: own.v4 },
      { kind: "destination-unreachable", code, mtu, quoted },
    );

  test("with a number that is not in flight is no error at all [RFC 5927 4.1]", () => {
    siege = new Siege();
    const pair = siege.connect();
    const { sndNxt, sndUna } = tcbOf(pair.server);
    expect(sndNxt).toBe(sndUna);
    for (const sequence of [sndUna, sndUna - 1, sndNxt + 1, 0])
      for (const code of [1, 2, 3, 4, 13]) siege.attack(error(code, quoting(pair.client, sequence | 0), 600));
    expect(siege.host.counters.TcpExtOutOfWindowIcmps).toBe(20);
    expect(tcbOf(pair.server)).toMatchObject({ softError: undefined, state: "ESTABLISHED" });
    expect(siege.uses("path MTUs")).toBe(0);
    expect(siege.talks(pair)).toBe(true);
  });

  test("is soft to a connection that stands, however hard it says it is [RFC 5927 5.2]", () => {
    siege = new Siege();
    const pair = siege.connect();
    siege.tap.loses = () => true;
    pair.server.send(new Uint8Array(100));
    const { sndUna } = tcbOf(pair.server);
    for (const code of [0, 1, 2, 3, 13]) siege.attack(error(code, quoting(pair.client, sndUna)));
    siege.tap.loses = () => false;
    siege.network.advance(1000);
    expect(pair.client.recv(new Uint8Array(200))).toBe(100);
    expect(siege.talks(pair)).toBe(true);
  });

  test("lowers the path MTU to what a path may be, and no further [RFC 1191] [RFC 5927 7.2]", () => {
    siege = new Siege();
    const pair = siege.connect();
    siege.tap.loses = () => true;
    pair.server.send(new Uint8Array(5000));
    const { sndUna } = tcbOf(pair.server);
    for (const mtu of [0, 1, 67, 68, 200]) siege.attack(error(4, quoting(pair.client, sndUna), mtu));
    siege.tap.loses = () => false;
    siege.network.advance(5000);
    expect(tcbOf(pair.server).sndMss).toBeGreaterThanOrEqual(552 - 40 - 12);
    expect(pair.client.recv(new Uint8Array(9000))).toBe(5000);
  });

  test("about an attempt that is under way ends it only with the right number", () => {
    siege = new Siege();
    siege.tap.loses = () => true;
    const client = siege.host.socket("AF_INET", "SOCK_STREAM");
    outcome(() => client.connect({ address: peer.v4, port: 7 }));
    const ports = { sourcePort: client.localEndpoint().port, destinationPort: 7 };
    const about = (sequence: number) =>
      error(3, forgeTcp({ source: own.v4, destination: peer.v4 }, { ...ports, flags: SYN, sequence }));
    const { iss } = tcbOf(client);
    for (let i = 1; i < 500; i++) siege.attack(about((iss + i * 7919) | 0));
    expect(client.poll().error).toBe(false);
    siege.attack(about(iss));
    expect(client.getOption("SO_ERROR")).toBe(111);
  });
});

describe("a peer that means ill", () => {
  test("who shuts his window for ever is borne as long as he answers, but not once the socket is closed", () => {
    siege = new Siege();
    const pair = siege.connect();
    pair.client.setOption("SO_RCVBUF", 2304);
    outcome(() => pair.server.send(new Uint8Array(200_000)));
    siege.network.advance(60_000);
    expect(siege.uses("TCP connections")).toBe(1);
    pair.server.close();
    siege.network.advance(4 * 3_600_000);
    expect(siege.uses("TCP connections")).toBe(0);
    expect(siege.host.ports.stats().tcp).toMatchObject({ inUse: 1, held: 0 });
  });

  test("who leaves a hole before every octet is given no more holes than there are", () => {
    siege = new Siege();
    const pair = siege.connect();
    const { rcvNxt, sndNxt } = tcbOf(pair.server);
    for (let i = 0; i < 3000; i++)
      siege.attack(
        forged(
          pair.client,
          { flags: ACK, sequence: (rcvNxt + 1 + 2 * i) | 0, acknowledgment: sndNxt },
          Uint8Array.of(1),
        ),
      );
    expect(siege.uses("holes in what a TCP peer has sent")).toBe(256);
    expect(siege.host.drops.of("tcp", "too-many-holes")).toBe(3000 - 256);
  });

  test("who announces an MSS of one octet is sent segments of a decent size all the same", () => {
    siege = new Siege();
    siege.listen(7);
    const ports = { sourcePort: 5000, destinationPort: 7 };
    const between = { source: peer.v4, destination: own.v4 };
    siege.attack(forgeTcp(between, { ...ports, flags: SYN, sequence: 1, mss: 1 }));
    const synAck = siege.segments()[0]!;
    expect(synAck.flags).toBe(SYN | ACK);
    const table = siege.host.snapshot().sockets.find(({ state }) => state === "SYN-RECEIVED");
    expect(table?.tcp?.sndMss).toBeGreaterThanOrEqual(48 - 12);
  });

  test("who sends FIN and RST of things that never were leaves no trace", () => {
    siege = new Siege();
    const before = siege.uses("timers");
    const between = { source: peer.v4, destination: own.v4 };
    for (let i = 0; i < 2000; i++)
      siege.attack(
        forgeTcp(between, {
          sourcePort: 1 + i,
          destinationPort: 1 + random.below(200),
          flags: [FIN, FIN | ACK, RST, 0][i & 3]!,
        }),
      );
    siege.network.advance(1000);
    expect(siege.uses("timers")).toBe(before);
    expect(siege.uses("TCP connections")).toBe(0);
  });
});
