/** What sockets of other systems than plain Linux know and refuse; the selector of a reuseport group. */
import { describe, expect, test } from "vitest";
import type { Profile } from "../../../src/ports/profile.ts";
import { freebsd } from "../../../src/ports/profiles/freebsd.ts";
import { macos } from "../../../src/ports/profiles/macos.ts";
import { openbsd } from "../../../src/ports/profiles/openbsd.ts";
import { unixEntries } from "../../../src/ports/profiles/register/unix-entries.ts";
import { Network } from "../../../src/stack/network.ts";
import type { Socket } from "../../../src/stack/socket.ts";
import { outcome } from "../support/fake-world.ts";

const here = { address: "127.0.0.1", port: 5353 };

function lab() {
  const network = new Network({ seed: 1 });
  const host = network.host("host");
  const udp = (): Socket => {
    const made = host.socket("AF_INET", "SOCK_DGRAM");
    made.setOption("SO_REUSEPORT", 1);
    return made;
  };
  /** Which of `members` gets a datagram that begins with `word`. */
  const receiver = (members: readonly Socket[], word: number): number => {
    const bytes = Uint8Array.of(word >>> 24, word >>> 16, word >>> 8, word, 7);
    host.socket("AF_INET", "SOCK_DGRAM").sendTo(bytes, here);
    network.advance(1);
    const at = members.findIndex((member) => member.poll().readable);
    if (at >= 0) members[at]!.recvFrom(new Uint8Array(9));
    return at;
  };
  return { network, host, udp, receiver };
}

describe("a reuseport group's selector", () => {
  test.each(["SO_ATTACH_REUSEPORT_CBPF", "SO_ATTACH_REUSEPORT_EBPF"])("%s picks by the payload", (name) => {
    const { udp, receiver } = lab();
    const members = [udp(), udp(), udp()];
    members[0]!.setOption(name, { modulo: 3 });
    for (const member of members) member.bind(here);
    expect([0, 1, 2, 3, 0xffff_ffff].map((word) => receiver(members, word))).toEqual([0, 1, 2, 0, 0]);
    members[2]!.setOption(name, { index: 1 });
    expect([0, 1, 2].map((word) => receiver(members, word))).toEqual([1, 1, 1]);
    members[1]!.setOption(name, ({ payload }: { payload: Uint8Array }) => payload[4]! - 5);
    expect(receiver(members, 0)).toBe(2);
  });

  test("is refused to a socket that may join no group, and detached once", () => {
    const { host, udp } = lab();
    const attach = (socket: Socket, value: unknown) =>
      outcome(() => socket.setOption("SO_ATTACH_REUSEPORT_CBPF", value));
    expect(attach(host.socket("AF_INET", "SOCK_DGRAM"), { index: 0 })).toBe("EINVAL");
    for (const value of [0, "program", {}, { modulo: 0 }, { index: 0.5 }, undefined])
      expect(attach(udp(), value)).toBe("EINVAL");
    const socket = udp();
    expect(attach(socket, { index: 0 })).toBe(undefined);
    expect(outcome(() => socket.setOption("SO_DETACH_REUSEPORT_BPF", 0))).toBe(undefined);
    expect(outcome(() => socket.setOption("SO_DETACH_REUSEPORT_BPF", 0))).toBe("ENOENT");
  });

  /** Each measured on Linux 6.18: what is done with one socket, and what attaching answers at last. */
  test.each([
    ["the option", "OK"],
    ["", "EINVAL"],
    ["bind", "EINVAL"],
    ["bind, the option", "EINVAL"],
    ["the option, bind", "OK"],
    ["the option, bind, no option", "OK"],
  ])("may be attached to a UDP or listening TCP socket after %j: %s", (done, expected) => {
    for (const type of ["SOCK_DGRAM", "SOCK_STREAM"] as const) {
      const socket = lab().host.socket("AF_INET", type);
      for (const step of done.split(", ")) {
        if (step === "bind") {
          socket.bind(here);
          if (type === "SOCK_STREAM") socket.listen(5);
        } else if (step !== "") socket.setOption("SO_REUSEPORT", step === "the option" ? 1 : 0);
      }
      const answer = outcome(() => socket.setOption("SO_ATTACH_REUSEPORT_CBPF", { index: 0 }));
      expect([type, answer ?? "OK"]).toEqual([type, expected]);
    }
  });

  test("makes a group of TCP sockets too that joins no other, before listen(2) and after", () => {
    const { host } = lab();
    const tcp = (): Socket => {
      const made = host.socket("AF_INET", "SOCK_STREAM");
      made.setOption("SO_REUSEPORT", 1);
      return made;
    };
    const [first, second, third] = [tcp(), tcp(), tcp()];
    first.bind(here);
    second.setOption("SO_ATTACH_REUSEPORT_CBPF", { index: 0 });
    expect(outcome(() => second.bind(here))).toBe("EADDRINUSE");
    first.listen(5);
    expect(outcome(() => second.bind(here))).toBe("EADDRINUSE");
    expect(outcome(() => third.bind(here))).toBe(undefined);
  });

  test("makes a group that joins no other, and none that refuses others", () => {
    const { udp } = lab();
    const [first, second, third] = [udp(), udp(), udp()];
    for (const socket of [first, second]) socket.setOption("SO_ATTACH_REUSEPORT_CBPF", { index: 0 });
    first.bind(here);
    expect(outcome(() => second.bind(here))).toBe("EADDRINUSE");
    expect(outcome(() => third.bind(here))).toBe(undefined);
  });
});

