import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { sipKey } from "../../../src/base/hash/siphash.ts";
import {
  establishDrop,
  initialSequence,
  resetFor,
  snapshot,
  synDrop,
  timestampOffset,
} from "../../../src/protocols/tcp/connection.ts";
import { endpoint } from "./support/endpoint.ts";
import { formatSegment, parseSegment } from "./support/segment-text.ts";

const here = { sender: 0, receiver: 0 };
const answer = (text: string) => {
  const reset = resetFor(parseSegment(text, here).segment);
  return reset === undefined ? undefined : formatSegment(reset, here);
};

describe("the reset for a segment nobody wants [RFC 9293 3.10.7.1]", () => {
  test("has the number the ACK named", () => {
    expect(answer("P. 5:15(10) ack 77")).toBe("R 77:77(0) win 0 <>");
    expect(answer("S. 5:5(0) ack 1")).toBe("R 1:1(0) win 0 <>");
  });

  test("acknowledges all of a segment without one", () => {
    expect(answer("S 5:5(0)")).toBe("R. 0:0(0) ack 6 win 0 <>");
    expect(answer("SF 5:15(10)")).toBe("R. 0:0(0) ack 17 win 0 <>");
  });

  test("does not exist for a reset", () => {
    expect(answer("R 5:5(0)")).toBeUndefined();
    expect(answer("R. 5:5(0) ack 1")).toBeUndefined();
  });
});

describe("initial sequence numbers [RFC 6528 3] [RFC 9293 MUST-8, SHLD-1]", () => {
  const key = sipKey(Uint8Array.from({ length: 16 }, (_, i) => i));
  const local = { address: address("192.0.2.1"), port: 40_000 };
  const remote = { address: address("198.51.100.7"), port: 80 };
  const six = { address: address("2001:db8::1"), port: 40_000 };

  test("grow by one each 4 microseconds", () => {
    const first = initialSequence(key, local, remote, 1000);
    expect((initialSequence(key, local, remote, 1001) - first) | 0).toBe(250);
    expect((initialSequence(key, local, remote, 1000 + 0.004) - first) | 0).toBe(1);
    expect((initialSequence(key, local, remote, 1000 + 4.294967296e6 * 4) - first) | 0).toBe(0);
  });

  test("cannot be told from another connection's, or without the key [RFC 9293 MUST-9]", () => {
    const others = [
      initialSequence(key, { ...local, port: 40_001 }, remote, 0),
      initialSequence(key, local, { ...remote, port: 81 }, 0),
      initialSequence(key, remote, local, 0),
      initialSequence(sipKey(new Uint8Array(16)), local, remote, 0),
      initialSequence(key, six, remote, 0),
      initialSequence(key, six, { ...six, port: 80 }, 0),
      initialSequence(key, local, remote, 0),
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  test("timestamps of one pair of endpoints go on where they were [RFC 7323 5.4]", () => {
    expect(timestampOffset(key, local, remote)).toBe(timestampOffset(key, local, remote));
    expect(timestampOffset(key, local, remote)).not.toBe(timestampOffset(key, remote, local));
  });
});

describe("the queues of a listener", () => {
  const queues = { backlog: 2, accepting: 0, opening: 0, openingLimit: 256 };

  test("let a SYN in while there is room in both", () => {
    expect(synDrop(queues)).toBeUndefined();
    expect(synDrop({ ...queues, accepting: 2 })).toBeUndefined();
    expect(synDrop({ ...queues, accepting: 3 })).toBe("accept-queue-full");
    expect(synDrop({ ...queues, opening: 2 })).toBe("syn-queue-full");
    expect(synDrop({ ...queues, backlog: 1000, opening: 256 })).toBe("syn-queue-full");
    expect(synDrop({ ...queues, backlog: 0 })).toBeUndefined();
  });

  test("keep a connection in SYN-RECEIVED while nobody accepts the others", () => {
    expect(establishDrop({ ...queues, accepting: 2 })).toBeUndefined();
    expect(establishDrop({ ...queues, accepting: 3 })).toBe("accept-queue-full");
  });
});

describe("a snapshot", () => {
  test("shows all that matters, as plain data", () => {
    const one = endpoint("ESTABLISHED").writes(12_000).peer("P. 1:101(100) ack 1001");
    const shown = snapshot(one.tcb);
    expect(shown).toEqual(structuredClone(shown));
    expect(shown).toMatchObject({
      state: "ESTABLISHED",
      error: undefined,
      congestionControl: "reno",
      cwnd: 11_000,
      ssthresh: undefined,
      unacked: 11_000,
      pipe: 11_000,
      unsent: 0,
      unread: 100,
      options: { timestamps: false, sack: false, windowScale: undefined },
      bytesAcked: 1000,
      bytesReceived: 100,
    });
    expect(Object.keys(shown.deadlines)).toEqual(["retransmit"]);
  });
});
