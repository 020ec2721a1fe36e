/** Flows chosen to meet in one place of the demultiplexer: the secret seed scatters them, and lookups stay short. */
import { describe, expect, test } from "vitest";
import { type Address, address, addressV4, addressV6 } from "../../src/base/address.ts";
import { jhash3 } from "../../src/base/hash/jhash.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { FlowTable } from "../../src/ports/demultiplexer/flow-table.ts";

interface Flow {
  nextOfFlow: Flow | undefined;
  readonly remote: Address;
  readonly remotePort: number;
}

const local = address("192.0.2.1");
const localV6 = address("2001:db8::1");
const port = 443;
const count = 30_000;
/** At five eighths full, chance alone makes a few dozen. */
const mostProbes = 256;

function filled(random: Random, flows: readonly Flow[], own = local): FlowTable<Flow> {
  const table = new FlowTable<Flow>(random);
  for (const flow of flows) table.add(own, port, flow.remote, flow.remotePort, flow);
  return table;
}

function flow(remote: Address, remotePort: number): Flow {
  return { nextOfFlow: undefined, remote, remotePort };
}

/** Flows that all fall into the first of 2^`bits` slots for those who hash with `seed`. */
function collidingUnder(seed: number, bits: number, wanted: number): Flow[] {
  const found: Flow[] = [];
  for (let i = 0; found.length < wanted; i++) {
    const remote = addressV4(0x0a00_0000 + (i >>> 14));
    const remotePort = 1024 + (i & 0x3fff);
    const hash = jhash3(remote.w3, local.w3, (port << 16) | remotePort, seed);
    if ((hash & ((1 << bits) - 1)) === 0) found.push(flow(remote, remotePort));
  }
  return found;
}

describe("the demultiplexer's flows", () => {
  const chosen: Record<string, (i: number) => Flow> = {
    "from one address, port after port": (i) => flow(addressV4(0x0a00_0000 + (i >>> 16)), i & 0xffff),
    "from a network, address after address": (i) => flow(addressV4(0x0a00_0000 + i), 5000),
    "that differ in high bits only": (i) => flow(addressV4(i << 16), (i >>> 8) << 8),
    "whose port and address cancel out": (i) => flow(addressV4((i << 16) | (i ^ 0xffff)), i & 0xffff),
  };

  test.each(Object.entries(chosen))("%s, take few steps to find", (_, make) => {
    const flows = Array.from({ length: count }, (_, i) => make(i));
    const table = filled(seededRandom("secret"), flows);
    expect(table.longestProbe).toBeLessThan(mostProbes);
    expect(table.find(local, port, flows[99]!.remote, flows[99]!.remotePort)).toBe(flows[99]);
  });

  test("over IPv6 too, whatever words of the address an attacker varies", () => {
    for (const vary of [
      (i: number) => addressV6(i, -i, 0, 1),
      (i: number) => addressV6(i, Math.imul(i, 31), 0, 1),
      (i: number) => addressV6(0x2001_0db8, i, i, i),
    ]) {
      const flows = Array.from({ length: 5000 }, (_, i) => flow(vary(i + 1), 80));
      expect(filled(seededRandom("secret"), flows, localV6).longestProbe).toBeLessThan(mostProbes);
    }
  });

  test("made to collide under a seed somebody else has, are scattered like any others", () => {
    const flows = collidingUnder(0x1234, 10, 2000);
    expect(filled(seededRandom("secret"), flows).longestProbe).toBeLessThan(64);
  });

  test("made to collide under this very seed, cost the attacker his seed and nobody a long search", () => {
    const flows = collidingUnder(0, 12, 2000);
    let draws = 0;
    const stolen: Random = {
      ...seededRandom("secret"),
      uint32: () => (draws++ < 2 ? 0 : 0x9e3779b9 + draws),
    };
    const table = filled(stolen, flows);
    expect(draws).toBeGreaterThan(2);
    expect(table.longestProbe).toBeLessThan(mostProbes);
    for (const each of flows) expect(table.find(local, port, each.remote, each.remotePort)).toBe(each);
  });
});
