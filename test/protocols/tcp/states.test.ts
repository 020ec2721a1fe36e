import { describe, expect, test } from "vitest";
import type { TcpState } from "../../../src/protocols/tcp/connection.ts";
import { isSynchronized, maySend } from "../../../src/protocols/tcp/state.ts";
import { endpoint } from "./support/endpoint.ts";

const all: readonly TcpState[] = [
  "CLOSED",
  "SYN-SENT",
  "SYN-RECEIVED",
  "ESTABLISHED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
];

describe("the life of a connection [RFC 9293 3.3.2]", () => {
  test("opened and closed first from here", () => {
    endpoint("CLOSED")
      .connects()
      .sends("S 0:0(0)")
      .is("SYN-SENT")
      .peer("S. 0:0(0) ack 1 <mss 1000>")
      .sends(". 1:1(0) ack 1")
      .is("ESTABLISHED")
      .hears("established")
      .closes()
      .sends("F. 1:1(0) ack 1")
      .is("FIN-WAIT-1")
      .peer(". 1:1(0) ack 2")
      .sendsNothing()
      .is("FIN-WAIT-2")
      .peer("F. 1:1(0) ack 2")
      .sends(". 2:2(0) ack 2")
      .is("TIME-WAIT")
      .hears("readable", "time-wait")
      .timers({});
  });

  test("opened and closed first from there", () => {
    endpoint("CLOSED")
      .accepts("S 0:0(0) <mss 1000>")
      .sends("S. 0:0(0) ack 1")
      .is("SYN-RECEIVED")
      .peer(". 1:1(0) ack 1")
      .sendsNothing()
      .is("ESTABLISHED")
      .hears("established")
      .peer("F. 1:1(0) ack 1")
      .sends(". 1:1(0) ack 2")
      .is("CLOSE-WAIT")
      .finished()
      .hears("readable")
      .closes()
      .sends("F. 1:1(0) ack 2")
      .is("LAST-ACK")
      .peer(". 2:2(0) ack 2")
      .sendsNothing()
      .is("CLOSED")
      .hears("closed")
      .timers({});
  });

  test("opened from both sides at once [RFC 9293 MUST-10]", () => {
    endpoint("SYN-SENT")
      .peer("S 0:0(0) <mss 1000>")
      .sends("S. 0:0(0) ack 1")
      .is("SYN-RECEIVED")
      .peer("S. 0:0(0) ack 1 <mss 1000>")
      .is("ESTABLISHED")
      .hears("established");
  });

  test("opened from both sides, where an ACK ends it [RFC 9293 MUST-10]", () => {
    endpoint("SYN-SENT").peer("S 0:0(0) <mss 1000>").skips().peer(". 1:1(0) ack 1").is("ESTABLISHED");
  });

  test("closed from both sides at once [RFC 9293 3.6, case 3]", () => {
    endpoint("ESTABLISHED")
      .closes()
      .sends("F. 1:1(0) ack 1")
      .peer("F. 1:1(0) ack 1")
      .sends(". 2:2(0) ack 2")
      .is("CLOSING")
      .peer(". 2:2(0) ack 2")
      .is("TIME-WAIT")
      .hears("readable", "time-wait");
  });

  test("a FIN that acknowledges ours goes straight to TIME-WAIT", () => {
    endpoint("FIN-WAIT-1").peer("F. 1:1(0) ack 2").sends(". 2:2(0) ack 2").is("TIME-WAIT");
  });

  test("both ways stay open one by one: a half-closed side still receives [RFC 9293 MAY-1]", () => {
    endpoint("FIN-WAIT-2")
      .peer("P. 1:1001(1000) ack 2")
      .hears("readable")
      .reads(1000)
      .peer("F. 1001:1001(0) ack 2")
      .sends(". 2:2(0) ack 1002")
      .is("TIME-WAIT");
  });

  test("the side that heard the FIN still sends [RFC 9293 MAY-1]", () => {
    endpoint("CLOSE-WAIT")
      .writes(500)
      .sends("P. 1:501(500) ack 2")
      .peer(". 2:2(0) ack 501")
      .closes()
      .sends("F. 501:501(0) ack 2");
  });

  test("time in FIN-WAIT-1 or LAST-ACK sends the FIN again", () => {
    endpoint("FIN-WAIT-1").next(200).sends("F. 1:1(0) ack 1").next(400).sends("F. 1:1(0) ack 1");
    endpoint("LAST-ACK").next(200).sends("F. 1:1(0) ack 2").is("LAST-ACK");
  });
});

describe("every state", () => {
  test("knows whether the handshake is behind it", () => {
    expect(all.filter(isSynchronized)).toEqual(all.slice(3));
    expect(all.filter(maySend)).toEqual(["SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT"]);
  });

  for (const state of all.slice(1)) {
    test(`${state} ends with the right reset, and once`, () => {
      const one = endpoint(state);
      const acked = one.tcb.sndUna !== one.tcb.iss || state === "SYN-SENT";
      one.peer(
        acked && state === "SYN-SENT"
          ? "R. 0:0(0) ack 1"
          : `R ${one.tcb.rcvNxt + 300}:${one.tcb.rcvNxt + 300}(0)`,
      );
      one.is("CLOSED").timers({});
      expect(one.events.filter((event) => event === "closed")).toHaveLength(1);
      one.closes().aborts().sendsNothing();
    });
  }

  test("a transition that RFC 9293 does not know is a bug of ours", async () => {
    const { enter } = await import("../../../src/protocols/tcp/state.ts");
    expect(() => enter(endpoint("ESTABLISHED").tcb, "CLOSING")).toThrow("no way from ESTABLISHED to CLOSING");
  });
});
