import { describe, expect, test } from "vitest";
import { address } from "../../src/base/address.ts";
import { seededRandom } from "../../src/base/random.ts";
import { VirtualClock } from "../../src/base/time/virtual-clock.ts";
import { HostCore } from "../../src/stack/host-core.ts";
import { planInterface } from "../../src/stack/interface/interface-options.ts";
import { headroom, PacketPool } from "../../src/stack/packet-pool.ts";
import type { SendOptions } from "../../src/stack/transport.ts";
import { packetTo, TestLink } from "./support/lab.ts";

const options: SendOptions = {
  protocol: 253,
  hopLimit: 64,
  trafficClass: 0,
  dontFragment: false,
  flowLabel: 0,
};

function core(medium: "ip" | "ethernet"): { core: HostCore; link: TestLink; clock: VirtualClock } {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const made = new HostCore({ clock, random });
  const link = new TestLink({ medium });
  const addresses = ["10.0.0.1/24", "fd00::1/64"];
  made.open(
    link,
    planInterface(link, { addresses, dad: false, linkLocal: "none" }, () => false, random),
  );
  made.batches.flush();
  return { core: made, link, clock };
}

describe("packet memory", () => {
  test.each(["ip", "ethernet"] as const)(
    "all comes back, whatever becomes of the packets, on a link of medium %s",
    (medium) => {
      const { core: host, link, clock } = core(medium);
      const { ip, pool } = host;
      host.routes.add({ ...host.routes.entries[0]!, prefix: { address: address("224.0.0.0"), length: 4 } });
      for (const [destination, length, dontFragment] of [
        ["10.0.0.2", 10, false],
        ["10.0.0.2", 4000, false],
        ["10.0.0.2", 4000, true],
        ["10.0.0.2", 65_600 - 128, true],
        ["10.0.0.1", 10, false],
        ["fd00::2", 4000, false],
        ["fd00::1", 100, false],
        ["10.0.0.255", 3000, false],
        ["224.0.0.1", 10, false],
        ["ff02::1", 10, false],
      ] as const) {
        const route = ip.route(address(destination), {
          device: destination.startsWith("ff") ? 2 : undefined,
        });
        if (typeof route === "string") throw new Error(route);
        for (let i = 0; i < 100; i++) {
          if (i === 50) link.room = link.sent.length + 3;
          ip.send(ip.allocate(length), route, { ...options, dontFragment });
          if (i % 3 === 0) host.batches.flush();
        }
        host.batches.flush();
        link.room = Number.POSITIVE_INFINITY;
        link.receiver!.writable!();
      }
      clock.run();
      expect(pool.outstanding).toBe(0);
      if (medium === "ip") link.deliver(packetTo("10.0.0.1", new Uint8Array(30), { protocol: 77 }));
      ip.release(ip.allocate(5));
      expect(pool.outstanding).toBe(0);
      link.room = 0;
      const route = ip.route(address("10.0.0.255"), {});
      if (typeof route !== "string") ip.send(ip.allocate(9), route, options);
      host.shutDown();
      expect(pool.outstanding).toBe(0);
    },
  );

  test("comes in slots of two sizes, used again, with room in front", () => {
    const pool = new PacketPool();
    const small = pool.allocate(1500);
    const large = pool.allocate(65_535);
    expect([small.start, small.end - small.start, large.end - large.start]).toEqual([headroom, 1500, 65_535]);
    pool.release(small);
    pool.release(large);
    expect(pool.allocate(10)).toBe(small);
    expect(pool.allocate(3000)).toBe(large);
    expect(small).toMatchObject({ start: headroom, end: headroom + 10, checksum: 0, segmentSize: 0 });
  });
});
