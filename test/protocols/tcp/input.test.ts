import { describe, expect, test } from "vitest";
import { endpoint } from "./support/endpoint.ts";

describe("first, the sequence number [RFC 9293 3.10.7.4]", () => {
  test("a segment before the window is acknowledged and dropped", () => {
    endpoint("ESTABLISHED", { irs: 100_000 })
      .peer("P. 1:101(100) ack 1")
      .skips()
      .peer("P. 1:101(100) ack 1")
      .drops("out-of-window")
      .sends(". 1:1(0) ack 101");
  });

  test("a segment after the window is acknowledged and dropped", () => {
    endpoint("ESTABLISHED").peer("P. 65536:65546(10) ack 1").drops("out-of-window").sends(". 1:1(0) ack 1");
  });

  test("the part of a segment that lies in the window is taken", () => {
    endpoint("ESTABLISHED")
      .peer("P. 1:101(100) ack 1")
      .peer("P. 51:201(150) ack 1")
      .drops(undefined)
      .reads(200);
  });

  test("text beyond the window is cut off", () => {
    endpoint("ESTABLISHED", { receiveBuffer: 500 })
      .peer("P. 1:101(100) ack 1", "P. 101:1001(900) ack 1")
      .sends(". 1:1(0) ack 501 win 0")
      .reads(1000, 500)
      .sends(". 1:1(0) ack 501 win 500");
  });

  test("text beyond the window is taken where nothing waits to be read", () => {
    endpoint("ESTABLISHED", { receiveBuffer: 500 })
      .peer("FP. 1:1001(1000) ack 1")
      .sends(". 1:1(0) ack 1002 win 0")
      .is("CLOSE-WAIT")
      .reads(1000, 1000)
      .finished();
  });

  test("an ACK at the right edge of the window counts", () => {
    endpoint("ESTABLISHED", { receiveBuffer: 500 })
      .writes(100)
      .skips()
      .peer(". 501:501(0) ack 101")
      .drops(undefined)
      .shows({ unacked: 0 });
  });

  test("numbers wrap [RFC 9293 MUST-1]", () => {
    const one = endpoint("ESTABLISHED", { irs: -1001, iss: 0x7fffffff - 500 });
    one.writes(1000).sends("P. 1:1001(1000) ack 1").peer("P. 1:1001(1000) ack 1001").reads(1000);
    one.peer("P. 1001:2001(1000) ack 1001").reads(1000).shows({ unacked: 0 });
  });

  test("an empty segment out of the window is answered at most twice a second, lest two stacks fight", () => {
    endpoint("ESTABLISHED")
      .peer(". 70000:70000(0) ack 1")
      .sends(". 1:1(0) ack 1")
      .peer(". 70000:70000(0) ack 1")
      .sendsNothing()
      .after(500)
      .peer(". 70000:70000(0) ack 1")
      .sends(". 1:1(0) ack 1");
  });

  test("a segment without ACK is dropped", () => {
    endpoint("ESTABLISHED").peer("P 1:11(10)").drops("no-ack").sendsNothing().shows({ unread: 0 });
  });
});

describe("a closed window", () => {
  const closed = () => endpoint("ESTABLISHED", { receiveBuffer: 1000 }).peer("P. 1:1001(1000) ack 1").skips();

  test("lets nothing in, and answers each try", () => {
    closed().peer("P. 1001:1002(1) ack 1").drops("out-of-window").sends(". 1:1(0) ack 1001 win 0");
  });

  test("still hears ACKs, resets and urgent pointers [RFC 9293 MUST-66]", () => {
    closed().writes(10).peer(". 1001:1001(0) ack 11").shows({ unacked: 0 });
    closed().peer("R 1001:1001(0)").is("CLOSED");
    const urgent = closed();
    urgent.events.length = 0;
    urgent.peer("U. 1001:1002(1) ack 1 urg 1").hears("urgent");
  });

  test("lets a FIN in that takes no room", () => {
    closed().peer("F. 1001:1001(0) ack 1").sends(". 1:1(0) ack 1002").is("CLOSE-WAIT");
  });

  test("stays out of sight of a reset that is not at its edge", () => {
    closed().peer("R 1000:1000(0)").is("ESTABLISHED").peer("R 1002:1002(0)").is("ESTABLISHED");
  });
});

describe("second, RST [RFC 5961 3]", () => {
  test("at RCV.NXT it ends the connection", () => {
    endpoint("ESTABLISHED")
      .peer("R 1:1(0)")
      .sendsNothing()
      .is("CLOSED")
      .fails("ECONNRESET")
      .hears("error", "closed");
  });

  test("elsewhere in the window it is challenged, and the honest peer's second try counts", () => {
    endpoint("ESTABLISHED")
      .peer("R 2:2(0)")
      .drops("blind-reset")
      .sends(". 1:1(0) ack 1")
      .is("ESTABLISHED")
      .peer("R 1:1(0)")
      .is("CLOSED");
  });

  test("out of the window it is dropped in silence", () => {
    endpoint("ESTABLISHED").peer("R 70000:70000(0)").drops("out-of-window").sendsNothing().is("ESTABLISHED");
  });

  test("challenges are rationed [RFC 5961 7]", () => {
    const one = endpoint("ESTABLISHED");
    for (let i = 0; i < 100; i++) one.peer(`R ${2 + i}:${2 + i}(0)`);
    one.sends(". 1:1(0) ack 1");
  });

  test("it may carry text [RFC 9293 SHLD-2]", () => {
    endpoint("ESTABLISHED").peer("R. 1:11(10) ack 1").is("CLOSED").fails("ECONNRESET");
  });

  test("what was received before it can still be read", () => {
    endpoint("ESTABLISHED").peer("P. 1:11(10) ack 1").peer("R 11:11(0)").is("CLOSED").reads(100, 10);
  });

  test("the user hears of it in the states where it lost something [RFC 9293 MUST-12]", () => {
    endpoint("FIN-WAIT-1").peer("R 1:1(0)").fails("ECONNRESET");
    endpoint("FIN-WAIT-2").peer("R 1:1(0)").fails("ECONNRESET");
    endpoint("CLOSE-WAIT").peer("R 2:2(0)").fails("EPIPE");
    endpoint("CLOSING").peer("R 2:2(0)").fails(undefined).is("CLOSED");
    endpoint("LAST-ACK").peer("R 2:2(0)").fails(undefined).is("CLOSED");
  });
});

