import { describe, expect, test } from "vitest";
import {
  linuxTcp,
  readable,
  receive,
  rfcTcp,
  setReceiveBuffer,
  urgentAhead,
} from "../../../src/protocols/tcp/connection.ts";
import { endpoint } from "./support/endpoint.ts";

describe("text out of order [RFC 9293 3.10.7.4, seventh]", () => {
  test("is kept, acknowledged at once, and delivered when the hole closes [RFC 9293 SHLD-31, MAY-13]", () => {
    endpoint("ESTABLISHED")
      .peer("P. 1001:2001(1000) ack 1")
      .sends(". 1:1(0) ack 1")
      .hears()
      .peer("P. 1:1001(1000) ack 1")
      .sends(". 1:1(0) ack 2001")
      .hears("readable")
      .reads(2000);
  });

  test("is acknowledged once for each segment where the peer knows no SACK [RFC 5681 4.2]", () => {
    endpoint("ESTABLISHED")
      .peer("P. 1001:2001(1000) ack 1", "P. 2001:3001(1000) ack 1", "P. 3001:4001(1000) ack 1")
      .sends(". 1:1(0) ack 1", ". 1:1(0) ack 1", ". 1:1(0) ack 1");
  });

  test("and glued segments count as what they were", () => {
    endpoint("ESTABLISHED")
      .glued(1000, "P. 1001:4001(3000) ack 1")
      .sends(". 1:1(0) ack 1", ". 1:1(0) ack 1", ". 1:1(0) ack 1");
  });

  test("all that came in a batch is looked at before anything is acknowledged [RFC 9293 MUST-58, MUST-59]", () => {
    endpoint("ESTABLISHED")
      .peer("P. 1001:2001(1000) ack 1", "P. 1:1001(1000) ack 1", "P. 2001:3001(1000) ack 1")
      .sends(". 1:1(0) ack 3001");
  });

  test("overlapping pieces make one whole", () => {
    endpoint("ESTABLISHED")
      .peer("P. 501:1001(500) ack 1", "P. 1501:2001(500) ack 1", "P. 2501:3001(500) ack 1")
      .peer("P. 301:1201(900) ack 1", "P. 1401:2101(700) ack 1")
      .peer("P. 1:1801(1800) ack 1")
      .skips()
      .reads(3000, 2100)
      .peer("P. 2101:2501(400) ack 1")
      .sends(". 1:1(0) ack 3001")
      .reads(900);
  });

  test("text that covers waiting pieces, and part of another, delivers all of them", () => {
    endpoint("ESTABLISHED")
      .peer("P. 101:201(100) ack 1", "P. 301:401(100) ack 1", "P. 451:601(150) ack 1")
      .peer("P. 1:501(500) ack 1")
      .reads(600);
  });

  test("has no more holes than the profile allows: what hostile input can cost", () => {
    const one = endpoint("ESTABLISHED", { config: { outOfOrderLimit: 4 } });
    for (let i = 1; i <= 4; i++) one.peer(`. ${i * 100}:${i * 100 + 1}(1) ack 1`).drops(undefined);
    one.peer(". 500:501(1) ack 1").drops("too-many-holes");
    one.peer("P. 401:500(99) ack 1").drops(undefined);
  });

  test("has no more memory than what was received before earns", () => {
    const wide = {
      receiveBuffer: 1_000_000,
      config: { windowScaling: true },
      syn: "win 1000 <mss 1000,wscale 7>",
    };
    const one = endpoint("ESTABLISHED", wide).peer(". 1:1(0) ack 1").writes(1).skips();
    one.peer(". 65538:65539(1) ack 1").drops("too-far-ahead");
    one
      .peer(". 65537:100000(34463) ack 1")
      .drops(undefined)
      .peer(". 100000:100001(1) ack 1")
      .drops(undefined);
    one.peer(". 1:1001(1000) ack 1").peer(". 103001:103002(1) ack 1").drops(undefined);
    one.peer(". 203001:203002(1) ack 1").drops("too-far-ahead");
  });

  test("that came before is dropped", () => {
    endpoint("ESTABLISHED")
      .peer("P. 101:201(100) ack 1")
      .peer("P. 121:181(60) ack 1")
      .drops("duplicate-text")
      .skips();
  });
});

