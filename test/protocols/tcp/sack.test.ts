import { describe, expect, test } from "vitest";
import { type Endpoint, endpoint } from "./support/endpoint.ts";

const sack = { sack: true };
const sacking = (config = {}): Endpoint =>
  endpoint("ESTABLISHED", {
    config: { ...sack, duplicateSack: false, ...config },
    syn: "win 65535 <mss 1000,sackOK>",
  });

describe("the receiver of data [RFC 2018 4]", () => {
  test("reports what lies beyond a hole", () => {
    sacking().peer(". 1001:2001(1000) ack 1").sends(". 1:1(0) ack 1 <sack 1001:2001>");
  });

  test("reports the newest block first, then those before it", () => {
    sacking()
      .peer(". 1001:1101(100) ack 1")
      .peer(". 3001:3101(100) ack 1")
      .peer(". 2001:2101(100) ack 1")
      .peer(". 5001:5101(100) ack 1")
      .skips()
      .peer(". 2101:2201(100) ack 1")
      .sends(". 1:1(0) ack 1 <sack 2001:2201 5001:5101 3001:3101 1001:1101>");
  });

  test("reports four blocks at most, three beside timestamps [RFC 2018 3]", () => {
    const one = sacking();
    for (let i = 5; i >= 1; i--) one.peer(`. ${i}001:${i}101(100) ack 1`);
    one
      .skips()
      .peer(". 6001:6101(100) ack 1")
      .sends(". 1:1(0) ack 1 <sack 6001:6101 1001:1101 2001:2101 3001:3101>");
    const stamped = endpoint("ESTABLISHED", {
      config: { sack: true, timestamps: true },
      syn: "win 65535 <mss 1000,sackOK,TS val 1 ecr 1000>",
    });
    for (let i = 1; i <= 4; i++) stamped.peer(`. ${i}001:${i}101(100) ack 1 <TS val 1 ecr 1000>`);
    expect(stamped.tcb.sackRecent).toHaveLength(3);
    stamped.skips().peer(". 1:101(100) ack 1 <TS val 1 ecr 1000>");
    stamped.sends(". 1:1(0) ack 101 <TS val 1000 ecr 1,sack 4001:4101 3001:3101 2001:2101>");
  });

  test("stops when the holes are closed, and joins blocks that touch", () => {
    sacking()
      .peer(". 1001:2001(1000) ack 1")
      .peer(". 2001:3001(1000) ack 1")
      .skips()
      .peer(". 4001:5001(1000) ack 1")
      .sends(". 1:1(0) ack 1 <sack 4001:5001 1001:3001>")
      .peer(". 1:1001(1000) ack 1")
      .sends(". 1:1(0) ack 3001 <sack 4001:5001>")
      .peer(". 3001:4001(1000) ack 1")
      .sends(". 1:1(0) ack 5001 <>");
  });

  test("aggregates a batch into one acknowledgment", () => {
    sacking()
      .peer(". 1001:2001(1000) ack 1", ". 3001:4001(1000) ack 1", ". 5001:6001(1000) ack 1")
      .sends(". 1:1(0) ack 1 <sack 5001:6001 3001:4001 1001:2001>");
  });

  test("does none of it where it was not negotiated", () => {
    endpoint("ESTABLISHED", { config: sack }).peer(". 1001:2001(1000) ack 1").sends(". 1:1(0) ack 1 <>");
    endpoint("ESTABLISHED", { syn: "win 65535 <mss 1000,sackOK>" })
      .peer(". 1001:2001(1000) ack 1")
      .sends(". 1:1(0) ack 1 <>");
  });

  test("reports a segment that came twice first, and once [RFC 2883 4]", () => {
    const one = sacking({ duplicateSack: true })
      .peer(". 1:1001(1000) ack 1", ". 1001:2001(1000) ack 1")
      .skips();
    one.peer(". 1501:2501(1000) ack 1").after(40).sends(". 1:1(0) ack 2501 <sack 1501:2001>");
    one.peer(". 3001:4001(1000) ack 1").sends(". 1:1(0) ack 2501 <sack 3001:4001>");
    one.peer(". 3001:4001(1000) ack 1").sends(". 1:1(0) ack 2501 <sack 3001:4001 3001:4001>");
    one.peer(". 2501:2601(100) ack 1").sends(". 1:1(0) ack 2601 <sack 3001:4001>");
  });
});

