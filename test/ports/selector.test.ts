/** Who of a group gets a packet: a function in place of the hash, and FreeBSD's own hash. */
import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import type { Binding, BindRequest } from "../../src/ports/binding.ts";
import type { ArrivingPacket } from "../../src/ports/demultiplexer/reuseport-group.ts";
import type { Profile } from "../../src/ports/profile.ts";
import { freebsd } from "../../src/ports/profiles/freebsd.ts";
import { linux } from "../../src/ports/profiles/linux.ts";
import { outcome, request, type TestHost, testHost } from "./support/host.ts";

const us = address("192.0.2.1");
const them = address("198.51.100.7");
const udp = { protocol: "udp", reusePort: true } as const;

/** Three UDP sockets on one port, `0` to `2`. */
function group(profile: Profile = linux, options: Partial<BindRequest> = udp): [TestHost, Binding<string>[]] {
  const host = testHost(profile);
  const members = ["0", "1", "2"].map((owner) =>
    host.manager.reserve(owner, request("192.0.2.1:53", options)),
  );
  return [host, members];
}

function receiver({ manager }: TestHost, remotePort: number, payload?: Uint8Array): string | undefined {
  return manager.demultiplex("udp", us, 53, them, remotePort, 1, payload)?.owner;
}

describe("a group's selector [SO_ATTACH_REUSEPORT_CBPF]", () => {
  test("is given the packet, and picks the member by index", () => {
    const [host, [first]] = group();
    const seen: ArrivingPacket[] = [];
    first!.selector = (packet) => {
      seen.push(packet);
      return packet.payload[0]! % 3;
    };
    expect([0, 1, 2, 4].map((byte) => receiver(host, 4000, Uint8Array.of(byte)))).toEqual([
      "0",
      "1",
      "2",
      "1",
    ]);
    expect(seen[0]).toMatchObject({ local: us, localPort: 53, remote: them, remotePort: 4000, device: 1 });
  });

  test("that names no member leaves it to the hash", () => {
    const [host, members] = group();
    const byHash = Array.from({ length: 50 }, (_, i) => receiver(host, 4000 + i));
    expect(new Set(byHash).size).toBe(3);
    for (const index of [3, -1, 0.5, Number.NaN]) {
      members[1]!.selector = () => index;
      expect(Array.from({ length: 50 }, (_, i) => receiver(host, 4000 + i))).toEqual(byHash);
    }
  });

  test("is the group's: the last one set counts, and goes when it is taken away", () => {
    const [host, members] = group();
    members[0]!.selector = () => 0;
    members[2]!.selector = () => 2;
    expect(members[1]!.selector).toBe(members[2]!.selector);
    expect(Array.from({ length: 20 }, (_, i) => receiver(host, i + 1))).toEqual(Array(20).fill("2"));
    members[0]!.selector = undefined;
    expect(new Set(Array.from({ length: 50 }, (_, i) => receiver(host, i + 1))).size).toBe(3);
  });

  test("outlives the socket that brought it, and counts members as they are now", () => {
    const host = testHost();
    const bringer = host.manager.reserve("0", request("192.0.2.1:53", { ...udp, selector: (_, n) => n - 1 }));
    host.manager.reserve("1", request("192.0.2.1:53", udp));
    expect(receiver(host, 4000)).toBe("1");
    host.manager.reserve("2", request("192.0.2.1:53", udp));
    expect(receiver(host, 4000)).toBe("2");
    host.manager.release(bringer);
    expect(receiver(host, 4000)).toBe("1"); // the last has moved into the first place
  });

  test("brought to bind(2) makes a group of its own, which joins no other", () => {
    for (const protocol of ["udp", "tcp"] as const) {
      const { manager } = testHost();
      const wish = request("192.0.2.1:53", { ...udp, protocol, selector: () => 0 });
      manager.reserve("first", wish);
      expect(outcome(() => manager.reserve("second", wish))).toBe("EADDRINUSE");
      expect(outcome(() => manager.reserve("third", request("192.0.2.1:53", { ...udp, protocol })))).toBe(53);
    }
  });

  test("picks among listeners", () => {
    const { manager } = testHost();
    for (const owner of ["0", "1"]) {
      const binding = manager.reserve(owner, request("0.0.0.0:80", { reusePort: true }));
      manager.listen(binding);
      binding.selector = ({ remotePort }) => remotePort % 2;
    }
    const listener = (port: number): string | undefined =>
      manager.demultiplex("tcp", us, 80, them, port, 1)?.owner;
    expect([5000, 5001, 5002].map(listener)).toEqual(["0", "1", "0"]);
  });
});

describe("FreeBSD's SO_REUSEPORT_LB", () => {
  const lb = { protocol: "udp", loadBalance: true } as const;

  test("balances by an unkeyed hash, modulo the members", () => {
    const [host] = group(freebsd, lb);
    // The foreign address as it lies in memory, little-endian: 198.51.100.7 is 0x076433c6.
    const foreign = 0x076433c6;
    for (let port = 1000; port < 1100; port++) {
      const hash = (foreign ^ (foreign >>> 16) ^ 53 ^ port) >>> 0;
      expect(receiver(host, port)).toBe(String(hash % 3));
    }
  });

  test("SO_REUSEPORT alone balances nothing: the newest gets all", () => {
    const [host] = group(freebsd, udp);
    expect(new Set(Array.from({ length: 50 }, (_, i) => receiver(host, i + 1)))).toEqual(new Set(["2"]));
  });

  test("comes before a single socket of the address, behind a flow", () => {
    const host = testHost(freebsd);
    const { manager } = host;
    const balanced = request("0.0.0.0:53", { ...lb, reuseAddress: true });
    manager.reserve("group", balanced);
    manager.reserve("single", request("192.0.2.1:53", { protocol: "udp", reuseAddress: true }));
    expect(receiver(host, 4000)).toBe("group");
    const flow = manager.reserve(
      "flow",
      request("192.0.2.1:53", { protocol: "udp", reuseAddress: true, port: 54 }),
    );
    manager.connect(flow, { source: us, remote: { address: them, port: 4000 } });
    expect(manager.demultiplex("udp", us, 54, them, 4000, 1)?.owner).toBe("flow");
  });
});
