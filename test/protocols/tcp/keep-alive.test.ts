import { describe, expect, test } from "vitest";
import { linuxTcp, rfcTcp } from "../../../src/protocols/tcp/connection.ts";
import { endpoint } from "./support/endpoint.ts";

const alive = { keepAlive: true, keepIdle: 10_000, keepInterval: 1000, keepCount: 3 };

describe("keep-alives [RFC 9293 3.8.4]", () => {
  test("are off unless asked for [RFC 9293 MUST-24, MUST-25]", () => {
    endpoint("ESTABLISHED").timers({});
    endpoint("ESTABLISHED").configures({ keepAlive: true }).timers({ keepAlive: 7_200_000 });
    endpoint("ESTABLISHED", alive).configures({ keepAlive: false }).timers({});
  });

  test("wait two hours at least unless told otherwise [RFC 9293 MUST-27, MUST-28]", () => {
    expect([linuxTcp.keepIdle, rfcTcp.keepIdle]).toEqual([7_200_000, 7_200_000]);
    endpoint("ESTABLISHED", alive).timers({ keepAlive: 10_000 });
  });

  test("come only after nothing was heard or said for that long [RFC 9293 MUST-26]", () => {
    endpoint("ESTABLISHED", alive)
      .after(9000)
      .peer("P. 1:11(10) ack 1")
      .after(9000)
      .skips()
      .after(1000)
      .sends(". 0:0(0) ack 11");
  });

  test("carry no data, and a number the peer must answer [RFC 9293 SHLD-12]", () => {
    endpoint("ESTABLISHED", alive)
      .next(10_000)
      .sends(". 0:0(0) ack 1")
      .peer(". 1:1(0) ack 1")
      .timers({ keepAlive: 1000 });
  });

  test("one lost answer means nothing, several end the connection [RFC 9293 MUST-29]", () => {
    const one = endpoint("ESTABLISHED", alive)
      .next(10_000)
      .sends(". 0:0(0) ack 1")
      .next(1000)
      .sends(". 0:0(0) ack 1");
    one.peer(". 1:1(0) ack 1").after(12_999).is("ESTABLISHED").skips();
    one.after(1).is("CLOSED").sends("R. 1:1(0) ack 1").fails("ETIMEDOUT").hears("error", "closed");
  });

  test("end it after the user timeout, where there is one [RFC 5482 4.2]", () => {
    endpoint("ESTABLISHED", { ...alive, userTimeout: 11_500 })
      .after(11_999)
      .is("ESTABLISHED")
      .after(1)
      .is("CLOSED");
  });

  test("are superfluous while data waits for its ACK", () => {
    endpoint("ESTABLISHED", alive).after(9900).writes(10).skips().after(150).sendsNothing();
  });

  test("start when the connection opens", () => {
    endpoint("SYN-SENT", alive)
      .timers({ retransmit: 1000 })
      .configures({ keepAlive: true })
      .timers({ retransmit: 1000 });
    endpoint("SYN-RECEIVED", alive).peer(". 1:1(0) ack 1").timers({ keepAlive: 10_000 });
  });

  test("are answered", () => {
    endpoint("ESTABLISHED").peer(". 0:0(0) ack 1").sends(". 1:1(0) ack 1");
    endpoint("ESTABLISHED")
      .peer("P. 1:11(10) ack 1")
      .after(40)
      .skips()
      .peer(". 10:11(1) ack 1")
      .sends(". 1:1(0) ack 11");
  });
});