describe("text that came twice [RFC 2883 4]", () => {
  const reporting = () => sacking({ duplicateSack: true });

  test("is reported where it filled a hole and more", () => {
    const one = reporting().peer(". 1001:2001(1000) ack 1", ". 3001:4001(1000) ack 1").skips();
    one.peer(". 1:2501(2500) ack 1").sends(". 1:1(0) ack 2501 <sack 1001:2001 3001:4001>");
    one.peer(". 2501:4001(1500) ack 1").sends(". 1:1(0) ack 4001 <sack 3001:4001>");
  });

  test("is reported where all of it was old", () => {
    const one = reporting().peer(". 1:1001(1000) ack 1", ". 1001:2001(1000) ack 1").skips();
    one.peer(". 1:1001(1000) ack 1").sends(". 1:1(0) ack 2001 <sack 1:1001>");
    one.peer(". 1001:2001(1000) ack 1").sends(". 1:1(0) ack 2001 <sack 1001:2001>");
  });
});

describe("the sender of data [RFC 6675]", () => {
  const sending = (count = 10): Endpoint =>
    sacking()
      .writes(count * 1000)
      .skips();

  test("retransmits the first segment at the third block beyond it, and sends new text as the pipe drains", () => {
    const one = sending();
    one.peer(". 1:1(0) ack 1 <sack 1001:2001>").sendsNothing();
    one.peer(". 1:1(0) ack 1 <sack 1001:3001>").sendsNothing();
    one
      .peer(". 1:1(0) ack 1 <sack 1001:4001>")
      .sends(". 1:1001(1000) ack 1")
      .shows({ recovery: "fast", ssthresh: 5000, cwnd: 5000, pipe: 7000 });
    one.writes(5000).sendsNothing();
    one
      .peer(". 1:1(0) ack 1 <sack 1001:5001>")
      .sendsNothing()
      .peer(". 1:1(0) ack 1 <sack 1001:6001>")
      .sendsNothing();
    one.peer(". 1:1(0) ack 1 <sack 1001:7001>").sends(". 10001:11001(1000) ack 1");
    one.peer(". 1:1(0) ack 10001").shows({ recovery: "open", cwnd: 5000, pipe: 5000 });
  });

  test("knows several losses of one window, and fills them in one round trip", () => {
    const one = sending();
    one.peer(". 1:1(0) ack 1 <sack 1001:2001>").peer(". 1:1(0) ack 1 <sack 1001:2001 3001:4001>");
    one.peer(". 1:1(0) ack 1 <sack 1001:2001 3001:4001 5001:8001>");
    one.sends(". 1:1001(1000) ack 1", ". 2001:3001(1000) ack 1", ". 4001:5001(1000) ack 1");
    one.peer(". 1:1(0) ack 8001 <sack 9001:10001>").sends(". 8001:9001(1000) ack 1");
    one.peer(". 1:1(0) ack 10001").shows({ recovery: "open", unacked: 0 });
  });

  test("takes one ACK with enough news for three", () => {
    sending()
      .peer(". 1:1(0) ack 1 <sack 1001:5001>")
      .sends(". 1:1001(1000) ack 1")
      .shows({ recovery: "fast" });
  });

  test("a duplicate without news is no sign of a loss [RFC 6675 2]", () => {
    sending()
      .peer(". 1:1(0) ack 1", ". 1:1(0) ack 1", ". 1:1(0) ack 1", ". 1:1(0) ack 1")
      .sendsNothing()
      .shows({ recovery: "open" });
  });

  test("a partial acknowledgment calls for the next hole", () => {
    const one = sending();
    one.peer(". 1:1(0) ack 1 <sack 1001:5001>").skips();
    one.peer(". 1:1(0) ack 5001").sends(". 5001:6001(1000) ack 1").shows({ recovery: "fast" });
  });

  test("blocks of what was never sent, of the past, or turned around count nothing", () => {
    const one = sending().peer(". 1:1(0) ack 3001");
    one.peer(
      ". 1:1(0) ack 3001 <sack 1001:2001>",
      ". 1:1(0) ack 3001 <sack 9001:20001>",
      ". 1:1(0) ack 3001 <sack 6001:5001>",
    );
    one.shows({ recovery: "open", pipe: 7000 });
    expect(one.tcb.sacked?.count ?? 0).toBe(0);
  });

  test("a timeout forgets all blocks, for the peer may have reneged [RFC 2018 8]", () => {
    const one = sending().peer(". 1:1(0) ack 1 <sack 1001:2001>").after(200).sends(". 1:1001(1000) ack 1");
    one.peer(". 1:1(0) ack 1001").sends(". 1001:2001(1000) ack 1", ". 2001:3001(1000) ack 1");
  });

  test("the last holes go too where nothing new waits (NextSeg, rule 3)", () => {
    const one = sending().peer(". 1:1(0) ack 1 <sack 1001:5001>").skips();
    one.peer(
      ". 1:1(0) ack 1 <sack 1001:5001 6001:7001>",
      ". 1:1(0) ack 1 <sack 1001:5001 6001:7001 9001:10001>",
    );
    one.sends(". 5001:6001(1000) ack 1", ". 7001:8001(1000) ack 1", ". 8001:9001(1000) ack 1");
  });
});
