/** Which addresses are ours, over all interfaces (the weak host model of RFC 1122, section 3.3.4.2, as Linux has it). */
import {
  type Address,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isV4,
  limitedBroadcast,
  sameAddress,
} from "../../base/address.ts";
import { broadcastOf } from "../../base/prefix.ts";
import { AddressMap } from "../../protocols/ip/address-map.ts";
import type { InterfaceAddress } from "./interface.ts";
import { loopbackIndex, type NetworkInterface } from "./network-interface.ts";

/** How a destination is addressed to us. */
export type Cast = "unicast" | "broadcast" | "multicast";

interface Holder {
  readonly entry: InterfaceAddress;
  readonly interface: NetworkInterface;
}

export class LocalAddresses {
  readonly #holders: AddressMap<Holder[]>;
  /** Directed broadcast addresses, with how many interface addresses make each one. */
  readonly #broadcasts: AddressMap<number>;
  /** Loopback addresses that the loopback interface holds. */
  #loopbacks = 0;

  constructor(seed: number) {
    this.#holders = new AddressMap(seed);
    this.#broadcasts = new AddressMap(seed);
  }

  add(entry: InterfaceAddress, holder: NetworkInterface): void {
    const holders = this.#holders.get(entry.address);
    if (holders === undefined) this.#holders.set(entry.address, [{ entry, interface: holder }]);
    else holders.push({ entry, interface: holder });
    if (holder.loopback && isLoopback(entry.address)) this.#loopbacks++;
    const broadcast = broadcastFor(entry, holder);
    if (broadcast !== undefined) this.#broadcasts.set(broadcast, (this.#broadcasts.get(broadcast) ?? 0) + 1);
  }

  remove(entry: InterfaceAddress, holder: NetworkInterface): void {
    const left = (this.#holders.get(entry.address) ?? []).filter((one) => one.entry !== entry);
    if (left.length === 0) this.#holders.delete(entry.address);
    else this.#holders.set(entry.address, left);
    if (holder.loopback && isLoopback(entry.address)) this.#loopbacks--;
    const broadcast = broadcastFor(entry, holder);
    if (broadcast === undefined) return;
    const count = this.#broadcasts.get(broadcast) ?? 0;
    if (count > 1) this.#broadcasts.set(broadcast, count - 1);
    else this.#broadcasts.delete(broadcast);
  }

  /** Whether a packet to `address` is for us and may be sent from it: neither tentative nor duplicate. */
  isOurs(address: Address): boolean {
    return this.holder(address) !== undefined || (this.ownsLoopback && isOtherLoopback(address));
  }

  /**
   * Whether the loopback network is the host's own. Else 127.0.0.0/8 and `::1` are addresses like any other, as for a
   * host that shares those of the machine it runs on.
   */
  get ownsLoopback(): boolean {
    return this.#loopbacks > 0;
  }

  /** The interface that has `address` in use. */
  holder(address: Address): NetworkInterface | undefined {
    return this.#holders.get(address)?.find(({ entry }) => inUse(entry))?.interface;
  }

  /** Whether interface `device` has one of our own addresses, or (0) any. To the loopback, link-local ones are its too. */
  isHeldBy(address: Address, device: number): boolean {
    if (device === 0) return true;
    const holders = this.#holders.get(address) ?? [];
    if (holders.some((one) => one.interface.index === device && inUse(one.entry))) return true;
    if (device !== loopbackIndex) return false;
    return isV4(address) ? this.ownsLoopback && isOtherLoopback(address) : isLinkLocal(address);
  }

  isBroadcast(address: Address): boolean {
    return (
      isV4(address) && (sameAddress(address, limitedBroadcast) || this.#broadcasts.get(address) !== undefined)
    );
  }

  /** How a packet that `by` received is addressed to us, or undefined: it is not ours. */
  classify(destination: Address, by: NetworkInterface): Cast | undefined {
    if (isMulticast(destination)) return by.groups.has(destination) ? "multicast" : undefined;
    if (isLinkLocal(destination) && !isV4(destination))
      return this.#heldBy(destination, by) ? "unicast" : undefined;
    if (this.isOurs(destination)) return "unicast";
    return this.isBroadcast(destination) ? "broadcast" : undefined;
  }

  /** fe80:: addresses are the link's, and mean nothing on another (RFC 4007, section 6). */
  #heldBy(address: Address, by: NetworkInterface): boolean {
    const holders = this.#holders.get(address) ?? [];
    return holders.some((one) => inUse(one.entry) && (by.loopback || one.interface === by));
  }
}

/** On trial, or a duplicate, it is not (RFC 4862, section 5.4). */
export function inUse({ state }: InterfaceAddress): boolean {
  return state === "preferred" || state === "deprecated";
}

/** 127.0.0.0/8 is ours as a whole (RFC 1122, section 3.2.1.3 (g)); `::1` is one address that the loopback holds. */
function isOtherLoopback(address: Address): boolean {
  return isV4(address) && isLoopback(address);
}

function broadcastFor(
  { address, prefixLength }: InterfaceAddress,
  holder: NetworkInterface,
): Address | undefined {
  return holder.loopback ? undefined : broadcastOf({ address, length: prefixLength });
}
