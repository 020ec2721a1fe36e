import { describe, expect, test } from "vitest";
import { checksumTrusted, checksumUnknown, newPacket } from "../../src/base/packet.ts";
import { VirtualClock } from "../../src/base/time/virtual-clock.ts";
import { offloadCapabilities, pipe } from "../../src/link/pipe.ts";
import { PacketPool } from "../../src/link/pool.ts";
import { contents, listen, sample } from "./support.ts";

describe("a pipe", () => {
  test("holds a sender back when the queue is full, and says when there is room", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { queue: { packets: 3, bytes: 1000 } });
    const [atA, atB] = [listen(a), listen(b)];
    const packets = [1, 2, 3, 4, 5].map((tag) => sample(a, tag));
    expect(a.send(packets, 5)).toBe(3);
    expect(a.send(packets.slice(3), 2)).toBe(0);
    clock.run();
    expect(atA.events).toEqual(["writable"]);
    expect(a.send(packets.slice(3), 2)).toBe(2);
    clock.run();
    expect(atB.packets.map(({ bytes }) => bytes)).toEqual(packets.map(contents));
    expect(atA.events).toEqual(["writable"]);
    expect([a.stats.sentPackets, a.stats.dropped]).toEqual([5, 0]);
  });

  test("counts bytes too", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { queue: { packets: 100, bytes: 250 } });
    listen(b);
    expect(a.send([sample(a, 1, 100), sample(a, 2, 100), sample(a, 3, 100)], 3)).toBe(2);
  });

  test("takes memory that is given it in exchange for as much of its own", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { capabilities: offloadCapabilities });
    const atB = listen(b);
    const pool = new PacketPool();
    for (const length of [60, 1500, 60_000]) {
      const { bytes, start, end } = sample(a, length & 255, length);
      const packet = pool.copyOf(newPacket(bytes, start, end));
      packet.segmentSize = length > 1500 ? 1000 : 0;
      const { bytes: memory } = packet;
      expect(a.give?.([packet], 1)).toBe(1);
      expect(packet.bytes).not.toBe(memory);
      expect(packet.bytes).toHaveLength(memory.length);
      packet.bytes.fill(255);
      clock.run();
      expect(atB.packets.at(-1)?.bytes).toEqual(bytes.subarray(start, end));
    }
    const own = sample(a, 1);
    const before = contents(own);
    a.give?.([own], 1);
    expect(contents(own)).toEqual(before); // no slot of a pool: copied
  });

  test("loses what nobody listens to, and goes both ways", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { names: ["left", "right"] });
    const atA = listen(a);
    expect(a.send([sample(a, 1)], 1)).toBe(1);
    expect(a.stats).toMatchObject({ sentPackets: 0, dropped: 1 });
    const atB = listen(b);
    a.send([sample(a, 2)], 1);
    b.send([sample(b, 3)], 1);
    clock.run();
    expect([atA.packets.length, atB.packets.length]).toEqual([1, 1]);
    expect([a.name, b.name]).toEqual(["left", "right"]);
  });

  test("tells the other end that one has closed, after what was on its way", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock);
    const order: string[] = [];
    b.open({ receive: () => order.push("packet"), closed: () => order.push("closed") });
    const atA = listen(a);
    a.send([sample(a, 1)], 1);
    a.close();
    clock.run();
    expect(order).toEqual(["packet", "closed"]);
    b.close();
    clock.run();
    expect(atA.events).toEqual([]);
  });

  test("passes trust on only where it carries partial checksums", () => {
    for (const [capabilities, expected] of [
      [{}, checksumUnknown],
      [offloadCapabilities, checksumTrusted],
    ] as const) {
      const clock = new VirtualClock();
      const [a, b] = pipe(clock, { capabilities });
      const atB = listen(b);
      const packet = sample(a, 1);
      packet.checksum = checksumTrusted;
      a.send([packet], 1);
      clock.run();
      expect(atB.packets[0]!.checksum).toBe(expected);
    }
  });

  test("delivers at the instant of the sending", () => {
    const clock = new VirtualClock(5);
    const [a, b] = pipe(clock);
    listen(b, () => expect(clock.now()).toBe(6.5));
    clock.advanceTo(6.5);
    a.send([sample(a, 1)], 1);
    clock.advanceTo(100);
    expect(b.stats.receivedPackets).toBe(1);
  });

  test("goes on after a receiver has thrown", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock);
    let calls = 0;
    b.open({
      receive() {
        if (calls++ === 0) throw new Error("a bug");
      },
    });
    a.send([sample(a, 1)], 1);
    expect(() => clock.run()).toThrow("a bug");
    a.send([sample(a, 2)], 1);
    clock.run();
    expect(calls).toBe(2);
  });
});

describe("a pool", () => {
  test("gives slots again, small and large apart, and makes odd ones when asked", () => {
    const pool = new PacketPool();
    const [small, large] = [pool.take(1500), pool.take(9000)];
    expect([small.bytes.length, large.bytes.length]).toEqual([2048, 65_728]);
    pool.give(small);
    pool.give(large);
    expect(pool.take(65_728)).toBe(large);
    expect(pool.take(1)).toBe(small);
    const odd = pool.take(100_000);
    pool.give(odd);
    expect(odd.bytes.length).toBe(100_000);
    const seen = new Set(Array.from({ length: 100 }, () => pool.take(2048)));
    expect(seen.size).toBe(100);
    for (const slot of seen) slot.bytes.fill(1);
    expect(small.bytes.every((byte) => byte === 0)).toBe(true);
  });

  test("starts slots at their first byte, wherever the last user left them", () => {
    const pool = new PacketPool();
    const slot = pool.take(10);
    slot.start = 30;
    pool.give(slot);
    expect(pool.take(10).start).toBe(0);
  });
});
