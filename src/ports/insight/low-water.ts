/** Low water: few ports of the range are left, and somebody wants to know while there is still time. */
import type { TransportProtocol } from "../binding.ts";

export interface LowWater {
  /**
   * The mark: when no more than so many ports of the protocol's range are nobody's. Where each version of IP has its own, it is that of
   * which fewer are left.
   */
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
  readonly table: { readonly free: number; readonly rangeSize: number };
  low: boolean;
}

/** Looks where the water stands after a change. */
export function sound({ ports, again, reached, recovered }: LowWater, basin: Basin): void {
  const { protocol, table } = basin;
  const { free } = table;
  if (!basin.low) {
    if (free > ports) return;
    basin.low = true;
    reached(protocol, free);
  } else if (free >= Math.min(again ?? 2 * ports, table.rangeSize) && free > ports) {
    basin.low = false;
    recovered?.(protocol, free);
  }
}
