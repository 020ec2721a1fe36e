/**
 * What is set for the ports of one protocol over one version of IP, and of several of these at once. Linux, the BSDs and macOS set one
 * range for all; Solaris and AIX one for each protocol (`tcp_smallest_anon_port`, `udp_ephemeral_low`); Windows one for each protocol and
 * version of IP (`netsh int ipv4 set dynamicport tcp`).
 */
import type { TransportProtocol } from "../binding.ts";
import { checkPortList, checkRange, isPort, type PortRange, portSet } from "../range.ts";
import type { PortBitmap } from "../table/bitmap.ts";

/** What is set, for whoever reads or writes it. Written, it is copied; what is no such thing throws RangeError, and nothing is changed. */
export interface PortRules {
  /** Where ports are chosen from (ip_local_port_range). */
  range: PortRange;
  /** Ports that are never chosen, but may be named (ip_local_reserved_ports), unless the profile has an errno for that (excludedportrange). */
  reserved: readonly PortRange[];
  /** Ports that are never chosen, and may be named under any profile: the system's own list (baddynamic). First the profile's. */
  neverChosen: readonly PortRange[];
  /** Naming a port below this needs privilege (ip_unprivileged_port_start). */
  unprivilegedStart: number;
  /** Ports above that which naming needs privilege too (Solaris' extra_priv_ports). First the profile's. */
  extraPrivileged: readonly PortRange[];
}

/** Rules as they are kept, for one protocol over one version of IP, with what is made of them. */
export interface KeptRules extends PortRules {
  readonly protocol: TransportProtocol;
  readonly domain: 4 | 6;
  /** The reserved ports; undefined where there are none. */
  reservedSet: PortBitmap | undefined;
  /** All that are not to be chosen: the reserved ones, and those that never are. */
  closed: PortBitmap | undefined;
}

export function keptRules(
  protocol: TransportProtocol,
  domain: 4 | 6,
  { range, neverChosen, unprivilegedStart, extraPrivileged }: Omit<PortRules, "reserved">,
): KeptRules {
  return {
    ...{ protocol, domain, range, reserved: [], neverChosen, unprivilegedStart, extraPrivileged },
    ...{ reservedSet: undefined, closed: portSet(neverChosen) },
  };
}

/** The rules of several protocols as if they were those of one: told of is the first's, written are all. */
export class ProtocolSettings implements PortRules {
  readonly #rules: readonly KeptRules[];
  readonly #first: KeptRules;
  readonly #changed: () => void;

  /** `changed` is called when something has changed that tables depend on. */
  constructor(rules: readonly KeptRules[], changed: () => void) {
    this.#rules = rules;
    this.#first = rules[0]!;
    this.#changed = changed;
  }

  get range(): PortRange {
    return this.#first.range;
  }

  set range(range: PortRange) {
    checkRange(range);
    for (const rules of this.#rules) rules.range = [range[0], range[1]];
    this.#changed();
  }

  get reserved(): readonly PortRange[] {
    return this.#first.reserved;
  }

  set reserved(ranges: readonly PortRange[]) {
    checkPortList(ranges);
    const set = portSet(ranges);
    for (const rules of this.#rules) {
      rules.reserved = copyOf(ranges);
      rules.reservedSet = set;
    }
    this.#close();
  }

  get neverChosen(): readonly PortRange[] {
    return this.#first.neverChosen;
  }

  set neverChosen(ranges: readonly PortRange[]) {
    checkPortList(ranges);
    for (const rules of this.#rules) rules.neverChosen = copyOf(ranges);
    this.#close();
  }

  get unprivilegedStart(): number {
    return this.#first.unprivilegedStart;
  }

  set unprivilegedStart(port: number) {
    if (!isPort(port)) throw new RangeError(`not a port: ${port}`);
    for (const rules of this.#rules) rules.unprivilegedStart = port;
  }

  get extraPrivileged(): readonly PortRange[] {
    return this.#first.extraPrivileged;
  }

  set extraPrivileged(ranges: readonly PortRange[]) {
    checkPortList(ranges);
    for (const rules of this.#rules) rules.extraPrivileged = copyOf(ranges);
  }

  #close(): void {
    for (const rules of this.#rules)
      rules.closed =
        rules.neverChosen.length === 0
          ? rules.reservedSet
          : portSet([...rules.reserved, ...rules.neverChosen]);
    this.#changed();
  }
}

/** Whether two rules are the same, whatever they are for. */
export function sameRules(one: PortRules, other: PortRules): boolean {
  return (
    sameRange(one.range, other.range) &&
    sameList(one.reserved, other.reserved) &&
    sameList(one.neverChosen, other.neverChosen) &&
    one.unprivilegedStart === other.unprivilegedStart &&
    sameList(one.extraPrivileged, other.extraPrivileged)
  );
}

function sameList(one: readonly PortRange[], other: readonly PortRange[]): boolean {
  return one.length === other.length && one.every((range, at) => sameRange(range, other[at]!));
}

function sameRange([low, high]: PortRange, [otherLow, otherHigh]: PortRange): boolean {
  return low === otherLow && high === otherHigh;
}

function copyOf(ranges: readonly PortRange[]): readonly PortRange[] {
  return ranges.map(([low, high]) => [low, high]);
}
