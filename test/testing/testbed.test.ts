import { describe, expect, test } from "vitest";
import { type RecordedPacket, readCapture, runScript } from "../../src/packetdrill/index.ts";
import { iana } from "../../src/ports/profiles/iana.ts";
import { SocketError, type Testbed, type TestbedOptions, testbed } from "../../src/testing/index.ts";
import { accepted } from "./support/open.ts";

/** Everything a stack may do in a while, as bytes. */
function packetsOf(options: TestbedOptions): string[] {
  const bed = testbed(options);
  for (let count = 0; count < 3; count++) bed.socket().connect();
  bed.wait(10);
  return bed.packets.map(({ time, bytes }) => `${time} ${bytes.join(" ")}`);
}

describe("a testbed", () => {
  test("is the same again with the same seed, and another with another", () => {
    expect(packetsOf({ seed: "one" })).toEqual(packetsOf({ seed: "one" }));
    expect(packetsOf({ seed: "one" })).not.toEqual(packetsOf({ seed: "two" }));
    expect(packetsOf({})).toEqual(packetsOf({ seed: 1 }));
  });

  test("has the ports of the profile it is given, by itself or by name", () => {
    for (const profile of [iana, "iana"]) {
      const bed = testbed({ profile });
      bed.socket().connect();
      expect(bed.expect.tcp({ flags: "S" }).localPort).toBeGreaterThanOrEqual(49_152);
    }
    expect(() => testbed({ profile: "multics" })).toThrow(RangeError);
  });

  test("has the knobs it is given", () => {
    const bed = testbed({ sysctls: { "net.ipv4.tcp_sack": 0, "net.ipv4.ip_local_port_range": "5000 5000" } });
    bed.socket().connect();
    const { options, localPort } = bed.expect.tcp({ flags: "S" });
    expect(options.map(({ kind }) => kind)).not.toContain("sackOK");
    expect(localPort).toBe(5000);
    expect(() => testbed({ sysctls: { "net.ipv4.nonsense": 1 } })).toThrow(SocketError);
  });

  test("has the addresses, ports and MTU it is given", () => {
    const bed = testbed({
      ...{ localAddress: "10.1.2.3", peerAddress: "10.9.9.9", bindPort: 80, peerPort: 443, mtu: 600 },
    });
    const listener = bed.socket();
    listener.bind();
    expect(listener.socket.localEndpoint()).toMatchObject({ address: "10.1.2.3", port: 80 });
    bed.socket().connect();
    const { remotePort, options } = bed.expect.tcp({ flags: "S" });
    expect([bed.peer.address, bed.peer.port, remotePort]).toEqual(["10.9.9.9", 443, 443]);
    expect(options).toContainEqual({ kind: "mss", value: 560 });
    listener.close();
    const another = bed.socket();
    another.bind(81);
    expect(another.socket.localEndpoint().port).toBe(81);
  });

  test.each(["ipv4", "ipv6", "ipv4-mapped-ipv6"] as const)("speaks %s", (ipVersion) => {
    const { bed, connection } = accepted({ ipVersion });
    connection.send("hello");
    bed.expect.tcp({ payload: "hello" });
    expect(connection.socket.domain).toBe(ipVersion === "ipv4" ? "AF_INET" : "AF_INET6");
    expect(bed.packets[0]!.bytes[0]! >>> 4).toBe(ipVersion === "ipv6" ? 6 : 4);
    bed.inject.udp(4);
    bed.expect.icmp({ code: "port_unreachable" });
  });

  test.each([
    ["an MTU that is none", { mtu: 5 }],
    ["a port that is none", { bindPort: 70_000 }],
    ["an address that is none", { localAddress: "here" }],
    ["a tolerance that is none", { tolerance: { part: -1 } }],
  ])("is not made with %s", (_name, options) => {
    expect(() => testbed(options)).toThrow(RangeError);
  });

  test("gives its packets as a capture", () => {
    const { bed } = accepted();
    const packets = readCapture(bed.capture()) as RecordedPacket[];
    expect(packets.map(({ bytes }) => bytes.length)).toEqual(bed.packets.map(({ bytes }) => bytes.length));
    expect(packets.at(-1)!.time - packets[0]!.time).toBe(100_000);
  });

  test("ends", () => {
    const { bed } = accepted();
    bed.close();
    expect(bed.host.snapshot().sockets).toEqual([]);
  });
});

describe("a socket of a testbed", () => {
  test("throws what its call fails with", () => {
    const { connection } = accepted();
    expect(() => connection.recv()).toThrow(expect.objectContaining({ code: "EAGAIN" }));
    expect(() => connection.bind()).toThrow(expect.objectContaining({ code: "EINVAL" }));
    expect(() => connection.connect()).toThrow(expect.objectContaining({ code: "EISCONN" }));
    connection.shutdown("SHUT_WR");
    expect(() => connection.send(1)).toThrow(expect.objectContaining({ code: "EPIPE" }));
  });

  test("peeks, and has options", () => {
    const { bed, connection } = accepted();
    bed.inject.tcp({ payload: "abc" });
    expect(connection.recv(2, { peek: true })).toHaveLength(2);
    expect(connection.recv()).toHaveLength(3);
    connection.setOption("TCP_NODELAY", true);
    expect(connection.getOption("TCP_NODELAY")).toBe(1);
  });
});

