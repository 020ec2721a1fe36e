/** gVisor's own tests of its ports and of its demultiplexer, from the published vectors, and what they do not ask. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { address, anyV4, anyV6 } from "../../../src/base/address.ts";
import type { Binding, BindRequest } from "../../../src/ports/binding.ts";
import type { PortManager } from "../../../src/ports/port-manager.ts";
import { endpointHash, gvisor } from "../../../src/ports/profiles/gvisor.ts";
import { request, testHost } from "../support/host.ts";

type Fields = Record<string, never> & {
  op: string;
  addr: string;
  port: number | string;
  flags: readonly string[];
  device: number;
  dest: { addr: string; port: number } | null;
  network: string;
  expect?: string;
  expect_port_min?: number;
  packets: number;
  distinct_source_ports: number;
  expect_distribution: readonly number[];
};

const published = new URL("../../../../shared/ports/vectors.json", import.meta.url);
const there = existsSync(published);
const suites: readonly { id: string; cases: readonly { name: string; ops: readonly Fields[] }[] }[] = there
  ? JSON.parse(readFileSync(published, "utf8")).suites
  : [];

function casesOf(id: string): readonly { name: string; ops: readonly Fields[] }[] {
  return suites.find((suite) => suite.id === id)?.cases ?? [];
}

/** gVisor's flags are options of one of our protocols: MostRecent is UDP's SO_REUSEADDR, TupleOnly TCP's. */
function requestOf({ addr, port, flags, device, network }: Fields, protocol: "tcp" | "udp"): BindRequest {
  const v6 = network === "ipv6";
  const local = v6 ? address("2001:db8::1") : address("192.0.2.1");
  return {
    protocol,
    domain: v6 ? 6 : 4,
    address: addr === "*" ? (v6 ? anyV6 : anyV4) : addr === "$LOCAL" ? local : address(addr),
    port: port === "$P" ? 5000 : Number(port),
    reuseAddress: flags.includes("MostRecent") || flags.includes("TupleOnly"),
    reusePort: flags.includes("LoadBalanced"),
    device,
    privileged: true,
  };
}

/** A reservation for one destination is what connect() makes; its port is given here by a range of one. */
function reserve(
  manager: PortManager<string>,
  one: Fields,
  protocol: "tcp" | "udp",
): Binding<string> | string {
  const wanted = requestOf(one, protocol);
  if (one.dest === null) return manager.tryReserve("", wanted);
  manager.range = [wanted.port, wanted.port];
  const remote = { address: address(one.dest.addr), port: one.dest.port };
  return manager.tryConnectNew("", { ...wanted, port: 0 }, { source: wanted.address, remote });
}

function keyOf({ addr, port, flags, device }: Fields): string {
  return JSON.stringify([addr, port, flags, device]);
}

describe.skipIf(!there)("gVisor's TestPortReservation", () => {
  for (const { name, ops } of casesOf("gvisor.ports.TestPortReservation"))
    test(name, () => {
      const { manager } = testHost(gvisor);
      const protocol = ops.some(({ flags }) => flags.includes("TupleOnly")) ? "tcp" : "udp";
      const held = new Map<string, Binding<string>[]>();
      for (const one of ops) {
        const same = held.get(keyOf(one)) ?? [];
        held.set(keyOf(one), same);
        if (one.op === "release") {
          const last = same.pop();
          if (last !== undefined) manager.release(last);
          continue;
        }
        const got = reserve(manager, one, protocol);
        if (one.expect === "OK") {
          expect(got).toBeTypeOf("object");
          same.push(got as Binding<string>);
          expect((got as Binding<string>).port).toBeGreaterThanOrEqual(one.expect_port_min ?? 0);
        } else {
          expect(one.expect).toBe("ErrPortInUse");
          expect(got).toBeTypeOf("string");
        }
      }
    });
});

