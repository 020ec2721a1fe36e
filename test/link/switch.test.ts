import { describe, expect, test } from "vitest";
import { newPacket } from "../../src/base/packet.ts";
import { VirtualClock } from "../../src/base/time/virtual-clock.ts";
import { Hub } from "../../src/link/hub.ts";
import { Switch, type SwitchOptions } from "../../src/link/switch.ts";
import { contents, frame, listen, mac, sample } from "./support.ts";

const broadcast = [255, 255, 255, 255, 255, 255];

/** A box with ports p1, p2 ...; `send` says by which ports the frame came out. */
function bench(box: { port(name: string): ReturnType<Hub["port"]> }, clock: VirtualClock, count: number) {
  const ports = Array.from({ length: count }, (_, i) => box.port(`p${i + 1}`));
  const heard = ports.map((port) => listen(port));
  return {
    ports,
    send(from: number, to: readonly number[], source: readonly number[] = mac(from)): number[] {
      const before = heard.map(({ packets }) => packets.length);
      ports[from - 1]!.send([frame(to, source)], 1);
      clock.run(clock.now());
      return heard.flatMap(({ packets }, i) => (packets.length > before[i]! ? [i + 1] : []));
    },
  };
}

function switched(options: SwitchOptions = {}, count = 4) {
  const clock = new VirtualClock();
  const box = new Switch(clock, options);
  return { clock, box, ...bench(box, clock, count) };
}

describe("a switch", () => {
  test("floods what is for a station it does not know, and learns from every frame", () => {
    const { send, box } = switched();
    expect(send(1, mac(2))).toEqual([2, 3, 4]);
    expect(send(2, mac(1))).toEqual([1]);
    expect(send(1, mac(2))).toEqual([2]);
    expect(box.counts).toEqual({ forwarded: 2, flooded: 1, filtered: 0, tableFull: 0 });
    expect(box.stations()).toEqual([
      { mac: "02:00:00:00:00:02", port: "p2", age: 0 },
      { mac: "02:00:00:00:00:01", port: "p1", age: 0 },
    ]);
  });

  test("floods broadcasts and multicasts always, and never learns a group as a source", () => {
    const { send, box } = switched();
    send(1, mac(9), broadcast);
    expect(box.stations()).toEqual([]);
    expect(send(2, broadcast)).toEqual([1, 3, 4]);
    expect(send(2, [0x33, 0x33, 0, 0, 0, 1])).toEqual([1, 3, 4]);
    expect(send(2, [1, 0, 0x5e, 0, 0, 1])).toEqual([1, 3, 4]);
  });

  test("passes nothing back to where it came from, and no frame between neighbours on", () => {
    const { send, box } = switched();
    send(1, mac(2));
    expect(send(1, mac(1), mac(7))).toEqual([]);
    expect(send(1, [0x01, 0x80, 0xc2, 0, 0, 0x0e])).toEqual([]);
    expect(send(1, [0x01, 0x80, 0xc2, 0, 0, 0x10])).toEqual([2, 3, 4]);
    expect(box.counts.filtered).toBe(2);
  });

  test("forgets a station that is silent for its aging time, and not before", () => {
    const { clock, send, box } = switched({ agingTime: 1000 });
    send(2, broadcast);
    clock.advanceTo(999);
    expect(send(1, mac(2))).toEqual([2]);
    expect(box.stations().map(({ age }) => age)).toEqual([999, 0]);
    clock.advanceTo(1000);
    expect(send(1, mac(2))).toEqual([2, 3, 4]);
    expect(box.stations().map(({ port }) => port)).toEqual(["p1"]);
  });

  test("follows a station that moves to another port", () => {
    const { send } = switched();
    send(2, broadcast, mac(8));
    send(3, broadcast, mac(8));
    expect(send(1, mac(8))).toEqual([3]);
  });

  test("learns no more than its table holds, until something has aged", () => {
    const { clock, send, box } = switched({ tableSize: 2, agingTime: 1000 });
    send(1, broadcast);
    clock.advanceTo(500);
    send(2, broadcast);
    send(3, broadcast);
    expect(box.counts.tableFull).toBe(1);
    expect(send(1, mac(3))).toEqual([2, 3, 4]); // also heard from again, so 2 is now the longest silent
    clock.advanceTo(1499);
    send(3, broadcast);
    expect(box.counts.tableFull).toBe(2);
    clock.advanceTo(1500);
    send(3, broadcast);
    expect(box.stations().map(({ port }) => port)).toEqual(["p3"]);
    expect(box.counts.tableFull).toBe(2);
  });

  test("forgets the stations of a port that closes", () => {
    const { ports, send, box } = switched();
    send(2, broadcast);
    ports[1]!.close();
    expect(box.stations()).toEqual([]);
    expect(send(1, mac(2))).toEqual([3, 4]);
  });

  test("filters what is too short for a frame", () => {
    const { clock, ports, box } = switched();
    ports[0]!.send([newPacket(new Uint8Array(13))], 1);
    clock.run();
    expect(box.counts.filtered).toBe(1);
    expect(ports[1]!.stats.receivedPackets).toBe(0);
  });

  test("loses at a slow port alone what that port cannot take", () => {
    const clock = new VirtualClock();
    const box = new Switch(clock, { queue: { packets: 2, bytes: 10_000 } });
    const { ports, send } = bench(box, clock, 3);
    send(2, broadcast);
    const frames = [1, 2, 3].map(() => frame(mac(2), mac(1)));
    expect(ports[0]!.send(frames, 3)).toBe(3);
    clock.run();
    expect([ports[1]!.stats.receivedPackets, ports[1]!.stats.dropped, ports[2]!.stats.dropped]).toEqual([
      2, 1, 0,
    ]);
  });
});

describe("a hub", () => {
  test("repeats everything to all other ports", () => {
    const clock = new VirtualClock();
    const { send, ports } = bench(new Hub(clock), clock, 3);
    expect(send(1, mac(2))).toEqual([2, 3]);
    expect(send(2, mac(1))).toEqual([1, 3]);
    ports[2]!.close();
    expect(send(2, mac(1))).toEqual([1]);
  });

  test("gives every port its own copy, which its host may scribble on", () => {
    const clock = new VirtualClock();
    const hub = new Hub(clock);
    const [a, b, c] = [hub.port("a"), hub.port("b"), hub.port("c")];
    b.open({ receive: ([packet]) => packet!.bytes.fill(0xee, packet!.start, packet!.end) });
    const atC = listen(c);
    const sent = frame(mac(2), mac(1), 3);
    a.send([sent], 1);
    clock.run();
    expect(atC.packets.map(({ bytes }) => bytes)).toEqual([contents(sent)]);
  });

  test("carries IP packets too where it is told to", () => {
    const clock = new VirtualClock();
    const hub = new Hub(clock, { capabilities: { medium: "ip" } });
    const [a, b] = [hub.port("a"), hub.port("b")];
    const atB = listen(b);
    a.send([sample(a, 5, 20)], 1);
    clock.run();
    expect([b.capabilities.medium, atB.packets.length]).toEqual(["ip", 1]);
  });
});
