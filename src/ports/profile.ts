/** What one operating system fixes. Mechanism is in this room; every policy is in a profile, with its source beside it. */
import type { ErrnoName } from "../base/errno.ts";
import type { Random } from "../base/random.ts";
import type { PortCall, TransportProtocol } from "./binding.ts";
import type { ConflictReason, ConflictRule, JointRule } from "./conflict.ts";
import type { HoldRule, ReuseSettings } from "./hold.ts";
import type { PortRange } from "./range.ts";
import type { Reception } from "./reception.ts";
import type { Selection } from "./selection.ts";

export interface Profile {
  readonly name: string;
  /** Where ports are chosen from. */
  readonly range: PortRange;
  /** The other bands of IP_PORTRANGE, where the system has them. */
  readonly bands?: { readonly high: PortRange; readonly low: PortRange };
  /** Sockets may bring a range of their own (IP_LOCAL_PORT_RANGE). */
  readonly ownRange: boolean;
  /** Naming a port below this needs privilege (EACCES). */
  readonly unprivilegedStart: number;
  /** The errno for naming a reserved port, where that is not allowed (Windows' excludedportrange). */
  readonly namingReserved?: ErrnoName;
  /** What the system itself calls an errno, where it has words of its own. */
  readonly errorNames?: Readonly<Partial<Record<ErrnoName, string>>>;
  /** IPV6_V6ONLY is set on a socket by binding it to an IPv6 address. */
  readonly addressMakesV6Only: boolean;
  readonly protocols: Readonly<Record<TransportProtocol, ProtocolProfile>>;
  readonly hold: HoldRule;
  readonly reuse: ReuseSettings;
}

export interface ProtocolProfile {
  readonly conflict: ConflictRule;
  /** What holders do together, where the rule for each of them is not all. */
  readonly jointConflict?: JointRule;
  /** The errno when bind(2) or listen(2) meets a conflict, by its reason: EADDRINUSE where it is left out. */
  readonly refusals?: Readonly<Partial<Record<ConflictReason, ErrnoName>>>;
  /** How ports are chosen: made anew for each manager, since selections have state. `connect` is left out where connect(2) binds first. */
  readonly selections: (random: Random) => { readonly bind: Selection; readonly connect?: Selection };
  /** The errno when the range is exhausted. */
  readonly exhausted: Readonly<Record<PortCall, ErrnoName>>;
  /** The errno when connect(2) meets its own five-tuple; undefined where that is allowed. */
  readonly duplicateFlow: ErrnoName | undefined;
  /** Sockets are receivers from bind(2) on; else from listen(2) on. */
  readonly receivesWhen: "bound" | "listening";
  /** Disconnecting gives back a port that the caller did not name. */
  readonly disconnect: "keeps-port" | "keeps-named-port";
  readonly reception: Reception;
}

/** The same protocol with its ports chosen by one other selection, in bind(2) and, if it chooses there, connect(2) alike. */
export function withSelection(
  protocol: ProtocolProfile,
  selection: (random: Random) => Selection,
): ProtocolProfile {
  return {
    ...protocol,
    selections: (random) => {
      const one = selection(random);
      return protocol.selections(random).connect === undefined ? { bind: one } : { bind: one, connect: one };
    },
  };
}
