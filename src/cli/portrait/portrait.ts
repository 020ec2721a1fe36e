/** Everything about one profile as plain data: what its entry says of it, what it fixes, and how it answers when it is asked. */
import { seededRandom } from "../../base/random.ts";
import type { PortCall } from "../../ports/binding.ts";
import { type ProtocolProfile, usualAlgorithm } from "../../ports/profile.ts";
import { type ProfileEntry, rangeText } from "../../ports/profiles/register/entry.ts";
import type { ValueSources } from "../../ports/profiles/register/value-sources.ts";
import { formatPortList } from "../../ports/range.ts";
import type { PortrayedProtocol } from "./protocols.ts";
import { receiversOf } from "./receivers.ts";
import { type RestingAnswer, restingAnswers } from "./resting.ts";
import { type SharingAnswer, sharingAnswers } from "./sharing.ts";

/** A row of the table of systems. */
export interface ProfileRow {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  /** In words, where it is more than one pair; {@link ProfileRow.ports} is the pair that ports are chosen from. */
  readonly range: string;
  readonly ports: readonly [number, number];
  readonly algorithm: string;
  readonly variant: string | null;
  /** TIME-WAIT, in seconds. */
  readonly hold: number;
  readonly evidence: string;
  readonly source: string;
  /** Where each of its values is from; null where only {@link ProfileRow.source} says so. */
  readonly sources: ValueSources | null;
  readonly notes: string | null;
}

export interface ProfilePortrait extends ProfileRow {
  /** The other ranges of IP_PORTRANGE, where the system has them. */
  readonly bands: {
    readonly high: readonly [number, number];
    readonly low: readonly [number, number];
  } | null;
  /** Sockets may bring a range of their own (IP_LOCAL_PORT_RANGE). */
  readonly ownRange: boolean;
  /** By which option a socket takes an algorithm for itself; null where none does. */
  readonly algorithmOption: string | null;
  /** Naming a port below this needs privilege, or naming it on an address that is no wildcard. */
  readonly unprivilegedStart: number;
  readonly privilege: "of-addresses" | null;
  /** So does naming these. */
  readonly extraPrivileged: string;
  /** The errno for naming a reserved port; null where that is allowed. */
  readonly namingReserved: string | null;
  /** A new IPv6 socket has IPV6_V6ONLY set, or has it for good; null where it has not. */
  readonly v6Only: "by-default" | "always" | null;
  /** What the system calls an errno, where it has words of its own. */
  readonly errorNames: Readonly<Record<string, string>>;
  readonly protocols: Readonly<Record<PortrayedProtocol, ProtocolPortrait>>;
  readonly sharing: readonly SharingAnswer[];
  readonly resting: readonly RestingAnswer[];
  /** Whom a packet is for, the best first, of those that can stand side by side. */
  readonly receivers: Readonly<Record<PortrayedProtocol, readonly string[]>>;
}

export interface ProtocolPortrait {
  /** Selections by name. `connect` is null where connect(2) binds first. */
  readonly bind: string;
  readonly connect: string | null;
  /** By the system's names, where the host or a socket may take another; empty where none can be taken. */
  readonly algorithms: readonly string[];
  /** Which of them is at work until then; null where it has no name. */
  readonly algorithm: string | null;
  /** The errno when no port is left. */
  readonly exhausted: Readonly<Record<PortCall, string>>;
  /** The same of an IPv6 socket, where that is another. */
  readonly exhausted6: Readonly<Record<PortCall, string>> | null;
  /** Ports that are never chosen, but may be named, as in ip_local_reserved_ports. */
  readonly neverChosen: string;
  /** No port is chosen while no more than so many are free. */
  readonly keepsFree: number;
  /** The errno when connect(2) meets its own five-tuple; null where that is allowed. */
  readonly duplicate: string | null;
  readonly receivesFrom: "bind" | "listen";
  readonly disconnect: string;
  /** A group of SO_REUSEPORT shares what comes by a hash. */
  readonly balances: boolean;
}

export function rowOf(entry: ProfileEntry): ProfileRow {
  const {
    profile,
    title,
    version,
    algorithm,
    variant = null,
    evidence,
    source,
    sources = null,
    notes = null,
  } = entry;
  return {
    name: profile.name,
    ...{ title, version, range: rangeText(entry), ports: profile.range, algorithm, variant },
    hold: profile.hold.length / 1000,
    ...{ evidence, source, sources, notes },
  };
}

export function portraitOf(entry: ProfileEntry): ProfilePortrait {
  const { profile } = entry;
  const { bands = null, ownRange, unprivilegedStart, protocols } = profile;
  return {
    ...rowOf(entry),
    ...{ bands, ownRange, unprivilegedStart, algorithmOption: profile.algorithmOption ?? null },
    extraPrivileged: formatPortList(profile.extraPrivileged ?? []),
    ...{ privilege: profile.privilege ?? null, namingReserved: profile.namingReserved ?? null },
    ...{ v6Only: profile.v6Only ?? null, errorNames: profile.errorNames ?? {} },
    protocols: byProtocol((protocol) => protocolPortrait(protocols[protocol])),
    sharing: sharingAnswers(profile),
    resting: restingAnswers(profile),
    receivers: byProtocol((protocol) => receiversOf(profile, protocol)),
  };
}

function byProtocol<Value>(of: (protocol: PortrayedProtocol) => Value): Record<PortrayedProtocol, Value> {
  return { tcp: of("tcp"), udp: of("udp"), sctp: of("sctp") };
}

function protocolPortrait(protocol: ProtocolProfile): ProtocolPortrait {
  const { bind, connect } = protocol.selections(seededRandom(1));
  return {
    bind: bind.name,
    connect: connect?.name ?? null,
    algorithms: Object.keys(protocol.algorithms ?? {}),
    algorithm: usualAlgorithm(protocol) ?? null,
    exhausted: protocol.exhausted,
    exhausted6: protocol.exhausted6 ?? null,
    neverChosen: formatPortList(protocol.neverChosen ?? []),
    keepsFree: protocol.keepsFree ?? 0,
    duplicate: protocol.duplicateFlow ?? null,
    receivesFrom: protocol.receivesWhen === "bound" ? "bind" : "listen",
    disconnect: protocol.disconnect,
    balances: protocol.reception.groupHash !== undefined,
  };
}
