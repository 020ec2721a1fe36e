/** The multicast groups a socket has joined (RFC 1112, section 6.1; RFC 3493, section 5.2). */
import { type Address, isV4, sameAddress } from "../../base/address.ts";
import type { ErrnoName } from "../../base/errno.ts";

export interface Membership {
  readonly group: Address;
  /** Interface index. */
  readonly interface: number;
}

/** Where joining and leaving has its effect: IGMP, MLD and the filter of an interface. Counted there. */
export interface GroupInterfaces {
  joinGroup(group: Address, interfaceIndex: number): void;
  leaveGroup(group: Address, interfaceIndex: number): void;
}

const none: readonly Membership[] = [];

export class Memberships {
  #groups: readonly Membership[] = none;

  /** The groups joined, in order. */
  get all(): readonly Membership[] {
    return this.#groups;
  }

  /** `limit` is igmp_max_memberships, for IPv4 only. */
  join(interfaces: GroupInterfaces, membership: Membership, limit: number): ErrnoName | undefined {
    if (this.#find(membership) !== undefined) return "EADDRINUSE";
    if (isV4(membership.group) && this.#groups.filter(({ group }) => isV4(group)).length >= limit)
      return "ENOBUFS";
    interfaces.joinGroup(membership.group, membership.interface);
    this.#groups = [...this.#groups, membership];
    return undefined;
  }

  leave(interfaces: GroupInterfaces, membership: Membership): ErrnoName | undefined {
    const found = this.#find(membership);
    if (found === undefined) return "EADDRNOTAVAIL";
    this.#groups = this.#groups.filter((other) => other !== found);
    interfaces.leaveGroup(found.group, found.interface);
    return undefined;
  }

  /** The socket is closed. */
  leaveAll(interfaces: GroupInterfaces): void {
    for (const { group, interface: index } of this.#groups) interfaces.leaveGroup(group, index);
    this.#groups = none;
  }

  /**
   * Whether a datagram to `group` that came in by an interface is for this socket: it joined there, or takes what
   * anybody joined (IP_MULTICAST_ALL). As Linux does, IPv6 does not look at the interface.
   */
  accepts(group: Address, interfaceIndex: number, all: "all" | "joined"): boolean {
    if (all === "all") return true;
    const v4 = isV4(group);
    return this.#groups.some(
      (joined) => sameAddress(joined.group, group) && (!v4 || joined.interface === interfaceIndex),
    );
  }

  #find({ group, interface: index }: Membership): Membership | undefined {
    // As Linux does: without an interface, the first membership of the group.
    return this.#groups.find(
      (joined) => sameAddress(joined.group, group) && (index === 0 || joined.interface === index),
    );
  }
}
