import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checksumUnknown } from "../../src/base/packet.ts";
import { seededRandom } from "../../src/base/random.ts";
import { toHex } from "../../src/base/text.ts";
import { VirtualClock } from "../../src/base/time/virtual-clock.ts";
import type { TraceEvent } from "../../src/base/trace.ts";
import { type CapturedPacket, captured } from "../../src/link/capture.ts";
import { type Faults, faulty } from "../../src/link/faults.ts";
import type { Link, LinkReceiver } from "../../src/link/link.ts";
import { offloadCapabilities, pipe } from "../../src/link/pipe.ts";
import { type Shape, shaped } from "../../src/link/shaper.ts";
import { traced } from "../../src/link/tracer.ts";
import { contents, listen, sample } from "./support.ts";
import { tcpPacket } from "./tcp-packet.ts";

/** Sends `count` numbered packets, `gap` ms apart, through a faulty link, and says what came out when. */
function runFaults(faults: Faults, { count = 1000, gap = 1, seed = 1, way = "out" as "out" | "in" } = {}) {
  const clock = new VirtualClock();
  const [a, b] = pipe(clock);
  const link = faulty(way === "out" ? a : b, { clock, random: seededRandom(seed), [way]: faults });
  const [from, to] = way === "out" ? [link, b] : [a, link];
  const arrivals: { number: number; instant: number; intact: boolean }[] = [];
  const sent: string[] = [];
  listen(to, (bytes) => {
    const number = (bytes[0]! << 8) | bytes[1]!;
    arrivals.push({ number, instant: clock.now(), intact: sent[number] === toHex(bytes) });
  });
  listen(from);
  for (let i = 0; i < count; i++) {
    const packet = sample(from, i, 40);
    packet.bytes[packet.start] = i >>> 8;
    packet.bytes[packet.start + 1] = i;
    sent.push(toHex(contents(packet)));
    from.send([packet], 1);
    clock.advanceTo(clock.now() + gap);
  }
  clock.run();
  return { arrivals, numbers: arrivals.map(({ number }) => number), counts: link.counts[way], link };
}

