import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { SocketError } from "../../src/base/errno.ts";
import type { BindRequest } from "../../src/ports/binding.ts";
import { withSelection } from "../../src/ports/profile.ts";
import { iana } from "../../src/ports/profiles/iana.ts";
import { linux } from "../../src/ports/profiles/linux.ts";
import { randomRetry } from "../../src/ports/selection/rfc6056/random-retry.ts";
import { outcome, path, request, type TestHost, testHost } from "./support/host.ts";

const web = "198.51.100.1:80";
const mail = "198.51.100.1:25";

/** A host with the range, and connections by destination: `.connect(web).gets(49152)`. */
class Story {
  readonly host: TestHost;
  readonly #connections = new Map<string, ReturnType<TestHost["manager"]["connectNew"]>>();
  #last: number | string = "";

  constructor(low: number, high: number, profile = iana) {
    this.host = testHost(profile);
    this.host.manager.range = [low, high];
  }

  connect(remote: string, more: Partial<BindRequest> = {}): this {
    const { manager } = this.host;
    this.#last = outcome(() => {
      const made = manager.connectNew(remote, request("0.0.0.0:0", more), path("192.0.2.1", remote));
      this.#connections.set(`${remote} ${made.port}`, made);
      return made;
    });
    return this;
  }

  bind(local: string, more: Partial<BindRequest> = {}): this {
    this.#last = outcome(() => this.host.manager.reserve(local, request(local, more)));
    return this;
  }

  closes(port: number, remote: string): this {
    this.host.manager.release(this.#connections.get(`${remote} ${port}`)!);
    return this;
  }

  gets(expected: number | string): this {
    expect(this.#last).toBe(expected);
    return this;
  }
}

function host(low: number, high: number, profile = iana): Story {
  return new Story(low, high, profile);
}

describe("choosing", () => {
  test("sequential: a released port is reused only after the cursor comes around", () => {
    host(49152, 49155)
      .connect(web)
      .gets(49152)
      .connect(web)
      .gets(49153)
      .closes(49152, web)
      .connect(web)
      .gets(49154)
      .connect(web)
      .gets(49155)
      .connect(web)
      .gets(49152)
      .connect(web)
      .gets("EADDRNOTAVAIL");
  });

  test("a client port serves many destinations, and each destination once", () => {
    host(49152, 49152).connect(web).gets(49152).connect(mail).gets(49152).connect(web).gets("EADDRNOTAVAIL");
  });

  test("a port that bind(2) chose is the caller's alone", () => {
    host(49152, 49153)
      .bind("192.0.2.1:0")
      .gets(49152)
      .connect(web)
      .gets(49153)
      .connect(mail)
      .gets(49153)
      .bind("192.0.2.1:0")
      .gets("EADDRINUSE");
  });

  test("reserved ports are passed over, but may be named [ip_local_reserved_ports]", () => {
    const story = host(49152, 49154);
    story.host.manager.reserved = [[49152, 49153]];
    expect(story.host.manager.reserved).toEqual([[49152, 49153]]);
    story.bind("0.0.0.0:0").gets(49154).connect(web).gets("EADDRNOTAVAIL").bind("0.0.0.0:49152").gets(49152);
    story.host.manager.reserved = [];
    story.connect(web).gets(49153);
  });

  test("a socket's own range is kept to [IP_LOCAL_PORT_RANGE]", () => {
    host(40000, 49999, linux)
      .connect(web, { portRange: [45000, 45000] })
      .gets(45000)
      .connect(web, { portRange: [45000, 45000] })
      .gets("EADDRNOTAVAIL")
      .bind("0.0.0.0:0", { portRange: [45001, 45001] })
      .gets(45001);
  });

  test("Algorithm 2 may give up although a port is free [RFC 6056 3.3.2]", () => {
    const profile = {
      ...iana,
      protocols: { ...iana.protocols, tcp: withSelection(iana.protocols.tcp, randomRetry) },
    };
    const outcomes = Array.from({ length: 60 }, (_, seed) => {
      const { manager } = testHost(profile, seed);
      manager.range = [50000, 50009];
      for (let port = 50000; port < 50009; port++) manager.reserve("x", request(`0.0.0.0:${port}`));
      return outcome(() => manager.reserve("last", request("0.0.0.0:0")));
    });
    expect(new Set(outcomes)).toEqual(new Set([50009, "EADDRINUSE"]));
  });

  test("each protocol has ports of its own", () => {
    const { manager } = testHost();
    for (const protocol of ["tcp", "udp", "sctp", "udplite"] as const)
      expect(manager.reserve(protocol, request("0.0.0.0:5000", { protocol })).port).toBe(5000);
    expect(Object.keys(manager.stats())).toEqual(["tcp", "udp", "sctp", "udplite"]);
  });

  test("the same seed chooses the same ports, another seed others", () => {
    const choices = (seed: number): number[] => {
      const { manager } = testHost(linux, seed);
      return Array.from({ length: 20 }, (_, i) => {
        const bind = request("0.0.0.0:0", { protocol: i % 2 === 0 ? "tcp" : "udp" });
        return i % 3 === 0
          ? manager.connectNew("c", bind, path("192.0.2.1", web)).port
          : manager.reserve("b", bind).port;
      });
    };
    expect(choices(4)).toEqual(choices(4));
    expect(choices(4)).not.toEqual(choices(5));
  });
});

describe("refusals", () => {
  test("a port below the unprivileged start needs privilege [ip_unprivileged_port_start]", () => {
    const { manager } = testHost();
    const bind = (port: number): number | string =>
      outcome(() => manager.reserve("x", request(`0.0.0.0:${port}`, { privileged: false })));
    expect([bind(1023), bind(1024)]).toEqual(["EACCES", 1024]);
    manager.unprivilegedStart = 0;
    expect(bind(80)).toBe(80);
    expect(() => {
      manager.unprivilegedStart = 70000;
    }).toThrow(RangeError);
  });

  test("an exhausted range says so with the errno of the call, and how full it is", () => {
    const { manager } = testHost();
    manager.range = [40000, 40001];
    const errorOf = (call: () => unknown): SocketError => {
      try {
        call();
      } catch (error) {
        if (error instanceof SocketError) return error;
      }
      throw new Error("no error");
    };
    for (const protocol of ["tcp", "udp"] as const)
      for (const port of [40000, 40001]) manager.reserve("x", request(`0.0.0.0:${port}`, { protocol }));
    const bind = errorOf(() => manager.reserve("y", request("192.0.2.1:0")));
    expect(bind).toMatchObject({ code: "EADDRINUSE", syscall: "bind", address: "192.0.2.1" });
    expect(bind).toMatchObject({ inUse: 2, held: 0, range: [40000, 40001] });
    const connect = errorOf(() => manager.connectNew("y", request("0.0.0.0:0"), path("192.0.2.1", web)));
    expect(connect).toMatchObject({ code: "EADDRNOTAVAIL", syscall: "connect", port: 80, inUse: 2 });
    expect(connect.message).toBe("connect EADDRNOTAVAIL 198.51.100.1:80");
    const udp = request("0.0.0.0:0", { protocol: "udp" });
    expect(errorOf(() => manager.reserve("y", udp)).code).toBe("EADDRINUSE");
    expect(errorOf(() => manager.reserve("y", { ...udp, call: "send" })).code).toBe("EAGAIN");
    expect(errorOf(() => manager.connectNew("y", udp, path("192.0.2.1", web))).code).toBe("EAGAIN");
    const named = errorOf(() => manager.reserve("y", request("0.0.0.0:40000")));
    expect(named).toMatchObject({ code: "EADDRINUSE", port: 40000 });
    expect(named).not.toHaveProperty("inUse");
    expect(manager.stats().tcp).toMatchObject({ exhaustions: 2, allocations: 0, inUse: 2, free: 0 });
  });

  test("a caller's mistake is told before anything changes", () => {
    const { manager } = testHost();
    for (const port of [-1, 65536, 1.5, Number.NaN])
      expect(() => manager.reserve("x", { ...request("0.0.0.0:0"), port })).toThrow(RangeError);
    expect(() => {
      manager.range = [5, 4];
    }).toThrow(RangeError);
    expect(() => {
      manager.reserved = [[5, 70000]];
    }).toThrow(RangeError);
    expect(manager.range).toEqual([32768, 60999]);
    const binding = manager.connectNew("c", request("0.0.0.0:0"), path("192.0.2.1", web));
    expect(() => manager.listen(binding)).toThrow(TypeError);
    manager.release(binding);
    expect(() => manager.hold(binding, "c", 5)).toThrow(TypeError);
    expect(() => manager.release({ ...binding })).toThrow(TypeError);
    expect(manager.snapshot()).toEqual([]);
  });
});

describe("a binding's life", () => {
  test("connect narrows a wildcard to the source, and disconnect restores it", () => {
    const { manager } = testHost();
    const binding = manager.reserve("x", request("0.0.0.0:5000", { protocol: "udp" }));
    manager.connect(binding, path("192.0.2.1", web));
    expect(binding).toMatchObject({
      state: "connected",
      address: address("192.0.2.1"),
      port: 5000,
      named: true,
    });
    expect(binding.boundAddress).toEqual(address("0.0.0.0"));
    expect(manager.disconnect(binding)).toBe("bound");
    expect(binding).toMatchObject({ state: "bound", address: address("0.0.0.0"), remote: undefined });
  });

  test("after a reset the address stays narrowed, as Linux leaves it", () => {
    const { manager } = testHost();
    const binding = manager.reserve("x", request("0.0.0.0:5000"));
    manager.connect(binding, path("192.0.2.1", web));
    expect(manager.disconnect(binding, "kept")).toBe("bound");
    expect(outcome(() => manager.reserve("y", request("192.0.2.2:5000")))).toBe(5000);
    expect(outcome(() => manager.reserve("z", request("192.0.2.1:5000")))).toBe("EADDRINUSE");
  });

  test("a port that the caller did not name is given back when Linux disconnects", () => {
    const { manager } = testHost();
    const binding = manager.connectNew(
      "x",
      request("0.0.0.0:0", { protocol: "udp" }),
      path("192.0.2.1", web),
    );
    expect(binding).toMatchObject({ named: false, explicit: true });
    expect(manager.disconnect(binding)).toBe("released");
    expect(binding.released).toBe(true);
  });

  test("setsockopt after bind counts from then on", () => {
    const { manager } = testHost();
    const first = manager.reserve("x", request("0.0.0.0:5000"));
    const again = (): number | string =>
      outcome(() => manager.reserve("y", request("0.0.0.0:5000", { reuseAddress: true, device: 3 })));
    expect(again()).toBe("EADDRINUSE");
    first.device = 4;
    expect(again()).toBe(5000);
    first.device = 0;
    expect(again()).toBe("EADDRINUSE");
    first.reuseAddress = true;
    expect(again()).toBe(5000);
    expect(first).toMatchObject({ reuseAddress: true, reusePort: false, exclusive: false, device: 0 });
    first.reusePort = true;
    first.exclusive = true;
    expect(first).toMatchObject({ reusePort: true, exclusive: true });
  });

  test("the second of two SO_REUSEADDR sockets cannot listen, and stays bound", () => {
    const { manager } = testHost();
    const [one, two] = ["one", "two"].map((owner) =>
      manager.reserve(owner, request("0.0.0.0:5000", { reuseAddress: true })),
    ) as [ReturnType<typeof manager.reserve>, ReturnType<typeof manager.reserve>];
    manager.listen(one);
    manager.listen(one);
    expect(() => manager.listen(two)).toThrow(/^listen EADDRINUSE: address already in use 0.0.0.0:5000$/);
    expect(two.state).toBe("bound");
  });

  test("connect shares a port again once its last explicit holder has left [Linux 6.18]", () => {
    const { manager } = testHost();
    manager.range = [40000, 40000];
    const connect = (remote: string): number | string =>
      outcome(() => manager.connectNew("c", request("0.0.0.0:0"), path("192.0.2.1", remote)));
    expect(connect(web)).toBe(40000);
    const bound = manager.reserve("b", request("192.0.2.9:40000"));
    expect(connect(mail)).toBe("EADDRNOTAVAIL");
    manager.release(bound);
    expect(connect(mail)).toBe(40000);
  });

  test("a refused connect leaves the binding as it was", () => {
    const { manager } = testHost();
    const reuse = { reuseAddress: true };
    const one = manager.reserve("one", request("192.0.2.1:5000", reuse));
    manager.connect(one, path("192.0.2.1", web));
    const two = manager.reserve("two", request("192.0.2.1:5000", reuse));
    const before = manager.snapshot();
    expect(outcome(() => manager.connect(two, path("192.0.2.1", web)))).toBe("EADDRNOTAVAIL");
    expect(manager.snapshot()).toEqual(before);
    manager.connect(two, path("192.0.2.1", mail));
    expect(two.remote?.port).toBe(25);
  });

  test("as many local addresses as there are sockets are told apart", () => {
    const { manager } = testHost();
    const all = Array.from({ length: 500 }, (_, i) =>
      manager.reserve("x", request(`10.0.${i >> 8}.${i & 255}:5000`)),
    );
    expect(outcome(() => manager.reserve("y", request("10.0.1.200:5000")))).toBe("EADDRINUSE");
    expect(outcome(() => manager.reserve("y", request("0.0.0.0:5000")))).toBe("EADDRINUSE");
    for (const binding of all) manager.release(binding);
    expect(outcome(() => manager.reserve("y", request("0.0.0.0:5000")))).toBe(5000);
  });

  test("low water is told of once, as the range runs out", () => {
    const told: [string, number][] = [];
    const { manager } = testHost(iana, 1, {
      lowWater: { ports: 2, reached: (protocol, free) => told.push([protocol, free]) },
    });
    manager.range = [50000, 50003];
    const taken = Array.from({ length: 4 }, () => manager.reserve("x", request("0.0.0.0:0")));
    expect(told).toEqual([["tcp", 2]]);
    for (const binding of taken) manager.release(binding);
    for (let i = 0; i < 2; i++) manager.connectNew("c", request("0.0.0.0:0"), path("192.0.2.1", web));
    expect(told.length).toBe(2);
  });

  test("reserved ports are not free, whether somebody holds them or not", () => {
    const { manager } = testHost(iana);
    manager.range = [50000, 50009];
    const free = () => manager.stats().tcp?.free;
    const named = manager.reserve("x", request("0.0.0.0:50003"));
    const other = manager.reserve("x", request("0.0.0.0:50007"));
    expect(free()).toBe(8);
    manager.reserved = [[49990, 50004]];
    expect(free()).toBe(4);
    manager.release(named);
    expect(free()).toBe(4);
    const again = manager.reserve("x", request("0.0.0.0:50001"));
    manager.release(other);
    expect(free()).toBe(5);
    manager.reserved = [];
    expect(free()).toBe(9);
    manager.release(again);
    expect(free()).toBe(10);
  });

  test("low water is told of once, whatever comes and goes at the mark, until there is plenty again", () => {
    const told: [string, number][] = [];
    const { manager } = testHost(iana, 1, {
      lowWater: {
        ports: 2,
        again: 5,
        reached: (_protocol, free) => told.push(["low", free]),
        recovered: (_protocol, free) => told.push(["high", free]),
      },
    });
    manager.range = [50000, 50009];
    const taken = Array.from({ length: 8 }, () => manager.reserve("x", request("0.0.0.0:0")));
    for (let i = 0; i < 5; i++) manager.release(manager.reserve("y", request("0.0.0.0:0")));
    manager.release(taken[0]!);
    manager.release(taken[1]!);
    expect(told).toEqual([["low", 2]]);
    manager.release(taken[2]!);
    expect(told).toEqual([
      ["low", 2],
      ["high", 5],
    ]);
    manager.range = [50002, 50007]; // a smaller range is less water too
    expect(told.slice(2)).toEqual([["low", 1]]);
  });

  test("the snapshot is plain data, and stats count what was done", () => {
    const { manager } = testHost(iana);
    manager.range = [50000, 50002];
    manager.reserve("l", request("[::]:8080", { v6Only: true, uid: 7 }));
    manager.listen(manager.reserve("m", request("0.0.0.0:8081", { reuseAddress: true })));
    const client = manager.connectNew("c", request("0.0.0.0:0"), path("192.0.2.1", web));
    manager.hold(client, "c", 1000);
    expect(manager.snapshot()).toMatchObject([
      {
        state: "bound",
        address: "::",
        port: 8080,
        uid: 7,
        v6Only: true,
        remote: undefined,
        until: undefined,
      },
      { state: "listening", address: "0.0.0.0", port: 8081, reuseAddress: true, explicit: true },
      {
        state: "held",
        address: "192.0.2.1",
        port: 50000,
        remote: "198.51.100.1:80",
        until: 1000,
        explicit: false,
      },
    ]);
    expect(manager.stats().tcp).toMatchObject({
      inUse: 2,
      held: 1,
      free: 2,
      highWater: 3,
      allocations: 1,
      exhaustions: 0,
      wraps: 0,
      candidates: 1,
      flows: 1,
    });
    expect(manager.occupancy("tcp", path("192.0.2.1", web))).toEqual({ inUse: 0, held: 1, free: 2 });
    expect(manager.occupancy("tcp", path("192.0.2.1", mail))).toEqual({ inUse: 0, held: 0, free: 3 });
  });
});
