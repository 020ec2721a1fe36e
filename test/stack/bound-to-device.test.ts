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

  test("binds an IPv6 address of narrow scope on its own device only", () => {
    const { socket } = lab();
    expect(outcome(() => socket("AF_INET6", "d0").bind({ address: "::1", port: 0 }))).toBe("EADDRNOTAVAIL");
    expect(outcome(() => socket("AF_INET6", "lo").bind({ address: "::1", port: 0 }))).toBe(undefined);
  });
});