describe("a faulty link", () => {
  test("loses about as many as it is told to, and counts them", () => {
    for (const way of ["out", "in"] as const) {
      const { numbers, counts } = runFaults({ loss: 0.2 }, { way });
      expect(counts.lost).toBe(1000 - numbers.length);
      expect(Math.abs(counts.lost - 200)).toBeLessThan(50);
      expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
    }
  });

  test("doubles packets: the copy follows at once", () => {
    const { numbers, counts } = runFaults({ duplication: 0.5 });
    expect(numbers.length).toBe(1000 + counts.duplicated);
    expect(Math.abs(counts.duplicated - 500)).toBeLessThan(70);
    expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
  });

  test("changes exactly one bit of a corrupted packet", () => {
    const { arrivals, counts } = runFaults({ corruption: 1 }, { count: 200 });
    expect([counts.corrupted, arrivals.length]).toEqual([200, 200]);
    expect(arrivals.filter(({ intact }) => intact)).toEqual([]);
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { capabilities: offloadCapabilities });
    const link = faulty(a, { clock, random: seededRandom(5), out: { corruption: 1 } });
    const atB = listen(b);
    const packet = sample(a, 1, 500);
    link.send([packet], 1);
    clock.run();
    const [arrived] = atB.packets;
    const flipped = contents(packet).reduce((bits, byte, i) => bits + popcount(byte ^ arrived!.bytes[i]!), 0);
    expect([flipped, arrived!.checksum]).toEqual([1, checksumUnknown]);
  });

  test("lets others overtake a reordered packet, by its own delay", () => {
    const { arrivals, numbers, counts } = runFaults({ reordering: 0.1, reorderingDelay: 5.5 });
    expect(Math.abs(counts.reordered - 100)).toBeLessThan(40);
    expect([...numbers].sort((x, y) => x - y)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    const late = arrivals.filter(({ number, instant }) => instant !== number);
    expect(late.length).toBe(counts.reordered);
    for (const { number, instant } of late) expect(instant).toBe(number + 5.5);
  });

  test("delays, and with jitter still keeps packets in order and within bounds", () => {
    const { arrivals, numbers } = runFaults({ delay: 50, jitter: 20 }, { gap: 3 });
    expect(numbers).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    const delays = arrivals.map(({ number, instant }) => instant - number * 3);
    for (const delay of delays) expect(delay >= 30 && delay <= 70).toBe(true);
    expect(new Set(delays).size).toBeGreaterThan(500);
    expect(runFaults({ delay: 7 }).arrivals.every(({ number, instant }) => instant === number + 7)).toBe(
      true,
    );
  });

  test("brings time forward only, whatever the faults", () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    const span = fc.double({ min: 0, max: 30, noNaN: true });
    const faults = fc.record({
      loss: part,
      duplication: part,
      corruption: part,
      reordering: part,
      reorderingDelay: span,
      delay: span,
      jitter: span,
    });
    fc.assert(
      fc.property(faults, fc.nat(), fc.constantFrom("out" as const, "in" as const), (some, seed, way) => {
        const { arrivals, counts } = runFaults(some, { count: 40, gap: 0.7, seed, way });
        const instants = arrivals.map(({ instant }) => instant);
        expect(instants).toEqual([...instants].sort((x, y) => x - y));
        expect(arrivals.length).toBe(40 - counts.lost + counts.duplicated);
        expect(runFaults(some, { count: 40, gap: 0.7, seed, way }).arrivals).toEqual(arrivals);
      }),
      { numRuns: 60 },
    );
  });

  test("draws each fault from a stream of its own", () => {
    const lost = runFaults({ loss: 0.3 }).numbers;
    const more = runFaults({ loss: 0.3, duplication: 0.5, corruption: 0, delay: 3, jitter: 1 }).numbers;
    expect([...new Set(more)]).toEqual(lost);
    expect(runFaults({ loss: 0.3 }, { seed: 2 }).numbers).not.toEqual(lost);
  });

  test("loses single packets of what stands for many, coming and going", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { capabilities: offloadCapabilities });
    const link = faulty(b, { clock, random: seededRandom(3), in: { loss: 0.25 } });
    const heard = listen(link);
    const packet = tcpPacket("ip", 60_000);
    packet.segmentSize = 1000;
    a.send([packet], 1);
    clock.run();
    expect(link.capabilities).toMatchObject({ tcpSegmentation: false, partialChecksum: false });
    expect(heard.packets.length + link.counts.in.lost).toBe(60);
    expect(link.counts.in.lost).toBeGreaterThan(3);
    expect(heard.packets.every(({ bytes }) => bytes.length === 1040)).toBe(true);
  });

  test("tells a tracer what was lost", () => {
    const clock = new VirtualClock(3);
    const [a] = pipe(clock);
    const events: TraceEvent[] = [];
    const link = faulty(a, {
      clock,
      random: seededRandom(1),
      out: { loss: 1 },
      tracer: (event) => events.push(event),
    });
    link.send([sample(a, 1)], 1);
    expect(events).toMatchObject([
      { kind: "drop", at: 3, layer: "link", reason: "loss", interface: "pipe0" },
    ]);
  });

  test("drops by count what finds too many on their way", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock);
    const heard = listen(b);
    const link = faulty(a, { clock, random: seededRandom(1), out: { delay: 10 }, limit: 5 });
    const packets = Array.from({ length: 8 }, (_, i) => sample(a, i));
    expect(link.send(packets, 8)).toBe(8);
    clock.run();
    expect([heard.packets.length, link.stats.dropped]).toEqual([5, 3]);
  });

  test("brings what was on its way before it says that the peer has closed", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock);
    const link = faulty(b, { clock, random: seededRandom(1), in: { delay: 10 } });
    const heard = listen(link);
    a.send([sample(a, 1)], 1);
    a.close();
    clock.run(5);
    expect([heard.packets.length, heard.events]).toEqual([0, []]);
    clock.run();
    expect([heard.packets.length, heard.events]).toEqual([1, ["closed"]]);
  });

  test("refuses probabilities and times that are none", () => {
    const [a] = pipe(new VirtualClock());
    const make = (out: Faults) => () =>
      faulty(a, { clock: new VirtualClock(), random: seededRandom(1), out });
    for (const wrong of [
      { loss: 1.1 },
      { duplication: -0.1 },
      { corruption: Number.NaN },
      { delay: -1 },
      { jitter: Infinity },
    ])
      expect(make(wrong)).toThrow(RangeError);
  });
});

