import { describe, expect, test } from "vitest";
import { Loop } from "./support/loop.ts";

const chunk = new Uint8Array(16_384);
const megabytes = 20;

describe("a bulk transfer without losses", () => {
  test("goes in full segments, one acknowledgment a batch, and nothing twice [RFC 9293 MUST-58]", () => {
    const loop = new Loop({ sendBuffer: 1 << 17, receiveBuffer: 1 << 17 });
    loop.run(megabytes * 1e6, chunk);
    expect(loop.dataSegments).toBeLessThan((megabytes * 1e6) / 1400);
    expect(loop.pureAcks).toBeLessThan(loop.dataSegments / 20);
    expect(loop.client.retransmitted).toBe(0);
  });

  test("goes in segments of 64 KiB where the link cuts them", () => {
    const loop = new Loop({ sendBuffer: 1 << 20, receiveBuffer: 1 << 20, maxSegmentPayload: 65_000 });
    loop.run(megabytes * 1e6, chunk);
    expect(loop.dataSegments).toBeLessThan((megabytes * 1e6) / 50_000);
    expect(loop.client.retransmitted).toBe(0);
  });

  test("holds no more memory than what is in flight once it is over", () => {
    const loop = new Loop();
    loop.run(1e6, chunk);
    expect([loop.client.sendRing.length, loop.server.receiveRing.length]).toEqual([0, 0]);
  });
});
