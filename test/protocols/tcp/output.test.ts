import { describe, expect, test } from "vitest";
import {
  isWritable,
  rfcTcp,
  sendFlags,
  sendSpace,
  setSendBuffer,
} from "../../../src/protocols/tcp/connection.ts";
import { type Endpoint, endpoint, type Setup } from "./support/endpoint.ts";

describe("new text", () => {
  test("goes in full segments, the last with PSH [RFC 9293 MUST-61, SHLD-28]", () => {
    endpoint("ESTABLISHED")
      .writes(2500)
      .sends(". 1:1001(1000) ack 1", ". 1001:2001(1000) ack 1", "P. 2001:2501(500) ack 1");
  });

  test("leaves at once, and does not wait for more for ever [RFC 9293 MUST-60]", () => {
    endpoint("ESTABLISHED").writes(1).sends("P. 1:2(1) ack 1");
  });

  test("takes the FIN along", () => {
    const one = endpoint("ESTABLISHED", { win: 1000 }).writes(1500).sends(". 1:1001(1000) ack 1").closes();
    one.sendsNothing().peer(". 1:1(0) ack 1001").sends("FP. 1001:1501(500) ack 1").is("FIN-WAIT-1");
  });

  test("stays within cwnd", () => {
    endpoint("ESTABLISHED").writes(20_000).shows({ unacked: 10_000, unsent: 10_000 });
  });

  test("stays within the peer's window, which is unsigned [RFC 9293 MUST-1]", () => {
    endpoint("ESTABLISHED", { win: 2500 })
      .writes(5000)
      .sends(". 1:1001(1000) ack 1", ". 1001:2001(1000) ack 1")
      .peer(". 1:1(0) ack 2001 win 65535")
      .sends(". 2001:3001(1000) ack 1", ". 3001:4001(1000) ack 1", "P. 4001:5001(1000) ack 1");
  });

  test("waits for cwnd to open rather than go in small pieces", () => {
    endpoint("ESTABLISHED", { config: { initialWindow: 1.5 } })
      .writes(5000)
      .sends(". 1:1001(1000) ack 1");
  });
});

describe("Nagle's algorithm [RFC 9293 SHLD-7]", () => {
  const rfc896: Setup = { config: { nagle: "rfc896" } };

  test("holds a small segment back while anything is unacknowledged", () => {
    endpoint("ESTABLISHED", rfc896)
      .writes(1500)
      .sends(". 1:1001(1000) ack 1")
      .peer(". 1:1(0) ack 1001")
      .sends("P. 1001:1501(500) ack 1")
      .writes(100)
      .writes(100)
      .sendsNothing()
      .peer(". 1:1(0) ack 1501")
      .sends("P. 1501:1701(200) ack 1");
  });

  test("in Minshall's way holds it back only for another small one (as Linux does)", () => {
    endpoint("ESTABLISHED")
      .writes(1500)
      .sends(". 1:1001(1000) ack 1", "P. 1001:1501(500) ack 1")
      .writes(100)
      .sendsNothing()
      .writes(900)
      .sends("P. 1501:2501(1000) ack 1");
  });

  test("can be switched off [RFC 9293 MUST-17]", () => {
    endpoint("ESTABLISHED", { ...rfc896, noDelay: true })
      .writes(10)
      .writes(10)
      .sends("P. 1:11(10) ack 1", "P. 11:21(10) ack 1");
    endpoint("ESTABLISHED", rfc896)
      .writes(10)
      .writes(10)
      .skips()
      .configures({ noDelay: true })
      .sends("P. 11:21(10) ack 1");
  });

  test("does not hold a FIN back", () => {
    endpoint("ESTABLISHED", rfc896).writes(10).skips().writes(10).closes().sends("FP. 11:21(10) ack 1");
  });

  test("does not hold urgent data back", () => {
    endpoint("ESTABLISHED", rfc896).writes(10).skips().writesUrgent(1).sends("PU. 11:12(1) ack 1 urg 1");
  });
});

describe("a user that says more will follow", () => {
  test("sends full segments only (MSG_MORE)", () => {
    endpoint("ESTABLISHED", { noDelay: true })
      .writes(1500, sendFlags.more)
      .sends(". 1:1001(1000) ack 1")
      .writes(100)
      .sends("P. 1001:1601(600) ack 1");
  });

  test("may cork and uncork (TCP_CORK)", () => {
    endpoint("ESTABLISHED", { cork: true })
      .writes(100)
      .writes(100)
      .sendsNothing()
      .configures({ cork: false })
      .sends("P. 1:201(200) ack 1");
  });

  test("is overruled after a timeout: nothing waits for ever [RFC 9293 3.8.6.2.1] [RFC 9293 MUST-60]", () => {
    endpoint("ESTABLISHED", { cork: true }).writes(100).sendsNothing().next(200).sends("P. 1:101(100) ack 1");
  });
});