describe("a shaped link", () => {
  function run(shape: Shape, lengths: number[], way: "out" | "in" = "out") {
    const clock = new VirtualClock(100);
    const [a, b] = pipe(clock);
    const link = shaped(way === "out" ? a : b, { clock, [way]: shape });
    const [from, to] = way === "out" ? [link, b] : [a, link];
    const arrivals: [number, number][] = [];
    listen(to, (bytes) => arrivals.push([bytes.length, clock.now() - 100]));
    listen(from);
    from.send(
      lengths.map((length, i) => sample(from, i, length)),
      lengths.length,
    );
    clock.run();
    return { arrivals, dropped: link.counts[way].dropped };
  }

  test("clocks packets out at its rate, one after the other, and lets them travel", () => {
    for (const way of ["out", "in"] as const)
      expect(run({ rate: 1_000_000, delay: 30 }, [1250, 125, 1250], way).arrivals).toEqual([
        [1250, 40],
        [125, 41],
        [1250, 51],
      ]);
  });

  test("drops from the tail what its queue cannot hold", () => {
    const { arrivals, dropped } = run({ rate: 8000, queue: 2500 }, [1000, 1000, 1000, 500, 500]);
    expect(arrivals.map(([length]) => length)).toEqual([1000, 1000, 500]);
    expect(dropped).toBe(2);
  });

  test("takes one packet onto an idle line, however small the queue", () => {
    expect(run({ rate: 8000, queue: 0 }, [1000, 1000]).arrivals).toEqual([[1000, 1000]]);
  });

  test("drains while time passes", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock);
    const heard = listen(b);
    const link = shaped(a, { clock, out: { rate: 8_000_000, queue: 3000 } });
    for (let i = 0; i < 100; i++) {
      link.send([sample(a, i, 1000), sample(a, i, 1000)], 2);
      clock.advanceTo(clock.now() + 2);
    }
    expect([heard.packets.length, link.counts.out.dropped]).toEqual([200, 0]);
  });

  test("without a rate only delays", () => {
    expect(run({ delay: 5 }, [1000, 1000]).arrivals).toEqual([
      [1000, 5],
      [1000, 5],
    ]);
  });

  test("holds the sender back when what it shapes for is full, and loses nothing", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { queue: { packets: 4, bytes: 10_000 } });
    const link = shaped(a, { clock });
    const heard = listen(b);
    const said = listen(link);
    const packets = Array.from({ length: 10 }, (_, i) => sample(a, i));
    expect(link.send(packets, 6)).toBe(6);
    expect(link.send(packets.slice(6), 4)).toBe(0);
    clock.run();
    expect(said.events).toEqual(["writable"]);
    expect(link.send(packets.slice(6), 4)).toBe(4);
    clock.run();
    expect(heard.packets.map(({ bytes }) => bytes)).toEqual(packets.map(contents));
  });

  test("refuses rates, times and queues that are none", () => {
    const [a] = pipe(new VirtualClock());
    for (const wrong of [
      { rate: 0 },
      { rate: Number.NaN },
      { delay: -1 },
      { delay: Infinity },
      { queue: -1 },
    ])
      expect(() => shaped(a, { clock: new VirtualClock(), in: wrong })).toThrow(RangeError);
  });
});

describe("a captured link", () => {
  test("shows what passed, when and which way, with a comment", () => {
    const clock = new VirtualClock(10);
    const [a, b] = pipe(clock);
    const seen: (Omit<CapturedPacket, "bytes" | "start" | "end"> & { text: string })[] = [];
    const link = captured(a, {
      clock,
      comment: (packet, direction) => (direction === "in" ? `${packet.end - packet.start} bytes` : undefined),
      sink: ({ bytes, start, end, ...rest }) => seen.push({ ...rest, text: toHex(bytes, start, end) }),
    });
    listen(link);
    listen(b);
    const [out, back] = [sample(a, 1, 20), sample(a, 2, 30)];
    link.send([out], 1);
    clock.advanceTo(20);
    b.send([back], 1);
    clock.run();
    expect(seen).toEqual([
      { instant: 10, direction: "out", link: "pipe0", comment: undefined, text: toHex(contents(out)) },
      { instant: 20, direction: "in", link: "pipe0", comment: "30 bytes", text: toHex(contents(back)) },
    ]);
  });

  test("shows large segments and partial checksums as a wire would have them", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { capabilities: offloadCapabilities });
    const sizes: number[] = [];
    const checksums: number[] = [];
    const link = captured(a, {
      clock,
      sink({ bytes, start, end }) {
        sizes.push(end - start);
        checksums.push((bytes[start + 36]! << 8) | bytes[start + 37]!);
      },
    });
    const heard = listen(b);
    const large = tcpPacket("ip", 2500);
    large.segmentSize = 1000;
    link.send([large, tcpPacket("ip", 100)], 2);
    clock.run();
    expect(sizes).toEqual([1040, 1040, 540, 140]);
    expect(heard.packets.map(({ bytes }) => bytes.length)).toEqual([2540, 140]);
    const partial = (heard.packets[1]!.bytes[36]! << 8) | heard.packets[1]!.bytes[37]!;
    expect(checksums[3]).not.toBe(partial);
  });

  test("shows as it is what cannot be cut", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { capabilities: offloadCapabilities });
    listen(b);
    const sizes: number[] = [];
    const link = captured(a, { clock, sink: ({ start, end }) => sizes.push(end - start) });
    const odd = sample(a, 1, 300);
    odd.segmentSize = 100;
    link.send([odd], 1);
    expect(sizes).toEqual([300]);
  });

  test("does not show what the link did not take", () => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { queue: { packets: 1, bytes: 10_000 } });
    listen(b);
    let shown = 0;
    const link = captured(a, { clock, sink: () => shown++ });
    link.send([sample(a, 1), sample(a, 2)], 2);
    expect(shown).toBe(1);
  });
});

