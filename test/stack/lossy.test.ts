/** Two hosts on a cable that loses, doubles, swaps and damages packets: every byte arrives, and nothing is left behind. */
import { describe, expect, test } from "vitest";
import { never } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Host } from "../../src/stack/host.ts";
import type { LinkOptions, Network } from "../../src/stack/network.ts";
import { inNetwork } from "../support/network-trace.ts";
import { Transfer } from "./support/transfer.ts";

const seeds = Number(process.env["LOSSY_SEEDS"] ?? 200);
const seedsATest = 20;
/** Each direction loses a fifth of its packets, doubles a fifth, swaps a fifth, and damages a fifth of the rest. */
const weather: LinkOptions = {
  loss: 0.2,
  duplication: 0.2,
  reordering: 0.2,
  corruption: 0.2,
  delay: 5,
  jitter: 5,
};
const data = ["to the server", "to the client"].map((name) =>
  seededRandom(name).bytes(new Uint8Array(1 << 20)),
);
const patience = 36_000_000;
const twiceMsl = 241_000;

function twoHosts(network: Network): [Host, Host] {
  const [a, b] = [network.host("a"), network.host("b")];
  network.link(a, b, {
    ...weather,
    ends: [
      { addresses: ["10.0.0.1/24", "fd00::1/64"], dad: false },
      { addresses: ["10.0.0.2/24", "fd00::2/64"], dad: false },
    ],
  });
  // Where two packets of three get through nobody gives up.
  const retries = ["tcp_retries2", "tcp_syn_retries", "tcp_synack_retries", "tcp_orphan_retries"];
  for (const host of [a, b]) for (const name of retries) host.sysctl.set(`net.ipv4.${name}`, 60);
  return [a, b];
}

describe("1 MB each way over a bad cable arrives whole, and the tables end empty [RFC 9293 3.8.1, RFC 6298]", () => {
  for (let first = 1; first <= seeds; first += seedsATest) {
    const last = Math.min(first + seedsATest - 1, seeds);
    test(`seeds ${first} to ${last}`, () => {
      for (let seed = first; seed <= last; seed++)
        inNetwork(`lossy ${seed}`, { seed }, (network) => transfer(network, seed));
    });
  }
});

function transfer(network: Network, seed: number): void {
  const [a, b] = twoHosts(network);
  const peer =
    seed % 2 === 0
      ? ({ domain: "AF_INET6", address: "fd00::2", port: 7 } as const)
      : ({ domain: "AF_INET", address: "10.0.0.2", port: 7 } as const);
  const both = new Transfer(a, b, peer, data[0]!, data[1]!);
  network.run(patience);
  expect(both.outcome(), `seed ${seed}`).toEqual({ client: "whole", server: "whole" });
  expect(a.counters.TcpRetransSegs, `seed ${seed}`).toBeGreaterThan(0);
  network.advance(twiceMsl);
  for (const host of [a, b]) {
    expect(host.ports.stats().tcp, `seed ${seed}`).toMatchObject({ inUse: 0, held: 0, flows: 0 });
    expect(host.timers.next(), `seed ${seed}`).toBe(never);
  }
}
