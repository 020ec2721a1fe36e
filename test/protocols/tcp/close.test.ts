import { describe, test } from "vitest";
import { endpoint } from "./support/endpoint.ts";

describe("CLOSE [RFC 9293 3.10.4]", () => {
  test("sends all that was given before it, then the FIN", () => {
    endpoint("ESTABLISHED", { win: 1000 })
      .writes(2000)
      .closes()
      .sends(". 1:1001(1000) ack 1")
      .is("FIN-WAIT-1")
      .peer(". 1:1(0) ack 1001 win 1000")
      .sends("FP. 1001:2001(1000) ack 1")
      .peer(". 1:1(0) ack 2001 win 1000")
      .is("FIN-WAIT-1")
      .peer(". 1:1(0) ack 2002 win 1000")
      .is("FIN-WAIT-2");
  });

  test("a FIN needs no window", () => {
    endpoint("ESTABLISHED", { win: 0 }).closes().sends("F. 1:1(0) ack 1");
  });

  test("twice is once", () => {
    endpoint("ESTABLISHED").closes().skips().closes().shuts().sendsNothing().is("FIN-WAIT-1");
    endpoint("CLOSED").closes().sendsNothing();
  });

  test("with unread data resets the peer, which must know that it was lost [RFC 2525 2.17] [RFC 9293 SHLD-3]", () => {
    endpoint("ESTABLISHED")
      .peer("P. 1:11(10) ack 1")
      .closes()
      .sends("R. 1:1(0) ack 11")
      .is("CLOSED")
      .fails(undefined)
      .hears("readable", "closed");
    endpoint("ESTABLISHED")
      .peer("P. 1:11(10) ack 1")
      .reads(10)
      .closes()
      .sends("F. 1:1(0) ack 11")
      .is("FIN-WAIT-1");
    endpoint("CLOSE-WAIT").closes().sends("F. 1:1(0) ack 2").is("LAST-ACK");
  });

  test("with SO_LINGER of no time resets", () => {
    endpoint("ESTABLISHED", { lingerReset: true })
      .writes(10)
      .skips()
      .closes()
      .sends("R. 11:11(0) ack 1")
      .is("CLOSED");
  });

  test("shutdown of the sending side alone goes on for ever in FIN-WAIT-2", () => {
    endpoint("FIN-WAIT-2").timers({}).after(1e9).is("FIN-WAIT-2");
  });

  test("with nobody left, FIN-WAIT-2 ends after a minute (tcp_fin_timeout)", () => {
    endpoint("FIN-WAIT-2").closes().next(60_000).sendsNothing().is("CLOSED").fails(undefined).hears("closed");
    endpoint("ESTABLISHED").closes().peer(". 1:1(0) ack 2").next(60_000).is("CLOSED");
  });

  test("or as soon as the user says (TCP_LINGER2)", () => {
    endpoint("FIN-WAIT-2", { finWait2: 500 }).closes().next(500).is("CLOSED");
    endpoint("ESTABLISHED", { finWait2: -1 })
      .closes()
      .skips()
      .peer(". 1:1(0) ack 2")
      .sends("R. 2:2(0) ack 1")
      .is("CLOSED");
  });
});

describe("ABORT [RFC 9293 3.10.5]", () => {
  test("resets where the peer knows of the connection", () => {
    endpoint("ESTABLISHED").aborts().sends("R. 1:1(0) ack 1").is("CLOSED").hears("closed").timers({});
    endpoint("FIN-WAIT-1").aborts().sends("R. 2:2(0) ack 1");
    endpoint("FIN-WAIT-2").aborts().sends("R. 2:2(0) ack 1");
    endpoint("CLOSE-WAIT").aborts().sends("R. 1:1(0) ack 2");
  });

  test("is silent where both sides have said their last", () => {
    endpoint("CLOSING").aborts().sendsNothing().is("CLOSED");
    endpoint("LAST-ACK").aborts().sendsNothing().is("CLOSED");
    endpoint("TIME-WAIT").aborts().sendsNothing().is("CLOSED");
  });
});
