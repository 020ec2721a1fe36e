import fc from "fast-check";
import { expect, test } from "vitest";
import { packetDifference } from "../../src/cli/render/packet-difference.ts";

test("words that are the same stand under each other, and the others are marked", () => {
  const { expected, actual, marks } = packetDifference(
    "> P. 1:11(10) ack 1 <nop,nop,TS val 1 ecr 2>",
    "> . 1:1001(1000) ack 1 win 7 <nop,nop,TS val 1 ecr 2>",
  );
  expect(`${expected}\n${actual}\n${marks}`).toBe(
    [
      "> P. 1:11(10)     ack 1       <nop,nop,TS val 1 ecr 2>",
      "> .  1:1001(1000) ack 1 win 7 <nop,nop,TS val 1 ecr 2>",
      "  ^^ ^^^^^^^^^^^^       ^^^ ^",
    ].join("\n"),
  );
});

test("equal packets have no marks", () => {
  expect(packetDifference("> udp (10)", "> udp (10)").marks).toBe("");
});

test("no word is lost, whatever they are", () => {
  const line = fc
    .array(fc.constantFrom("a", "bb", "ccc,", "<d,", "e>"), { minLength: 1 })
    .map((words) => words.join(" "));
  fc.assert(
    fc.property(line, line, (one, other) => {
      const { expected, actual } = packetDifference(one, other);
      const squeezed = (text: string) => text.split(/\s+/).filter((word) => word !== "");
      expect(squeezed(expected)).toEqual(squeezed(one));
      expect(squeezed(actual)).toEqual(squeezed(other));
    }),
  );
});
