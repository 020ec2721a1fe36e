/**
 * Windows' auto-reuse range (Set-NetTCPSetting, AutoReusePortRangeStartPort and -NumberOfPorts): outbound TCP that was not bound
 * takes a port from a range of its own, and shares it between destinations. "Already randomized", the documents say:
 * a random start is assumed, then upward and around.
 */
import type { Random } from "../../base/random.ts";
import type { Wish } from "../demultiplexer/flow.ts";
import type { PortRange } from "../range.ts";
import type { Order, Walk } from "../selection.ts";

/** `range` is the auto-reuse range, whatever the host's other one. */
export function windowsAutoReuse([low, high]: PortRange): Walk {
  return {
    kind: "walk",
    name: "windows-auto-reuse",
    propose(_wish: Wish, pass: number, order: Order, chance: Random): boolean {
      if (pass > 0) return false;
      order.around(low + chance.below(high - low + 1), low, high);
      return true;
    },
  };
}
