/** An interface of a host, as everybody but IP itself sees it: a link with addresses. */
import type { Address, Family } from "../../base/address.ts";
import type { Link } from "../../link/link.ts";

/** An address of an interface and the prefix that is on-link with it. */
export interface InterfaceAddress {
  readonly address: Address;
  /** Bits: 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly prefixLength: number;
  readonly family: Family;
  /** RFC 4862: a tentative or duplicate address is not used as a source, and not answered for. */
  state: "tentative" | "preferred" | "deprecated" | "duplicate";
}

export interface Interface {
  /** From 1; 1 is the loopback. */
  readonly index: number;
  readonly name: string;
  readonly link: Link;
  readonly mtu: number;
  readonly addresses: readonly InterfaceAddress[];
  /**
   * The CPU, as SO_INCOMING_CPU counts them, that handles what comes in by it: 0 until it is written, at any time, as an
   * interrupt's affinity is. Several interfaces are several queues. Writing throws RangeError where it is no CPU's number.
   */
  cpu: number;
}