describe("delayed acknowledgments [RFC 9293 SHLD-18]", () => {
  test("wait less than half a second [RFC 9293 MUST-40]", () => {
    endpoint("ESTABLISHED").peer("P. 1:11(10) ack 1").sendsNothing().next(40).sends(". 1:1(0) ack 11");
    expect(Math.max(linuxTcp.delayedAck, rfcTcp.delayedAck)).toBeLessThan(500);
  });

  test("come with every second full segment [RFC 9293 SHLD-19] [RFC 5681 4.2]", () => {
    endpoint("ESTABLISHED")
      .peer(". 1:1001(1000) ack 1")
      .sendsNothing()
      .peer(". 1001:2001(1000) ack 1")
      .sends(". 1:1(0) ack 2001")
      .peer(". 2001:3001(1000) ack 1")
      .sendsNothing();
  });

  test("come with a segment glued of many, once", () => {
    endpoint("ESTABLISHED").glued(1000, "P. 1:5001(5000) ack 1").sends(". 1:1(0) ack 5001");
  });

  test("ride on text that goes the other way", () => {
    endpoint("ESTABLISHED")
      .peer("P. 1:11(10) ack 1")
      .writes(5)
      .sends("P. 1:6(5) ack 11")
      .after(1000)
      .skips()
      .timers({ retransmit: 400 });
  });

  test("come at once while data begins to come in (as Linux does)", () => {
    const one = endpoint("ESTABLISHED", { config: { quickAcks: 2 } });
    one
      .peer(". 1:1001(1000) ack 1")
      .sends(". 1:1(0) ack 1001")
      .peer(". 1001:2001(1000) ack 1")
      .sends(". 1:1(0) ack 2001");
    one.peer(". 2001:3001(1000) ack 1").sendsNothing();
  });

  test("are delayed again between questions and answers", () => {
    endpoint("ESTABLISHED", { config: { quickAcks: 16 } })
      .peer("P. 1:11(10) ack 1")
      .sends(". 1:1(0) ack 11")
      .writes(10)
      .sends("P. 1:11(10) ack 11")
      .peer("P. 11:21(10) ack 11")
      .sendsNothing()
      .writes(10)
      .sends("P. 11:21(10) ack 21");
  });

  test("are off where the user says so (TCP_QUICKACK)", () => {
    endpoint("ESTABLISHED", { quickAck: true }).peer("P. 1:11(10) ack 1").sends(". 1:1(0) ack 11");
    endpoint("ESTABLISHED")
      .peer("P. 1:11(10) ack 1")
      .sendsNothing()
      .configures({ quickAck: true })
      .sends(". 1:1(0) ack 11");
  });

  test("come at once while a hole is open, and when it closes", () => {
    endpoint("ESTABLISHED")
      .peer("P. 201:301(100) ack 1")
      .skips()
      .peer("P. 1:101(100) ack 1")
      .sends(". 1:1(0) ack 101")
      .peer("P. 101:201(100) ack 1")
      .sends(". 1:1(0) ack 301");
  });
});

