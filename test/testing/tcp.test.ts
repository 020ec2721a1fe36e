import { describe, expect, test } from "vitest";
import { mss, nop, sack, sackOK, testbed, ts, wscale } from "../../src/testing/index.ts";
import { accepted } from "./support/open.ts";

describe("a passive open", () => {
  test("in the words of a script", () => {
    const bed = testbed();
    const listener = bed.socket();
    listener.bind();
    listener.listen();
    bed.inject.tcp("S 0:0(0) win 32000 <mss 1000>");
    bed.expect.tcp("S. 0:0(0) ack 1 <...>");
    bed.after(0.1).inject.tcp(". 1:1(0) ack 1 win 32000");
    const connection = listener.accept();
    expect(connection.info()["tcpi_state"]).toBe(1);
    expect(bed.now).toBe(0.1);
  });

  test("in objects: what is left out goes on from what went before", () => {
    const bed = testbed();
    const listener = bed.socket();
    listener.bind();
    listener.listen();
    bed.inject.tcp({ flags: "S", seq: 7000, options: [mss(1000), nop, nop, sackOK, nop, wscale(7)] });
    const answer = bed.expect.tcp({ flags: "S.", ack: 7001 });
    expect(answer).toMatchObject({ seq: 0, length: 0, localPort: 8080, remotePort: 8080, time: 0 });
    expect(answer.options.map(({ kind }) => kind)).toEqual(["mss", "nop", "nop", "sackOK", "nop", "wscale"]);
    bed.after(0.1).inject.tcp({});
    bed.inject.tcp({ payload: "hello" });
    const connection = listener.accept();
    expect(new TextDecoder().decode(connection.recv())).toBe("hello");
    bed.within(0.2).expect.tcp({ flags: ".", ack: 6 });
    connection.send("good day");
    expect(new TextDecoder().decode(bed.expect.tcp({ flags: "P.", payload: "good day" }).payload)).toBe(
      "good day",
    );
    bed.inject.tcp({ flags: "F." });
    bed.within(0.1).expect.tcp({ seq: 9, ack: 7 });
    connection.close();
    bed.expect.tcp({ flags: "F.", seq: 9 });
    bed.inject.tcp({});
    bed.expect.nothing(10);
  });
});

describe("an active open", () => {
  test("teaches the peer the stack's port and initial number", () => {
    const bed = testbed();
    const socket = bed.socket();
    expect(bed.peer.localPort).toBe(undefined);
    socket.connect();
    const { localPort, remotePort } = bed.expect.tcp("S 700:700(0) <...>");
    expect(remotePort).toBe(8080);
    expect(bed.peer.localPort).toBe(localPort);
    expect(socket.socket.localEndpoint().port).toBe(localPort);
    bed.after(0.1).inject.tcp("S. 9000:9000(0) ack 701 win 5000 <mss 1000>");
    bed.expect.tcp(". 1:1(0) ack 1");
    expect(socket.socket.poll().writable).toBe(true);
  });

  test("is answered by an object that acknowledges the SYN", () => {
    const bed = testbed();
    const socket = bed.socket();
    socket.connect();
    bed.expect.tcp({ flags: "S" });
    bed.inject.tcp({ flags: "S.", options: [mss(1000)] });
    bed.expect.tcp({ flags: ".", seq: 1, ack: 1, options: [] });
    expect(socket.getOption("SO_ERROR")).toBe(0);
  });

  test("may be simultaneous", () => {
    const bed = testbed();
    bed.socket().connect();
    bed.expect.tcp("S 0:0(0) <...>");
    bed.after(0.1).inject.tcp("S 500:500(0) win 5000 <mss 1000>");
    bed.expect.tcp("S. 0:0(0) ack 501 <...>");
    bed.after(0.1).inject.tcp({ flags: "." });
    bed.inject.tcp({ length: 10 });
    bed.within(0.2).expect.tcp({ flags: ".", ack: 11 });
  });

  test("counts the numbers of the connection that was opened, not of a wrong answer before", () => {
    const bed = testbed();
    bed.socket().connect();
    bed.expect.tcp("S 0:0(0) <...>");
    bed.after(0.1).inject.tcp("S. 100:100(0) ack 5 win 5000 <mss 1000>");
    bed.expect.tcp("R 5:5(0)");
    bed.within(0.1).expect.tcp("S 0:0(0) <...>");
    bed.after(0.1).inject.tcp("S. 900:900(0) ack 1 win 5000 <mss 1000>");
    bed.expect.tcp(". 1:1(0) ack 1");
  });
});

