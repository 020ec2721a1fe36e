/** What holds for every link, run for each of them: `a` and `b` are the ends, or one link twice where it hears itself. */
import { describe, expect, test } from "vitest";
import { checksum } from "../../src/base/hash/checksum.ts";
import { checksumPartial, checksumTrusted, checksumUnknown, type Packet } from "../../src/base/packet.ts";
import type { VirtualClock } from "../../src/base/time/virtual-clock.ts";
import type { Link } from "../../src/link/link.ts";
import { contents, listen, sample } from "./support.ts";
import { tcpPacket } from "./tcp-packet.ts";

export interface LinkUnderTest {
  readonly clock: VirtualClock;
  readonly a: Link;
  readonly b: Link;
}

function listenBoth({ a, b }: LinkUnderTest) {
  const atB = listen(b);
  return { atB, atA: a === b ? atB : listen(a) };
}

export function linkCases(name: string, make: () => LinkUnderTest): void {
  describe(`${name}, as every link,`, () => {
    test("brings packets whole and in order, in batches, and not before send has returned", () => {
      const made = make();
      const { atB } = listenBoth(made);
      const packets = Array.from({ length: 20 }, (_, i) => sample(made.a, i, 60 + i * 60));
      expect(made.a.send(packets, 19)).toBe(19);
      expect(atB.packets).toEqual([]);
      made.clock.run();
      expect(atB.packets.map(({ bytes }) => bytes)).toEqual(packets.slice(0, 19).map(contents));
      expect(new Set(atB.packets.map(({ batch }) => batch)).size).toBe(1);
    });

    test("leaves the sender its memory as soon as send returns", () => {
      const made = make();
      const { atB } = listenBoth(made);
      const packet = sample(made.a, 1);
      const sent = contents(packet);
      made.a.send([packet], 1);
      packet.bytes.fill(0xee);
      packet.start = 0;
      packet.end = 1;
      made.clock.run();
      expect(atB.packets.map(({ bytes }) => bytes)).toEqual([sent]);
    });

    test("does not write into what it is given to send", () => {
      const made = make();
      listenBoth(made);
      const packet = made.a.capabilities.partialChecksum
        ? tcpPacket(made.a.capabilities.medium, 500)
        : sample(made.a, 1);
      const before = structuredClone(packet);
      made.a.send([packet], 1);
      made.clock.run();
      expect(packet).toEqual(before);
    });

    test("does not deliver from inside a send made from inside a delivery", () => {
      const made = make();
      let depth = 0;
      let deepest = 0;
      let answers = 200;
      const answering = (link: Link) =>
        link.open({
          receive() {
            deepest = Math.max(deepest, ++depth);
            if (answers-- > 0) link.send([sample(link, answers)], 1);
            depth--;
          },
        });
      answering(made.a);
      if (made.a !== made.b) answering(made.b);
      made.a.send([sample(made.a, 0)], 1);
      made.clock.run();
      expect([deepest, answers <= 0]).toEqual([1, true]);
    });

    test("holds a fast sender back or loses by count, and gets the rest through in order", () => {
      const made = make();
      const { a, b, clock } = made;
      const packets = Array.from({ length: 5000 }, (_, i) => sample(a, i, 100));
      for (const [i, packet] of packets.entries()) packet.bytes[3 + 40] = i >>> 8;
      for (const [i, packet] of packets.entries()) packet.bytes[3 + 41] = i;
      const order: number[] = [];
      let sent = 0;
      const more = () => {
        const some = packets.slice(sent, sent + 700);
        sent += a.send(some, some.length);
      };
      const receiver = {
        receive(received: readonly Packet[], count: number) {
          for (const { bytes, start } of received.slice(0, count))
            order.push((bytes[start + 40]! << 8) | bytes[start + 41]!);
        },
      };
      const sender = { writable: more };
      if (a === b) a.open({ ...receiver, ...sender });
      else {
        b.open(receiver);
        a.open({ receive() {}, ...sender });
      }
      for (let turns = 0; sent < packets.length && turns < 100; turns++) {
        more();
        clock.run();
      }
      expect(sent).toBe(5000);
      expect(order.length + b.stats.dropped).toBe(5000);
      expect(order).toEqual([...order].sort((x, y) => x - y));
      expect(order.length).toBeGreaterThan(2000);
    });

    test("counts what it carries", () => {
      const made = make();
      listenBoth(made);
      made.a.send([sample(made.a, 1, 100), sample(made.a, 2, 200)], 2);
      made.clock.run();
      expect(made.a.stats).toMatchObject({ sentPackets: 2, sentBytes: 300, dropped: 0 });
      expect(made.b.stats).toMatchObject({ receivedPackets: 2, receivedBytes: 300, dropped: 0 });
    });

    test("drops what is longer than its MTU, and counts it", () => {
      const made = make();
      const { atB } = listenBoth(made);
      const { mtu } = made.a.capabilities;
      const long = sample(made.a, 1, mtu + 23);
      expect(made.a.send([long, sample(made.a, 2, mtu)], 2)).toBe(2);
      made.clock.run();
      expect(atB.packets.map(({ bytes }) => bytes.length)).toEqual([mtu]);
      expect(made.a.stats.dropped).toBe(1);
    });

    test("carries a segment that stands for many where it says so, and drops it where not", () => {
      const made = make();
      const { atB } = listenBoth(made);
      const packet = tcpPacket(made.a.capabilities.medium, 20_000);
      packet.segmentSize = 1000;
      made.a.send([packet], 1);
      made.clock.run();
      const whole = made.a.capabilities.tcpSegmentation;
      expect(atB.packets.map(({ segmentSize }) => segmentSize)).toEqual(whole ? [1000] : []);
      expect(made.a.stats.dropped).toBe(whole ? 0 : 1);
    });

    test("a partial checksum arrives partial where it says so, and complete where not", () => {
      const made = make();
      const { atB } = listenBoth(made);
      made.a.send([tcpPacket(made.a.capabilities.medium, 501)], 1);
      made.clock.run();
      const [arrived] = atB.packets;
      if (made.a.capabilities.partialChecksum) expect(arrived!.checksum).toBe(checksumPartial);
      else {
        const at = made.a.capabilities.medium === "ip" ? 0 : 14;
        const pseudo = 0x0a00 + 1 + 0x0a00 + 2 + 6 + 521;
        expect(checksum(arrived!.bytes, at + 20, arrived!.bytes.length, pseudo)).toBe(0);
        expect([checksumUnknown, checksumTrusted]).toContain(arrived!.checksum);
      }
    });

    test("is opened once", () => {
      const { a } = make();
      listen(a);
      expect(() => listen(a)).toThrow("opened once");
    });

    test("delivers nothing after close, which may come twice, and takes what is sent to nobody", () => {
      const made = make();
      const { atB } = listenBoth(made);
      made.a.send([sample(made.a, 1)], 1);
      made.b.close();
      made.b.close();
      made.clock.run();
      expect(made.b.send([sample(made.b, 2)], 1)).toBe(1);
      expect(made.a.send([sample(made.a, 3)], 1)).toBe(1);
      made.clock.run();
      expect(atB.packets).toEqual([]);
      expect(atB.events).toEqual([]);
      expect(made.b.stats.dropped).toBe(made.a === made.b ? 2 : 1);
    });

    test("may be closed from inside a delivery", () => {
      const made = make();
      let batches = 0;
      made.b.open({
        receive() {
          batches++;
          made.b.send([sample(made.b, 9)], 1);
          made.b.close();
        },
      });
      if (made.a !== made.b) listen(made.a);
      made.a.send([sample(made.a, 1)], 1);
      made.clock.run();
      made.a.send([sample(made.a, 2)], 1);
      made.clock.run();
      expect(batches).toBe(1);
    });
  });
}
