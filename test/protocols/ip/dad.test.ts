import { describe, expect, test } from "vitest";
import { type Address, address, formatAddress } from "../../../src/base/address.ts";
import { sipKey } from "../../../src/base/hash/siphash.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { DuplicateAddressDetection } from "../../../src/protocols/ip/dad.ts";
import { eui64, linkLocalPrefix, stableId, withInterfaceId } from "../../../src/protocols/ip/interface-id.ts";
import { FakeTimers } from "./support/timers.ts";

const own = address("fd00::1");

function trial(): {
  dad: DuplicateAddressDetection;
  timers: FakeTimers;
  said: string[];
  nonces: Uint8Array[];
} {
  const timers = new FakeTimers();
  const said: string[] = [];
  const nonces: Uint8Array[] = [];
  const dad = new DuplicateAddressDetection(timers, seededRandom(1), {
    probe: (_, nonce) => {
      said.push("probe");
      nonces.push(nonce);
    },
    unique: (one) => said.push(`unique ${formatAddress(one)}`),
    duplicate: (one) => said.push(`duplicate ${formatAddress(one)}`),
  });
  return { dad, timers, said, nonces };
}

describe("an address on trial", () => {
  test("is asked for once, after less than a second, and ours a second later [RFC 4862 5.4.2]", () => {
    const { dad, timers, said } = trial();
    dad.start(own, 0);
    expect(timers.next).toBeLessThan(1000);
    timers.advance(timers.next);
    expect(said).toEqual(["probe"]);
    timers.advance(999);
    expect(said).toEqual(["probe"]);
    timers.advance(1);
    expect(said).toEqual(["probe", "unique fd00::1"]);
    expect(timers.next).toBe(Infinity);
  });

  test("that somebody else has or tries is a duplicate [RFC 4862 5.4.3] [RFC 4862 5.4.4]", () => {
    for (const nonce of [undefined, new Uint8Array(6)]) {
      const { dad, timers, said } = trial();
      dad.start(own, 0);
      timers.advance(1200);
      dad.heard(own, nonce);
      dad.heard(own, nonce);
      timers.advance(5000);
      expect(said).toEqual(["probe", "duplicate fd00::1"]);
    }
  });

  test("is not given up for an echo of our own probe [RFC 7527 4.2]", () => {
    const { dad, timers, said, nonces } = trial();
    dad.start(own, 0);
    timers.advance(999);
    dad.heard(own, nonces[0]!.slice());
    timers.advance(2000);
    expect(said).toEqual(["probe", "unique fd00::1"]);
  });

  test("taken away is tried no more", () => {
    const { dad, timers, said } = trial();
    dad.start(own, 0);
    dad.stop(own);
    dad.heard(own, undefined);
    timers.advance(5000);
    expect(said).toEqual([]);
  });
});

describe("an interface identifier", () => {
  test("is made of the Ethernet address [RFC 4291 appendix A]", () => {
    const made = (mac: number): string => formatAddress(withInterfaceId(linkLocalPrefix, eui64(mac)));
    expect(made(0x34567890abcd)).toBe("fe80::3656:78ff:fe90:abcd");
    expect(made(0x020000000001)).toBe("fe80::ff:fe00:1");
  });

  test("is stable on one network and different on the next, and after a duplicate [RFC 7217 5]", () => {
    const secret = sipKey(new Uint8Array(16).fill(9));
    const made = (prefix: Address, index = 2, counter = 0): string =>
      formatAddress(withInterfaceId(prefix, stableId(prefix, index, counter, secret)));
    const home = address("2001:db8:1::");
    const all = [made(home), made(address("2001:db8:2::")), made(home, 3), made(home, 2, 1)];
    expect(made(home)).toBe(all[0]);
    expect(new Set(all).size).toBe(4);
  });
});
