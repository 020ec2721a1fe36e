/** The multicast groups an interface listens to, counted by how often each was joined. */
import type { Address } from "../../base/address.ts";
import { AddressMap } from "../../protocols/ip/address-map.ts";

interface Membership {
  readonly group: Address;
  joins: number;
}

/** What is told when the first join of a group happens, and the last leave. */
export interface GroupWorld {
  joined(group: Address): void;
  left(group: Address): void;
}

/** Most groups of one interface. Linux: net.ipv4.igmp_max_memberships is 20 a socket. */
export const groupLimit = 1024;

export class Groups {
  readonly #members: AddressMap<Membership>;
  #world: GroupWorld | undefined;

  constructor(seed: number) {
    this.#members = new AddressMap(seed);
  }

  /** Who sends the reports; told of every group from now on. */
  set world(world: GroupWorld) {
    this.#world = world;
  }

  get size(): number {
    return this.#members.size;
  }

  has(group: Address): boolean {
    return this.#members.get(group) !== undefined;
  }

  *[Symbol.iterator](): IterableIterator<Address> {
    for (const { group } of this.#members.values()) yield group;
  }

  /** @returns false where there are too many groups. */
  join(group: Address): boolean {
    const membership = this.#members.get(group);
    if (membership !== undefined) {
      membership.joins++;
      return true;
    }
    if (this.#members.size >= groupLimit) return false;
    this.#members.set(group, { group, joins: 1 });
    this.#world?.joined(group);
    return true;
  }

  leave(group: Address): void {
    const membership = this.#members.get(group);
    if (membership === undefined || --membership.joins > 0) return;
    this.#members.delete(group);
    this.#world?.left(group);
  }
}
