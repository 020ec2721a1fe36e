import { describe, expect, test } from "vitest";
import { never } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Host } from "../../src/stack/host.ts";
import type { Network } from "../../src/stack/network.ts";
import { inNetwork } from "../support/network-trace.ts";
import { Transfer } from "./support/transfer.ts";

const data = [0, 1].map((i) => seededRandom(`data ${i}`).bytes(new Uint8Array(1 << 20)));

function twoHosts(network: Network, seed: number, w: any): [Host, Host] {
  const [a, b] = [network.host("a"), network.host("b")];
  network.link(a, b, {
    ...w,
    ends: [
      { addresses: ["10.0.0.1/24", "fd00::1/64"] },
      { addresses: ["10.0.0.2/24", "fd00::2/64"] },
    ],
  });
  for (const h of [a, b]) {
    h.sysctl.set("net.ipv4.tcp_retries2", 60);
    h.sysctl.set("net.ipv4.tcp_syn_retries", 60);
    h.sysctl.set("net.ipv4.tcp_synack_retries", 60);
    h.sysctl.set("net.ipv4.tcp_orphan_retries", 60);
  }
  return [a, b];
}
const w = JSON.parse(process.env["W"] ?? '{"loss":0.2,"duplication":0.2,"reordering":0.2,"corruption":0.05,"delay":5,"jitter":5}');
describe("x", () => {
  test("try", () => {
    for (let seed = 1; seed <= Number(process.env["N"] ?? 5); seed++) {
      const t0 = performance.now();
      inNetwork(`lossy ${seed}`, { seed }, (network) => {
        const [a, b] = twoHosts(network, seed, w);
        const transfer = new Transfer(a, b, { domain: "AF_INET", address: "10.0.0.2", port: 7 }, data[0]!, data[1]!);
        network.run(36_000_000);
        const t = network.now();
        expect(transfer.outcome()).toEqual({ client: "whole", server: "whole" });
        network.advance(121_000);
        console.log(seed, (performance.now() - t0) | 0, "ms", (t / 1000) | 0, "s virtual", a.counters.TcpOutSegs, b.counters.TcpOutSegs, a.counters.TcpRetransSegs, transfer.finishedAt.map((x) => (x / 1000) | 0), a.timers.next(), b.timers.next(),a.drops.snapshot().tcp);
        for (const h of [a, b]) { expect(h.ports.stats().tcp).toMatchObject({ inUse: 0, held: 0, flows: 0 }); expect(h.timers.next()).toBe(never);}
      });
    }
  }, 600000);
});
