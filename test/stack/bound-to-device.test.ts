/** SO_BINDTODEVICE and whose address one may bind, connect and listen with, as Linux answers. */
import { describe, expect, test } from "vitest";
import { Network } from "../../src/stack/network.ts";
import type { Socket, SocketDomain } from "../../src/stack/socket.ts";
import { outcome } from "./support/fake-world.ts";

function lab() {
  const network = new Network({ seed: 1 });
  const host = network.host("host");
  const ends = [{ name: "d0", addresses: ["10.9.0.1/24", "fd09::1/64"] }, { name: "d0p" }] as const;
  network.link(host, network.host("beyond"), { ends });
  const socket = (domain: SocketDomain, device: string): Socket => {
    const made = host.socket(domain, "SOCK_STREAM");
    made.setOption("SO_BINDTODEVICE", device);
    return made;
  };
  return { network, host, socket };
}

describe("a socket bound to a device", () => {
  test("binds any address of the host, whichever device has it", () => {
    const { socket } = lab();
    const answer = (domain: SocketDomain, device: string, address: string) =>
      outcome(() => socket(domain, device).bind({ address, port: 0 }));
    expect(answer("AF_INET", "lo", "10.9.0.1")).toBe(undefined);
    expect(answer("AF_INET", "d0", "127.0.0.2")).toBe(undefined);
    expect(answer("AF_INET6", "d0", "::ffff:127.0.0.1")).toBe(undefined);
    expect(answer("AF_INET6", "lo", "fd09::1")).toBe(undefined);
    expect(answer("AF_INET", "d0", "10.9.0.77")).toBe("EADDRNOTAVAIL");
  });

  test("reaches an address of ours over IPv6 only where its device has it", () => {
    const { socket } = lab();
    const answer = (device: string, address: string) =>
      outcome(() => socket("AF_INET6", device).connect({ address, port: 80 }));
    expect(answer("d0", "::1")).toBe("ENETUNREACH");
    expect(answer("lo", "fd09::1")).toBe("ENETUNREACH");
    expect(answer("d0", "fd09::1")).toBe("EINPROGRESS");
    expect(answer("lo", "::1")).toBe("EINPROGRESS");
  });

  test("takes another device's IPv4 address to be on its link", () => {
    const { host, socket } = lab();
    const fromLoopback = socket("AF_INET", "d0");
    fromLoopback.bind({ address: "127.0.0.1", port: 0 });
    expect(outcome(() => fromLoopback.connect({ address: "127.0.0.1", port: 80 }))).toBe("EINVAL");
    const datagrams = host.socket("AF_INET", "SOCK_DGRAM");
    datagrams.setOption("SO_BINDTODEVICE", "d0");
    datagrams.connect({ address: "127.0.0.1", port: 80 });
    expect(datagrams.localEndpoint().address).toBe("10.9.0.1");
    const onLoopback = host.socket("AF_INET", "SOCK_DGRAM");
    onLoopback.setOption("SO_BINDTODEVICE", "lo");
    onLoopback.connect({ address: "10.9.0.1", port: 80 });
    expect(onLoopback.localEndpoint().address).toBe("10.9.0.1");
  });

  test("hears of what goes to its device's address, whatever link carries it there", () => {
    const { network, host, socket } = lab();
    const connected = (listening: string, address: string, from: string) => {
      const family = address.includes(":") ? "AF_INET6" : "AF_INET";
      const listener = socket(family, listening);
      listener.bind({ address: family === "AF_INET" ? "0.0.0.0" : "::", port: 0 });
      listener.listen(1);
      const client = host.socket(family, "SOCK_STREAM");
      if (from !== "") client.setOption("SO_BINDTODEVICE", from);
      const to = { address, port: listener.localEndpoint().port };
      expect(outcome(() => client.connect(to))).toBe("EINPROGRESS");
      network.advance(1);
      return outcome(() => client.connect(to)) ?? "OK";
    };
    expect(connected("d0", "10.9.0.1", "")).toBe("OK");
    expect(connected("d0", "fd09::1", "")).toBe("OK");
    expect(connected("d0", "10.9.0.1", "d0")).toBe("OK");
    expect(connected("lo", "10.9.0.1", "")).toBe("ECONNREFUSED");
    expect(connected("lo", "fd09::1", "")).toBe("ECONNREFUSED");
    expect(connected("lo", "10.9.0.1", "lo")).toBe("OK");
    expect(connected("lo", "127.0.0.1", "")).toBe("OK");
    expect(connected("d0", "127.0.0.1", "")).toBe("ECONNREFUSED");
  });

  test("binds an IPv6 address of narrow scope on its own device only", () => {
    const { socket } = lab();
    expect(outcome(() => socket("AF_INET6", "d0").bind({ address: "::1", port: 0 }))).toBe("EADDRNOTAVAIL");
    expect(outcome(() => socket("AF_INET6", "lo").bind({ address: "::1", port: 0 }))).toBe(undefined);
  });
});
