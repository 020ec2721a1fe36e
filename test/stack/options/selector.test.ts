/** SO_ATTACH_REUSEPORT_CBPF and its like: who of a group of sockets gets what. */
import { describe, expect, test } from "vitest";
import type { Profile } from "../../../src/ports/profile.ts";
import { freebsd } from "../../../src/ports/profiles/freebsd.ts";
import { macos } from "../../../src/ports/profiles/macos.ts";
import { openbsd } from "../../../src/ports/profiles/openbsd.ts";
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

  test("makes a group that joins no other, and none that refuses others", () => {
    const { udp } = lab();
    const [first, second, third] = [udp(), udp(), udp()];
    for (const socket of [first, second]) socket.setOption("SO_ATTACH_REUSEPORT_CBPF", { index: 0 });
    first.bind(here);
    expect(outcome(() => second.bind(here))).toBe("EADDRINUSE");
    expect(outcome(() => third.bind(here))).toBe(undefined);
  });
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
