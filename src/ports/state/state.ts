/** Everything a port manager knows, as plain data: JSON can carry it. */
import type { SavedRandom } from "../../base/random.ts";
import type { TransportProtocol } from "../binding.ts";
import type { SavedForesight } from "../choice/foresight.ts";
import type { ReuseSettings } from "../hold/hold.ts";
import type { PortRange } from "../range.ts";
import type { BusyRule, TakenAlgorithm } from "../settings/algorithm-settings.ts";
import type { RulesApart } from "../settings/port-settings.ts";

/**
 * With the keys of its selections in it: who reads it can foretell every port. `Owner` is what the owners were made into. What other
 * stacks were asked for (`claim`) is not in it, nor the owner that a binding has just replaced.
 */
export interface PortState {
  readonly format: "harbormaster ports";
  /** 1 had no `apart`: every protocol had the same rules. It is still read. */
  readonly version: 2;
  /** By name: it has to be given again. */
  readonly profile: string;
  /** When it was written down: what rests, rests on for as long as it had left. */
  readonly at: number;
  /** Undefined where chance came from elsewhere: then it has to be given again. */
  readonly random: SavedRandom | undefined;
  readonly settings: {
    readonly range: PortRange;
    readonly reserved: readonly PortRange[];
    readonly unprivilegedStart: number;
    /** What protocols have otherwise. */
    readonly apart: readonly RulesApart[];
    readonly timeWaitReuse: ReuseSettings;
    readonly autobindReuse: boolean;
    readonly stepWidth: number;
    /** Left out where none was taken. */
    readonly algorithms?: readonly TakenAlgorithm[];
    readonly busy?: BusyRule;
  };
  readonly protocols: Readonly<Partial<Record<TransportProtocol, ProtocolState>>>;
}

export interface ProtocolState {
  readonly serial: number;
  readonly highWater: number;
  readonly low: boolean;
  readonly made: number;
  readonly exhausted: number;
  readonly wraps: number;
  readonly looked: number;
  readonly chance: SavedForesight;
  /** Of bind(2)'s, and of connect(2)'s where that is another. */
  readonly selections: readonly SelectionState[];
  /** The same of the other algorithms that were ever taken, by name; left out where none was. */
  readonly algorithms?: Readonly<Record<string, readonly SelectionState[]>>;
  /** In the order of the tables. */
  readonly bindings: readonly BindingState[];
  /** Of the newest receiver, where places are kept. */
  readonly lastPlace?: number;
  /** Of each port where the system remembers; left out where it does not. */
  readonly memories?: readonly PortMemory[];
  /** Of each port that packets can reach without a flow: serial numbers, in the order of its list. */
  readonly receivers: readonly {
    readonly port: number;
    readonly order: readonly number[];
    readonly groups: readonly { readonly members: readonly number[]; readonly hasConnected: boolean }[];
  }[];
  /** Serial numbers of those with a flow, the oldest of equal ones first. */
  readonly flows: readonly number[];
}

/** What decides about a port beside its holders: {@link PortEntry.lastSharer} and the fields after it. */
export interface PortMemory {
  readonly port: number;
  readonly lastSharer?: Pick<BindingState, "address" | "traits" | "device" | "uid">;
  readonly beganWithConnect: boolean;
  /** Serial numbers. */
  readonly forgettable: readonly number[];
}

export interface SelectionState {
  readonly name: string;
  readonly cursors: Readonly<Record<string, number>>;
  readonly memory: Readonly<Record<string, number>>;
}

export interface BindingState {
  readonly serial: number;
  readonly owner: unknown;
  readonly port: number;
  readonly address: string;
  readonly boundAddress: string;
  readonly remote: { readonly address: string; readonly port: number } | undefined;
  /** Its options and state, see claim.ts. */
  readonly traits: number;
  readonly device: number;
  readonly uid: number;
  readonly named: boolean;
  /** Left out: {@link anyCpu}. */
  readonly incomingCpu?: number;
  readonly formerPeer?: string;
  /** When it became a receiver, where the system goes by that: {@link Reception.keepsPlace}. */
  readonly place?: number;
  readonly rest:
    | {
        /** Undefined: for ever. */
        readonly until: number | undefined;
        readonly timestamps: boolean | undefined;
        readonly finWait2: boolean;
        /** Undefined: never. */
        readonly reusableAfter: number | undefined;
      }
    | undefined;
}