describe("a connection", () => {
  test("sends bursts that are taken together, whatever their cut", () => {
    const { bed, connection } = accepted();
    connection.send(5000);
    const { payload, length } = bed.expect.tcp({ length: 5000 });
    expect([payload.length, length]).toEqual([5000, 5000]);
    bed.after(0.1).inject.tcp({});
    connection.send(2000);
    bed.expect.tcp("P. 5001:7001(2000) ack 1");
  });

  test("has segments taken one by one where an object names no length", () => {
    const { bed, connection } = accepted();
    connection.send(2500);
    const lengths = [1, 2, 3].map(() => bed.expect.tcp({}).length);
    expect(lengths).toEqual([1000, 1000, 500]);
  });

  test("is asked questions", () => {
    const { bed, connection } = accepted();
    connection.send(10);
    const isSmall = (value: number): boolean => value < 70_000;
    bed.expect.tcp({
      flags: (flags) => flags.includes("P"),
      win: isSmall,
      seq: (seq) => seq === 1,
      length: isSmall,
    });
  });

  test("is told of what it has by SACK, in the numbers of the test", () => {
    const bed = testbed();
    const listener = bed.socket();
    listener.bind();
    listener.listen();
    bed.inject.tcp({ flags: "S", options: [mss(1000), nop, nop, sackOK] });
    bed.expect.tcp({ flags: "S." });
    bed.inject.tcp({});
    listener.accept();
    bed.after(0.1).inject.tcp({ seq: 1001, length: 1000 });
    bed.expect.tcp({ ack: 1, options: [nop, nop, sack([1001, 2001])] });
  });

  test("echoes timestamps by the names of a script, or as they are on the wire", () => {
    const bed = testbed();
    const listener = bed.socket();
    listener.bind();
    listener.listen();
    bed.inject.tcp("S 0:0(0) win 32000 <mss 1000,sackOK,TS val 10 ecr 0>");
    bed.expect.tcp("S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 100 ecr 10>");
    bed.after(0.1).inject.tcp(". 1:1(0) ack 1 win 32000 <nop,nop,TS val 20 ecr 100>");
    const connection = listener.accept();
    connection.send(10);
    const { options } = bed.expect.tcp({ length: 10 });
    const found = options.find(({ kind }) => kind === "TS");
    const value = found?.kind === "TS" ? found.val! : 0;
    bed.inject.tcp({ options: [nop, nop, ts(30, value)] });
    expect(connection.info()["tcpi_unacked"]).toBe(0);
    expect(() => bed.inject.tcp(". 1:1(0) ack 11 win 9 <nop,nop,TS val 40 ecr 7>")).toThrow(
      "TS ecr 7 echoes nothing: no expected packet had TS val 7",
    );
  });

  test("may be one of several, each with a peer of its own", () => {
    const bed = testbed();
    const listener = bed.socket();
    listener.bind();
    listener.listen(10);
    const peers = [1, 2, 3].map(() => bed.addPeer());
    for (const peer of peers) {
      peer.inject.tcp({ flags: "S", seq: peer.port, options: [mss(1000)] });
      peer.expect.tcp({ flags: "S.", ack: peer.port + 1 });
      peer.inject.tcp({});
    }
    const connections = peers.map(() => listener.accept());
    for (const connection of connections) connection.send(connection.label);
    for (const [index, peer] of peers.entries()) {
      expect(peer.expect.tcp({ seq: 1 }).length).toBe(connections[index]!.label);
      expect(connections[index]!.socket.remoteEndpoint()).toMatchObject({
        address: peer.address,
        port: peer.port,
      });
    }
  });

  test("is opened anew by a SYN in TIME-WAIT, and counts from the new numbers", () => {
    const { bed, connection } = accepted();
    connection.close();
    bed.expect.tcp("F. 1:1(0) ack 1");
    bed.after(0.1).inject.tcp("F. 1:1(0) ack 2 win 32000");
    bed.expect.tcp(". 2:2(0) ack 2");
    bed.after(1).inject.tcp("S 100000:100000(0) win 32000 <mss 1000>");
    bed.expect.tcp("S. 0:0(0) ack 100001 <...>");
    bed.after(0.1).inject.tcp({ payload: "again" });
    bed.within(0.1).expect.tcp(". 1:1(0) ack 6");
  });

  test("that never was is reset", () => {
    const bed = testbed();
    bed.inject.tcp("S 0:0(0) win 32000");
    bed.expect.tcp("R. 0:0(0) ack 1");
    bed.inject.tcp(". 1000:1000(0) ack 5000 win 100");
    bed.expect.tcp({ flags: "R", length: 0 });
  });

  test("carries urgent data and the flags of ECN", () => {
    const { bed, connection } = accepted();
    connection.send(1, { urgent: true });
    bed.expect.tcp("UP. 1:2(1) ack 1 urg 1");
    bed.inject.tcp({ flags: "P.", length: 1, urg: 1, ecn: "ce" });
    bed.within(0.2).expect.tcp({ ack: 2, urg: 0, ecn: "noecn", ttl: 64 });
  });
});
