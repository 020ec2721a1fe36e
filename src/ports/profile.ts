/** What one operating system fixes. Mechanism is in this room; every policy is in a profile, with its source beside it. */
import { type Address, isUnspecified } from "../base/address.ts";
import type { ErrnoName } from "../base/errno.ts";
import type { Random } from "../base/random.ts";
import type { PortCall, TransportProtocol } from "./binding.ts";
import type { ConflictReason, ConflictRule, GroupShortcut, JointRule } from "./conflict.ts";
import type { Reception } from "./demultiplexer/reception.ts";
import type { HoldRule, ReuseSettings } from "./hold/hold.ts";
import type { PortRange } from "./range.ts";
import type { Selection } from "./selection.ts";

export interface Profile {
  readonly name: string;
  /** Where ports are chosen from, until the host sets something else for all protocols or for one: {@link PortSettings.of}. */
  readonly range: PortRange;
  /** The other bands of IP_PORTRANGE, where the system has them. */
  readonly bands?: { readonly high: PortRange; readonly low: PortRange };
  /** Sockets may bring a range of their own (IP_LOCAL_PORT_RANGE). */
  readonly ownRange: boolean;
  /** Naming a port below this needs privilege (EACCES). */
  readonly unprivilegedStart: number;
  /** So does naming these, wherever they lie (Solaris' extra_priv_ports). */
  readonly extraPrivileged?: readonly PortRange[];
  /** Naming such a port on a wildcard address needs none. */
  readonly privilege?: "of-addresses";
  /** By which option a socket takes one of its protocol's algorithms for itself. */
  readonly algorithmOption?: "IP_PORTALGO" | "SO_RANDOMPORT" | "SO_RANDOMIZE_PORT";
  /** The errno for naming a reserved port, where that is not allowed (Windows' excludedportrange). */
  readonly namingReserved?: ErrnoName;
  /** What the system itself calls an errno, where it has words of its own. */
  readonly errorNames?: Readonly<Partial<Record<ErrnoName, string>>>;
  /** IPV6_V6ONLY is set on a socket by binding it to an IPv6 address. */
  readonly addressMakesV6Only: boolean;
  /** IPV6_V6ONLY: off until it is set where this is left out; else set on a new socket, or on every socket for good. */
  readonly v6Only?: "by-default" | "always";
  /** An AF_INET6 stream socket that has once had an IPv4 peer sends by IPv4 for good: nobody hears what it and its children say by IPv6. */
  readonly mappedForGood?: boolean;
  readonly protocols: Readonly<Record<TransportProtocol, ProtocolProfile>>;
  readonly hold: HoldRule;
  readonly reuse: ReuseSettings;
}

export interface ProtocolProfile {
  readonly conflict: ConflictRule;
  /** What holders do together, where the rule for each of them is not all. */
  readonly jointConflict?: JointRule;
  readonly groupShortcut?: GroupShortcut;
  /** The errno when bind(2) or listen(2) meets a conflict, by its reason: EADDRINUSE where it is left out. */
  readonly refusals?: Readonly<Partial<Record<ConflictReason, ErrnoName>>>;
  /** How ports are chosen. */
  readonly selections: Algorithm;
  /** Where the host or a socket may have them chosen otherwise: the ways there are, by the system's names and in its order. */
  readonly algorithms?: Readonly<Record<string, Algorithm>>;
  /** Where connect(2) of an unbound socket takes its port from instead of the range (Windows' auto-reuse range). */
  readonly autoReuse?: PortRange;
  /** The errno when the range is exhausted. */
  readonly exhausted: Readonly<Record<PortCall, ErrnoName>>;
  /** The same for an AF_INET6 socket, where that is another. */
  readonly exhausted6?: Readonly<Record<PortCall, ErrnoName>>;
  /** Ports that are never chosen, but may be named: the system's own list, beside the host's {@link PortSettings.reserved}; a host may set another. */
  readonly neverChosen?: readonly PortRange[];
  /** No port is chosen while no more than so many of the range are free. */
  readonly keepsFree?: number;
  /** The errno when connect(2) meets its own five-tuple; undefined where that is allowed. */
  readonly duplicateFlow: ErrnoName | undefined;
  /** Sockets are receivers from bind(2) on; else from listen(2) on. */
  readonly receivesWhen: "bound" | "listening";
  /** Disconnecting gives back a port that the caller did not name. */
  readonly disconnect: "keeps-port" | "keeps-named-port";
  readonly reception: Reception;
}

