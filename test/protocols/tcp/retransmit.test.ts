import { describe, expect, test } from "vitest";
import { linuxTcp, rfcTcp } from "../../../src/protocols/tcp/connection.ts";
import { measured } from "../../../src/protocols/tcp/recovery/rtt.ts";
import { type Endpoint, endpoint } from "./support/endpoint.ts";

const rfc = { ...rfcTcp, timestamps: false, sack: false, windowScaling: false };

/** An open connection whose round trip took so long. */
function far(rtt: number, config = {}): Endpoint {
  const one = endpoint("SYN-SENT", { config });
  one.now += rtt;
  return one.peer("S. 0:0(0) ack 1 <mss 1000>").skips();
}

describe("the round-trip estimate [RFC 6298 2]", () => {
  test("is a second before the first measurement [RFC 6298 2.1]", () => {
    endpoint("SYN-SENT", { config: rfc }).shows({ rto: 1000, srtt: undefined });
  });

  test("after the first is R, R/2 and R + 4 R/2 [RFC 6298 2.2]", () => {
    far(600, rfc).shows({ srtt: 600, rttvar: 300, rto: 1800 });
  });

  test("then moves by an eighth, its variation by a quarter [RFC 6298 2.3]", () => {
    const one = far(600, rfc).writes(10);
    one.now += 1000;
    one.peer(". 1:1(0) ack 11").shows({ srtt: 650, rttvar: 325, rto: 1950 });
  });

  test("is never less than a second [RFC 6298 2.4], and with Linux 200 ms above SRTT", () => {
    far(20, rfc).shows({ rto: 1000 });
    far(20).shows({ rto: 220 });
    far(200).shows({ rto: 600 });
  });

  test("is never more than its maximum [RFC 6298 2.5]", () => {
    const { tcb } = far(20, rfc);
    for (let i = 0; i < 100; i++) measured(tcb, 100_000);
    expect(tcb.rto).toBe(60_000);
  });

  test("takes one sample a round trip, of the first segment timed [RFC 6298 3]", () => {
    const one = far(100, rfc).writes(1000);
    one.now += 50;
    one.writes(1000);
    one.now += 50;
    one.peer(". 1:1(0) ack 1001").shows({ srtt: 100 });
    one.now += 400;
    one.peer(". 1:1(0) ack 2001").shows({ srtt: 100 });
  });

  test("takes none of a segment that was sent twice [RFC 9293 MUST-18] [RFC 6298 3]", () => {
    const one = far(100, rfc).writes(1000).after(1000);
    one.peer(". 1:1(0) ack 1001").shows({ srtt: 100, rto: 2000 });
  });

  test("takes one all the same where an echoed timestamp shows which one was acknowledged [RFC 7323 4.1]", () => {
    const one = endpoint("ESTABLISHED", {
      config: { ...rfc, timestamps: true },
      syn: "win 65535 <mss 1000,TS val 1 ecr 1000>",
    });
    one.writes(100).after(1000).after(80).peer(". 1:1(0) ack 101 <TS val 2 ecr 2000>");
    one.shows({ srtt: 10, rto: 1000 });
  });

  test("but not of an echo older than the last retransmission, which may measure an outage", () => {
    const one = endpoint("ESTABLISHED", {
      config: { ...rfc, timestamps: true },
      syn: "win 65535 <mss 1000,TS val 1 ecr 1000>",
    });
    one.writes(100).after(1080).peer(". 1:1(0) ack 101 <TS val 2 ecr 1000>").shows({ srtt: 0, rto: 2000 });
  });
});

