/**
 * SO_INCOMING_CPU: what these say of UDP and TCP was seen of Linux 6.18, its sender bound to one CPU and the other; what they say
 * of SCTP is as its source has it.
 */
import { describe, expect, test } from "vitest";
import type { Binding, BindRequest, TransportProtocol } from "../../../src/ports/binding.ts";
import { PortManager } from "../../../src/ports/port-manager.ts";
import type { Profile } from "../../../src/ports/profile.ts";
import { freebsd13 } from "../../../src/ports/profiles/freebsd.ts";
import { gvisor } from "../../../src/ports/profiles/gvisor.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { endpoint, path, request, type TestHost, testHost } from "../support/host.ts";

const us = "192.0.2.1";
const peers = Array.from({ length: 200 }, (_, i) => `198.51.100.${i % 250}:${5000 + i}`);

class Port {
  readonly #host: TestHost;
  readonly #protocol: TransportProtocol;

  constructor(protocol: TransportProtocol, profile: Profile = linux) {
    this.#host = testHost(profile);
    this.#protocol = protocol;
  }

  get manager(): PortManager<string> {
    return this.#host.manager;
  }

  holds(owner: string, local: string, more: Partial<BindRequest>): Binding<string> {
    const protocol = this.#protocol;
    const binding = this.manager.reserve(owner, request(local, { protocol, ...more }));
    if (protocol !== "udp") this.manager.listen(binding);
    return binding;
  }

  /** Members `0`, `1` ... of one group, each with its SO_INCOMING_CPU. */
  group(...cpus: number[]): Binding<string>[] {
    return cpus.map((incomingCpu, i) =>
      this.holds(String(i), "0.0.0.0:53", { reusePort: true, incomingCpu }),
    );
  }

