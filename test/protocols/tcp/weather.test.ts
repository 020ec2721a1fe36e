import { describe, test } from "vitest";
import { rfcTcp } from "../../../src/protocols/tcp/connection.ts";
import { type Conversation, Pair, type Weather } from "./support/pair.ts";

const storm: Weather = { loss: 20, duplication: 10, delay: 10, jitter: 15 };
const rain: Weather = { loss: 3, duplication: 3, delay: 20, jitter: 5 };
const sun: Weather = { loss: 0, duplication: 0, delay: 5, jitter: 0 };

/** The wire is worse than what anybody gives up after. */
const patient = { orphanRetries: 15, synAckRetries: 15, synRetries: 15 };

function runs(count: number, conversation: Omit<Conversation, "seed">): void {
  const config = { ...conversation.config, ...patient };
  for (let seed = 1; seed <= count; seed++) new Pair({ ...conversation, config, seed }).run().isWhole();
}

describe("whatever the wire does, every byte arrives once and both ends come to rest", () => {
  test("in a storm", () => runs(40, { weather: storm, bytes: [60_000, 20_000] }));
  test("in rain", () => runs(20, { weather: rain, bytes: [300_000, 1000] }));
  test("in the sun", () => runs(3, { weather: sun, bytes: [500_000, 500_000] }));
  test("without SACK", () => runs(20, { weather: storm, bytes: [60_000, 5000], config: { sack: false } }));
  test("without any option", () =>
    runs(20, {
      weather: storm,
      bytes: [40_000, 40_000],
      config: { sack: false, timestamps: false, windowScaling: false },
    }));
  test("with tiny buffers", () =>
    runs(20, {
      weather: storm,
      bytes: [20_000, 20_000],
      options: { sendBuffer: 3000, receiveBuffer: 1700 },
    }));
  test("as the RFCs say, with one-octet probes", () =>
    runs(20, { weather: storm, bytes: [20_000, 5000], config: rfcTcp, options: { receiveBuffer: 4000 } }));
  test("with segments the link cuts", () =>
    runs(10, { weather: rain, bytes: [400_000, 50_000], options: { maxSegmentPayload: 65_000 } }));
  test("opened from both sides at once", () =>
    runs(20, { weather: storm, bytes: [10_000, 10_000], simultaneous: true }));
});