describe("silly windows [RFC 9293 MUST-38]", () => {
  test("a window smaller than a segment is not filled with a small one", () => {
    endpoint("ESTABLISHED", { win: 10_000 })
      .writes(10_500)
      .skips()
      .peer(". 1:1(0) ack 10001 win 400")
      .sendsNothing();
  });

  test("unless it is half the largest the peer ever offered", () => {
    endpoint("ESTABLISHED", { win: 900 })
      .writes(5000)
      .sends(". 1:901(900) ack 1")
      .peer(". 1:1(0) ack 901 win 449")
      .sendsNothing()
      .peer(". 1:1(0) ack 901 win 450")
      .sends(". 901:1351(450) ack 1");
  });

  test("or the override timeout has passed", () => {
    endpoint("ESTABLISHED", { win: 10_000 })
      .writes(10_500)
      .peer(". 1:1(0) ack 10001 win 400")
      .skips()
      .next(200)
      .sends("P. 10001:10401(400) ack 1");
  });
});

describe("a link that cuts segments itself (TSO)", () => {
  const tso = (setup: Setup = {}): Endpoint => endpoint("ESTABLISHED", { maxSegmentPayload: 4500, ...setup });

  test("gets whole multiples of the MSS, up to what it takes", () => {
    tso()
      .writes(10_500)
      .sends("P. 1:4001(4000) ack 1", "P. 4001:8001(4000) ack 1", "P. 8001:10001(2000) ack 1");
  });

  test("gets a small last piece with the rest, where Nagle lets it go", () => {
    tso().writes(2500).sends("P. 1:2501(2500) ack 1");
    tso({ config: { nagle: "rfc896" } })
      .writes(2500)
      .sends("P. 1:2001(2000) ack 1");
    tso({ config: rfcTcp, noDelay: true }).writes(2500).sends("P. 1:2501(2500) ack 1");
  });

  test("gets lost segments one by one", () => {
    tso().writes(4000).sends("P. 1:4001(4000) ack 1").next(200).sends(". 1:1001(1000) ack 1");
  });
});

describe("the send buffer", () => {
  test("takes what it holds, and says when there is room again", () => {
    const one = endpoint("ESTABLISHED", { sendBuffer: 3000 }).writes(5000, 0, 3000).skips();
    expect([sendSpace(one.tcb), isWritable(one.tcb)]).toEqual([0, false]);
    one.peer(". 1:1(0) ack 1001").hears("writable").writes(5000, 0, 1000);
    one.skips().peer(". 1:1(0) ack 1501").hears().peer(". 1:1(0) ack 2001").hears("writable");
  });

  test("keeps what it took when it shrinks", () => {
    const one = endpoint("ESTABLISHED", { sendBuffer: 3000, win: 1000 }).writes(3000);
    setSendBuffer(one.tcb, 500);
    expect(sendSpace(one.tcb)).toBe(0);
    one
      .peer(". 1:1(0) ack 1001 win 5000")
      .sends(". 1:1001(1000) ack 1", ". 1001:2001(1000) ack 1", "P. 2001:3001(1000) ack 1");
    one.writes(10, 0, 0);
  });
});

describe("the peer's window", () => {
  test("follows the newest segment, not an older one [RFC 9293 3.10.7.4]", () => {
    endpoint("ESTABLISHED")
      .peer("P. 11:21(10) ack 1 win 2000")
      .shows({ sndWnd: 2000 })
      .peer("P. 1:11(10) ack 1 win 9000")
      .shows({ sndWnd: 2000 })
      .peer(". 21:21(0) ack 1 win 3000")
      .shows({ sndWnd: 3000 });
  });

  test("may shrink: nothing new goes beyond it, and what was sent is still ours to repeat [RFC 9293 MUST-34]", () => {
    endpoint("ESTABLISHED", { win: 5000 })
      .writes(7000)
      .skips()
      .peer(". 1:1(0) ack 1 win 2000")
      .sendsNothing()
      .shows({ unacked: 5000, unsent: 2000 })
      .after(200)
      .sends(". 1:1001(1000) ack 1")
      .peer(". 1:1(0) ack 5001 win 2000")
      .sends(". 5001:6001(1000) ack 1", "P. 6001:7001(1000) ack 1");
  });
});
