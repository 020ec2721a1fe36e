import fc from "fast-check";
import { expect, test } from "vitest";
import { type Address, addressV6 } from "../../../src/base/address.ts";
import { AddressMap, hashAddress } from "../../../src/protocols/ip/address-map.ts";

test("an address map agrees with a map of texts over any history", () => {
  const anyAddress = fc
    .tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2))
    .map((words): Address => addressV6(...words));
  const step = fc.record({
    do: fc.constantFrom("set", "delete", "get"),
    address: anyAddress,
    value: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.integer(), (steps, seed) => {
      const map = new AddressMap<number>(seed);
      const model = new Map<string, number>();
      for (const { do: action, address, value } of steps) {
        const key = JSON.stringify(address);
        if (action === "set") {
          map.set(address, value);
          model.set(key, value);
        } else if (action === "delete") expect(map.delete(address)).toBe(model.delete(key));
        else expect(map.get(address)).toBe(model.get(key));
      }
      expect(map.size).toBe(model.size);
      expect([...map.values()].sort()).toEqual([...model.values()].sort());
      map.clear();
      expect(map.size).toBe(0);
    }),
    { numRuns: 200 },
  );
});

test("chains of colliding addresses keep all of their members", () => {
  const map = new AddressMap<number>(0);
  const addresses = Array.from({ length: 2000 }, (_, i) => addressV6(i, 0, 0, i * 3));
  for (const [i, address] of addresses.entries()) map.set(address, i);
  for (const [i, address] of addresses.entries()) expect(map.get(address)).toBe(i);
  for (const address of addresses) expect(map.delete(address)).toBe(true);
  expect(map.size).toBe(0);
});

test("addresses made to collide do so under no seed: each word is mixed by itself", () => {
  // What adds up to the same in a sum of the first two words, which anybody could compute.
  const alike = Array.from({ length: 1000 }, (_, i) => addressV6(i, -Math.imul(i, 31) | 0, 1, 2));
  const same = Array.from({ length: 1000 }, (_, i) => addressV6(i, Math.imul(i, 31), 1, 2));
  for (const seed of [0, 1, 0x12345678])
    for (const addresses of [alike, same])
      expect(new Set(addresses.map((each) => hashAddress(each, seed))).size).toBeGreaterThan(990);
});
