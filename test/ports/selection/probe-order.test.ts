/** Each selection's candidates in the order they are looked at, where nothing suits: the table one would draw on a board. */
import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { type Random, seededRandom } from "../../../src/base/random.ts";
import { portAt } from "../../../src/ports/choice/stride.ts";
import type { Wish } from "../../../src/ports/demultiplexer/flow.ts";
import { bsd } from "../../../src/ports/selection/bsd.ts";
import { alwaysRandom, freebsd } from "../../../src/ports/selection/freebsd.ts";
import { linuxBind } from "../../../src/ports/selection/linux/bind.ts";
import { linuxConnect } from "../../../src/ports/selection/linux/connect.ts";
import { linuxSctp } from "../../../src/ports/selection/linux/sctp.ts";
import { linuxUdp } from "../../../src/ports/selection/linux/udp.ts";
import { macos } from "../../../src/ports/selection/macos.ts";
import { netbsdBsd, netbsdHash } from "../../../src/ports/selection/netbsd.ts";
import { doubleHash } from "../../../src/ports/selection/rfc6056/double-hash.ts";
import { random } from "../../../src/ports/selection/rfc6056/random.ts";
import { randomIncrements } from "../../../src/ports/selection/rfc6056/random-increments.ts";
import { randomRetry } from "../../../src/ports/selection/rfc6056/random-retry.ts";
import { sequential } from "../../../src/ports/selection/rfc6056/sequential.ts";
import { simpleHash } from "../../../src/ports/selection/rfc6056/simple-hash.ts";
import { Order, type Selection } from "../../../src/ports/selection.ts";

/** Chance that says what it is told to, over and over. */
function scripted(...drawn: number[]): Random {
  let at = 0;
  const next = (): number => drawn[at++ % drawn.length]!;
  const script: Random = {
    uint32: next,
    below: (bound) => next() % bound,
    bytes: (into) => into.fill(7),
    fork: () => script,
  };
  return script;
}

function wish(low: number, high: number, more: Partial<Wish> = {}): Wish {
  return {
    protocol: "tcp",
    local: address("192.0.2.1"),
    remote: address("198.51.100.7"),
    remotePort: 443,
    low,
    high,
    band: "default",
    ownRange: false,
    reuseAddress: false,
    mayRelax: false,
    stepWidth: 0,
    now: 0,
    ...more,
  };
}

/** Every candidate of a choice that fails. */
function probes(selection: Selection, asked: Wish, chance: Random = scripted(0)): number[] {
  if (selection.kind === "walk") return probesOfWalk(selection, asked, chance);
  if (selection.kind === "draw") {
    const drawing = selection.draw(asked, chance);
    const ports = Array.from({ length: drawing.tries }, () => drawing.next());
    drawing.keep();
    return ports;
  }
  const strands = selection.strands(asked, chance);
  const ports = [];
  for (let ahead = 0; ahead < strands.length; ahead++)
    for (let strand = 0; strand < strands.count; strand++) {
      const port = (strands.start(strand) + ahead) & 65535;
      if (port >= asked.low && port <= asked.high) ports.push(port);
    }
  return ports;
}

function probesOfWalk(selection: Selection & { kind: "walk" }, asked: Wish, chance: Random): number[] {
  const order = new Order();
  const ports = [];
  for (let pass = 0; ; pass++) {
    order.clear();
    if (!selection.propose(asked, pass, order, chance)) break;
    const { stride } = order;
    for (let turn = 0; turn < (stride?.count ?? 0); turn++) ports.push(portAt(stride!, turn));
    for (let run = 0; run < order.length; run++)
      for (let i = 0; i < order.sizeOf(run); i++) ports.push(order.from[run]! + i * order.step[run]!);
    if (stride === undefined) expect(ports.at(-1)).toBe(order.end);
  }
  selection.settle?.(asked, undefined, ports.length, chance);
  return ports;
}

/** The candidates after `taken` has been taken. */
function probesAfter(
  taken: number,
  selection: Selection & { kind: "walk" },
  asked: Wish,
  chance = scripted(0),
): number[] {
  selection.propose(asked, 0, new Order(), chance);
  selection.settle?.(asked, taken, 1, chance);
  return probes(selection, asked, chance);
}

const range = wish(10, 14);
const lowBand = wish(10, 14, { band: "low" });

