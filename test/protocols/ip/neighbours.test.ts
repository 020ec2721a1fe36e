import { describe, expect, test } from "vitest";
import { address, addressV4, formatAddress } from "../../../src/base/address.ts";
import { newPacket, type Packet } from "../../../src/base/packet.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { NeighbourNews } from "../../../src/protocols/ip/neighbour.ts";
import {
  type NeighbourLimits,
  NeighbourTable,
  neighbourLimits,
} from "../../../src/protocols/ip/neighbours.ts";
import { FakeTimers } from "./support/timers.ts";

const peer = address("192.0.2.2");
const mac = 0x020000000002;
const answer: NeighbourNews = { mac, solicited: true, override: true, router: undefined };

class Bench {
  readonly timers = new FakeTimers();
  readonly said: string[] = [];
  readonly table: NeighbourTable;

  constructor(limits: Partial<NeighbourLimits> = {}) {
    const name = (packet: Packet): string => String(packet.bytes[0]);
    this.table = new NeighbourTable({ ...neighbourLimits, ...limits }, this.timers, seededRandom(1), {
      solicit: ({ address: who }, way) =>
        this.said.push(`${this.timers.now} ask ${formatAddress(who)} ${way}`),
      transmit: (packet, { mac: to }) =>
        this.said.push(`${this.timers.now} send ${name(packet)} to ${to.toString(16)}`),
      lost: ({ address: who }) => this.said.push(`${this.timers.now} lost ${formatAddress(who)}`),
      unreachable: (packet) => this.said.push(`${this.timers.now} unreachable ${name(packet)}`),
      overflow: (packet) => this.said.push(`${this.timers.now} overflow ${name(packet)}`),
    });
  }

  send(label: number, to = peer, length = 1): this {
    const bytes = new Uint8Array(length);
    bytes[0] = label;
    this.table.send(newPacket(bytes), this.table.obtain(to, this.timers.now)!, this.timers.now);
    return this;
  }

  hears(news: Partial<NeighbourNews> = {}): this {
    this.table.advertised(peer, { ...answer, ...news }, this.timers.now);
    return this;
  }

  after(milliseconds: number): this {
    this.timers.advance(milliseconds);
    return this;
  }

  says(...expected: string[]): this {
    expect(this.said.splice(0)).toEqual(expected);
    return this;
  }

  is(state: string): this {
    expect(this.table.find(peer)?.state ?? "GONE").toBe(state);
    return this;
  }
}

