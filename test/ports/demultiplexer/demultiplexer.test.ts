import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import type { BindRequest, TransportProtocol } from "../../../src/ports/binding.ts";
import type { Profile } from "../../../src/ports/profile.ts";
import { freebsd13 } from "../../../src/ports/profiles/freebsd.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { linux24 } from "../../../src/ports/profiles/linux-old.ts";
import { endpoint, path, request, type TestHost, testHost } from "../support/host.ts";

const us = "192.0.2.1";
const reusePort: Partial<BindRequest> = { reusePort: true };
const udp: Partial<BindRequest> = { protocol: "udp" };

class Receivers {
  readonly host: TestHost;
  #protocol: TransportProtocol = "udp";

  constructor(profile: Profile = linux) {
    this.host = testHost(profile);
  }

  udp(
    owner: string,
    local: string,
    more: Partial<BindRequest> = {},
  ): ReturnType<TestHost["manager"]["reserve"]> {
    return this.host.manager.reserve(owner, request(local, { ...udp, reuseAddress: true, ...more }));
  }

  tcp(
    owner: string,
    local: string,
    more: Partial<BindRequest> = {},
  ): ReturnType<TestHost["manager"]["reserve"]> {
    this.#protocol = "tcp";
    const binding = this.host.manager.reserve(owner, request(local, more));
    this.host.manager.listen(binding);
    return binding;
  }