describe("the retransmission timer [RFC 6298 5]", () => {
  test("starts with a segment, restarts with an ACK of new data, and stops when all is acknowledged", () => {
    const one = far(100).writes(1000).timers({ retransmit: 300 });
    one.now += 100;
    one.writes(1000).timers({ retransmit: 200 });
    one.peer(". 1:1(0) ack 1001").timers({ retransmit: 300 });
    one.now += 75;
    one.peer(". 1:1(0) ack 1001").timers({ retransmit: 225 });
    one.peer(". 1:1(0) ack 2001").timers({});
  });

  test("sends the earliest segment, and backs off [RFC 6298 5.4, 5.5] [RFC 9293 MUST-19]", () => {
    const one = endpoint("ESTABLISHED").writes(2000).skips();
    for (const wait of [200, 400, 800, 1600, 3200]) one.next(wait).sends(". 1:1001(1000) ack 1");
    one.shows({ cwnd: 1000, ssthresh: 2000, retransmits: 5, recovery: "timeout" });
  });

  test("a measurement ends the backoff", () => {
    const one = endpoint("ESTABLISHED").writes(1000).after(600).peer(". 1:1(0) ack 1001").shows({ rto: 800 });
    one.skips().writes(1000).peer(". 1:1(0) ack 2001").shows({ rto: 200 });
  });

  test("all that was lost follows in slow start [RFC 5681 3.1]", () => {
    const one = endpoint("ESTABLISHED").writes(8000).skips().after(200).sends(". 1:1001(1000) ack 1");
    one
      .peer(". 1:1(0) ack 1001")
      .sends(". 1001:2001(1000) ack 1", ". 2001:3001(1000) ack 1")
      .shows({ cwnd: 2000 });
    one
      .peer(". 1:1(0) ack 5001")
      .sends(". 5001:6001(1000) ack 1", ". 6001:7001(1000) ack 1", "P. 7001:8001(1000) ack 1");
    one.peer(". 1:1(0) ack 8001").shows({ recovery: "open", unacked: 0, ssthresh: 4000 });
  });

  test("small segments go again as one where they fit", () => {
    endpoint("ESTABLISHED", { noDelay: true })
      .writes(10)
      .writes(10)
      .skips()
      .after(200)
      .sends("P. 1:21(20) ack 1");
  });

  test("does not count a timeout of the same data twice against ssthresh [RFC 5681 3.1, equation 4]", () => {
    endpoint("ESTABLISHED").writes(8000).after(600).shows({ ssthresh: 4000, retransmits: 2 });
  });

  test("new data is not sent while the old is unheard of", () => {
    endpoint("ESTABLISHED").writes(2000).after(200).skips().writes(1000).sendsNothing();
  });
});

describe("giving up [RFC 9293 MUST-20]", () => {
  test("after R1 the world hears that the way may be dead [RFC 9293 SHLD-9]", () => {
    const one = endpoint("ESTABLISHED")
      .writes(10)
      .after(600)
      .hears()
      .after(800)
      .hears("stalled")
      .after(100_000)
      .hears();
    one.is("ESTABLISHED");
    expect([linuxTcp.retries1 >= 3, rfcTcp.retries1 >= 3]).toEqual([true, true]);
  });

  test("after R2 the connection ends: as Linux counts, 924.6 s after the first retransmission [RFC 9293 SHLD-11]", () => {
    const one = endpoint("ESTABLISHED").writes(10).after(924_800).is("ESTABLISHED").after(120_000);
    one.is("CLOSED").fails("ETIMEDOUT").hears("stalled", "error", "closed");
  });

  test("R2 is the user's to set [RFC 9293 MUST-21] [RFC 5482 4]", () => {
    endpoint("ESTABLISHED", { userTimeout: 3000 })
      .writes(10)
      .after(3199)
      .is("ESTABLISHED")
      .after(1)
      .is("CLOSED")
      .fails("ETIMEDOUT");
  });

  test("a connection that nobody holds is borne less long", () => {
    const one = endpoint("ESTABLISHED").writes(10).closes().after(102_000).is("FIN-WAIT-1").after(103_000);
    one.is("CLOSED").fails("ETIMEDOUT");
  });

  test("any new acknowledgment starts the count anew", () => {
    const one = endpoint("ESTABLISHED").writes(2000).after(500_000).peer(". 1:1(0) ack 1001").after(600_000);
    one.is("ESTABLISHED");
  });
});