describe.skipIf(!there)("gVisor's transport_demuxer_test", () => {
  const cases = casesOf("gvisor.stack.transport_demuxer_test").filter(({ name }) => name.startsWith("Bind"));
  for (const { name, ops } of cases)
    test(name, () => {
      const { manager } = testHost(gvisor);
      const bound = ops
        .filter(({ op }) => op === "bind_endpoint")
        .map((one, i) => manager.reserve(`${i}`, requestOf(one, "udp")));
      const inject = ops.find(({ op }) => op === "inject")!;
      const [local, remote] =
        inject.network === "ipv6"
          ? [address("2001:db8::1"), address("2001:db8::2")]
          : [address("192.0.2.1"), address("192.0.2.2")];
      const counts = bound.map(() => 0);
      for (let from = 1; from <= inject.distinct_source_ports; from++) {
        const got = manager.demultiplex("udp", local, 5000, remote, from, inject.device);
        expect(manager.demultiplex("udp", local, 5000, remote, from, inject.device)).toBe(got);
        counts[Number(got!.owner)]!++;
      }
      for (const [i, share] of inject.expect_distribution.entries())
        expect(counts[i]! / inject.distinct_source_ports).toBeCloseTo(share, 0.5);
    });
});

describe("gVisor", () => {
  test("spreads by its own hash", () => {
    const file = new URL("../data/hash_vectors.json", import.meta.url);
    const { gvisor_select_endpoint } = JSON.parse(readFileSync(file, "utf8"));
    for (const [seed, localPort, remotePort, local, remote, hash] of gvisor_select_endpoint)
      expect(
        endpointHash(Number.parseInt(seed, 16), address(local), localPort, address(remote), remotePort),
      ).toBe(Number.parseInt(hash, 16));
    expect(gvisor_select_endpoint).toHaveLength(3);
  });

  test("asks that one flag be common to all holders of an address, not one to each of them", () => {
    const both = { reuseAddress: true, reusePort: true };
    const { manager } = testHost(gvisor);
    manager.reserve("A", request("192.0.2.1:5000", { reuseAddress: true, device: 1 }));
    manager.reserve("B", request("192.0.2.1:5000", { reusePort: true, device: 2 }));
    expect(manager.tryReserve("C", request("192.0.2.1:5000", both))).toBe("EADDRINUSE");
    expect(manager.tryReserve("C", request("192.0.2.1:5000", { ...both, device: 3 }))).toBeTypeOf("object");
    expect(manager.explain(request("192.0.2.1:5000", both)).passedOver).toHaveLength(1);
  });

  test("judges the addresses under a wildcard apart", () => {
    const { manager } = testHost(gvisor);
    manager.reserve("A", request("192.0.2.1:5000", { reuseAddress: true }));
    manager.reserve("B", request("192.0.2.2:5000", { reusePort: true }));
    const both = { reuseAddress: true, reusePort: true };
    expect(manager.tryReserve("C", request("0.0.0.0:5000", both))).toBeTypeOf("object");
    expect(manager.tryReserve("D", request("0.0.0.0:5000", { reuseAddress: true }))).toBe("EADDRINUSE");
  });

  test("gives a datagram to the newest of those with SO_REUSEADDR, and by hash once all have SO_REUSEPORT too", () => {
    const owners = (options: Partial<BindRequest>): Set<string> => {
      const { manager } = testHost(gvisor);
      for (const owner of ["old", "new"])
        manager.reserve(owner, request("192.0.2.1:5000", { protocol: "udp", ...options }));
      const ports = Array.from({ length: 64 }, (_, i) => i + 1);
      const to = (port: number) =>
        manager.demultiplex("udp", address("192.0.2.1"), 5000, address("192.0.2.9"), port, 1)!.owner;
      return new Set(ports.map(to));
    };
    expect(owners({ reuseAddress: true })).toEqual(new Set(["new"]));
    expect(owners({ reuseAddress: true, reusePort: true })).toEqual(new Set(["old", "new"]));
  });

  test("does not fall back to a wildcard where the address is bound on another device", () => {
    const { manager } = testHost(gvisor);
    manager.reserve("address", request("192.0.2.1:5000", { protocol: "udp", device: 2 }));
    manager.reserve("wildcard", request("0.0.0.0:5000", { protocol: "udp", device: 1 }));
    const to = (local: string, device: number) =>
      manager.demultiplex("udp", address(local), 5000, address("192.0.2.9"), 7, device)?.owner;
    expect(to("192.0.2.1", 2)).toBe("address");
    expect(to("192.0.2.1", 1)).toBe(undefined);
    expect(to("192.0.2.2", 1)).toBe("wildcard");
  });
});