  get(to: string, from: string, device = 1): string | undefined {
    const [local, remote] = [endpoint(to), endpoint(from)];
    const { manager } = this.host;
    return manager.demultiplex(this.#protocol, local.address, local.port, remote.address, remote.port, device)
      ?.owner;
  }
}

describe("a packet goes to the most specific", () => {
  test("TCP: the connection, then the listener at its address, then the wildcard; else nobody", () => {
    const receivers = new Receivers();
    const wildcard = receivers.tcp("wildcard", "0.0.0.0:80", reusePort);
    receivers.tcp("specific", `${us}:80`, reusePort);
    const remote = endpoint("198.51.100.1:5000");
    receivers.host.manager.accept(wildcard, "connection", { local: address(us), remote });
    expect(receivers.get(`${us}:80`, "198.51.100.1:5000")).toBe("connection");
    expect(receivers.get(`${us}:80`, "198.51.100.1:5001")).toBe("specific");
    expect(receivers.get("192.0.2.2:80", "198.51.100.1:5001")).toBe("wildcard");
    expect(receivers.get(`${us}:81`, "198.51.100.1:5001")).toBeUndefined();
    expect(receivers.get("[2001:db8::1]:80", "[2001:db8::2]:5001")).toBeUndefined();
  });

  test("a bound TCP socket that does not listen gets nothing", () => {
    const { manager } = testHost();
    manager.reserve("bound", request("0.0.0.0:80"));
    expect(manager.demultiplex("tcp", address(us), 80, address("198.51.100.1"), 5000, 1)).toBeUndefined();
    expect(manager.demultiplex("sctp", address(us), 80, address("198.51.100.1"), 5000, 1)).toBeUndefined();
  });

  test("TCP: among wildcards the device, then the packet's own family", () => {
    const receivers = new Receivers();
    receivers.tcp("dual-stack", "[::]:80", reusePort);
    receivers.tcp("IPv4", "0.0.0.0:80", reusePort);
    receivers.tcp("on device 7", "0.0.0.0:80", { ...reusePort, device: 7 });
    expect(receivers.get(`${us}:80`, "198.51.100.1:5000")).toBe("IPv4");
    expect(receivers.get(`${us}:80`, "198.51.100.1:5000", 7)).toBe("on device 7");
    expect(receivers.get("[2001:db8::1]:80", "[2001:db8::2]:5000", 7)).toBe("dual-stack");
  });

  test("UDP: a connected socket gets its peer's datagrams and no others", () => {
    const receivers = new Receivers();
    const connected = receivers.udp("connected", `${us}:53`);
    receivers.udp("other", `${us}:53`);
    receivers.host.manager.connect(connected, path(us, "198.51.100.1:5000"));
    expect(receivers.get(`${us}:53`, "198.51.100.1:5000")).toBe("connected");
    expect(receivers.get(`${us}:53`, "198.51.100.1:5001")).toBe("other");
    receivers.host.manager.disconnect(connected);
    expect(receivers.get(`${us}:53`, "198.51.100.1:5001")).toBe("other"); // as Linux does: it keeps its place
  });

  test("UDP: one that comes back to a wildcard address is the newest there [Linux]", () => {
    const receivers = new Receivers();
    const connected = receivers.udp("connected", "0.0.0.0:53");
    receivers.udp("other", "0.0.0.0:53");
    receivers.host.manager.connect(connected, path(us, "198.51.100.1:5000"));
    receivers.host.manager.disconnect(connected);
    expect(receivers.get(`${us}:53`, "198.51.100.1:5001")).toBe("connected");
  });

  test("UDP: a socket connected to port 0 takes any port of that peer, before the unconnected", () => {
    const receivers = new Receivers();
    const half = receivers.udp("half", `${us}:53`);
    receivers.udp("other", `${us}:53`);
    receivers.host.manager.connect(half, path(us, "198.51.100.1:0"));
    expect(receivers.get(`${us}:53`, "198.51.100.1:7")).toBe("half");
    expect(receivers.get(`${us}:53`, "198.51.100.2:7")).toBe("other");
  });

  test("UDP: of equals with SO_REUSEADDR the newest receives [Linux]", () => {
    const receivers = new Receivers();
    receivers.udp("old", "0.0.0.0:53");
    const young = receivers.udp("new", "0.0.0.0:53");
    expect(receivers.get(`${us}:53`, "198.51.100.1:7")).toBe("new");
    receivers.host.manager.release(young);
    expect(receivers.get(`${us}:53`, "198.51.100.1:7")).toBe("old");
  });

  test("TCP: of two flows with one four-tuple, one of them on a device, the newest", () => {
    const { manager } = testHost();
    const connect = (owner: string, device: number) =>
      manager.connect(
        manager.reserve(owner, request(`${us}:4000`, { device, reuseAddress: true })),
        path(us, "198.51.100.1:80"),
      );
    const got = (device: number) =>
      manager.demultiplex("tcp", address(us), 4000, address("198.51.100.1"), 80, device)?.owner;
    connect("on device 7", 7);
    connect("anywhere", 0);
    expect([got(7), got(1)]).toEqual(["anywhere", "anywhere"]);
  });

  test("a flow on a device is for packets that come in by it", () => {
    const receivers = new Receivers();
    const bound = receivers.udp("on device 7", `${us}:53`, { device: 7 });
    receivers.host.manager.connect(bound, path(us, "198.51.100.1:5000"));
    expect(receivers.get(`${us}:53`, "198.51.100.1:5000", 7)).toBe("on device 7");
    expect(receivers.get(`${us}:53`, "198.51.100.1:5000", 8)).toBeUndefined();
  });

  test.each([
    ["linux", linux, "anywhere"],
    ["linux-2.4", linux24, "on device 7"],
  ])("UDP under %s: of it and a newer one on no device", (_name, profile, winner) => {
    const receivers = new Receivers(profile);
    const bound = receivers.udp("on device 7", `${us}:53`, { device: 7 });
    const free = receivers.udp("anywhere", `${us}:53`);
    for (const binding of [bound, free])
      receivers.host.manager.connect(binding, path(us, "198.51.100.1:5000"));
    expect(receivers.get(`${us}:53`, "198.51.100.1:5000", 7)).toBe(winner);
    expect(receivers.get(`${us}:53`, "198.51.100.1:5000", 8)).toBe("anywhere");
    receivers.host.manager.release(free);
    expect(receivers.get(`${us}:53`, "198.51.100.1:5000", 8)).toBeUndefined();
  });

  test("BSD: an IPv4 socket before a dual-stack one, a specific address before both", () => {
    const receivers = new Receivers(freebsd13);
    receivers.udp("dual-stack", "[::]:53", reusePort);
    receivers.udp("IPv4", "0.0.0.0:53", reusePort);
    const specific = receivers.udp("specific", `${us}:53`, reusePort);
    expect(receivers.get(`${us}:53`, "198.51.100.1:7")).toBe("specific");
    expect(receivers.get("192.0.2.2:53", "198.51.100.1:7")).toBe("IPv4");
    receivers.host.manager.connect(specific, path(us, "198.51.100.1:0"));
    expect(receivers.get(`${us}:53`, "198.51.100.1:7")).toBe("specific");
    expect(receivers.get(`${us}:53`, "198.51.100.2:7")).toBe("IPv4");
  });
});

describe("a group of SO_REUSEPORT", () => {
  const peers = Array.from({ length: 300 }, (_, i) => `198.51.100.${i % 250}:${5000 + i}`);

  test("divides datagrams by hash: every member gets some, a peer always the same", () => {
    const receivers = new Receivers();
    for (const owner of ["a", "b", "c"]) receivers.udp(owner, "0.0.0.0:53", reusePort);
    const first = peers.map((peer) => receivers.get(`${us}:53`, peer));
    expect(new Set(first)).toEqual(new Set(["a", "b", "c"]));
    expect(peers.map((peer) => receivers.get(`${us}:53`, peer))).toEqual(first);
  });

  test("when a member leaves, the last moves into its place and the others keep theirs", () => {
    const receivers = new Receivers();
    const [a] = ["a", "b", "c"].map((owner) => receivers.udp(owner, "0.0.0.0:53", reusePort));
    receivers.host.manager.release(a!);
    const both = new Receivers();
    for (const owner of ["c", "b"]) both.udp(owner, "0.0.0.0:53", reusePort);
    expect(peers.map((peer) => receivers.get(`${us}:53`, peer))).toEqual(
      peers.map((peer) => both.get(`${us}:53`, peer)),
    );
  });

  test("is of one user, one device and one family each", () => {
    const receivers = new Receivers();
    receivers.udp("v6", "[::]:53", { ...reusePort, reuseAddress: true });
    receivers.udp("v4", "0.0.0.0:53", { ...reusePort, reuseAddress: true });
    receivers.udp("other user", "0.0.0.0:53", { ...reusePort, reuseAddress: true, uid: 5 });
    expect(new Set(peers.map((peer) => receivers.get(`${us}:53`, peer)))).toEqual(new Set(["other user"]));
  });

  test("with a connected member, is one receiver among others", () => {
    const receivers = new Receivers();
    const one = receivers.udp("one", `${us}:53`, reusePort);
    receivers.udp("two", `${us}:53`, reusePort);
    receivers.host.manager.connect(one, path(us, "198.51.100.1:9"));
    expect(new Set(peers.map((peer) => receivers.get(`${us}:53`, peer)))).toEqual(new Set(["two"]));
    expect(receivers.get(`${us}:53`, "198.51.100.1:9")).toBe("one");
  });

  test("ends when its listener stops listening", () => {
    const receivers = new Receivers();
    const one = receivers.tcp("one", "0.0.0.0:80", reusePort);
    receivers.tcp("two", "0.0.0.0:80", reusePort);
    expect(receivers.host.manager.disconnect(one)).toBe("bound");
    expect(new Set(peers.map((peer) => receivers.get(`${us}:80`, peer)))).toEqual(new Set(["two"]));
  });
});

test("multicast goes to everyone it fits", () => {
  const receivers = new Receivers();
  receivers.udp("wildcard", "0.0.0.0:5353");
  receivers.udp("group", "224.0.0.251:5353");
  receivers.udp("dual-stack", "[::]:5353");
  receivers.udp("v6 only", "[::]:5353", { v6Only: true });
  receivers.udp("elsewhere", "192.0.2.9:5353");
  receivers.udp("on device 7", "0.0.0.0:5353", { device: 7 });
  const picky = receivers.udp("picky", "224.0.0.251:5353");
  receivers.host.manager.connect(picky, path("224.0.0.251", "198.51.100.9:5353"));
  const got = (from: string, device: number): string[] => {
    const owners: string[] = [];
    const [to, remote] = [endpoint("224.0.0.251:5353"), endpoint(from)];
    receivers.host.manager.each(
      "udp",
      to.address,
      to.port,
      remote.address,
      remote.port,
      device,
      ({ owner }) => owners.push(owner),
    );
    return owners.sort();
  };
  expect(got("198.51.100.1:5353", 1)).toEqual(["dual-stack", "group", "wildcard"]);
  expect(got("198.51.100.9:5353", 7)).toEqual(["dual-stack", "group", "on device 7", "picky", "wildcard"]);
});
