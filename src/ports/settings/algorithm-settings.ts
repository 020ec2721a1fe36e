/**
 * Which of its system's algorithms a host has taken, for each protocol and IP version, where there are several: NetBSD's
 * net.inet.ip.anonportalgo.selected, FreeBSD's net.inet.ip.portrange.randomized, macOS' net.inet.tcp.randomize_ports.
 */
import { type TransportProtocol, transportProtocols } from "../binding.ts";
import { algorithmNamed, type Profile, usualAlgorithm } from "../profile.ts";

/** What an algorithm is taken for: everything, where nothing is said. */
export interface AlgorithmScope {
  readonly protocol?: TransportProtocol;
  readonly domain?: 4 | 6;
}

export interface TakenAlgorithm {
  readonly protocol: TransportProtocol;
  readonly domain: 4 | 6;
  readonly name: string;
}

/** FreeBSD up to 13 chooses TCP's ports in order for so many seconds after one with more choices than that. */
export interface BusyRule {
  /** net.inet.ip.portrange.randomcps. */
  choices: number;
  /** net.inet.ip.portrange.randomtime. */
  seconds: number;
}

export const usualBusyRule: Readonly<BusyRule> = { choices: 10, seconds: 45 };

type ByProtocol = Partial<Record<TransportProtocol, string>>;

export class AlgorithmSettings {
  readonly #profile: Profile;
  readonly #taken: Record<4 | 6, ByProtocol> = { 4: {}, 6: {} };
  /** Somebody has taken one. */
  areTaken = false;
  readonly busy: BusyRule = { ...usualBusyRule };

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  get isBusyRuleUsual(): boolean {
    return this.busy.choices === usualBusyRule.choices && this.busy.seconds === usualBusyRule.seconds;
  }

  /** Those there are, in the system's order. */
  names(protocol: TransportProtocol): readonly string[] {
    return Object.keys(this.#profile.protocols[protocol].algorithms ?? {});
  }

  /** Every new choice is by this one; sockets may still have their own. @throws RangeError where the system has none of that name */
  take(name: string, { protocol, domain }: AlgorithmScope = {}): void {
    const protocols = (protocol === undefined ? transportProtocols : [protocol]).filter(
      (one) => algorithmNamed(this.#profile.protocols[one], name) !== undefined,
    );
    if (protocols.length === 0) throw new RangeError(`${this.#profile.name} has no algorithm "${name}"`);
    this.areTaken = true;
    for (const one of protocols)
      for (const version of domain === undefined ? ([4, 6] as const) : [domain])
        this.#taken[version][one] = name;
  }

  /** The one at work; undefined where that has no name. */
  selected(protocol: TransportProtocol, domain: 4 | 6): string | undefined {
    return this.taken(protocol, domain) ?? usualAlgorithm(this.#profile.protocols[protocol]);
  }

  /** Undefined where it was left as it was. */
  taken(protocol: TransportProtocol, domain: 4 | 6): string | undefined {
    return this.#taken[domain][protocol];
  }

  all(): readonly TakenAlgorithm[] {
    return ([4, 6] as const).flatMap((domain) =>
      transportProtocols.flatMap((protocol) => {
        const name = this.taken(protocol, domain);
        return name === undefined ? [] : [{ protocol, domain, name }];
      }),
    );
  }
}
