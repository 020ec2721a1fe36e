import { describe, expect, test } from "vitest";
import type { Random } from "../../../src/base/random.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { TagHolds } from "../../../src/ports/hold/tag-holds.ts";
import { profileNamed } from "../../../src/ports/profiles/register/registry.ts";
import { path, request, testHost } from "../support/host.ts";

const ports = { localPort: 5000, remotePort: 6000 };
const wait = profileNamed("usrsctp").hold.length;

describe("verification tags", () => {
  test("rest between their two ports for the system's wait, and nowhere else [RFC 9260 5.3.1]", () => {
    const holds = new TagHolds();
    holds.hold({ tag: 7, ...ports }, wait, 0);
    expect(holds.rests({ tag: 7, ...ports }, wait - 1)).toBe(true);
    expect(holds.rests({ tag: 7, ...ports }, wait)).toBe(false);
    expect(holds.rests({ tag: 8, ...ports }, 0)).toBe(false);
    expect(holds.rests({ tag: 7, localPort: 5000, remotePort: 6001 }, 0)).toBe(false);
    expect(holds.rests({ tag: 7, localPort: 5001, remotePort: 6000 }, 0)).toBe(false);
  });

  test("that rest twice rest until the later end", () => {
    const holds = new TagHolds();
    holds.hold({ tag: 7, ...ports }, 1000, 0);
    holds.hold({ tag: 7, ...ports }, 500, 0);
    expect(holds.rests({ tag: 7, ...ports }, 999)).toBe(true);
    holds.hold({ tag: 7, localPort: 1, remotePort: 2 }, 3000, 1500);
    expect(holds.rests({ tag: 7, ...ports }, 1500)).toBe(false);
  });

  test("are drawn anew while they are 0, rest, or are taken", () => {
    const holds = new TagHolds();
    holds.hold({ tag: 7, ...ports }, 1000, 0);
    const script = [0, 7, 9, -1, 11];
    const random: Random = { ...seededRandom(1), uint32: () => script.shift()! };
    expect(holds.draw(ports, random, 0, (tag) => tag === 9)).toBe(0xffff_ffff);
    expect(holds.draw(ports, random, 0)).toBe(11);
  });

  test("whose rest is over are forgotten", () => {
    const holds = new TagHolds();
    for (let tag = 1; tag <= 10_000; tag++) holds.hold({ tag, ...ports }, tag + 100, tag);
    expect(holds.size).toBeLessThan(400);
    expect(holds.rests({ tag: 9_999, ...ports }, 10_000)).toBe(true);
  });

  test("keep no port: usrsctp's is free at once", () => {
    const { manager } = testHost(profileNamed("usrsctp"));
    manager.range = [50000, 50000];
    const wish = request("0.0.0.0:0", { protocol: "sctp" });
    const to = path("192.0.2.1", "198.51.100.1:6000");
    manager.release(manager.connectNew("old", wish, to));
    expect(manager.connectNew("new", wish, to).port).toBe(50000);
  });
});
