import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { fromHex } from "../../src/base/text.ts";
import { Network } from "../../src/stack/network.ts";
import { parsePcapng } from "../../src/wire/capture/pcapng-reader.ts";
import { dissect, dissectionText, summarize } from "../../src/wire/dissect.ts";
import { LineFlows } from "../../src/wire/line/flows.ts";
import { packetLine } from "../../src/wire/line.ts";
import { parsers } from "../support/parsers.ts";
import { corpus } from "./corpus.ts";
import { blame, fuzzSeed, inputsOf } from "./inputs.ts";
import { Mutator } from "./mutate.ts";

/** Inputs that once made a parser throw, loop or lie, by parser. */
const regressions: Readonly<Record<string, readonly string[]>> = {};

/** Feeds `count` mutants of `originals` to `take`. */
function feed(
  name: string,
  originals: readonly Uint8Array[],
  kind: "ip" | "ethernet" | "other",
  count: number,
  take: (bytes: Uint8Array, length: number) => void,
): void {
  const mutator = new Mutator(seededRandom(`${fuzzSeed} ${name}`));
  const pick = (): Uint8Array => originals[mutator.below(originals.length)]!;
  for (let i = 0; i < count; i++) {
    mutator.mutate(pick(), pick(), kind);
    const { bytes, length } = mutator;
    blame(name, i, bytes.subarray(0, length), () => take(bytes, length));
  }
}

describe("parsers take whatever comes", () => {
  const each = Math.ceil(inputsOf(0.2) / parsers.length);

  test.each(parsers)("$name", ({ name, parse, inputs }) => {
    let answers = 0;
    const kind = /^(ipv4|ipv6|quoted.*|line|.* of IP)$/.test(name) ? "ip" : "other";
    feed(name, inputs, kind, each, (bytes, length) => {
      if (parse(bytes, 0, length) !== undefined) answers++;
    });
    for (const hex of regressions[name] ?? []) parse(fromHex(hex), 0, hex.length / 2);
    expect(answers).toBe(each);
  });
});

describe("whole packets, overheard and changed, are told as lines and as trees", () => {
  test.each(["ip", "ethernet"] as const)("over %s", (medium) => {
    const flows = new LineFlows();
    const originals = corpus(medium);
    const count = inputsOf(0.1);
    let told = 0;
    expect(originals.length).toBeGreaterThan(100);
    feed(`dissect ${medium}`, originals, medium, count, (bytes, length) => {
      if (medium === "ip") packetLine(bytes, 0, length, flows);
      const line = summarize(medium, bytes, 0, length, flows);
      const fields = dissect(medium, bytes, 0, length);
      if (line.length > 0 && !line.includes("undefined") && dissectionText(fields) !== undefined) told++;
    });
    expect(told).toBe(count);
  });
});

test("captures, changed, are read or refused", () => {
  const network = new Network({ seed: 1, capture: true });
  const [a, b] = [network.host("a"), network.host("b")];
  network.link(a, b, { medium: "ethernet" });
  network.run(5000);
  const capture = network.capture();
  const count = inputsOf(0.05);
  let read = 0;
  feed("captures", [capture, capture.slice(0, capture.length >> 1)], "other", count, (bytes, length) => {
    if (typeof parsePcapng(bytes.subarray(0, length)) !== "string") read++;
  });
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(count);
});
