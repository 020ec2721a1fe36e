import { describe, expect, test } from "vitest";
import { testbed } from "../../src/testing/index.ts";
import { fillSctpChecksum } from "../../src/wire/sctp/sctp.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("UDP", () => {
  test("goes both ways, as lengths and as text", () => {
    const bed = testbed();
    const socket = bed.socket("udp");
    socket.bind();
    socket.connect();
    socket.send("ping");
    expect(text(bed.expect.udp("ping").payload)).toBe("ping");
    bed.after(0.1).inject.udp("pong");
    expect(text(socket.recv())).toBe("pong");
    bed.inject.udp(100);
    expect(socket.recv()).toHaveLength(100);
    socket.send(3);
    expect(bed.expect.udp({ length: (length) => length < 5, ttl: 64 }).length).toBe(3);
  });

  test("comes from the peer a socket did not know", () => {
    const bed = testbed();
    const socket = bed.socket("udp");
    socket.bind();
    const stranger = bed.addPeer({ port: 5353, address: "198.51.100.9" });
    stranger.inject.udp("who?");
    const { data, from } = socket.recvFrom();
    expect([text(data), from.address, from.port]).toEqual(["who?", "198.51.100.9", 5353]);
    socket.sendTo("me", stranger.endpoint);
    stranger.expect.udp("me");
    bed.expect.nothing();
  });

  test("to a port that nobody holds is answered by ICMP", () => {
    const bed = testbed();
    bed.inject.udp(10);
    expect(bed.expect.icmp("unreachable port_unreachable")).toMatchObject({
      type: "unreachable",
      code: "port_unreachable",
    });
  });

  test.each([
    [() => ({ length: 9 }), "live packet field ipv4_total_length: expected: 37 (0x25) vs actual: 30 (0x1e)"],
    [
      () => ({ length: (length: number) => length > 5 }),
      "payload length: 2 is not as asked for, (length) => length > 5",
    ],
    [() => "hx", "payload byte 1: expected 0x78 vs actual 0x69"],
    [() => ({ ttl: 9 }), "live packet field ttl: expected: 9 (0x9) vs actual: 64 (0x40)"],
  ])("otherwise than expected is told: %#", (wanted, message) => {
    const bed = testbed();
    bed.socket("udp").sendTo("hi");
    expect(() => bed.expect.udp(wanted())).toThrow(message);
  });
});

describe("ICMP", () => {
  test("errors reach the socket they are about", () => {
    const bed = testbed();
    const socket = bed.socket("udp");
    socket.connect();
    socket.send(10);
    bed.expect.udp(10);
    bed.inject.icmp({ type: "unreachable", code: "port_unreachable" });
    expect(() => socket.recv()).toThrow("ECONNREFUSED");
  });

  test("refuses a connection under way: what it quotes is the SYN", () => {
    const bed = testbed();
    const socket = bed.socket();
    socket.connect();
    bed.expect.tcp({ flags: "S" });
    bed.after(0.1).inject.icmp("unreachable port_unreachable");
    expect(socket.getOption("SO_ERROR")).toBe(111);
  });

  test("tells of a smaller path, quoting a segment in the numbers of the test", () => {
    const bed = testbed();
    const socket = bed.socket();
    socket.connect();
    bed.expect.tcp({ flags: "S" });
    bed.inject.tcp({ flags: "S." });
    bed.expect.tcp({ flags: "." });
    socket.setOption("TCP_NODELAY", true);
    bed.inject.icmp("unreachable frag_needed mtu 500 [1:1(0)]");
    socket.send(400);
    bed.expect.tcp({ length: 400 });
  });

  test("echo requests are answered", () => {
    const bed = testbed();
    bed.inject.icmp({ type: "echo_request", id: 7, echoed: { protocol: "raw", length: 20 } });
    expect(bed.expect.icmp({ type: "echo_reply" }).id).toBe(7);
  });

  test.each([
    [{ type: "unreachable" }, "live packet field icmp_type: expected: 3 (0x3) vs actual: 0 (0x0)"],
    [{ type: (type: string) => type === "redirect" }, 'icmp_type: "echo_reply" is not as asked for'],
    [{ mtu: 5 }, "mtu: undefined is not as asked for"],
    [{ code: "code_3" }, "live packet field icmp_code: expected: 3 (0x3) vs actual: 0 (0x0)"],
  ])("otherwise than expected is told: %#", (wanted, message) => {
    const bed = testbed();
    bed.inject.icmp({ type: "echo_request", id: 7, echoed: { protocol: "raw", length: 20 } });
    expect(() => bed.expect.icmp(wanted)).toThrow(message);
  });

  test("that does not come is shown as far as it is known", () => {
    expect(() => testbed().expect.icmp({ type: "redirect" })).toThrow("expected  > icmp redirect ...");
    expect(() => testbed().expect.udp({})).toThrow("expected  > udp (...)");
    expect(() => testbed().expect.sctp({})).toThrow("expected  > sctp: ");
  });
});

describe("SCTP", () => {
  test("to a host without it is answered by ICMP protocol unreachable", () => {
    const bed = testbed();
    bed.inject.sctp("INIT[flgs=0, tag=1, a_rwnd=1500, os=1, is=1, tsn=1]");
    bed.expect.icmp("unreachable protocol_unreachable");
    bed.wait(1);
    bed.inject.sctp({ tag: 5, chunks: [{ type: "COOKIE_ACK", flgs: 0 }] });
    bed.expect.icmp({ type: "unreachable", code: "protocol_unreachable" });
  });

  /** COOKIE-ACK with verification tag 9, from port 8080 to port 8080. */
  function sendsCookieAck() {
    const bed = testbed();
    const raw = bed.host.socket("AF_INET", "SOCK_RAW", 132);
    const packet = Uint8Array.of(0x1f, 0x90, 0x1f, 0x90, 0, 0, 0, 9, 0, 0, 0, 0, 11, 0, 0, 4);
    fillSctpChecksum(packet, 0, packet.length);
    raw.sendTo(packet, { address: bed.peer.address, port: 0 });
    return bed;
  }

  test("is expected chunk by chunk", () => {
    expect(sendsCookieAck().expect.sctp("COOKIE_ACK[flgs=0]").tag).toBe(9);
    expect(sendsCookieAck().expect.sctp({ tag: 9 }).line).toBe("> sctp: COOKIE_ACK[flgs=0]");
  });

  test("otherwise than expected is told", () => {
    expect(() => sendsCookieAck().expect.sctp({ tag: 3 })).toThrow("sctp_v_tag: expected: 3 vs actual: 9");
    expect(() => sendsCookieAck().expect.sctp({ chunks: [] })).toThrow(
      "chunk 1: not expected: COOKIE_ACK[flgs=0]",
    );
  });
});
