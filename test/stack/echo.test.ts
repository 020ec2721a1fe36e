import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { checksum } from "../../src/base/hash/checksum.ts";
import { newPacket } from "../../src/base/packet.ts";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/time/virtual-clock.ts";
import { pipe } from "../../src/link/pipe.ts";
import { Host } from "../../src/stack/host.ts";
import type { EchoResult } from "../../src/stack/ip/icmp-echo.ts";
import { forgeIcmpv4 } from "../support/forge.ts";

function twoHosts(): { clock: VirtualClock; a: Host; b: Host } {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const a = new Host({ clock, random: random.fork("a"), name: "a" });
  const b = new Host({ clock, random: random.fork("b"), name: "b" });
  const [left, right] = pipe(clock);
  a.addInterface(left, { addresses: ["10.0.0.1/24", "fd00::1/64"] });
  b.addInterface(right, { addresses: ["10.0.0.2/24", "fd00::2/64"] });
  return { clock, a, b };
}

function ping(host: Host, clock: VirtualClock, destination: string, length = 56): EchoResult {
  let result: EchoResult | undefined;
  host.echo.send({ destination: address(destination), data: new Uint8Array(length).fill(7) }, (told) => {
    result = told;
  });
  clock.run();
  expect(result).toBeDefined();
  return result!;
}

describe("echo", () => {
  test.each(["10.0.0.2", "fd00::2", "127.0.0.1", "::1", "10.0.0.1", "fd00::1", "127.9.9.9"])(
    "a host answers at %s [RFC 1122 3.2.2.6] [RFC 4443 4.2]",
    (destination) => {
      const { clock, a } = twoHosts();
      expect(ping(a, clock, destination)).toMatchObject({ kind: "reply", length: 56, hopLimit: 64 });
    },
  );

  test.each(["10.0.0.2", "fd00::2"])(
    "a request that must be fragmented comes back whole from %s",
    (destination) => {
      const { clock, a, b } = twoHosts();
      expect(ping(a, clock, destination, 8000)).toMatchObject({ kind: "reply", length: 8000 });
      expect(b.counters.IpReasmOKs + b.counters.Ip6ReasmOKs).toBe(1);
    },
  );

  test("a request of nothing but zeros is answered with a checksum that holds [RFC 1071]", () => {
    const clock = new VirtualClock();
    const [left, right] = pipe(clock);
    const host = new Host({ clock, random: seededRandom(1), name: "a" });
    host.addInterface(left, { addresses: ["10.0.0.1/24"] });
    const seen: Uint8Array[] = [];
    right.open({
      receive: (packets, count) => {
        for (const { bytes, start, end } of packets.slice(0, count)) seen.push(bytes.slice(start, end));
      },
    });
    clock.run();
    const message = { kind: "echo-request", identifier: 0, sequence: 0, data: new Uint8Array(8) } as const;
    const request = forgeIcmpv4({ source: "10.0.0.2", destination: "10.0.0.1" }, message);
    right.send([newPacket(request)], 1);
    clock.run();
    const reply = seen.at(-1)!;
    expect(reply[20]).toBe(0);
    expect(checksum(reply, 20, reply.length)).toBe(0);
  });

  test("nobody answers for an address that is nobody's", () => {
    const { clock, a, b } = twoHosts();
    expect(ping(a, clock, "10.0.0.9")).toMatchObject({ kind: "timeout" });
    expect(b.drops.of("ipv4", "not-ours")).toBe(1);
  });
});