  get(cpu: number, from: string, to = `${us}:53`, device = 1): string | undefined {
    return found(this.manager, this.#protocol, cpu, from, to, device);
  }

  /** Everyone who gets something of what all the peers send. */
  takers(cpu: number): string[] {
    return [...new Set(peers.map((peer) => this.get(cpu, peer)!))].sort();
  }
}

function found(
  manager: PortManager<string>,
  protocol: TransportProtocol,
  cpu: number,
  from: string,
  to: string,
  device: number,
): string | undefined {
  const [local, remote] = [endpoint(to), endpoint(from)];
  return manager.demultiplex(
    protocol,
    local.address,
    local.port,
    remote.address,
    remote.port,
    device,
    undefined,
    cpu,
  )?.owner;
}

describe.each(["udp", "tcp", "sctp"] as const)("a group of SO_REUSEPORT, %s", (protocol) => {
  test.each([
    [[0, 1], ["0"], ["1"]],
    [[1, 0], ["1"], ["0"]],
    [[-1, 1, -1], ["0", "1", "2"], ["1"]],
    [[0, 0, 1], ["0", "1"], ["2"]],
    [
      [5, -1, 6],
      ["0", "1", "2"],
      ["0", "1", "2"],
    ],
    [[-5, -1, 0], ["2"], ["0", "1", "2"]],
  ])("with SO_INCOMING_CPU at %j: CPU 0 serves %j, CPU 1 %j", (cpus, onZero, onOne) => {
    const port = new Port(protocol);
    port.group(...cpus);
    expect(port.takers(0)).toEqual(onZero);
    expect(port.takers(1)).toEqual(onOne);
  });

  test("the hash says where the search for a member of the CPU begins: the next in the ring gets it", () => {
    const [whole, part] = [new Port(protocol), new Port(protocol)];
    whole.group(-1, -1, -1);
    part.group(0, 0, 1);
    const next: Record<string, string> = { "0": "0", "1": "1", "2": "0" };
    for (const peer of peers) expect(part.get(0, peer)).toBe(next[whole.get(0, peer)!]);
  });

  test("heeds what is set and unset while it receives, and who comes and goes", () => {
    const port = new Port(protocol);
    const [, one, two] = port.group(-1, -1, -1);
    one!.incomingCpu = 0;
    expect(port.takers(0)).toEqual(["1"]);
    two!.incomingCpu = 0;
    expect(port.takers(0)).toEqual(["1", "2"]);
    one!.incomingCpu = -1;
    expect(port.takers(0)).toEqual(["2"]);
    port.manager.release(two!);
    expect(port.takers(0)).toEqual(["0", "1"]);
    port.holds("late", "0.0.0.0:53", { reusePort: true, incomingCpu: 0 });
    expect(port.takers(0)).toEqual(["late"]);
  });

  test("obeys its selector first; an index that is none leaves it to CPU and hash", () => {
    const port = new Port(protocol);
    const [zero] = port.group(0, 1);
    zero!.selector = () => 1;
    expect(port.takers(0)).toEqual(["1"]);
    zero!.selector = () => 9;
    expect(port.takers(0)).toEqual(["0"]);
  });

  test("goes on as it was where its state is taken elsewhere", () => {
    const port = new Port(protocol);
    port.group(-1, 1, 0);
    const state = JSON.parse(JSON.stringify(port.manager.exported()));
    const other = PortManager.imported<string>(state, { profile: linux, now: () => 0 });
    for (const cpu of [0, 1, 2])
      for (const peer of peers)
        expect(found(other, protocol, cpu, peer, `${us}:53`, 1)).toBe(port.get(cpu, peer));
  });
});

describe("a group with a connected member", () => {
  const member = { reusePort: true, reuseAddress: true };

  test("is scored: whoever has the CPU gets it", () => {
    const port = new Port("udp");
    for (const [owner, incomingCpu] of [
      ["none", -1],
      ["zero", 0],
      ["connected", -1],
    ] as const) {
      const binding = port.holds(owner, `${us}:53`, { ...member, incomingCpu });
      if (owner === "connected") port.manager.connect(binding, path(us, "198.51.100.9:9"));
    }
    expect(port.takers(0)).toEqual(["zero"]);
    expect(port.takers(1)).toEqual(["none", "zero"]);
  });

  test("chooses by its selector for the score of the member that was asked", () => {
    const port = new Port("udp");
    port.holds("outside", `${us}:53`, { reuseAddress: true, incomingCpu: 0 });
    const chosen = port.holds("chosen", `${us}:53`, member);
    port.holds("asked", `${us}:53`, { ...member, incomingCpu: 0 });
    const connected = port.holds("connected", `${us}:53`, member);
    chosen.selector = () => 0;
    port.manager.connect(connected, path(us, "198.51.100.9:9"));
    expect(port.takers(0)).toEqual(["chosen"]);
  });

  test("does not choose one that is connected, whatever CPU it had last", () => {
    const port = new Port("udp");
    const [zero] = ["0", "1"].map((owner) => port.holds(owner, `${us}:53`, member));
    port.manager.connect(zero!, path(us, "198.51.100.9:9"));
    zero!.incomingCpu = 0;
    expect(port.takers(0)).toEqual(["1"]);
    port.manager.disconnect(zero!);
    expect(port.takers(0)).toEqual(["0"]);
  });
});

describe("among receivers of one port, the CPU is a point", () => {
  const shared = { reuseAddress: true };

  test("UDP: it decides among equals, of which the newest had it else", () => {
    const port = new Port("udp");
    port.holds("one", "0.0.0.0:53", { ...shared, incomingCpu: 1 });
    port.holds("zero", "0.0.0.0:53", { ...shared, incomingCpu: 0 });
    port.holds("any", "0.0.0.0:53", shared);
    expect([0, 1, 2].map((cpu) => port.get(cpu, "198.51.100.1:7"))).toEqual(["zero", "one", "any"]);
  });

  test("it is worth as much as the packet's own family: of the two the first in the list", () => {
    const udp = new Port("udp");
    udp.holds("IPv4", "0.0.0.0:53", shared);
    udp.holds("dual-stack", "[::]:53", { ...shared, incomingCpu: 0 });
    expect([udp.get(0, "198.51.100.1:7"), udp.get(1, "198.51.100.1:7")]).toEqual(["dual-stack", "IPv4"]);
    // An IPv6 socket of a reuseport group stands last.
    const tcp = new Port("tcp");
    tcp.holds("IPv4", "0.0.0.0:53", { reusePort: true });
    tcp.holds("dual-stack", "[::]:53", { reusePort: true, incomingCpu: 0 });
    expect(tcp.get(0, "198.51.100.1:7")).toBe("IPv4");
  });

  test.each([
    ["udp", "0.0.0.0:53", `${us}:53`, "198.51.100.1:7", ["device", "device"]],
    ["tcp", "0.0.0.0:53", `${us}:53`, "198.51.100.1:7", ["cpu", "device"]],
    ["udp", "[::]:53", "[2001:db8::1]:53", "[2001:db8::2]:7", ["cpu", "device"]],
    ["tcp", "[::]:53", "[2001:db8::1]:53", "[2001:db8::2]:7", ["device", "cpu"]],
  ] as const)("%s at %s: a device against it", (protocol, local, to, from, winners) => {
    const share = protocol === "udp" ? { reuseAddress: true } : { reusePort: true };
    const sockets = { device: { ...share, device: 7 }, cpu: { ...share, incomingCpu: 0 } };
    const got = (order: readonly (keyof typeof sockets)[]): string | undefined => {
      const port = new Port(protocol);
      for (const owner of order) port.holds(owner, local, sockets[owner]);
      return port.get(0, from, to, 7);
    };
    expect([got(["device", "cpu"]), got(["cpu", "device"])]).toEqual(winners);
  });

  test.each([
    [us, "198.51.100.1", ["half", "half"]],
    ["[2001:db8::1]", "[2001:db8::2]", ["cpu", "half"]],
  ] as const)("UDP at %s: a peer half fixed against it", (local, peer, winners) => {
    const got = (order: readonly ("half" | "cpu")[]): string | undefined => {
      const port = new Port("udp");
      for (const owner of order) {
        const more = owner === "cpu" ? { ...shared, incomingCpu: 0 } : shared;
        const binding = port.holds(owner, `${local}:53`, more);
        if (owner === "half") port.manager.connect(binding, path(local.replace(/[[\]]/g, ""), `${peer}:0`));
      }
      return port.get(0, `${peer}:7`, `${local}:53`);
    };
    expect([got(["half", "cpu"]), got(["cpu", "half"])]).toEqual(winners);
  });

  test("SCTP gives no point for it", () => {
    const zero = new Port("sctp").holds("zero", `${us}:53`, { incomingCpu: 0 });
    const points = (protocol: "tcp" | "sctp", cpu: number): number =>
      linux.protocols[protocol].reception.score(zero, zero.address, zero.address, 7, 1, cpu);
    expect([points("sctp", 0), points("sctp", 1)]).toEqual([2, 2]);
    expect([points("tcp", 0), points("tcp", 1)]).toEqual([3, 2]);
  });
});

test("a connection gets its packets from every CPU", () => {
  const port = new Port("udp");
  const flow = port.holds("flow", `${us}:53`, { reuseAddress: true });
  port.manager.connect(flow, path(us, "198.51.100.1:9"));
  port.holds("zero", `${us}:53`, { reuseAddress: true, incomingCpu: 0 });
  expect([0, 1].map((cpu) => port.get(cpu, "198.51.100.1:9"))).toEqual(["flow", "flow"]);
});

test.each([freebsd13, gvisor])("$name has no such option: it changes nothing", (profile) => {
  const [with_, without] = [new Port("udp", profile), new Port("udp", profile)];
  for (const port of [with_, without]) {
    const incomingCpu = port === with_ ? 0 : -1;
    for (const owner of ["a", "b", "c"])
      port.holds(owner, "0.0.0.0:53", {
        reusePort: true,
        loadBalance: true,
        incomingCpu: owner === "b" ? incomingCpu : -1,
      });
  }
  for (const peer of peers) expect(with_.get(0, peer)).toBe(without.get(0, peer));
});
