import { describe, expect, test } from "vitest";
import { type Endpoint, endpoint } from "./support/endpoint.ts";

const dup = ". 1:1(0) ack 1";
const sending = (count = 10): Endpoint =>
  endpoint("ESTABLISHED")
    .writes(count * 1000)
    .skips();

describe("fast retransmit [RFC 5681 3.2]", () => {
  test("comes with the third duplicate", () => {
    sending()
      .peer(dup)
      .sendsNothing()
      .peer(dup)
      .sendsNothing()
      .peer(dup)
      .sends(". 1:1001(1000) ack 1")
      .shows({
        recovery: "fast",
        ssthresh: 5000,
        cwnd: 8000,
      });
  });

  test("the first two duplicates send a new segment each [RFC 3042]", () => {
    sending(20).peer(dup).sends(". 10001:11001(1000) ack 1").peer(dup).sends(". 11001:12001(1000) ack 1");
  });

  test("text that limited transmit sent does not count for ssthresh [RFC 5681 3.2, step 2]", () => {
    sending(20).peer(dup, dup, dup).shows({ ssthresh: 5000 });
  });

  test("no ACK with text, FIN, another window, or without anything outstanding is a duplicate [RFC 5681 2]", () => {
    sending()
      .peer("P. 1:11(10) ack 1", "P. 11:21(10) ack 1", "P. 21:31(10) ack 1")
      .shows({ recovery: "open" });
    sending()
      .peer(`${dup} win 1000`, `${dup} win 2000`, `${dup} win 3000`, `${dup} win 4000`)
      .shows({ recovery: "open" });
    endpoint("ESTABLISHED").peer(dup, dup, dup, dup).sendsNothing().shows({ recovery: "open" });
  });
});

describe("fast recovery [RFC 6582 3.2]", () => {
  const recovering = (): Endpoint => sending(20).peer(dup, dup, dup).sends(". 1:1001(1000) ack 1");

  test("each further duplicate lets a segment out once enough have left", () => {
    const one = recovering();
    for (let i = 0; i < 2; i++) one.peer(dup).sendsNothing();
    one.peer(dup).sends(". 10001:11001(1000) ack 1").peer(dup).sends(". 11001:12001(1000) ack 1");
  });

  test("ends with the ACK of all that was outstanding, and cwnd falls to ssthresh or less", () => {
    recovering().peer(". 1:1(0) ack 10001").shows({ recovery: "open", cwnd: 2000 });
  });

  test("a partial acknowledgment sends the next hole at once", () => {
    const one = recovering().peer(dup, dup).skips();
    one.peer(". 1:1(0) ack 3001").sends(". 3001:4001(1000) ack 1", ". 10001:11001(1000) ack 1");
    one.shows({ recovery: "fast", cwnd: 8000 });
    one.peer(". 1:1(0) ack 10001").shows({ recovery: "open" });
  });

  test("only the first partial acknowledgment restarts the timer", () => {
    const one = recovering();
    one.now += 50;
    one.peer(". 1:1(0) ack 2001").timers({ retransmit: 200 });
    one.now += 50;
    one.peer(". 1:1(0) ack 4001").timers({ retransmit: 150 });
  });

  test("is not entered again for what was outstanding when it began", () => {
    const one = sending(10).peer(dup, dup, dup).after(200);
    one.peer(". 1:1(0) ack 10001").skips().writes(4000).skips();
    one.peer(". 1:1(0) ack 10001", ". 1:1(0) ack 10001", ". 1:1(0) ack 10001").shows({ recovery: "open" });
  });

  test("duplicates that nobody can have sent do not open cwnd [RFC 5681 5]", () => {
    const one = recovering();
    for (let i = 0; i < 1000; i++) one.peer(dup);
    expect(one.tcb.cwnd).toBeLessThan(40_000);
  });

  test("a timeout ends it", () => {
    recovering()
      .after(200)
      .shows({ recovery: "timeout", cwnd: 1000 })
      .peer(dup, dup, dup, dup)
      .shows({ recovery: "timeout" });
  });
});

describe("congestion window", () => {
  test("doubles in slow start, and only where it was used [RFC 5681 3.1] [RFC 7661 4.3]", () => {
    sending(30)
      .peer(". 1:1(0) ack 2001")
      .shows({ cwnd: 12_000 })
      .peer(". 1:1(0) ack 10001")
      .shows({ cwnd: 20_000 });
    endpoint("ESTABLISHED").writes(1000).peer(". 1:1(0) ack 1001").shows({ cwnd: 10_000 });
  });

  test("opens by one segment an ACK at most where the RFC is followed [RFC 5681 3.1, equation 2]", () => {
    endpoint("ESTABLISHED", { config: { slowStartLimit: 1 } })
      .writes(30_000)
      .peer(". 1:1(0) ack 8001")
      .shows({ cwnd: 11_000 });
  });

  test("begins anew after a pause [RFC 5681 4.1]", () => {
    const config = { idleWindow: "restart" as const };
    const one = endpoint("ESTABLISHED", { config })
      .writes(40_000)
      .peer(". 1:1(0) ack 10001")
      .peer(". 1:1(0) ack 30001")
      .peer(". 1:1(0) ack 40001")
      .shows({ cwnd: 40_000 });
    one.after(201).writes(1000).shows({ cwnd: 10_000 });
  });

  test("or halves for each RTO of it, and remembers where it was (as Linux does) [RFC 2861 3.1]", () => {
    const one = sending(40).peer(". 1:1(0) ack 10001").peer(". 1:1(0) ack 30001").peer(". 1:1(0) ack 40001");
    one.tcb.ssthresh = 2000;
    one.after(201).writes(1000).shows({ cwnd: 20_000, ssthresh: 30_000 });
    const off = endpoint("ESTABLISHED", { config: { slowStartAfterIdle: false } })
      .writes(40_000)
      .peer(". 1:1(0) ack 10001");
    off.peer(". 1:1(0) ack 30001").peer(". 1:1(0) ack 40001").after(1e6).writes(1000).shows({ cwnd: 40_000 });
  });
});
