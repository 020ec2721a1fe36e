/** Who gets a packet that is no known flow's: what a profile says about scores, order and groups. */
import type { Address } from "../../base/address.ts";
import type { Endpoint } from "../../base/endpoint.ts";
import type { BindingState, BindOptions } from "../binding.ts";

/** What a score may look at. */
export interface Receiver {
  readonly domain: 4 | 6;
  readonly address: Address;
  readonly v6Only: boolean;
  readonly device: number;
  readonly remote: Endpoint | undefined;
  readonly state: BindingState;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly incomingCpu: number;
  readonly formerPeer: Address | undefined;
}

/**
 * Receivers bound to the packet's very destination come first, those of a wildcard after, unless `specific` says otherwise;
 * within each the highest score wins, and of equals the first in the port's list, unless `pick` chooses.
 */
export interface Reception {
  /** How well the receiver fits, its local address and port apart; 0 or less is not at all. `cpu` handles the packet. */
  score(
    receiver: Receiver,
    local: Address,
    remote: Address,
    remotePort: number,
    device: number,
    cpu: number,
  ): number;
  /** Where a new receiver stands in the list of its port. */
  place(receiver: Pick<Receiver, "domain" | "reusePort">): "first" | "last";
  /** A receiver that bind(2) gave an address has its place among those at that address from then on, whoever it is connected to meanwhile. */
  readonly keepsPlace?: true;
  /**
   * `alone`: where anybody is bound to the destination, nobody else is asked, though it be on another device (gVisor).
   * `equal`: an address is no better than a wildcard (smoltcp).
   */
  readonly specific?: "alone" | "equal";
  /** Of several receivers with the highest score, in the list's order, the index of the one that gets the packet. */
  readonly pick?: (
    equals: readonly Receiver[],
    secret: number,
    local: Address,
    localPort: number,
    remote: Address,
    remotePort: number,
  ) => number;
  /** Of several flows with the packet's four-tuple, which devices keep apart: whose device is the packet's, or the newest. */
  readonly sameFlows: "device" | "newest";
  /**
   * The hash that picks among a group of SO_REUSEPORT, or undefined where that option balances nothing. `secret`
   * is the manager's own.
   */
  readonly groupHash:
    | ((secret: number, local: Address, localPort: number, remote: Address, remotePort: number) => number)
    | undefined;
  /** The option that makes groups: `reusePort` where it is left out. A group of SO_REUSEPORT_LB comes before any single receiver. */
  readonly groupOption?: keyof Pick<BindOptions, "reusePort" | "loadBalance">;
  /** Members with SO_INCOMING_CPU at the packet's CPU come before the one that the hash picks; left out, that option is nothing to a group. */
  readonly groupPrefers?: "cpu";
  /** From the hash to one of `count` members; reciprocal scaling where it is left out. */
  readonly groupIndex?: (hash: number, count: number) => number;
}
