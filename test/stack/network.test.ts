import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { sameBytes } from "../../src/base/bytes.ts";
import type { EchoResult } from "../../src/stack/ip/icmp-echo.ts";
import { Network } from "../../src/stack/network.ts";

/** Four hosts on a bad switch and a bad cable, all pinging each other with packets of many sizes. */
function busyNetwork(seed: number): { capture: Uint8Array; results: EchoResult[] } {
  const network = new Network({ seed, capture: true });
  const segment = network.switch({
    loss: 0.1,
    duplication: 0.05,
    corruption: 0.02,
    reordering: 0.1,
    delay: 3,
    jitter: 2,
  });
  const hosts = ["a", "b", "c", "d"].map((name, i) => {
    const host = network.host(name);
    segment.attach(host, { addresses: [`10.0.0.${i + 1}/24`, `fd00::${i + 1}/64`] });
    return host;
  });
  const far = network.host("far");
  network.link(hosts[0]!, far, {
    rate: 1e6,
    delay: 20,
    ends: [{ addresses: ["192.168.1.1/24"] }, { addresses: ["192.168.1.2/24"], gateway: "192.168.1.1" }],
  });
  // Addresses are on trial at first.
  network.advance(3000);
  const results: EchoResult[] = [];
  for (let round = 0; round < 10; round++) {
    for (const [i, host] of hosts.entries())
      for (const destination of ["10.0.0.1", "10.0.0.3", `fd00::${((i + 1) % 4) + 1}`, "10.0.0.250"])
        host.echo.send(
          {
            destination: address(destination),
            data: new Uint8Array(network.random.below(6000)),
            timeout: 4000,
          },
          (result) => results.push(result),
        );
    far.echo.send({ destination: address("192.168.1.1"), timeout: 5000 }, (result) => results.push(result));
    network.advance(700);
  }
  expect(network.run()).toBe(true);
  return { capture: network.capture(), results };
}

describe("a network", () => {
  test("run twice with one seed says the same, byte for byte", () => {
    const first = busyNetwork(7);
    const second = busyNetwork(7);
    expect(first.capture.length).toBeGreaterThan(100_000);
    expect(sameBytes(first.capture, second.capture)).toBe(true);
    expect(first.results).toEqual(second.results);
    const replies = first.results.filter(({ kind }) => kind === "reply").length;
    expect(replies).toBeGreaterThan(50);
    expect(first.results.length).toBe(170);
  });

  test("says something else with another seed", () => {
    expect(sameBytes(busyNetwork(7).capture, busyNetwork(8).capture)).toBe(false);
  });

  test("has hosts of different names only", () => {
    const network = new Network({ seed: 1 });
    network.host("a");
    expect(() => network.host("a")).toThrow(RangeError);
  });

  test("gives no capture where none was asked for", () => {
    expect(() => new Network({ seed: 1 }).capture()).toThrow(RangeError);
  });
});
