/** Ranges as they are told: one for all protocols, or one for each where some have their own. */
import type { TransportProtocol } from "../binding.ts";
import type { PortRange } from "../range.ts";
import { domains, type RulesApart } from "../settings/port-settings.ts";

/** A `PortManager`, its settings, or of a host's snapshot the same. */
export interface ToldRanges {
  readonly range: PortRange;
  readonly reserved: readonly PortRange[];
  /** Whose rules are not those; left out where there are none. */
  readonly apart?: readonly RulesApart[];
}

/** What a protocol's ports are chosen from, over one version of IP where that is named, else over both. */
export interface ProtocolRange {
  readonly domain: 4 | 6 | undefined;
  readonly range: PortRange;
  readonly reserved: readonly PortRange[];
}

/** One, or one for each version of IP. */
export function rangesOf(told: ToldRanges, protocol: TransportProtocol): readonly ProtocolRange[] {
  const own = (told.apart ?? []).filter((rules) => rules.protocol === protocol);
  const over = (domain: 4 | 6 | undefined): ProtocolRange => {
    const { range, reserved } = own.find((rules) => rules.domain === domain) ?? told;
    return { domain, range, reserved };
  };
  return own.some(({ domain }) => domain !== undefined) ? domains.map(over) : [over(undefined)];
}
