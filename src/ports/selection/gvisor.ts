/**
 * gVisor (pickEphemeralPort, pkg/tcpip/ports/ports.go): up from an offset of 32 bits, drawn anew for every choice (RFC 6056,
 * Algorithm 1). In December 2022, as Debian 12 has it, connect(2) of TCP still took a hash of its addresses plus a counter of
 * all connections (PickEphemeralPortStable; Algorithm 3).
 */
import { type Address, isV4 } from "../../base/address.ts";
import { jenkinsAddByte, jenkinsEnd } from "../../base/hash/jenkins.ts";
import type { Random } from "../../base/random.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { Order, Walk } from "../selection.ts";

const wrap = 0x1_0000_0000;

export function gvisor(): Walk {
  return {
    kind: "walk",
    name: "gvisor",
    propose({ low, high }: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 0) return false;
      addFrom(order, chance.uint32() >>> 0, low, high);
      return true;
    },
  };
}

/** connect(2) of TCP in 2022. `random` gives portOffsetSecret. */
export function gvisorStable(random: Random): Walk {
  const secret = random.uint32() | 0;
  const cursors = { hint: 0 };
  return {
    kind: "walk",
    name: "gvisor-stable",
    cursors,
    propose({ local, remote, remotePort, low, high }: Wish, pass: number, order: Order): boolean {
      if (pass > 0) return false;
      addFrom(order, (cursors.hint + portOffset(secret, local, remote!, remotePort)) >>> 0, low, high);
      return true;
    },
    settle(_wish: Wish, taken: number | undefined): void {
      if (taken !== undefined) cursors.hint = (cursors.hint + 1) >>> 0;
    },
  };
}

/** The hash of registerEndpoint (pkg/tcpip/transport/tcp/endpoint.go), uint32. */
export function portOffset(secret: number, local: Address, remote: Address, remotePort: number): number {
  let state = mixAddress(mixAddress(secret, local), remote);
  state = jenkinsAddByte(jenkinsAddByte(state, remotePort & 255), remotePort >>> 8);
  return jenkinsEnd(state) >>> 0;
}

/** An address is mixed in by its bytes, four or sixteen. */
export function mixAddress(state: number, address: Address): number {
  const { w0, w1, w2, w3 } = address;
  let mixed = state;
  for (const word of isV4(address) ? [w3] : [w0, w1, w2, w3])
    for (let shift = 24; shift >= 0; shift -= 8) mixed = jenkinsAddByte(mixed, (word >>> shift) & 255);
  return mixed;
}

/** `first + (offset + i) % count`, where `offset + i` has 32 bits: past the last of them it begins again with the first port. */
function addFrom(order: Order, offset: number, low: number, high: number): void {
  const count = high - low + 1;
  const start = low + (offset % count);
  const beforeWrap = wrap - offset;
  if (beforeWrap >= count) {
    order.around(start, low, high);
    return;
  }
  order.add(start, Math.min(high, start + beforeWrap - 1), 1);
  order.add(low, low + beforeWrap - (high - start + 1) - 1, 1);
  order.add(low, low + (count - beforeWrap) - 1, 1);
}
