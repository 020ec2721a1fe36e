/** Low water: few ports of the range are left, and somebody wants to know while there is still time. */
import type { TransportProtocol } from "../binding.ts";
import { type PortRange, sizeOf } from "../range.ts";

export interface LowWater {
  /** The mark: when no more than so many ports of the range are nobody's. */
  readonly ports: number;
  /**
   * So many must be free again before `reached` is called once more, so that ports coming and going at the mark are told of once.
   * Twice the mark where it is left out, or the whole range where that is less.
   */
  readonly again?: number;
  readonly reached: (protocol: TransportProtocol, free: number) => void;
  /** There are `again` free ports. */
  readonly recovered?: (protocol: TransportProtocol, free: number) => void;
}

/** The ports of one protocol, as far as this concerns them. */
export interface Basin {
  readonly protocol: TransportProtocol;
  readonly table: { readonly free: number };
  low: boolean;
}

/** Looks where the water stands after a change. */
export function sound({ ports, again, reached, recovered }: LowWater, basin: Basin, range: PortRange): void {
  const { protocol, table } = basin;
  const { free } = table;
  if (!basin.low) {
    if (free > ports) return;
    basin.low = true;
    reached(protocol, free);
  } else if (free >= Math.min(again ?? 2 * ports, sizeOf(range)) && free > ports) {
    basin.low = false;
    recovered?.(protocol, free);
  }
}