test("a traced link tells what the host sees, whole", () => {
  const clock = new VirtualClock(7);
  const [a, b] = pipe(clock, { capabilities: offloadCapabilities });
  const events: TraceEvent[] = [];
  const link = traced(a, { clock, host: "alice", tracer: (event) => events.push(event) });
  listen(link);
  listen(b);
  const large = tcpPacket("ip", 2500);
  large.segmentSize = 1000;
  link.send([large], 1);
  b.send([sample(b, 1)], 1);
  clock.run();
  expect(events).toMatchObject([
    { kind: "packet", at: 7, host: "alice", direction: "out", interface: "pipe0", start: 5, end: 2545 },
    { kind: "packet", at: 7, host: "alice", direction: "in", interface: "pipe0" },
  ]);
});

test("links around a link pass on that it failed or closed", () => {
  const clock = new VirtualClock();
  const wraps: ((link: Link) => Link)[] = [
    (link) => traced(link, { clock, tracer: () => {} }),
    (link) => captured(link, { clock, sink: () => {} }),
    (link) => faulty(link, { clock, random: seededRandom(1) }),
    (link) => shaped(link, { clock }),
  ];
  for (const wrap of wraps) {
    let inner: LinkReceiver | undefined;
    const [a] = pipe(clock);
    const broken: Link = {
      ...a,
      name: "x",
      stats: a.stats,
      capabilities: a.capabilities,
      open: (to) => (inner = to),
      send: () => 0,
      close() {},
    };
    const heard = listen(wrap(broken));
    inner!.failed!(new Error("cable cut"));
    inner!.writable!();
    inner!.closed!();
    expect(heard.events.filter((event) => event !== "writable")).toEqual(["cable cut", "closed"]);
  }
});

test("the same seed gives the same bytes at the same instants, through everything at once", () => {
  const run = (seed: number): string[] => {
    const clock = new VirtualClock();
    const [a, b] = pipe(clock, { capabilities: offloadCapabilities });
    const log: string[] = [];
    const faults: Faults = {
      loss: 0.1,
      duplication: 0.1,
      corruption: 0.1,
      reordering: 0.2,
      delay: 4,
      jitter: 3,
    };
    const slow = shaped(a, { clock, out: { rate: 2_000_000, delay: 9, queue: 20_000 } });
    const bad = faulty(slow, { clock, random: seededRandom(seed), out: faults, in: faults });
    const link = captured(bad, {
      clock,
      sink: ({ instant, direction, bytes, start, end }) =>
        log.push(`${instant} ${direction} ${toHex(bytes, start, end)}`),
    });
    listen(b, (bytes) => {
      log.push(`${clock.now()} far ${toHex(bytes)}`);
      const answer = tcpPacket("ip", 3000, { sequence: bytes.length });
      answer.segmentSize = 1000;
      b.send([answer], 1);
    });
    listen(link);
    for (let i = 0; i < 60; i++) {
      link.send([sample(link, i, 200 + i)], 1);
      clock.advanceTo(clock.now() + 1.25);
    }
    clock.run();
    return log;
  };
  const first = run(11);
  expect(first.length).toBeGreaterThan(150);
  expect(run(11)).toEqual(first);
  expect(run(12)).not.toEqual(first);
  const instants = first.map((line) => Number.parseFloat(line));
  expect(instants).toEqual([...instants].sort((x, y) => x - y));
});

function popcount(byte: number): number {
  return byte.toString(2).replaceAll("0", "").length;
}