describe("the receive window", () => {
  test("moves its right edge only by an MSS or half the buffer [RFC 9293 MUST-39]", () => {
    const one = endpoint("ESTABLISHED", { receiveBuffer: 4000 }).peer(
      ". 1:2001(2000) ack 1",
      ". 2001:4001(2000) ack 1",
    );
    one.sends(". 1:1(0) ack 4001 win 0").reads(999).sendsNothing();
    one.peer(". 4001:4002(1) ack 1").sends(". 1:1(0) ack 4001 win 0");
    one.reads(1).sends(". 1:1(0) ack 4001 win 1000");
  });

  test("with a buffer smaller than two segments moves by half of it [RFC 9293 MUST-39]", () => {
    const one = endpoint("ESTABLISHED", { receiveBuffer: 1000 }).peer(". 1:1001(1000) ack 1").skips();
    one.reads(499).sendsNothing().reads(1).sends(". 1:1(0) ack 1001 win 500");
  });

  test("never takes back what it promised [RFC 9293 SHLD-14]", () => {
    const one = endpoint("ESTABLISHED", { receiveBuffer: 4000 });
    setReceiveBuffer(one.tcb, 1000);
    one.peer(". 1:2001(2000) ack 1").sends(". 1:1(0) ack 2001 win 2000");
    one.peer(". 2001:4001(2000) ack 1").sends(". 1:1(0) ack 4001 win 0").reads(4000);
    one.sends(". 1:1(0) ack 4001 win 1000");
  });

  test("tells a peer that it doubled, and not of every byte read", () => {
    const one = endpoint("ESTABLISHED", { receiveBuffer: 10_000 })
      .peer(". 1:6001(6000) ack 1")
      .sends(". 1:1(0) ack 6001 win 4000");
    one.reads(3999).sendsNothing().reads(1).sends(". 1:1(0) ack 6001 win 8000").reads(2000).sendsNothing();
  });

  test("grows with the buffer", () => {
    const one = endpoint("ESTABLISHED", { receiveBuffer: 1000 })
      .peer(". 1:1001(1000) ack 1")
      .sends(". 1:1(0) ack 1001 win 0");
    setReceiveBuffer(one.tcb, 5000);
    one.peer(". 1001:1001(0) ack 1").sends(". 1:1(0) ack 1001 win 4000");
  });

  test("says nothing to a peer that has sent its last", () => {
    endpoint("ESTABLISHED", { receiveBuffer: 1000 })
      .peer("F. 1:1001(1000) ack 1")
      .skips()
      .reads(1000)
      .sendsNothing();
  });
});

describe("RECEIVE", () => {
  test("gives what is there, in pieces, and 0 at the end", () => {
    const one = endpoint("ESTABLISHED").peer("FP. 1:11(10) ack 1");
    expect(readable(one.tcb)).toBe(10);
    one.reads(4).reads(100, 6).reads(100, 0).finished();
  });

  test("can look without taking", () => {
    const { tcb, now } = endpoint("ESTABLISHED").peer("P. 1:11(10) ack 1");
    const into = new Uint8Array(4);
    expect([
      receive(tcb, into, now, "peek"),
      into[0],
      receive(tcb, into, now),
      into[0],
      readable(tcb),
    ]).toEqual([4, 1, 4, 1, 6]);
  });
});

describe("urgent data [RFC 9293 MUST-30] [RFC 6093]", () => {
  test("is a mark in the stream that the user hears of [RFC 9293 MUST-32, MUST-33]", () => {
    const one = endpoint("ESTABLISHED").peer("UP. 1:11(10) ack 1 urg 10").hears("urgent", "readable");
    expect(urgentAhead(one.tcb)).toBe(10);
    one.reads(4);
    expect(urgentAhead(one.tcb)).toBe(6);
    one.reads(6);
    expect(urgentAhead(one.tcb)).toBe(0);
  });

  test("may lie far ahead of the segment that announces it [RFC 9293 MUST-31]", () => {
    const one = endpoint("ESTABLISHED").peer("U. 1:2(1) ack 1 urg 60000").hears("urgent", "readable");
    expect(urgentAhead(one.tcb)).toBe(60_000);
    one
      .peer("U. 2:3(1) ack 1 urg 59999")
      .hears("readable")
      .peer("U. 3:4(1) ack 1 urg 60000")
      .hears("urgent", "readable");
  });

  test("already read is no news", () => {
    endpoint("ESTABLISHED").peer("P. 1:11(10) ack 1").peer("U. 11:11(0) ack 1 urg 0").hears("readable");
  });

  test("is announced with the number after its last octet [RFC 9293 MUST-62] [RFC 6093 4]", () => {
    endpoint("ESTABLISHED")
      .writesUrgent(10)
      .sends("PU. 1:11(10) ack 1 urg 10")
      .writes(10)
      .sends("P. 11:21(10) ack 1")
      .peer(". 1:1(0) ack 21")
      .writes(5)
      .sends("P. 21:26(5) ack 1");
  });

  test("is announced by every segment before the mark", () => {
    endpoint("ESTABLISHED")
      .writesUrgent(2500)
      .sends(
        "U. 1:1001(1000) ack 1 urg 2500",
        "U. 1001:2001(1000) ack 1 urg 1500",
        "PU. 2001:2501(500) ack 1 urg 500",
      );
  });
});
