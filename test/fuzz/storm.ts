/** A host in the middle of busy traffic gets mutants of what it hears, thousands of them, and must come out whole. */
import { expect } from "vitest";
import type { Packet } from "../../src/base/packet.ts";
import { fromHex, toHex } from "../../src/base/text.ts";
import { never } from "../../src/base/time/clock.ts";
import type { Counters } from "../../src/stack/counters.ts";
import type { Host } from "../../src/stack/host.ts";
import { TcpSocket } from "../../src/stack/tcp/tcp-socket.ts";
import { broken } from "../protocols/tcp/support/invariants.ts";
import { Busy, type BusyOptions, homes } from "./busy.ts";
import { samplesTo } from "./corpus.ts";
import { Crafter } from "./crafted.ts";
import { blame } from "./inputs.ts";
import { Mutator } from "./mutate.ts";
import { problemOf } from "./well-formed.ts";

/** Mutants between two steps of the ordinary traffic, and between two looks at all tables. */
const perStep = 8;
const perLook = 64;

/** Fires `inputs` mutants at a host, then lets everything end. Returns the host's drops, by layer and reason. */
export function storm(
  seed: string,
  options: BusyOptions,
  inputs: number,
): Record<string, Record<string, number>> {
  const busy = new Busy(seed, options);
  const { a, tap } = busy;
  const random = busy.network.random.fork("storm");
  const mutator = new Mutator(random);
  const crafter = new Crafter(tap, random.fork("crafter"));
  const samples = samplesTo(options.medium, homes.a);
  const timersAtRest = tableOf(a, "timers");
  if (options.offload !== true) tap.onSent = (packet) => expectWellFormed(packet, options.medium);
  // The wire is not good either.
  tap.loses = () => random.below(20) === 0;
  for (let i = 0; i < inputs; i++) {
    if (i % perStep === 0) busy.step();
    const pick = (): Uint8Array => {
      const way = random.below(8);
      if (way < 3) return crafter.craft();
      const from = way < 7 && tap.recent.length > 0 ? tap.recent : samples;
      return from[random.below(from.length)]!;
    };
    if (random.below(5) === 0) mutator.take(crafter.craft());
    else mutator.mutate(pick(), pick(), options.medium);
    blame(seed, i, mutator.bytes.subarray(0, mutator.length), () => {
      tap.inject(mutator.bytes, mutator.length);
      if (i % perLook === 0) look(busy);
    });
  }
  tap.loses = () => false;
  busy.end();
  expectAtRest(a, timersAtRest);
  const drops = a.drops.snapshot();
  busy.network.close();
  return drops;
}

/** Gives a host packets that once did it harm, and looks at it afterwards as `storm` does. */
export function replay(options: BusyOptions, packets: readonly string[]): void {
  const busy = new Busy("replay", options);
  busy.tap.onSent = (packet) => expectWellFormed(packet, options.medium);
  const timersAtRest = tableOf(busy.a, "timers");
  for (const hex of packets) {
    const bytes = fromHex(hex);
    busy.tap.inject(bytes, bytes.length);
    look(busy);
  }
  busy.end();
  expectAtRest(busy.a, timersAtRest);
  busy.network.close();
}

/** What holds at any time. */
function look({ a, sockets, tap }: Busy): void {
  for (const { name, used, limit } of a.tables())
    if (used > limit) expect.fail(`${name}: ${used} of ${limit}`);
  for (const socket of sockets) {
    const tcb = socket instanceof TcpSocket ? socket.connection?.tcb : undefined;
    if (tcb !== undefined) expect(broken(tcb)).toEqual([]);
  }
  accountFor(a, "ipv4", "Ip");
  accountFor(a, "ipv6", "Ip6");
  if (tap.capabilities.medium === "ip") {
    const { IpInReceives, Ip6InReceives } = a.counters;
    expect(IpInReceives + Ip6InReceives + a.drops.of("ip", "bad-version")).toBeGreaterThanOrEqual(
      tap.delivered,
    );
  }
}

/** Packets in are packets delivered, or dropped with a reason, or fragments that were put together or wait. */
function accountFor(host: Host, layer: "ipv4" | "ipv6", mib: "Ip" | "Ip6"): void {
  const reasons = host.drops.snapshot()[layer] ?? {};
  // Of these the fragments were counted as taken when they came.
  const { "reassembly-timeout": late = 0, "reassembly-evicted": evicted = 0 } = reasons;
  const dropped = Object.values(reasons).reduce((sum, count) => sum + count, 0) - late - evicted;
  const fragments = (Object.entries(reasons) as [string, number][])
    .filter(([reason]) => isFragmentReason(reason))
    .reduce((sum, [, count]) => sum + count, 0);
  const of = (name: string): number => host.counters[`${mib}${name}` as keyof Counters];
  const taken = of("ReasmReqds") - fragments;
  expect(of("InDelivers") + dropped + taken, layer).toBe(of("InReceives") + of("ReasmOKs"));
}

function isFragmentReason(reason: string): boolean {
  return reason.startsWith("fragment-") || reason === "duplicate";
}

/** Everybody has gone home: what is left are caches of neighbours and paths, and what is part of being a host. */
function expectAtRest(host: Host, timersAtRest: number): void {
  const left = host
    .tables()
    .filter(({ name, used }) => used > 0 && !/^(groups|IPv. neighbours|path MTUs|learned|timers)/.test(name));
  expect(left).toEqual([]);
  expect(host.snapshot().sockets).toEqual([]);
  const { tcp, udp } = host.ports.stats();
  expect(tcp).toMatchObject({ inUse: 0, held: 0, flows: 0 });
  expect(udp).toMatchObject({ inUse: 0, held: 0, flows: 0 });
  expect(host.ports.nextDeadline()).toBe(never);
  const neighbours = host.tables().filter(({ name }) => /^IPv. neighbours/.test(name));
  const known = neighbours.reduce((sum, { used }) => sum + used, 0);
  expect(tableOf(host, "timers")).toBe(timersAtRest + known);
  for (const { state } of host.snapshot().neighbours) expect(["STALE", "REACHABLE"]).toContain(state);
}

function tableOf(host: Host, wanted: string): number {
  return host.tables().find(({ name }) => name === wanted)?.used ?? 0;
}

/** Nothing malformed leaves the host, whatever came in. */
function expectWellFormed({ bytes, start, end }: Packet, medium: BusyOptions["medium"]): void {
  const problem = problemOf(medium, bytes, start, end);
  if (problem !== undefined) expect.fail(`sent ${problem}: ${toHex(bytes, start, end)}`);
}
