import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExpectationError, type TcpSegment } from "../../src/testing/index.ts";
import { accepted } from "./support/open.ts";

const words = fc.constantFrom(
  ...[">", "<", ".", "S", "S.", "P.", "1:1(0)", "1:11(10)", "ack 1", "win 5", "udp", "icmp", "(5)", "sctp:"],
  ...[
    "unreachable",
    "port_unreachable",
    "mtu 9",
    "<mss 5>",
    "<...>",
    "[1:1(0)]",
    "<nop",
    "TS val 1 ecr 1>",
    "{",
    "%{",
  ],
);
const right = fc.constantFrom(
  ...["< . 1:1(0) ack 1 win 5", "> . 1:1(0) ack 1", ". 1:1(0) ack 1 win 5", "unreachable port_unreachable"],
);
const line = fc.oneof(
  right,
  fc.string(),
  fc.array(words, { maxLength: 8 }).map((list) => list.join(" ")),
);

/** What a step may throw: it was called wrongly, or the stack did otherwise. */
function outcomeOf(step: () => unknown): string {
  try {
    step();
    return "done";
  } catch (error) {
    if (error instanceof ExpectationError) return "expectation";
    if (error instanceof TypeError) return "type";
    if (error instanceof RangeError) return "range";
    throw error;
  }
}

describe("whatever a test writes", { timeout: 30_000 }, () => {
  test("a line is a packet, or a TypeError or RangeError", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(line, fc.nat(4), (text, way) => {
        const { bed } = accepted();
        const steps = [
          () => bed.inject.packet(text),
          () => bed.expect.packet(text),
          () => bed.inject.tcp(text),
          () => bed.expect.tcp(text),
          () => bed.inject.icmp(text),
        ];
        seen.add(outcomeOf(steps[way]!));
      }),
      { numRuns: 80, seed: 4 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(["done", "type", "expectation"]));
  });

  test("a segment arrives, or is no segment", () => {
    const number = fc.oneof(
      fc.nat(0xffff),
      fc.integer(),
      fc.constantFrom(0xffffffff, 2 ** 32, 0.5, Number.NaN),
    );
    const segment = fc.record(
      {
        ...{
          flags: fc.constantFrom("S", "S.", ".", "P.", "F.", "R", "-", "Q", ""),
          seq: number,
          ack: number,
        },
        ...{ length: fc.oneof(fc.nat(3000), number), win: number, urg: number, ttl: number },
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 5 }), (segments) => {
        const { bed, connection } = accepted();
        const before = bed.packets.length;
        for (const each of segments) {
          const outcome = outcomeOf(() => bed.inject.tcp(each as TcpSegment));
          expect(["done", "type", "range"]).toContain(outcome);
        }
        bed.wait(1);
        outcomeOf(() => bed.expect.tcp({}));
        expect(bed.packets.length).toBeGreaterThanOrEqual(before);
        connection.close();
        bed.close();
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});
