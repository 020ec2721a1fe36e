/** A link that shares its addresses with another stack is asked for every port, and told when it is free. */
import { describe, expect, test } from "vitest";
import { formatAddress } from "../../src/base/address.ts";
import { type ErrnoName, SocketError } from "../../src/base/errno.ts";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/time/virtual-clock.ts";
import { type Link, type LinkCapabilities, newLinkStats } from "../../src/link/link.ts";
import { traced } from "../../src/link/tracer.ts";
import { Host } from "../../src/stack/host.ts";
import { outcome } from "./support/fake-world.ts";

class SharedLink implements Link {
  readonly name = "shared0";
  readonly capabilities: LinkCapabilities = {
    medium: "ip",
    mtu: 1500,
    headroom: 0,
    partialChecksum: false,
    tcpSegmentation: false,
    udpSegmentation: false,
  };
  readonly stats = newLinkStats();
  readonly claims: string[] = [];
  /** Ports the other stack uses. */
  readonly taken: Set<number> = new Set();
  /** Why it gives nothing at all. */
  refusal: ErrnoName | undefined;
  open(): void {}
  send(_packets: unknown, count: number): number {
    return count;
  }
  close(): void {}
  readonly claim = (protocol: number, address: Parameters<NonNullable<Link["claim"]>>[1], port: number) => {
    if (this.refusal !== undefined) throw new SocketError(this.refusal, "socket");
    if (this.taken.has(port)) throw new SocketError("EADDRINUSE", "bind");
    const claim = `${protocol} ${formatAddress(address)} ${port}`;
    this.claims.push(claim);
    return () => void this.claims.splice(this.claims.indexOf(claim), 1);
  };
}

function sharing(): { link: SharedLink; host: Host } {
  const clock = new VirtualClock();
  const host = new Host({ clock, random: seededRandom(1) });
  const link = new SharedLink();
  host.addInterface(traced(link, { clock, tracer: () => {} }), { addresses: ["192.0.2.1/24"] });
  return { link, host };
}

describe("ports of shared addresses", () => {
  test("are claimed by bind, through links around the link, and given back by close", () => {
    const { link, host } = sharing();
    const socket = host.socket("AF_INET", "SOCK_DGRAM");
    socket.bind({ address: "192.0.2.1", port: 5353 });
    expect(link.claims).toEqual(["17 192.0.2.1 5353"]);
    socket.close();
    expect(link.claims).toEqual([]);
  });

  test("are claimed for both families by a dual-stack wildcard", () => {
    const { link, host } = sharing();
    host.socket("AF_INET6", "SOCK_STREAM").bind({ address: "::", port: 80 });
    expect(link.claims).toEqual(["6 :: 80", "6 0.0.0.0 80"]);
  });

  test("are claimed when connect chooses one", () => {
    const { link, host } = sharing();
    const socket = host.socket("AF_INET", "SOCK_STREAM");
    expect(() => socket.connect({ address: "192.0.2.2", port: 80 })).toThrow("EINPROGRESS");
    expect(link.claims).toEqual([`6 192.0.2.1 ${socket.localEndpoint().port}`]);
    socket.close();
    host.close();
    expect(link.claims).toEqual([]);
  });

  test("that the other stack uses are passed over when one is chosen", () => {
    const { link, host } = sharing();
    host.sysctl.set("net.ipv4.ip_local_port_range", "50000 50003");
    for (const port of [50_000, 50_001, 50_003]) link.taken.add(port);
    for (const type of ["SOCK_DGRAM", "SOCK_STREAM"] as const) {
      const bound = host.socket("AF_INET", type);
      bound.bind({ address: "192.0.2.1", port: 0 });
      expect(bound.localEndpoint().port).toBe(50_002);
      bound.close();
      const connected = host.socket("AF_INET", type);
      outcome(() => connected.connect({ address: "192.0.2.2", port: 80 }));
      expect(connected.localEndpoint().port).toBe(50_002);
      expect(link.claims).toHaveLength(1);
      link.taken.add(50_002);
      const third = host.socket("AF_INET", type);
      expect(outcome(() => third.bind({ address: "192.0.2.1", port: 0 }))).toBe("EADDRINUSE");
      link.taken.delete(50_002);
      connected.close();
    }
    // It is not remembered: the other stack may have let go.
    link.taken.clear();
    const ports = [0, 1, 2, 3].map(() => {
      const socket = host.socket("AF_INET", "SOCK_DGRAM");
      socket.bind({ address: "192.0.2.1", port: 0 });
      return socket.localEndpoint().port;
    });
    expect(ports.sort()).toEqual([50_000, 50_001, 50_002, 50_003]);
  });

  test("that cannot be asked for end the call, and nothing is held", () => {
    const { link, host } = sharing();
    link.refusal = "EMFILE";
    const socket = host.socket("AF_INET", "SOCK_STREAM");
    expect(outcome(() => socket.connect({ address: "192.0.2.2", port: 80 }))).toBe("EMFILE");
    expect(host.ports.snapshot()).toEqual([]);
    link.refusal = undefined;
    expect(outcome(() => socket.connect({ address: "192.0.2.2", port: 80 }))).toBe("EINPROGRESS");
  });

  test("that the other stack uses are EADDRINUSE, and nothing is held", () => {
    const { link, host } = sharing();
    link.taken.add(80);
    const socket = host.socket("AF_INET", "SOCK_STREAM");
    expect(() => socket.bind({ address: "192.0.2.1", port: 80 })).toThrow("EADDRINUSE");
    expect(link.claims).toEqual([]);
    expect(host.ports.snapshot()).toEqual([]);
    socket.bind({ address: "192.0.2.1", port: 81 });
  });
});
