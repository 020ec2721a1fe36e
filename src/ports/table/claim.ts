/**
 * A claim is all of a binding that a conflict rule may look at. Bindings with equal claims are one and the same to
 * every rule, so claims are interned: a rule is asked once a claim, not once a binding, and each claim knows its ports.
 */
import { type Address, isV4, sameAddress } from "../../base/address.ts";
import { jhash3 } from "../../base/hash/jhash.ts";
import type { BindingState } from "../binding.ts";
import type { PortBitmap } from "./bitmap.ts";

/** What a conflict rule sees of a holder and of a newcomer. */
export interface Claim {
  readonly domain: 4 | 6;
  readonly address: Address;
  readonly state: BindingState;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly exclusive: boolean;
  /** SO_REUSEPORT_LB: off where it is left out. */
  readonly loadBalance?: boolean;
  /** A newcomer brings a group of SO_REUSEPORT of its own, and can join none. */
  readonly hasGroup?: boolean;
  readonly v6Only: boolean;
  /** See `Binding.explicit`. */
  readonly explicit: boolean;
  /** The address was a wildcard until connect(2) narrowed it. */
  readonly narrowed: boolean;
  readonly privileged: boolean;
  /** 0 for none. */
  readonly device: number;
  readonly uid: number;
}

/** The yes-or-no parts of a claim in one integer. */
export const reuseAddressTrait = 1;
export const reusePortTrait = 2;
export const exclusiveTrait = 4;
export const v6OnlyTrait = 8;
export const explicitTrait = 16;
export const narrowedTrait = 32;
export const privilegedTrait = 64;
export const domain6Trait = 128;
export const loadBalanceTrait = 1024;
export const hasGroupTrait = 2048;
const stateShift = 8;
const stateNames = ["bound", "listening", "connected", "held"] as const;
const stateMask: number = 3 << stateShift;
export const boundTrait: number = 0 << stateShift;
export const listeningTrait: number = 1 << stateShift;
export const connectedTrait: number = 2 << stateShift;
export const heldTrait: number = 3 << stateShift;

/** A claim as the bind table keeps it. */
export interface InternedClaim extends Claim {
  readonly traits: number;
  readonly hash: number;
  /** Ports somebody holds by this claim. */
  ports: number;
  /** Those ports, once there are many. */
  bitmap: PortBitmap | undefined;
  /** By purpose: which bitmaps hold ports that this claim cannot have; the table's. */
  readonly plans: (Plan | undefined)[];
}

/** The ports that are certainly taken for a newcomer: those in any of `sets`. */
export interface Plan {
  version: number;
  readonly sets: PortBitmap[];
}

export function stateOf(traits: number): BindingState {
  return stateNames[(traits & stateMask) >>> stateShift]!;
}

export function withState(traits: number, state: number): number {
  return (traits & ~stateMask) | state;
}

/** Equal claims, one object. Claims nobody holds any more are dropped when the table has to grow. */
export class ClaimTable {
  #slots: (InternedClaim | undefined)[] = new Array(64).fill(undefined);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  intern(address: Address, traits: number, device: number, uid: number): InternedClaim {
    const hash = hashOf(address, traits, device, uid);
    const mask = this.#slots.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const claim = this.#slots[at];
      if (claim === undefined) break;
      if (
        claim.hash === hash &&
        claim.traits === traits &&
        claim.device === device &&
        claim.uid === uid &&
        sameAddress(claim.address, address)
      )
        return claim;
    }
    const made = newClaim(address, traits, device, uid, hash);
    if ((this.#count + 1) * 2 > this.#slots.length) this.#rebuild();
    this.#insert(made);
    return made;
  }

  /** Every claim somebody holds. */
  *held(): Generator<InternedClaim> {
    for (const claim of this.#slots) if (claim !== undefined && claim.ports > 0) yield claim;
  }

  #insert(claim: InternedClaim): void {
    const mask = this.#slots.length - 1;
    let at = claim.hash & mask;
    while (this.#slots[at] !== undefined) at = (at + 1) & mask;
    this.#slots[at] = claim;
    this.#count++;
  }

  #rebuild(): void {
    const kept = [...this.held()];
    let size = 64;
    while (size < (kept.length + 1) * 4) size *= 2;
    this.#slots = new Array(size).fill(undefined);
    this.#count = 0;
    for (const claim of kept) this.#insert(claim);
  }
}

function newClaim(
  address: Address,
  traits: number,
  device: number,
  uid: number,
  hash: number,
): InternedClaim {
  return {
    domain: (traits & domain6Trait) === 0 ? 4 : 6,
    address,
    state: stateOf(traits),
    reuseAddress: (traits & reuseAddressTrait) !== 0,
    reusePort: (traits & reusePortTrait) !== 0,
    exclusive: (traits & exclusiveTrait) !== 0,
    loadBalance: (traits & loadBalanceTrait) !== 0,
    hasGroup: (traits & hasGroupTrait) !== 0,
    v6Only: (traits & v6OnlyTrait) !== 0,
    explicit: (traits & explicitTrait) !== 0,
    narrowed: (traits & narrowedTrait) !== 0,
    privileged: (traits & privilegedTrait) !== 0,
    device,
    uid,
    traits,
    hash,
    ports: 0,
    bitmap: undefined,
    plans: [undefined, undefined, undefined, undefined, undefined],
  };
}

/** Unkeyed: nothing in it comes from a network but our own addresses. */
function hashOf(address: Address, traits: number, device: number, uid: number): number {
  if (isV4(address)) return jhash3(address.w3, traits, device, uid);
  return jhash3(address.w3, traits, device, uid ^ jhash3(address.w0, address.w1, address.w2, 0));
}
