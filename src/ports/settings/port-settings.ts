/** What a host sets for its ports: of all protocols, or of each. The names in brackets are Linux's sysctls. */

import { type TransportProtocol, transportProtocols } from "../binding.ts";
import type { ReuseSettings } from "../hold/hold.ts";
import type { Profile } from "../profile.ts";
import type { PortRange } from "../range.ts";
import type { PortBitmap } from "../table/bitmap.ts";
import { AlgorithmSettings } from "./algorithm-settings.ts";
import {
  type KeptRules,
  keptRules,
  type PortRules,
  ProtocolSettings,
  sameRules,
} from "./protocol-settings.ts";

/** Versions of IP, as sockets have them. */
export const domains: readonly (4 | 6)[] = [4, 6];

/** Rules that are not those of all: of one protocol, over one version of IP where it is named, else over both. */
export interface RulesApart extends Readonly<PortRules> {
  readonly protocol: TransportProtocol;
  readonly domain?: 4 | 6;
}

export class PortSettings {
  /** Protocol by protocol, IPv4 before IPv6. */
  readonly #rules: readonly KeptRules[];
  readonly #all: ProtocolSettings;
  readonly #profile: Profile;
  #timeWaitReuse: ReuseSettings;
  /** Sockets with SO_REUSEADDR may be given a shared port when none is left to be had alone (ip_autobind_reuse). */
  autobindReuse = false;
  readonly algorithms: AlgorithmSettings;
  #stepWidth = 0;
  /** Called when something has changed that tables depend on. */
  readonly #changed: (what: "range" | "timeWaitReuse") => void;

  constructor(profile: Profile, changed: (what: "range" | "timeWaitReuse") => void) {
    this.#profile = profile;
    this.algorithms = new AlgorithmSettings(profile);
    this.#rules = transportProtocols.flatMap((protocol) =>
      domains.map((domain) => keptRules(protocol, domain, { ...profile, ...this.#nativeTo(protocol) })),
    );
    this.#all = this.#together(this.#rules);
    this.#timeWaitReuse = profile.reuse;
    this.#changed = changed;
  }

  /**
   * Where ports are chosen from (ip_local_port_range). Setting it sets it for all protocols, and throws RangeError where it is no range;
   * where they have several, what is told is that of TCP over IPv4: see {@link PortSettings.of}.
   */
  get range(): PortRange {
    return this.#all.range;
  }

  set range(range: PortRange) {
    this.#all.range = range;
  }

  /** Ports that are never chosen, but may be named (ip_local_reserved_ports). Of all protocols likewise. */
  get reserved(): readonly PortRange[] {
    return this.#all.reserved;
  }

  set reserved(ranges: readonly PortRange[]) {
    this.#all.reserved = ranges;
  }

  /** The reserved ports as a set; undefined where there are none. */
  get reservedSet(): PortBitmap | undefined {
    return this.#rules[0]!.reservedSet;
  }

  /** Naming a port below this needs privilege (ip_unprivileged_port_start). Of all protocols likewise; RangeError for no port. */
  get unprivilegedStart(): number {
    return this.#all.unprivilegedStart;
  }

  set unprivilegedStart(port: number) {
    this.#all.unprivilegedStart = port;
  }

  /**
   * What is set for one protocol: over one version of IP, or over both, where IPv4's is told if they differ. The version is that of the
   * socket: a dual-stack one is IPv6's. What is written here counts until it is written again, here or for all. @throws TypeError for whom there is no such thing
   */
  of(protocol: TransportProtocol, domain?: 4 | 6): ProtocolSettings {
    const meant = this.#rules.filter(
      (rules) => rules.protocol === protocol && (domain === undefined || rules.domain === domain),
    );
    if (meant.length === 0)
      throw new TypeError(`not a protocol over a version of IP: ${protocol}, ${domain}`);
    return this.#together(meant);
  }

  /** The same as tables and choices read it; it stays the same object. */
  rulesOf(protocol: TransportProtocol, domain: 4 | 6): Readonly<KeptRules> {
    return this.#rules[transportProtocols.indexOf(protocol) * 2 + (domain === 4 ? 0 : 1)]!;
  }

  /** Whose rules are not those of all, which {@link PortSettings.range} and its like tell. Empty where nobody set anything for one alone. */
  get apart(): readonly RulesApart[] {
    return transportProtocols.flatMap((protocol) => {
      const usual = { ...this.#rules[0]!, ...this.#nativeTo(protocol) };
      const [over4, over6] = domains.map((domain) => this.rulesOf(protocol, domain)) as [
        KeptRules,
        KeptRules,
      ];
      if (sameRules(over4, over6)) return sameRules(over4, usual) ? [] : [{ protocol, ...plain(over4) }];
      return [over4, over6]
        .filter((rules) => !sameRules(rules, usual))
        .map((rules) => ({ protocol, domain: rules.domain, ...plain(rules) }));
    });
  }

  /**
   * How far apart, at most, the ports lie that connect(2) tries one after the other, so that those behind a reserved block are
   * not taken more often than others; 0 for as near as can be (ip_local_port_step_width). Setting it throws RangeError likewise.
   */
  get stepWidth(): number {
    return this.#stepWidth;
  }

  set stepWidth(width: number) {
    if (!Number.isInteger(width) || width < 0) throw new RangeError(`not a number of ports: ${width}`);
    this.#stepWidth = width;
  }

  /** When connect(2) may take over a resting five-tuple (tcp_tw_reuse, tcp_tw_reuse_delay). Holds are judged anew, their delay from now. */
  get timeWaitReuse(): ReuseSettings {
    return this.#timeWaitReuse;
  }

  set timeWaitReuse(settings: ReuseSettings) {
    this.#timeWaitReuse = { ...settings };
    this.#changed("timeWaitReuse");
  }

  #together(rules: readonly KeptRules[]): ProtocolSettings {
    return new ProtocolSettings(rules, () => this.#changed("range"));
  }

  #nativeTo(protocol: TransportProtocol): Pick<PortRules, "neverChosen" | "extraPrivileged"> {
    const { protocols, extraPrivileged = [] } = this.#profile;
    return { neverChosen: protocols[protocol].neverChosen ?? [], extraPrivileged };
  }
}

function plain(rules: PortRules): PortRules {
  const { range, reserved, neverChosen, unprivilegedStart, extraPrivileged } = rules;
  return { range, reserved, neverChosen, unprivilegedStart, extraPrivileged };
}