describe("options of the BSDs", () => {
  const host = (profile?: Profile) =>
    new Network({ seed: 1 }).host("host", profile === undefined ? {} : { profile });

  test("IP_PORTRANGE chooses the band, and the low one needs privilege", () => {
    const machine = host(freebsd);
    const port = (band: number) => {
      const socket = machine.socket("AF_INET", "SOCK_STREAM");
      socket.setOption("IP_PORTRANGE", band);
      expect(socket.getOption("IP_PORTRANGE")).toBe(band);
      return outcome(() => socket.bind({ address: "127.0.0.1", port: 0 })) ?? socket.localEndpoint().port;
    };
    expect(port(1)).toSatisfy((chosen: number) => chosen >= 49152);
    expect(port(2)).toSatisfy((chosen: number) => chosen >= 600 && chosen <= 1023);
    machine.credentials = { uid: 1001, privileged: false };
    expect(port(2)).toBe("EACCES");
    const socket = machine.socket("AF_INET", "SOCK_STREAM");
    for (const value of [-1, 3])
      expect(outcome(() => socket.setOption("IP_PORTRANGE", value))).toBe("EINVAL");
  });

  test("SO_REUSEPORT_LB shares an address and balances", () => {
    const network = new Network({ seed: 1 });
    const machine = network.host("host", { profile: freebsd });
    const members = [0, 1].map(() => {
      const socket = machine.socket("AF_INET", "SOCK_DGRAM");
      socket.setOption("SO_REUSEPORT_LB", 1);
      socket.bind(here);
      return socket;
    });
    for (let i = 0; i < 40; i++) machine.socket("AF_INET", "SOCK_DGRAM").sendTo(new Uint8Array(1), here);
    network.advance(1);
    expect(members.map((member) => member.poll().readable)).toEqual([true, true]);
  });

  test("are unknown to Linux, and SO_REUSEPORT_LB to OpenBSD", () => {
    const ask = (profile: Profile | undefined, name: string) =>
      outcome(() => host(profile).socket("AF_INET", "SOCK_STREAM").setOption(name, 1));
    for (const name of ["IP_PORTRANGE", "IPV6_PORTRANGE", "SO_REUSEPORT_LB"])
      expect(ask(undefined, name)).toBe("ENOPROTOOPT");
    expect(ask(openbsd, "SO_REUSEPORT_LB")).toBe("ENOPROTOOPT");
    expect(ask(openbsd, "IP_PORTRANGE")).toBe(undefined);
  });
});

describe("an address or port that is not to be had", () => {
  test.each(unixEntries.map(({ profile }) => profile))(
    "is refused by $name, and the socket is as before",
    (profile) => {
      const machine = new Network({ seed: 1 }).host("host", { profile });
      const socket = machine.socket("AF_INET", "SOCK_STREAM");
      const bind = (address: string, port: number) => outcome(() => socket.bind({ address, port }));
      expect(bind("198.51.100.7", 5000)).toBe("EADDRNOTAVAIL");
      for (const port of [-1, 1.5, 65536, Number.NaN])
        expect(() => socket.bind({ address: "127.0.0.1", port })).toThrow(RangeError);
      machine.ports.reserved = [machine.ports.range];
      expect(bind("127.0.0.1", 0)).toBe(profile.protocols.tcp.exhausted.bind);
      expect(machine.ports.snapshot()).toEqual([]);
      expect(socket.localEndpoint()).toMatchObject({ address: "0.0.0.0", port: 0 });
      expect([bind("127.0.0.1", 65535), bind("127.0.0.1", 65534)]).toEqual([undefined, "EINVAL"]);
      expect(socket.localEndpoint().port).toBe(65535);
    },
  );
});

describe("a new IPv6 socket", () => {
  test.each([
    [undefined, 0],
    [freebsd, 1],
    [openbsd, 1],
    [macos, 0],
  ] as [Profile | undefined, number][])("has IPV6_V6ONLY as its system has it", (profile, v6Only) => {
    const host = new Network({ seed: 1 }).host("host", profile === undefined ? {} : { profile });
    expect(host.socket("AF_INET6", "SOCK_STREAM").getOption("IPV6_V6ONLY")).toBe(v6Only);
  });

  test("binds a low port of macOS's wildcard without privilege, and of an address not", () => {
    const host = new Network({ seed: 1 }).host("host", { profile: macos });
    host.credentials = { uid: 501, privileged: false };
    const bind = (address: string) =>
      outcome(() => host.socket("AF_INET", "SOCK_STREAM").bind({ address, port: 80 }));
    expect([bind("127.0.0.1"), bind("0.0.0.0")]).toEqual(["EACCES", undefined]);
  });
});
