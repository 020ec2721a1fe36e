import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Address, address, addressV4 } from "../../../src/base/address.ts";
import { jhash3 } from "../../../src/base/hash/jhash.ts";
import type { Random } from "../../../src/base/random.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { FlowTable } from "../../../src/ports/demultiplexer/flow-table.ts";
import { AddressTable } from "../../../src/ports/table/address-table.ts";

interface Flow {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  nextOfFlow: Flow | undefined;
}

const v4 = ["192.0.2.1", "192.0.2.2", "198.51.100.1"].map(address);
const v6 = ["2001:db8::1", "2001:db8::2", "::1", "::c000:201"].map(address); // the last has 192.0.2.1's low word

const flow = fc
  .record({ six: fc.boolean(), l: fc.nat(2), r: fc.nat(2), localPort: fc.nat(3), remotePort: fc.nat(3) })
  .map(({ six, l, r, localPort, remotePort }): Flow => {
    const addresses = six ? v6 : v4;
    return {
      local: addresses[l]!,
      remote: addresses[r + (six ? 1 : 0)]!,
      localPort,
      remotePort,
      nextOfFlow: undefined,
    };
  });

function key({ local, localPort, remote, remotePort }: Flow): string {
  return JSON.stringify([local, localPort, remote, remotePort]);
}

function chain(table: FlowTable<Flow>, { local, localPort, remote, remotePort }: Flow): Flow[] {
  const found: Flow[] = [];
  let at = table.find(local, localPort, remote, remotePort);
  for (; at !== undefined; at = at.nextOfFlow) found.push(at);
  return found;
}

describe("the flow table", () => {
  test("finds what a list would, the newest first, through any history", () => {
    const command = fc.record({ flow, removes: fc.nat(9).map((n) => n < 4), which: fc.nat(50) });
    fc.assert(
      fc.property(fc.integer(), fc.array(command, { maxLength: 300 }), (seed, commands) => {
        const table = new FlowTable<Flow>(seededRandom(seed));
        let model: Flow[] = [];
        for (const { flow: one, removes, which } of commands) {
          if (removes && model.length > 0) {
            const gone = model[which % model.length]!;
            table.remove(gone.local, gone.localPort, gone.remote, gone.remotePort, gone);
            model = model.filter((other) => other !== gone);
          } else {
            const added = { ...one };
            table.add(added.local, added.localPort, added.remote, added.remotePort, added);
            model = [added, ...model];
          }
          expect(table.size).toBe(new Set(model.map(key)).size);
          expect(chain(table, one)).toEqual(model.filter((other) => key(other) === key(one)));
        }
        for (const { flow: one } of commands)
          expect(chain(table, one).length).toBe(model.filter((other) => key(other) === key(one)).length);
        for (const one of model) table.remove(one.local, one.localPort, one.remote, one.remotePort, one);
        expect(table.size).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  test("a hundred thousand flows come, half of them go, and the rest are found in at most 64 bytes each", () => {
    const table = new FlowTable<Flow>(seededRandom(3));
    const local = address("192.0.2.1");
    const flows = Array.from({ length: 100_000 }, (_, i): Flow => {
      const remote = addressV4(0x0a000000 + (i >>> 4));
      return { local, remote, localPort: 443, remotePort: 1024 + (i & 15), nextOfFlow: undefined };
    });
    for (const one of flows) table.add(one.local, one.localPort, one.remote, one.remotePort, one);
    expect(table.bytes / flows.length).toBeLessThan(64);
    const isFound = (one: Flow): boolean =>
      table.find(one.local, one.localPort, one.remote, one.remotePort) === one;
    expect(flows.every(isFound)).toBe(true);
    for (const [i, one] of flows.entries())
      if (i % 2 === 0) table.remove(one.local, one.localPort, one.remote, one.remotePort, one);
    expect(flows.every((one, i) => isFound(one) === (i % 2 === 1))).toBe(true);
    expect(table.size).toBe(50_000);
    for (const one of flows) table.remove(one.local, one.localPort, one.remote, one.remotePort, one);
    expect(table.size).toBe(0);
    expect(table.bytes).toBeLessThan(100_000);
  });
});

test("flows made to collide get the flow table a new seed, and stay in it", () => {
  let draws = 0;
  const seeds: Random = {
    ...seededRandom(1),
    uint32: () => ++draws,
  };
  const table = new FlowTable<Flow>(seeds);
  const seed = draws;
  const local = address("192.0.2.1");
  const flows: Flow[] = [];
  for (let n = 0; flows.length < 300; n++)
    if ((jhash3(n, local.w3, (80 << 16) | 1, seed) & 0xfff) === 5)
      flows.push({ local, localPort: 80, remote: addressV4(n), remotePort: 1, nextOfFlow: undefined });
  for (const one of flows) table.add(local, 80, one.remote, 1, one);
  expect(draws).toBe(seed + 1);
  for (const one of flows) expect(table.find(local, 80, one.remote, 1)).toBe(one);
  for (const one of flows) table.remove(local, 80, one.remote, 1, one);
  expect(table.size).toBe(0);
});

describe("the address table", () => {
  test("holds thousands", () => {
    const table = new AddressTable(seededRandom(2));
    const all = Array.from({ length: 3000 }, (_, i) => ({ w0: 0x20010db8, w1: 0, w2: i >>> 4, w3: i }));
    const ids = all.map((one) => table.take(one));
    expect(new Set(ids).size).toBe(3000);
    expect(all.map((one) => table.find(one))).toEqual(ids);
    for (const id of ids) table.give(id);
    expect([table.size, table.find(all[7]!)]).toEqual([0, -1]);
  });

  test("gives one number to equal addresses, and it back when nobody uses it", () => {
    const use = fc.tuple(fc.boolean(), fc.nat(40));
    fc.assert(
      fc.property(fc.integer(), fc.array(use, { maxLength: 300 }), (seed, uses) => {
        const table = new AddressTable(seededRandom(seed));
        const taken = new Map<number, number[]>();
        for (const [takes, n] of uses) {
          const one = { w0: 0x20010db8, w1: n & 3, w2: 0, w3: n };
          const ids = taken.get(n) ?? [];
          taken.set(n, ids);
          if (takes) ids.push(table.take(one));
          else if (ids.length > 0) table.give(ids.pop()!);
          expect(new Set(ids).size).toBeLessThanOrEqual(1);
          expect(table.find(one)).toBe(ids[0] ?? -1);
          expect(table.size).toBe([...taken.values()].filter((some) => some.length > 0).length);
        }
        const inUse = [...taken.values()].flatMap((some) => some.slice(0, 1));
        expect(new Set(inUse).size).toBe(inUse.length);
      }),
    );
  });
});