describe("a neighbour", () => {
  test("is asked for when a packet needs it, and the packet follows the answer [RFC 4861 7.2.2]", () => {
    new Bench()
      .send(1)
      .is("INCOMPLETE")
      .says("0 ask 192.0.2.2 multicast")
      .send(2)
      .says()
      .after(100)
      .hears()
      .is("REACHABLE")
      .says("100 send 1 to 20000000002", "100 send 2 to 20000000002")
      .send(3)
      .says("100 send 3 to 20000000002");
  });

  test("that never answers is asked three times, then its packets are unreachable [RFC 4861 7.3.3]", () => {
    new Bench()
      .send(1)
      .after(10_000)
      .says(
        "0 ask 192.0.2.2 multicast",
        "1000 ask 192.0.2.2 multicast",
        "2000 ask 192.0.2.2 multicast",
        "3000 lost 192.0.2.2",
        "3000 unreachable 1",
      )
      .is("GONE")
      .send(2)
      .says("10000 ask 192.0.2.2 multicast");
  });

  test("not heard of for long is used, then asked directly, then given up [RFC 4861 7.3.2]", () => {
    new Bench()
      .send(1)
      .hears()
      .after(60_000)
      .says("0 ask 192.0.2.2 multicast", "0 send 1 to 20000000002")
      .send(2)
      .is("DELAY")
      .says("60000 send 2 to 20000000002")
      .after(5000)
      .is("PROBE")
      .says("65000 ask 192.0.2.2 unicast")
      .send(3)
      .says("65000 send 3 to 20000000002")
      .after(3000)
      .says("66000 ask 192.0.2.2 unicast", "67000 ask 192.0.2.2 unicast", "68000 lost 192.0.2.2")
      .is("GONE");
  });

  test("is spared the probe by a hint from above [RFC 4861 7.3.1]", () => {
    const bench = new Bench().send(1).hears().after(60_000).send(2).is("DELAY");
    bench.table.confirm(bench.table.find(peer)!, bench.timers.now);
    bench.is("REACHABLE").after(10_000).is("REACHABLE");
  });

  test("stays reachable for between half and one and a half of the base time [RFC 4861 6.3.4]", () => {
    for (let seed = 0; seed < 20; seed++) {
      const bench = new Bench().send(seed).hears();
      const until = bench.table.find(peer)!.reachableUntil;
      expect(until).toBeGreaterThanOrEqual(15_000);
      expect(until).toBeLessThan(45_000);
    }
  });

  test("is not made by an advertisement that nobody asked for [RFC 4861 7.2.5]", () => {
    new Bench().hears().is("GONE");
  });

  test.each([
    [
      "another address without override makes it stale and keeps the old",
      { mac: 9, override: false },
      "STALE",
      mac,
    ],
    ["another address with override replaces the old", { mac: 9, solicited: false }, "STALE", 9],
    ["another address, solicited, replaces it and is reachable", { mac: 9 }, "REACHABLE", 9],
    ["the same address unsolicited changes nothing", { solicited: false }, "REACHABLE", mac],
    ["no address, solicited, is a sign of life", { mac: -1 }, "REACHABLE", mac],
  ])("of which is heard: %s [RFC 4861 7.2.5]", (_, news, state, expected) => {
    const bench = new Bench().send(1).hears().hears(news).is(state);
    expect(bench.table.find(peer)!.mac).toBe(expected);
  });

  test("that answers unasked while it is looked for is stale, and its packets go [RFC 4861 7.2.5]", () => {
    new Bench()
      .send(1)
      .hears({ solicited: false })
      .is("STALE")
      .says("0 ask 192.0.2.2 multicast", "0 send 1 to 20000000002");
  });

  test("that speaks first is remembered as stale [RFC 4861 7.2.3]", () => {
    const bench = new Bench();
    bench.table.introduced(peer, { ...answer, solicited: false }, bench.timers.now);
    bench.is("STALE").send(1).is("DELAY").says("0 send 1 to 20000000002");
    bench.table.introduced(peer, { ...answer, solicited: false }, bench.timers.now);
    bench.is("DELAY");
    bench.table.introduced(peer, { ...answer, mac: 7, solicited: false }, bench.timers.now);
    bench.is("STALE");
  });

  test("has a bounded queue: the newest packets stay [RFC 4861 7.2.2]", () => {
    new Bench({ waitingPackets: 2 })
      .send(1)
      .send(2)
      .send(3)
      .says("0 ask 192.0.2.2 multicast", "0 overflow 1")
      .hears()
      .says("0 send 2 to 20000000002", "0 send 3 to 20000000002");
    new Bench({ waitingBytes: 100 })
      .send(1, peer, 60)
      .send(2, peer, 60)
      .says("0 ask 192.0.2.2 multicast", "0 overflow 1");
  });

  test("configured for good is never asked for, changed or evicted", () => {
    const bench = new Bench({ neighbours: 1 });
    bench.table.setPermanent(peer, 5, bench.timers.now);
    bench.hears({ mac: 9 }).after(1e9).send(1).says("1000000000 send 1 to 5");
    expect(bench.table.obtain(addressV4(9), bench.timers.now)).toBeUndefined();
  });
});

describe("the neighbour table", () => {
  test("full of neighbours that all answer, lets the oldest of them go: it will be found again", () => {
    const bench = new Bench({ neighbours: 2 });
    for (const n of [3, 4]) {
      bench.send(n, addressV4(n));
      bench.table.advertised(addressV4(n), answer, bench.timers.now);
    }
    expect(bench.table.obtain(addressV4(5), bench.timers.now)).toBeDefined();
    expect([3, 4].map((n) => bench.table.find(addressV4(n)) !== undefined)).toEqual([false, true]);
  });

  test("counts a neighbour whose time is over among the stale, though nobody has used it since", () => {
    const bench = new Bench({ neighbours: 2 });
    bench.send(1).hears().after(60_000);
    bench.send(3, addressV4(3));
    bench.table.obtain(addressV4(4), bench.timers.now);
    expect(bench.table.find(peer)).toBeUndefined();
    expect(bench.table.find(addressV4(3))).toBeDefined();
  });

  test("is bounded: the stale go first, then those never heard of, and only then the reachable", () => {
    const bench = new Bench({ neighbours: 3 });
    bench.send(1).hears();
    bench.table.introduced(addressV4(3), answer, bench.timers.now);
    bench.send(4, addressV4(4));
    bench.send(5, addressV4(5));
    expect(bench.table.find(addressV4(3))).toBeUndefined();
    expect(bench.table.size).toBe(3);
    bench.said.length = 0;
    bench.send(6, addressV4(6));
    expect(bench.said[0]).toBe("0 overflow 4");
    expect(bench.table.find(peer)).toBeDefined();
    expect(bench.table.size).toBe(3);
  });

  test("cleared, it holds nothing and rings no more", () => {
    const bench = new Bench().send(1);
    bench.table.clear();
    expect(bench.table.size).toBe(0);
    expect(bench.timers.next).toBe(Infinity);
  });
});