describe("the order in which ports are looked at", () => {
  test("increment with wraparound: from one past the last, and around [RFC 6056 2.2]", () => {
    expect(probes(sequential(), range)).toEqual([10, 11, 12, 13, 14]);
    expect(probesAfter(12, sequential(), range)).toEqual([13, 14, 10, 11, 12]);
    expect(probesAfter(14, sequential(), range)).toEqual([10, 11, 12, 13, 14]);
  });

  test("algorithm 1: from a random port, and around [RFC 6056 3.3.1]", () => {
    expect(probes(random(), range, scripted(3))).toEqual([13, 14, 10, 11, 12]);
  });

  test("algorithm 2: a random port each time, as often as there are ports [RFC 6056 3.3.2]", () => {
    expect(probes(randomRetry(), range, scripted(3, 3, 0, 4, 1))).toEqual([13, 13, 10, 14, 11]);
  });

  test("algorithm 3: from the destination's offset and the one counter, which counts every look [RFC 6056 3.3.3]", () => {
    const selection = simpleHash(seededRandom(1));
    const [first, ...others] = probes(selection, range);
    expect([first, ...others].map((port) => (port! - first! + 5) % 5)).toEqual([0, 1, 2, 3, 4]);
    expect(probes(selection, range)[0]).toBe(first); // five looks on
    const six = wish(10, 15);
    const [once] = probes(selection, six);
    expect(probes(selection, six)[0]).toBe(once);
  });

  test("algorithm 4: the same, by a counter of the destination's own [RFC 6056 3.3.4]", () => {
    const selection = doubleHash(seededRandom(1));
    const [first] = probes(selection, range);
    const taken = probesAfter(first!, selection, range)[0]!;
    expect((taken - first! + 5) % 5).toBe(1);
  });

  test("algorithm 5: forward by a random step each time, as often as there are ports [RFC 6056 3.3.5]", () => {
    const selection = randomIncrements(scripted(20), 500);
    // The counter stands at 20; each look adds the number drawn and one.
    expect(probes(selection, range, scripted(0, 1, 4, 2, 9))).toEqual([11, 13, 13, 11, 11]);
    expect(probes(selection, range, scripted(0))).toEqual([12, 13, 14, 10, 11]);
  });

  test("Linux connect(2): every second port from an even offset, then the others", () => {
    const ports = probes(linuxConnect(seededRandom(1)), wish(10, 15));
    expect(ports.slice(0, 3).toSorted()).toEqual([10, 12, 14]);
    expect(ports.slice(3)).toEqual(ports.slice(0, 3).map((port) => port + 1));
  });

  test("Linux connect(2) with IP_LOCAL_PORT_RANGE: one by one, and only once around", () => {
    const ports = probes(linuxConnect(seededRandom(1)), wish(10, 15, { ownRange: true }));
    expect(ports.map((port) => (port - ports[0]! + 6) % 6)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("Linux connect(2) misses an end of a range of odd size, as published it does not", () => {
    const ends = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const coded = probes(linuxConnect(seededRandom(seed)), range);
      expect(coded).toHaveLength(4);
      for (const port of [10, 14]) if (!coded.includes(port)) ends.add(port);
      const published = probes(linuxConnect(seededRandom(seed), undefined, "as published"), range);
      expect(published.toSorted()).toEqual([10, 11, 12, 13, 14]);
      expect(published.slice(0, 3).every((port) => port % 2 === 0)).toBe(true);
    }
    expect([...ends].toSorted()).toEqual([10, 14]);
  });

  test("Linux connect(2) with ip_local_port_step_width: each parity whole, by a step that divides with its size by 1 alone", () => {
    const wide = wish(10, 33, { stepWidth: 8 }); // twelve ports of each parity
    for (const [drawn, pace] of [
      [0, 2],
      [1, 10],
      [4, 10],
      [5, 14],
      [7, 2],
    ] as const) {
      const ports = probes(linuxConnect(seededRandom(1)), wide, scripted(drawn));
      const [first, second] = ports;
      expect((second! - first! + 24) % 24).toBe(pace);
      expect(ports.slice(0, 12).every((port) => port % 2 === 0)).toBe(true);
      expect(ports.toSorted()).toEqual(Array.from({ length: 24 }, (_, i) => 10 + i));
    }
  });

  test("Linux bind(2): every second port from an odd offset, then the others", () => {
    expect(probes(linuxBind(), wish(10, 15), scripted(3))).toEqual([13, 15, 11, 12, 14, 10]);
    expect(probes(linuxBind(), wish(10, 15), scripted(4))).toEqual([15, 11, 13, 14, 10, 12]);
  });

  test("Linux bind(2) with SO_REUSEADDR: the lower half first, then the upper", () => {
    const ports = probes(linuxBind(), wish(10, 17, { reuseAddress: true }), scripted(1));
    expect(ports).toEqual([11, 13, 10, 12, 15, 17, 14, 16]);
    expect(probes(linuxBind(), wish(10, 12, { reuseAddress: true }), scripted(1))).toEqual([11, 10]);
  });

  test("Linux bind(2) with ip_autobind_reuse: all of it again, to share", () => {
    const ports = probes(linuxBind(), wish(10, 13, { mayRelax: true }), scripted(1));
    expect(ports).toEqual([11, 13, 10, 12, 11, 13, 10, 12]);
  });

  test("Linux bind(2) misses an end of a range of odd size, as published it does not", () => {
    expect(probes(linuxBind(), range, scripted(1))).toEqual([11, 13, 10, 12]);
    expect(probes(linuxBind(), range, scripted(3))).toEqual([13, 11, 12, 14]);
    expect(probes(linuxBind("as published"), range, scripted(3))).toEqual([13, 11, 12, 14, 10]);
  });

  test("Linux UDP: a hash slot's ports by a random stride, then the next slot's", () => {
    // Four ports of each of 16,384 slots: the one at 32768 + floor(0.25 * 32768) first, the others 16,384 apart.
    const ports = probes(linuxUdp(16384), wish(32768, 65535), scripted(0x4000_0000));
    expect(ports.slice(0, 4)).toEqual([40960, 57344, 40961, 57345]);
    expect(new Set(ports).size).toBe(32768);
  });

  test("Linux SCTP: from one past a random port, and around", () => {
    expect(probes(linuxSctp(), range, scripted(1))).toEqual([12, 13, 14, 10, 11]);
    expect(probes(linuxSctp(), range, scripted(4))).toEqual([10, 11, 12, 13, 14]);
  });

  test("4.4BSD: from one past the last, and never the last itself; the low band downward", () => {
    expect(probes(bsd(), range)).toEqual([10, 11, 12, 13]);
    expect(probesAfter(12, bsd(), range)).toEqual([13, 14, 10, 11]);
    expect(probes(bsd(), lowBand)).toEqual([14, 13, 12, 11]);
    expect(probesAfter(12, bsd(), lowBand)).toEqual([11, 10, 14, 13]);
    expect(probes(bsd(), wish(10, 10))).toEqual([]);
  });

  test("4.4BSD: a search in vain moves the cursor to the last port it looked at", () => {
    const selection = bsd();
    expect(probes(selection, range)).toEqual([10, 11, 12, 13]);
    expect(probes(selection, range)).toEqual([14, 10, 11, 12]);
  });

  test("each band of IP_PORTRANGE has a cursor of its own", () => {
    for (const make of [bsd, netbsdBsd, () => macos("after-last")]) {
      const selection = make();
      selection.propose(range, 0, new Order(), scripted(0));
      selection.settle?.(range, 12, 1, scripted(0));
      expect(probes(selection, wish(20, 22, { band: "high" }))[0]).toSatisfy((port: number) => port !== 13);
      expect(selection.cursors).toMatchObject({ default: 12 });
    }
  });

  test("FreeBSD: from one past a random port that is never the last, and around; the low band upward too", () => {
    expect(probes(freebsd(alwaysRandom), range, scripted(1))).toEqual([12, 13, 14, 10, 11]);
    expect(probes(freebsd(alwaysRandom), range, scripted(4))).toEqual([11, 12, 13, 14, 10]);
    expect(probes(freebsd(alwaysRandom), lowBand, scripted(3))).toEqual([14, 10, 11, 12, 13]);
  });

  test("NetBSD: downward from the last, and around", () => {
    expect(probes(netbsdBsd(), range)).toEqual([14, 13, 12, 11, 10]);
    expect(probesAfter(12, netbsdBsd(), range)).toEqual([11, 10, 14, 13, 12]);
  });

  test("NetBSD's hash keeps a destination's start as published, and draws another each time as coded", () => {
    const starts = (secret: "as published" | "as coded"): Set<number> => {
      const selection = netbsdHash(seededRandom(1), secret);
      const chance = seededRandom(2);
      const wide = wish(49152, 65535); // looked at whole, the counter comes around
      return new Set(Array.from({ length: 20 }, () => probes(selection, wide, chance)[0]!));
    };
    expect(starts("as published").size).toBe(1);
    expect(starts("as coded").size).toBeGreaterThan(15);
  });

  test("macOS: TCP from one past the last, UDP from one past a random port; the low band downward", () => {
    expect(probes(macos("after-last"), range)).toEqual([10, 11, 12, 13, 14]);
    expect(probesAfter(12, macos("after-last"), range)).toEqual([13, 14, 10, 11, 12]);
    expect(probesAfter(12, macos("after-last"), lowBand)).toEqual([11, 10, 14, 13, 12]);
    expect(probes(macos("random"), range, scripted(6))).toEqual([13, 14, 10, 11, 12]);
    expect(probes(macos("random"), lowBand, scripted(1))).toEqual([12, 11, 10, 14, 13]);
  });
});
