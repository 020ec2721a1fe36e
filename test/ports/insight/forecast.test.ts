import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Random } from "../../../src/base/random.ts";
import type { Profile } from "../../../src/ports/profile.ts";
import { withSelection } from "../../../src/ports/profile.ts";
import { iana } from "../../../src/ports/profiles/iana.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { registry } from "../../../src/ports/profiles/register/registry.ts";
import { doubleHash } from "../../../src/ports/selection/rfc6056/double-hash.ts";
import { random } from "../../../src/ports/selection/rfc6056/random.ts";
import { randomIncrements } from "../../../src/ports/selection/rfc6056/random-increments.ts";
import { randomRetry } from "../../../src/ports/selection/rfc6056/random-retry.ts";
import { sequential } from "../../../src/ports/selection/rfc6056/sequential.ts";
import { simpleHash } from "../../../src/ports/selection/rfc6056/simple-hash.ts";
import type { Selection } from "../../../src/ports/selection.ts";
import { path, request, testHost } from "../support/host.ts";

const portOf = (result: { readonly port: number } | string): number | string =>
  typeof result === "string" ? result : result.port;
const web = path("192.0.2.1", "198.51.100.1:80");
const anyPort = request("0.0.0.0:0");

function choosing(selection: (chance: Random) => Selection): Profile {
  return { ...iana, protocols: { ...iana.protocols, tcp: withSelection(iana.protocols.tcp, selection) } };
}

describe("how well the next port is foretold by who saw the last one to the same peer", () => {
  const size = 16384; // of iana's range
  test.each<[string, Profile, bits: number, tolerance: number]>([
    ["increment with wraparound", choosing(sequential), 0, 0],
    ["Algorithm 1", choosing(random), Math.log2(size), 0.3],
    ["Algorithm 2", choosing(randomRetry), Math.log2(size), 0.3],
    ["Algorithm 3, nobody else connecting", choosing(simpleHash), 0, 0],
    ["Algorithm 4, likewise", choosing(doubleHash), 0, 0],
    ["Algorithm 5: one of 500 steps", choosing(randomIncrements), Math.log2(500), 0.1],
    ["Linux: one of 8 steps", linux, 3, 0.05],
  ])("%s", (_name, profile, bits, tolerance) => {
    const { predictability } = testHost(profile).manager.forecast(anyPort, web, { samples: 4000 });
    expect(Math.abs(predictability.bits - bits)).toBeLessThanOrEqual(tolerance);
    if (bits === 0) expect(predictability.bestGuess).toBe(1);
    else expect(predictability.bestGuess).toBeLessThan(2 ** -bits * 2 + 0.002);
  });
});

describe("how often a five-tuple comes again within two MSL", () => {
  test("never while increments have not come around, always when they have", () => {
    const { manager } = testHost(iana);
    manager.range = [50000, 50099];
    const collision = (rate: number) => manager.forecast(anyPort, web, { rate, msl: 500 }).collision;
    expect(collision(99)).toEqual({ connections: 99, probability: 0 });
    expect(collision(100)).toEqual({ connections: 100, probability: 1 });
  });

  test("by chance as the birthday paradox has it [RFC 6056 3.5]", () => {
    const { manager } = testHost(choosing(random));
    const { collision } = manager.forecast(anyPort, web, { rate: 100, msl: 60_000 });
    expect(collision.connections).toBe(12_000);
    expect(collision.probability).toBeCloseTo(1 - (1 - 1 / 16384) ** 12_000, 1);
  });
});

test("what it costs: the scan's candidates, more as the range fills, and none where nothing suits", () => {
  const { manager } = testHost(choosing(random));
  manager.range = [50000, 50099];
  expect(manager.forecast(anyPort, web)).toMatchObject({ suitable: 100, cost: { mean: 1, worst: 1 } });
  for (let port = 50000; port < 50099; port++) manager.reserve("x", request(`0.0.0.0:${port}`));
  const { suitable, cost } = manager.forecast(anyPort, web);
  expect(suitable).toBe(1);
  expect(cost.mean).toBeGreaterThan(45);
  expect(cost.mean).toBeLessThan(56);
  expect(cost.worst).toBe(100);
  manager.reserve("x", request("0.0.0.0:50099"));
  expect(manager.forecast(anyPort, web)).toMatchObject({
    suitable: 0,
    cost: { mean: 100 },
    predictability: { bits: 0, bestGuess: 0 },
    collision: { probability: 0 },
  });
});

test("a forecast changes nothing: choices after it are those without it, under every profile", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...registry.map(({ profile }) => profile)),
      fc.integer(),
      fc.array(fc.boolean(), { maxLength: 12 }),
      (profile, seed, forecasts) => {
        const [told, untold] = [testHost(profile, seed).manager, testHost(profile, seed).manager];
        for (const asks of forecasts) {
          if (asks) told.forecast(anyPort, web, { samples: 2, rate: 0.01, msl: 1000 });
          expect(portOf(told.tryConnectNew("x", anyPort, web))).toBe(
            portOf(untold.tryConnectNew("x", anyPort, web)),
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a rate, an MSL or a number of samples that is none is refused", () => {
  const { manager } = testHost(iana);
  for (const wrong of [{ rate: 0 }, { rate: Number.NaN }, { msl: -1 }, { samples: 1 }, { samples: 2.5 }])
    expect(() => manager.forecast(anyPort, web, wrong)).toThrow(RangeError);
});