describe("fourth, SYN [RFC 5961 4]", () => {
  for (const sequence of [0, 1, 500, 70_000])
    test(`at ${sequence} it is challenged and changes nothing`, () => {
      endpoint("ESTABLISHED")
        .peer(`S ${sequence}:${sequence}(0)`)
        .sends(". 1:1(0) ack 1")
        .is("ESTABLISHED")
        .peer("P. 1:11(10) ack 1")
        .reads(10);
    });

  test("a SYN-ACK that comes again is acknowledged again", () => {
    endpoint("ESTABLISHED")
      .peer("S. 0:0(0) ack 1")
      .drops("out-of-window")
      .sends(". 1:1(0) ack 1")
      .is("ESTABLISHED");
  });
});

describe("fifth, ACK [RFC 9293 3.10.7.4]", () => {
  test("of what was never sent: an ACK, and the segment is dropped", () => {
    endpoint("ESTABLISHED")
      .peer("P. 1:11(10) ack 2")
      .drops("ack-of-unsent")
      .sends(". 1:1(0) ack 1")
      .shows({ unread: 0 });
  });

  test("of what was acknowledged before is no harm", () => {
    endpoint("ESTABLISHED")
      .writes(1000)
      .peer(". 1:1(0) ack 1001")
      .peer("P. 1:11(10) ack 1")
      .drops(undefined)
      .reads(10);
  });

  test("older than the largest window it is challenged [RFC 5961 5.2]", () => {
    endpoint("ESTABLISHED", { win: 500 })
      .writes(500)
      .peer(". 1:1(0) ack 501 win 500")
      .writes(500)
      .peer(". 1:1(0) ack 1001 win 500")
      .skips()
      .peer("P. 1:11(10) ack 500 win 500")
      .drops("ack-too-old")
      .sends(". 1001:1001(0) ack 1")
      .shows({ unread: 0 });
  });
});

describe("seventh, text", () => {
  test("after the peer's FIN is no text of this connection", () => {
    endpoint("CLOSE-WAIT")
      .peer("P. 2:12(10) ack 1")
      .drops("duplicate-text")
      .sends(". 1:1(0) ack 2")
      .shows({ unread: 0 });
  });

  test("for a user that closed is answered with a reset [RFC 9293 SHLD-3] [RFC 2525 2.17]", () => {
    endpoint("FIN-WAIT-2")
      .closes()
      .peer("P. 1:11(10) ack 2")
      .drops("text-after-close")
      .sends("R 2:2(0)")
      .is("CLOSED")
      .fails(undefined)
      .hears("closed");
  });

  test("and for one that only shut its receiving side, once our FIN is queued", () => {
    endpoint("ESTABLISHED").shutsReceiving().peer("P. 1:11(10) ack 1").is("ESTABLISHED");
    endpoint("FIN-WAIT-1").shutsReceiving().peer("P. 1:11(10) ack 1").is("CLOSED");
  });
});

describe("eighth, FIN", () => {
  test("after text in one segment, both count", () => {
    endpoint("ESTABLISHED")
      .peer("FP. 1:11(10) ack 1")
      .sendsNothing()
      .is("CLOSE-WAIT")
      .after(40)
      .sends(". 1:1(0) ack 12")
      .reads(100, 10)
      .finished();
  });

  test("before its turn it waits for the text that is missing", () => {
    endpoint("ESTABLISHED")
      .peer("FP. 101:201(100) ack 1")
      .sends(". 1:1(0) ack 1")
      .is("ESTABLISHED")
      .peer("P. 1:101(100) ack 1")
      .sends(". 1:1(0) ack 202")
      .is("CLOSE-WAIT")
      .reads(200);
  });

  test("cut off by the window it does not count", () => {
    endpoint("ESTABLISHED", { receiveBuffer: 500 })
      .peer("P. 1:101(100) ack 1", "FP. 101:1001(900) ack 1")
      .is("ESTABLISHED")
      .sends(". 1:1(0) ack 501");
  });

  test("that comes again is acknowledged again, each time", () => {
    endpoint("CLOSE-WAIT")
      .peer("F. 1:1(0) ack 1")
      .sends(". 1:1(0) ack 2")
      .peer("F. 1:1(0) ack 1")
      .sends(". 1:1(0) ack 2");
  });

  test("text that claims to lie beyond a FIN is cut off", () => {
    const one = endpoint("ESTABLISHED").peer("F. 101:101(0) ack 1").peer("P. 1:201(200) ack 1");
    one.is("CLOSE-WAIT").reads(200, 100);
    expect(one.tcb.receiveRing.length).toBe(0);
  });
});

test("a segment for a connection that is closed is for resetFor to answer", () => {
  endpoint("CLOSED").peer(". 1:1(0) ack 1").drops("closed").sendsNothing();
});
