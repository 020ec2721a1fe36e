/**
 * Linux's UDP (udp_lib_get_port, net/ipv4/udp.c): hash slot by hash slot from a random one, and within a slot by a random
 * stride around all 65,536 numbers, taking what lies in the range.
 */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../flow.ts";
import { reciprocalScale } from "../reuseport-group.ts";
import type { Permutation, Permuted } from "../selection.ts";

/** `slots`: the kernel's UDP hash entries, a power of two from 256 to 65,536 (one for 2 MB of memory). */
export function linuxUdp(slots: number): Permutation {
  const slotSize = 65536 / slots;
  const slotBits = Math.log2(slots);
  const sizeBits = 16 - slotBits;
  return {
    kind: "permutation",
    name: "linux-udp",
    permute({ low, high }: Wish, chance: Random): Permuted {
      const drawn = chance.uint32();
      const first = low + reciprocalScale(drawn, high - low + 1);
      const stride = (drawn | 1) & (slotSize - 1);
      const inverse = inverseOf(stride);
      return {
        length: 65536,
        at: (place) => {
          const turn = Math.imul(stride, place) & (slotSize - 1);
          return (first + (place >>> sizeBits) + (turn << slotBits)) & 0xffff;
        },
        placeOf: (port) => {
          const ahead = (port - first) & 0xffff;
          const turn = Math.imul(ahead >>> slotBits, inverse) & (slotSize - 1);
          return ((ahead & (slots - 1)) << sizeBits) + turn;
        },
      };
    },
  };
}

/** Of an odd number, modulo any power of two up to 2^32 (Newton's iteration, each doubling the right bits). */
function inverseOf(odd: number): number {
  let inverse = odd;
  for (let i = 0; i < 4; i++) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  return inverse;
}
