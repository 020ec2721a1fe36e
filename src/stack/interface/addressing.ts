/** Giving addresses to interfaces and taking them away: the routes, groups and states that come with them. */
import { type Address, address, familyOf, isV4, sameAddress } from "../../base/address.ts";
import { addressBits, type Prefix } from "../../base/prefix.ts";
import { never } from "../../base/time/clock.ts";
import type { Core } from "../core.ts";
import type { InterfaceAddress } from "./interface.ts";
import type { NetworkInterface } from "./network-interface.ts";

/** RFC 1112, section 4; RFC 4291, section 2.7.1. */
const allHostsV4 = address("224.0.0.1");
const allNodesInterfaceLocal = address("ff01::1");
export const allNodes: Address = address("ff02::1");

/** As Linux does: connected IPv6 prefixes have metric 256, IPv4 ones 0. */
const connectedMetricV6 = 256;

export class Addressing {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** The groups every interface is in from the start (RFC 4291, section 2.8). */
  joinStandardGroups(by: NetworkInterface): void {
    for (const group of [allHostsV4, allNodesInterfaceLocal, allNodes]) by.groups.join(group);
  }

  /**
   * @param route whether the address's network is on the link with it; of an advertised prefix the router says that.
   * @returns the entry, or the one that was there already.
   */
  assign(
    by: NetworkInterface,
    { address: own, length }: Prefix,
    state: InterfaceAddress["state"],
    route: "connected" | "unrouted" = "connected",
  ): InterfaceAddress {
    const known = by.addresses.find((entry) => sameAddress(entry.address, own));
    if (known !== undefined) return known;
    const entry: InterfaceAddress = { address: own, prefixLength: length, family: familyOf(own), state };
    by.addresses.push(entry);
    this.#core.addresses.add(entry, by);
    if (isResolved(own, by)) by.groups.join(solicitedNode(own));
    if (route === "connected" && length < addressBits(entry.family)) this.#addConnectedRoute(by, entry);
    this.#core.routes.touch();
    return entry;
  }

  unassign(by: NetworkInterface, entry: InterfaceAddress): void {
    const at = by.addresses.indexOf(entry);
    if (at < 0) return;
    by.addresses.splice(at, 1);
    this.#core.addresses.remove(entry, by);
    if (isResolved(entry.address, by)) by.groups.leave(solicitedNode(entry.address));
    this.#core.routes.remove(
      (route) => route.origin === "address" && route.device === by.index && route.source === entry.address,
    );
    this.#core.routes.touch();
  }

  setState(by: NetworkInterface, entry: InterfaceAddress, state: InterfaceAddress["state"]): void {
    if (entry.state === state) return;
    const from = entry.state;
    entry.state = state;
    this.#core.routes.touch();
    this.#core.tracer?.({
      kind: "state",
      of: "address",
      at: this.#core.now(),
      host: this.#core.name,
      local: { address: entry.address, port: 0 },
      from,
      to: state,
      cause: by.name,
    });
  }

  #addConnectedRoute(by: NetworkInterface, entry: InterfaceAddress): void {
    this.#core.routes.add({
      prefix: { address: entry.address, length: entry.prefixLength },
      device: by.index,
      via: undefined,
      metric: isV4(entry.address) ? 0 : connectedMetricV6,
      source: entry.address,
      origin: "address",
      expires: never,
    });
  }
}

/** The solicited-node multicast address (RFC 4291, section 2.7.1). */
export function solicitedNode({ w3 }: Address): Address {
  return { w0: 0xff020000 | 0, w1: 0, w2: 1, w3: 0xff000000 | (w3 & 0xffffff) | 0 };
}

/** Whether neighbours ask for this address by multicast. */
function isResolved(own: Address, by: NetworkInterface): boolean {
  return by.linkLayer !== undefined && !isV4(own);
}
