/** The order in which each selection looks at a small range, written out. */
import { describe, expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { type Random, seededRandom } from "../../../src/base/random.ts";
import type { Wish } from "../../../src/ports/demultiplexer/flow.ts";
import { callerChooses } from "../../../src/ports/selection/caller-chooses.ts";
import { gvisor, gvisorStable } from "../../../src/ports/selection/gvisor.ts";
import { lwip } from "../../../src/ports/selection/lwip.ts";
import { usrsctp } from "../../../src/ports/selection/usrsctp.ts";
import { windowsAutoReuse } from "../../../src/ports/selection/windows-auto-reuse.ts";
import { Order, type Walk } from "../../../src/ports/selection.ts";

/** A random source that draws what it is told. */
function drawing(number: number): Random {
  return {
    ...seededRandom(1),
    uint32: () => number,
    below: (bound) => number % bound,
    fork: () => drawing(number),
  };
}

function wish(low: number, high: number, remote = "198.51.100.7"): Wish {
  const none = { ownRange: false, band: "default", reuseAddress: false, mayRelax: false, now: 0 } as const;
  const ends = { local: address("192.0.2.1"), remote: address(remote), remotePort: 80 };
  return { protocol: "tcp", ...ends, low, high, stepWidth: 0, ...none };
}

/** Every candidate, in order. */
function looksAt(selection: Walk, { at = wish(10, 15), drawn = 0 } = {}): number[] {
  const order = new Order();
  const ports: number[] = [];
  for (let pass = 0; selection.propose(at, pass, order, drawing(drawn)); pass++, order.clear())
    for (let run = 0; run < order.length; run++)
      for (let port = order.from[run]!; port <= order.to[run]!; port += order.step[run]!) ports.push(port);
  return ports;
}

/** The same after a choice of `taken`. */
function looksAfter(selection: Walk, taken: number | undefined): number[] {
  selection.settle!(wish(10, 15), taken, 1, drawing(0));
  return looksAt(selection);
}

describe("gVisor looks", () => {
  test("up and around from a random offset", () => {
    expect(looksAt(gvisor(), { drawn: 6 * 1000 + 3 })).toEqual([13, 14, 15, 10, 11, 12]);
    expect(looksAt(gvisor(), { drawn: 0 })).toEqual([10, 11, 12, 13, 14, 15]);
  });

  test("from the first port again where the offset runs past 32 bits, twice at some ports and never at others", () => {
    // 2^32 - 2 is 2 modulo 6
    expect(looksAt(gvisor(), { drawn: 0xffff_fffe })).toEqual([12, 13, 10, 11, 12, 13]);
    // 2^32 - 5 is 5 modulo 6
    expect(looksAt(gvisor(), { drawn: 0xffff_fffb })).toEqual([15, 10, 11, 12, 13, 10]);
  });

  test("in 2022, one further after every connection, whereto it may have gone", () => {
    const selection = gvisorStable(drawing(77));
    const first = looksAt(selection);
    expect(new Set(first)).toEqual(new Set([10, 11, 12, 13, 14, 15]));
    expect(looksAt(selection)).toEqual(first);
    expect(looksAfter(selection, undefined)).toEqual(first);
    expect(looksAfter(selection, first[0])).toEqual([...first.slice(1), first[0]]);
    const elsewhere = ["203.0.113.1", "203.0.113.2", "203.0.113.3"].map(
      (remote) => looksAt(selection, { at: wish(1000, 60_000, remote) })[0],
    );
    expect(new Set(elsewhere).size).toBe(3);
  });
});

describe("lwIP looks", () => {
  test("up and around from one past its counter; TCP never at the last port, and at the first candidate twice", () => {
    const selection = lwip(0, "as-coded");
    expect(looksAt(selection)).toEqual([11, 12, 13, 14, 10, 11]);
    expect(looksAfter(selection, 13)).toEqual([14, 10, 11, 12, 13, 14]);
    expect(looksAfter(selection, 14)).toEqual([10, 11, 12, 13, 14, 10]);
  });

  test("after giving up, from one further for TCP, and from the same port for UDP", () => {
    expect(looksAfter(lwip(0, "as-coded"), undefined)).toEqual([12, 13, 14, 10, 11, 12]);
    expect(looksAfter(lwip(0, "as-published"), undefined)).toEqual([11, 12, 13, 14, 15, 10]);
  });

  test("at every port for UDP", () => {
    const selection = lwip(3, "as-published");
    expect(looksAt(selection)).toEqual([14, 15, 10, 11, 12, 13]);
    expect(looksAfter(selection, 15)).toEqual([10, 11, 12, 13, 14, 15]);
  });

  test("at 49153 first without LWIP_RAND", () => {
    expect(looksAt(lwip(0, "as-coded"), { at: wish(49152, 65535) })[0]).toBe(49153);
  });
});

test("usrsctp looks up and around from a random port", () => {
  expect(looksAt(usrsctp(), { drawn: 6 * 1000 + 4 })).toEqual([14, 15, 10, 11, 12, 13]);
});

test("Windows looks up and around its auto-reuse range from a random port, whatever its dynamic range", () => {
  expect(looksAt(windowsAutoReuse([20, 23]), { drawn: 6 })).toEqual([22, 23, 20, 21]);
});

test("smoltcp looks nowhere", () => {
  expect(looksAt(callerChooses())).toEqual([]);
});
