/** Two hosts on a wire that loses, doubles, delays and damages one packet in five each: TCP brings every byte across. */
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { never } from "../../src/base/time/clock.ts";
import type { Host } from "../../src/stack/host.ts";
import type { CableOptions, Network } from "../../src/stack/network.ts";
import type { SocketDomain } from "../../src/stack/socket.ts";
import { inNetwork } from "../support/network-trace.ts";
import { Transfer } from "./support/transfer.ts";

const megabyte = 1 << 20;
const [up, down] = ["up", "down"].map((way) => seededRandom(way).bytes(new Uint8Array(megabyte))) as [
  Uint8Array,
  Uint8Array,
];

/** One bit of a damaged packet is the other way round: every checksum there is sees that. */
const storm: CableOptions = {
  loss: 0.2,
  duplication: 0.2,
  reordering: 0.2,
  corruption: 0.2,
  delay: 5,
  jitter: 5,
};
/** As bad as it gets on a radio. */
const rain: CableOptions = {
  loss: 0.05,
  duplication: 0.01,
  reordering: 0.05,
  corruption: 0.01,
  delay: 20,
  jitter: 10,
};

const paths = [
  { medium: "ip", domain: "AF_INET", address: "10.0.0.2" },
  { medium: "ip", domain: "AF_INET6", address: "fd00::2" },
  { medium: "ethernet", domain: "AF_INET", address: "10.0.0.2" },
  { medium: "ethernet", domain: "AF_INET6", address: "fd00::2" },
] as const;
type Path = (typeof paths)[number];

/** A third of all packets is gone, and so is a third of all answers: nobody gives up after a quarter of an hour of that. */
const patience = ["retries2", "syn_retries", "synack_retries", "orphan_retries"];

function twoHosts(network: Network, medium: Path["medium"], cable: CableOptions): [Host, Host] {
  const [a, b] = [network.host("a"), network.host("b")];
  network.link(a, b, {
    ...cable,
    medium,
    ends: [
      { addresses: ["10.0.0.1/24", "fd00::1/64"] },
      { addresses: ["10.0.0.2/24", "fd00::2/64"], dad: false },
    ],
  });
  for (const host of [a, b]) for (const what of patience) host.sysctl.set(`net.ipv4.tcp_${what}`, 60);
  // Addresses are on trial at first.
  network.advance(5000);
  return [a, b];
}

/** Moves `data` both ways, and sees that nothing is left of it but a rest in TIME-WAIT, which ends too. */
function move(seed: number, path: Path, cable: CableOptions, data: [Uint8Array, Uint8Array]): void {
  inNetwork(`lossy ${seed}`, { seed }, (network) => {
    const [a, b] = twoHosts(network, path.medium, cable);
    const at: { domain: SocketDomain; address: string; port: number } = { ...path, port: 7 };
    const transfer = new Transfer(a, b, at, ...data);
    network.run(24 * 3_600_000);
    expect(transfer.outcome()).toEqual({ client: "whole", server: "whole" });
    expect(a.counters.TcpRetransSegs).toBeGreaterThan(0);
    // Peace came when the last hold was over: 2 MSL after the last FIN.
    const quiet = network.now() - Math.max(...transfer.finishedAt);
    expect(quiet).toBeGreaterThanOrEqual(60_000);
    for (const host of [a, b]) expectEmpty(host);
  });
}

function expectEmpty(host: Host): void {
  expect(host.ports.stats().tcp).toMatchObject({ inUse: 0, held: 0, flows: 0 });
  expect(host.ports.nextDeadline()).toBe(never);
  expect(host.timers.next()).toBe(never);
  expect(host.snapshot().sockets).toEqual([]);
  const left = host
    .tables()
    .filter(({ name, used }) => used > 0 && !/^(groups|IPv. neighbours|timers)/.test(name));
  expect(left).toEqual([]);
}

const seeds = Number(process.env["LOSSY_SEEDS"] ?? 200);
const seedsATest = 20;
const firsts = Array.from({ length: Math.ceil(seeds / seedsATest) }, (_, i) => 1 + i * seedsATest);

describe("a megabyte each way, one packet in five lost, doubled, overtaken and damaged each", () => {
  test.each(firsts)(
    "arrives whole, and the tables end empty: twenty seeds from %i on [RFC 9293 3.8] [RFC 6298]",
    (first) => {
      for (let seed = first; seed < Math.min(first + seedsATest, seeds + 1); seed++)
        move(seed, paths[seed % paths.length]!, storm, [up, down]);
    },
  );
});

test("in ordinary bad weather a megabyte takes no hour, and an answer no minute", () => {
  inNetwork("rain", { seed: 1 }, (network) => {
    const [a, b] = twoHosts(network, "ip", rain);
    const began = network.now();
    const transfer = new Transfer(a, b, { ...paths[0], port: 7 }, up, down);
    network.run();
    expect(transfer.outcome()).toEqual({ client: "whole", server: "whole" });
    expect(Math.max(...transfer.finishedAt) - began).toBeLessThan(60_000);
  });
});
