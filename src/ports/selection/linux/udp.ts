/**
 * Linux's UDP (udp_lib_get_port, net/ipv4/udp.c): hash slot by hash slot from a random one, and within a slot by a random
 * stride around all 65,536 numbers, taking what lies in the range.
 */
import type { Random } from "../../../base/random.ts";
import type { Wish } from "../../demultiplexer/flow.ts";
import { reciprocalScale } from "../../demultiplexer/reuseport-group.ts";
import type { Abreast, Strands } from "../../selection.ts";

/** `slots`: the kernel's UDP hash entries, a power of two from 256 to 65,536 (one for 2 MB of memory). */
export function linuxUdp(slots: number): Abreast {
  const slotSize = 65536 / slots;
  return {
    kind: "abreast",
    name: "linux-udp",
    strands({ low, high }: Wish, chance: Random): Strands {
      const drawn = chance.uint32();
      const first = low + reciprocalScale(drawn, high - low + 1);
      const stride = (drawn | 1) & (slotSize - 1);
      return {
        count: slotSize,
        length: slots,
        start: (strand) => (first + (Math.imul(stride, strand) & (slotSize - 1)) * slots) & 0xffff,
      };
    },
  };
}
