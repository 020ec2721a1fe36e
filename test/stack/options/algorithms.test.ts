/** Options by which a socket has its port chosen otherwise, each on the systems that have it. */
import { describe, expect, test } from "vitest";
import { type Profile, withSelection } from "../../../src/ports/profile.ts";
import { freebsd } from "../../../src/ports/profiles/freebsd.ts";
import { linux } from "../../../src/ports/profiles/linux.ts";
import { macos } from "../../../src/ports/profiles/macos.ts";
import { netbsd } from "../../../src/ports/profiles/netbsd.ts";
import { rfc6056 } from "../../../src/ports/profiles/rfc6056.ts";
import { windows, windowsWithAutoReuse, windowsXp } from "../../../src/ports/profiles/windows.ts";
import { sequential } from "../../../src/ports/selection/sequential.ts";
import { Network } from "../../../src/stack/network.ts";
import type { Socket } from "../../../src/stack/socket.ts";
import { outcome } from "../support/fake-world.ts";

function hostOf(profile: Profile) {
  const host = new Network({ seed: 1 }).host("host", { profile });
  const socket = (domain: "AF_INET" | "AF_INET6" = "AF_INET"): Socket => host.socket(domain, "SOCK_STREAM");
  /** The selections that chose, in order. */
  const selections: string[] = [];
  host.ports.onChoice = ({ selection }) => selections.push(selection);
  const bound = (made: Socket): number => {
    made.bind({ address: "127.0.0.1", port: 0 });
    return made.localEndpoint().port;
  };
  return { host, socket, bound, selections };
}

describe("IP_PORTALGO", () => {
  test("takes NetBSD's algorithms by number, and 65535 for the host's", () => {
    const { host, socket, bound, selections } = hostOf(netbsd);
    const one = socket();
    expect(one.getOption("IP_PORTALGO")).toBe(0xffff);
    for (const number of [0, 1, 2, 3, 4, 5]) {
      const made = socket();
      made.setOption("IP_PORTALGO", number);
      expect(made.getOption("IP_PORTALGO")).toBe(number);
      bound(made);
    }
    host.settings.set("net.inet.ip.anonportalgo.selected", "random_start");
    one.setOption("IP_PORTALGO", 0xffff);
    bound(one);
    expect(selections).toEqual([
      "netbsd-bsd",
      "netbsd-random-start",
      "netbsd-random-pick",
      ...["netbsd-bsd", "netbsd-bsd"], // a hash waits for its destination
      "netbsd-randinc",
      "netbsd-random-start",
    ]);
  });

  test("refuses numbers that are none, and the socket is as before", () => {
    const socket = hostOf(netbsd).socket("AF_INET6");
    socket.setOption("IPV6_PORTALGO", 2);
    for (const value of [-1, 6, 0xfffe, "bsd"])
      expect(outcome(() => socket.setOption("IPV6_PORTALGO", value))).toBe("EINVAL");
    expect(socket.getOption("IPV6_PORTALGO")).toBe(2);
  });

  test("takes RFC 6056's algorithms by the RFC's numbers where the RFC is the system", () => {
    const { socket, bound, selections } = hostOf(rfc6056);
    for (const number of [1, 2, 3, 4, 5]) {
      const made = socket();
      made.setOption("IP_PORTALGO", number);
      bound(made);
    }
    // Algorithm 4 is recommended for connect(2): bind(2) has the second then.
    expect(selections).toEqual([
      ...["random", "random-retry", "simple-hash", "random-retry", "random-increments"],
    ]);
  });
});

describe("SO_RANDOMPORT", () => {
  test("has macOS begin at random for one socket", () => {
    const { socket, bound } = hostOf(macos);
    expect([bound(socket()), bound(socket())]).toEqual([49152, 49153]);
    const random = socket();
    random.setOption("SO_RANDOMPORT", 1);
    expect(random.getOption("SO_RANDOMPORT")).toBe(1);
    const port = bound(random);
    expect(port).not.toBe(49154);
    expect(bound(socket())).toBe(port + 1);
    random.setOption("SO_RANDOMPORT", 0);
    expect(random.getOption("SO_RANDOMPORT")).toBe(0);
  });
});

describe("Winsock's options", () => {
  test("SO_RANDOMIZE_PORT is taken, and refused where the auto-reuse range is random already", () => {
    const plain = hostOf(windows).socket();
    plain.setOption("SO_RANDOMIZE_PORT", 1);
    expect(plain.getOption("SO_RANDOMIZE_PORT")).toBe(1);
    const { socket } = hostOf(windowsWithAutoReuse([20_000, 20_999]));
    const reusing = socket();
    reusing.setOption("SO_REUSE_UNICASTPORT", 1);
    expect(outcome(() => reusing.setOption("SO_RANDOMIZE_PORT", 1))).toBe("EINVAL");
    const connecting = socket();
    outcome(() => connecting.connect({ address: "127.0.0.1", port: 80 }));
    expect(connecting.localEndpoint().port).toSatisfy((port: number) => port >= 20_000 && port <= 20_999);
    expect(outcome(() => connecting.setOption("SO_RANDOMIZE_PORT", 1))).toBe("EINVAL");
    expect(connecting.getOption("SO_RANDOMIZE_PORT")).toBe(0);
  });

  test("SO_REUSE_UNICASTPORT leaves the port of a bound socket to connect(2), in the auto-reuse range", () => {
    const { socket } = hostOf(windowsWithAutoReuse([20_000, 20_999]));
    const portOf = (reuse: 0 | 1): number => {
      const made = socket();
      made.setOption("SO_REUSE_UNICASTPORT", reuse);
      expect(made.getOption("SO_REUSE_UNICASTPORT")).toBe(reuse);
      made.bind({ address: "127.0.0.1", port: 0 });
      if (reuse === 1) expect(made.localEndpoint().port).toBe(0);
      outcome(() => made.connect({ address: "127.0.0.1", port: 80 }));
      return made.localEndpoint().port;
    };
    expect(portOf(1)).toSatisfy((port: number) => port >= 20_000 && port <= 20_999);
    expect(portOf(0)).toBeGreaterThanOrEqual(49_152);
  });
});

test("each system knows its own option and no other's", () => {
  const known = (profile: Profile): string[] =>
    ["IP_PORTALGO", "IPV6_PORTALGO", "SO_RANDOMPORT", "SO_RANDOMIZE_PORT", "SO_REUSE_UNICASTPORT"].filter(
      (name) => {
        const socket = hostOf(profile).socket();
        const knows = outcome(() => socket.getOption(name)) !== "ENOPROTOOPT";
        expect(outcome(() => socket.setOption(name, 0))).toBe(knows ? undefined : "ENOPROTOOPT");
        return knows;
      },
    );
  expect([linux, freebsd, windowsXp].map(known)).toEqual([[], [], []]);
  expect([netbsd, rfc6056].map(known)).toEqual(Array(2).fill(["IP_PORTALGO", "IPV6_PORTALGO"]));
  expect(known(macos)).toEqual(["SO_RANDOMPORT"]);
  const { tcp } = macos.protocols;
  expect(known({ ...macos, protocols: { ...macos.protocols, tcp: withSelection(tcp, sequential) } })).toEqual(
    [],
  );
  expect(known(windows)).toEqual(["SO_RANDOMIZE_PORT", "SO_REUSE_UNICASTPORT"]);
});