describe("packets that cannot be", () => {
  test.each<[string, (bed: Testbed) => unknown, string]>([
    [
      "text that is no packet",
      (bed) => bed.expect.tcp("S. 0:0"),
      'unexpected "0", expected sequence numbers',
    ],
    ["text of another protocol", (bed) => bed.expect.tcp("udp (5)"), "this is udp, not tcp"],
    [
      "a packet the wrong way",
      (bed) => bed.inject.packet("> . 1:1(0) ack 1"),
      "an injected packet begins with <",
    ],
    [
      "a packet the wrong way round",
      (bed) => bed.expect.packet("< . 1:1(0) win 1"),
      "an expected packet begins with >",
    ],
    [
      "numbers that do not agree",
      (bed) => bed.inject.tcp(". 1:5(9) ack 1 win 1"),
      "inconsistent sequence numbers",
    ],
    ["a call", (bed) => bed.expect.packet("close(3) = 0"), "this is no packet"],
    [
      "several packets",
      (bed) => bed.expect.packet("> . 1:1(0) ack 1\n0 > . 1:1(0) ack 1"),
      "this is no packet",
    ],
    ["flags that are none", (bed) => bed.inject.tcp({ flags: "Q" }), 'invalid TCP flag "Q"'],
    [
      "options that fill no word",
      (bed) => bed.inject.tcp({ options: [{ kind: "nop" }] }),
      "pad them with nop",
    ],
    ["a window that is none", (bed) => bed.inject.tcp({ win: 70_000 }), "win 70000 is out of range"],
    ["an unknown ICMP type", (bed) => bed.inject.icmp({ type: "gossip" }), "gossip is no type of ICMPv4"],
    ["a datagram too long", (bed) => bed.inject.udp(70_000), "UDP payload 70000 is out of range"],
  ])("%s: a TypeError, and nothing has changed", (_name, step, message) => {
    const bed = testbed();
    expect(() => step(bed)).toThrow(TypeError);
    expect(() => step(bed)).toThrow(message);
    expect(bed.packets).toEqual([]);
    expect(bed.now).toBe(0);
  });
});

describe("the trace of a test", () => {
  test("is a script of what was done and seen", () => {
    const { bed, connection } = accepted();
    connection.send(100);
    bed.expect.tcp({ length: 100 });
    bed.after(0.05).inject.tcp({});
    connection.setOption("SO_LINGER", { on: true, seconds: 0 });
    connection.close();
    bed.expect.tcp({ flags: "R." });
    expect(bed.trace().split("\n")).toEqual([
      "0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3",
      "+0 bind(3, ..., ...) = 0",
      "+0 listen(3, 1) = 0",
      "+0 < S 0:0(0) win 32000 <mss 1000>",
      "+0 > S. 0:0(0) ack 1 <...>",
      "+0.1 < . 1:1(0) ack 1 win 32000",
      "+0 accept(3, ..., ...) = 4",
      "+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0",
      "+0 write(4, ..., 100) = 100",
      "+0 > P. 1:101(100) ack 1 win 65535",
      "+0.05 < . 1:1(0) ack 101 win 32000",
      "+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0",
      "+0 close(4) = 0",
      "+0 > R. 101:101(0) ack 1 win 65535",
      "",
    ]);
  });

  test.each<[string, (bed: Testbed) => void]>([
    [
      "calls that fail",
      (bed) => {
        const socket = bed.socket();
        expect(() => socket.recv()).toThrow();
        expect(() => socket.accept()).toThrow();
        expect(() => socket.shutdown("SHUT_WR")).toThrow();
        socket.connect();
        expect(() => socket.connect()).toThrow();
        bed.expect.tcp({ flags: "S" });
        bed.after(0.1).inject.tcp({ flags: "R." });
        expect(() => socket.send(4)).toThrow();
      },
    ],
    [
      "datagrams",
      (bed) => {
        const socket = bed.socket("udp");
        socket.sendTo(7);
        bed.expect.udp();
        bed.after(0.2).inject.udp("answer");
        socket.recvFrom();
        bed.inject.udp(9);
        socket.recv(4, { peek: true });
      },
    ],
    [
      "packets that come late, and are expected whenever",
      (bed) => {
        bed.socket().connect();
        bed.wait(5);
        bed.anytime.expect.tcp({ flags: "S" });
        bed.anytime.expect.tcp({ flags: "S" });
        bed.after(0.5).inject.tcp({ flags: "S." });
        bed.expect.nothing(0);
      },
    ],
  ])("can be run as a script: %s", (_name, steps) => {
    const bed = testbed();
    try {
      steps(bed);
    } catch (error) {
      if (!/no packet was expected/.test(String(error))) throw error;
    }
    const { result, message, line } = runScript(bed.trace());
    expect({ result, message, line, trace: bed.trace() }).toMatchObject({ result: "pass" });
  });

  test("begins with the options of the testbed", () => {
    const bed = testbed({
      ipVersion: "ipv6",
      sysctls: { "net.ipv4.tcp_sack": 0, "net.ipv4.tcp_timestamps": 0 },
    });
    expect(bed.trace()).toBe(
      '--ip_version=ipv6\n`sysctl -q net.ipv4.tcp_sack="0"\nsysctl -q net.ipv4.tcp_timestamps="0"`\n',
    );
  });
});
