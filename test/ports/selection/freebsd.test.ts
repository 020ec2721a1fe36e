import { expect, test } from "vitest";
import { address } from "../../../src/base/address.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { Wish } from "../../../src/ports/demultiplexer/flow.ts";
import { freebsd, portTick } from "../../../src/ports/selection/freebsd.ts";
import { Order } from "../../../src/ports/selection.ts";

function wishAt(now: number): Wish {
  const local = address("192.0.2.1");
  const none = {
    remote: undefined,
    remotePort: 0,
    band: "default",
    ownRange: false,
    reuseAddress: false,
    mayRelax: false,
    stepWidth: 0,
  } as const;
  return { protocol: "tcp", local, low: 10000, high: 65535, now, ...none };
}

test("FreeBSD's TCP goes on from its last port for 45 s after a busy second [portrange.randomcps]", () => {
  const selection = freebsd({ tick: portTick(), stopsWhenBusy: true });
  const chance = seededRandom(2);
  const order = new Order();
  let last = 0;
  /** Whether the next choice follows the last port. */
  const follows = (now: number): boolean => {
    order.clear();
    selection.propose(wishAt(now), 0, order, chance);
    const [port] = order.from;
    const isNext = port === last + 1;
    last = port!;
    selection.settle!(wishAt(now), last, 1, chance);
    return isNext;
  };
  for (let i = 0; i < 11; i++) expect(follows(500)).toBe(false);
  expect(follows(1500)).toBe(true);
  expect(follows(44_500)).toBe(true);
  expect(follows(47_500)).toBe(false);
  for (let i = 0; i < 10; i++) follows(50_500);
  expect(follows(51_500)).toBe(false); // ten a second are not too many
});
