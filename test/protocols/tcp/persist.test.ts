import { describe, test } from "vitest";
import { rfcTcp } from "../../../src/protocols/tcp/connection.ts";
import { type Endpoint, endpoint } from "./support/endpoint.ts";

const shut = (setup = {}): Endpoint =>
  endpoint("ESTABLISHED", { ...setup, win: 0 })
    .writes(2000)
    .sendsNothing();

describe("a window of zero [RFC 9293 3.8.6.1]", () => {
  test("is probed after an RTO, and then less and less often [RFC 9293 MUST-35, MUST-36, SHLD-29, SHLD-30]", () => {
    const one = shut();
    for (const wait of [200, 400, 800, 1600]) one.next(wait).sends(". 0:0(0) ack 1");
  });

  const octet = { noDelay: true, config: { windowProbe: "octet" as const } };

  test("is probed with an octet of data where the RFC is followed [RFC 9293 MUST-36]", () => {
    const one = shut(octet).next(200).sends(". 1:2(1) ack 1");
    one
      .peer(". 1:1(0) ack 1 win 0")
      .sendsNothing()
      .next(200)
      .sends(". 1:2(1) ack 1")
      .next(400)
      .sends(". 1:2(1) ack 1");
    one.shows({ cwnd: 10_000, recovery: "open" });
  });

  test("may last for ever, as long as the peer answers [RFC 9293 MUST-37]", () => {
    for (const setup of [{}, octet]) {
      const one = shut(setup);
      for (let i = 0; i < 200; i++) one.after(120_000).peer(". 1:1(0) ack 1 win 0");
      one.is("ESTABLISHED").skips().peer(". 1:1(0) ack 1 win 2000");
      one.shows({ unsent: 0 });
    }
  });

  test("ends the connection where nobody answers for R2", () => {
    shut().after(1_600_000).is("CLOSED").fails("ETIMEDOUT");
    shut(octet).after(1_600_000).is("CLOSED").fails("ETIMEDOUT");
    shut({ userTimeout: 5000 }).after(7000).is("CLOSED").fails("ETIMEDOUT");
  });

  test("ends it after a while where nobody holds the connection any more, answers or not", () => {
    const one = shut().closes();
    for (let i = 0; i < 20; i++) one.after(120_000).peer(". 1:1(0) ack 1 win 0");
    one.is("CLOSED").fails("ETIMEDOUT");
  });

  test("that opens sends at once", () => {
    shut()
      .after(700)
      .skips()
      .peer(". 1:1(0) ack 1 win 5000")
      .sends(". 1:1001(1000) ack 1", "P. 1001:2001(1000) ack 1")
      .timers({ retransmit: 200 });
  });

  test("that opens sends the octet again, whether it was taken or not", () => {
    const one = shut(octet).next(200).skips();
    one
      .peer(". 1:1(0) ack 1 win 5000")
      .sends(". 1:2(1) ack 1", ". 2:1002(1000) ack 1", "P. 1002:2001(999) ack 1");
    const taken = shut(octet).next(200).skips();
    taken.peer(". 1:1(0) ack 2 win 5000").sends(". 2:1002(1000) ack 1", "P. 1002:2001(999) ack 1");
  });

  test("that closes over data in flight is probed with it, and is no congestion [RFC 9293 MUST-34]", () => {
    const one = endpoint("ESTABLISHED").writes(2000).skips().peer(". 1:1(0) ack 1 win 0");
    one.next(200).sends(". 1:1001(1000) ack 1").shows({ cwnd: 10_000, recovery: "open" });
    one.peer(". 1:1(0) ack 1 win 0").next(400).sends(". 1:1001(1000) ack 1").peer(". 1:1(0) ack 1 win 3000");
    one.sends(". 1:1001(1000) ack 1", "P. 1001:2001(1000) ack 1");
  });
});

test("the strict profile probes with octets", () => {
  endpoint("ESTABLISHED", { config: { ...rfcTcp, timestamps: false }, win: 0 })
    .writes(10)
    .next(1000)
    .sends(". 1:2(1) ack 1");
});
