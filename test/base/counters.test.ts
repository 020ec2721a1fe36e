import { expect, test } from "vitest";
import { Counters } from "../../src/base/counters.ts";
import { InvariantError, invariant } from "../../src/base/invariant.ts";
import { newPacket } from "../../src/base/packet.ts";
import type { TraceEvent, Tracer } from "../../src/base/trace.ts";

test("counters count under their names, in the order they were given", () => {
  const counters = new Counters(["InReceives", "InDiscards", "InHdrErrors"]);
  counters.add("InDiscards");
  counters.add("InReceives", 40);
  counters.add("InReceives");
  expect(counters.get("InReceives")).toBe(41);
  expect(counters.entries()).toEqual([
    ["InReceives", 41],
    ["InDiscards", 1],
    ["InHdrErrors", 0],
  ]);
  expect(counters.snapshot()).toEqual({ InReceives: 41, InDiscards: 1 });
});

test("a tracer that is not there is told nothing, and nothing is built for it", () => {
  const heard: TraceEvent[] = [];
  let built = 0;
  const event = (): TraceEvent => {
    built++;
    return { kind: "drop", layer: "ipv4", reason: "truncated", counter: "IpInHdrErrors" };
  };
  const tracers: Tracer[] = [undefined, (one) => heard.push(one)];
  for (const tracer of tracers) tracer?.(event());
  expect(built).toBe(1);
  expect(heard).toEqual([{ kind: "drop", layer: "ipv4", reason: "truncated", counter: "IpInHdrErrors" }]);
});

test("a broken promise of ours throws, and says what it was", () => {
  expect(() => invariant(false, "ports are released once")).toThrow(InvariantError);
  expect(() => invariant(1 < 2, "numbers are ordered")).not.toThrow();
});

test("a new packet knows nothing yet of its checksum", () => {
  const bytes = new Uint8Array(4);
  expect(newPacket(bytes)).toEqual({
    bytes,
    start: 0,
    end: 4,
    checksum: 0,
    checksumStart: 0,
    checksumOffset: 0,
    segmentSize: 0,
    device: 0,
  });
});