/** What chooses. `connect` is left out where connect(2) binds first. */
export interface Selections {
  readonly bind: Selection;
  readonly connect?: Selection;
}

/**
 * Makes selections anew for each manager, since they have state. What `shared` makes is the host's, what `own` makes the protocol's,
 * whichever of its algorithms is at work.
 */
export type Algorithm = (random: Random, shared?: Shared, own?: Shared) => Selections;

/** What the selections of one host have in common, whatever their protocol: what `make` makes, once a host. */
export type Shared = <T>(make: () => T) => T;

export function newShared(): Shared {
  const made = new Map<() => unknown, unknown>();
  return <T>(make: () => T): T => {
    if (!made.has(make)) made.set(make, make());
    return made.get(make) as T;
  };
}

/** The errno when there is no port left for a socket of the domain. */
export function exhaustedErrno(
  { exhausted, exhausted6 }: ProtocolProfile,
  domain: 4 | 6,
  call: PortCall,
): ErrnoName {
  return (domain === 6 ? (exhausted6 ?? exhausted) : exhausted)[call];
}

/** Whether naming the port needs privilege, by what is set. */
export function isPrivileged(
  { privilege }: Profile,
  { unprivilegedStart, extraPrivileged = [] }: Pick<Profile, "unprivilegedStart" | "extraPrivileged">,
  address: Address,
  port: number,
): boolean {
  if (port < unprivilegedStart) return !(privilege === "of-addresses" && isUnspecified(address));
  return extraPrivileged.some(([low, high]) => port >= low && port <= high);
}

/** The same protocol with its ports chosen by one other selection, in bind(2) and, if it chooses there, connect(2) alike. */
export function withSelection(
  protocol: ProtocolProfile,
  selection: (random: Random) => Selection,
): ProtocolProfile {
  const { algorithms: _, ...others } = protocol;
  return { ...others, selections: inBoth(protocol, selection) };
}

/** One selection for bind(2), and for connect(2) where the protocol chooses there. */
export function inBoth({ selections }: ProtocolProfile, selection: (random: Random) => Selection): Algorithm {
  return (random) => {
    const one = selection(random);
    return selections(random).connect === undefined ? { bind: one } : { bind: one, connect: one };
  };
}

/**
 * The system as it is where its host has taken the algorithm; protocols that have none of that name stay as they are.
 * @throws RangeError where no protocol has one
 */
export function withAlgorithm(profile: Profile, name: string): Profile {
  const taking = (protocol: ProtocolProfile): ProtocolProfile => {
    const taken = algorithmNamed(protocol, name);
    return taken === undefined ? protocol : { ...protocol, selections: taken };
  };
  const { tcp, udp, sctp, udplite } = profile.protocols;
  if ([tcp, udp, sctp, udplite].every((protocol) => algorithmNamed(protocol, name) === undefined))
    throw new RangeError(`${profile.name} has no algorithm "${name}"`);
  return {
    ...profile,
    protocols: { tcp: taking(tcp), udp: taking(udp), sctp: taking(sctp), udplite: taking(udplite) },
  };
}

export function algorithmNamed({ algorithms }: ProtocolProfile, name: string): Algorithm | undefined {
  return algorithms !== undefined && Object.hasOwn(algorithms, name) ? algorithms[name] : undefined;
}

/** The name of the algorithm that is at work where nobody has taken another; undefined where it has none. */
export function usualAlgorithm({ algorithms = {}, selections }: ProtocolProfile): string | undefined {
  return Object.keys(algorithms).find((name) => algorithms[name] === selections);
}
