/** From a destination to a route: what connect(2) and sendto(2) ask of IP, answered as Linux does (`ip_route_output`). */
import {
  type Address,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  isV4,
  limitedBroadcast,
  loopbackV4,
  loopbackV6,
  sameAddress,
} from "../../base/address.ts";
import type { ErrnoName } from "../../base/errno.ts";
import { hashAddress } from "../../protocols/ip/address-map.ts";
import type { RouteEntry } from "../../protocols/ip/routes.ts";
import { chooseSource } from "../../protocols/ip/source-address.ts";
import type { Core } from "../core.ts";
import { HostRoute } from "../host-route.ts";
import { inUse } from "../interface/local-addresses.ts";
import { loopbackIndex, type NetworkInterface } from "../interface/network-interface.ts";
import type { RouteWish } from "../transport.ts";

/** Destinations remembered; a newcomer with the same hash takes the place. A power of two. */
const remembered = 256;

interface Memory {
  readonly route: HostRoute;
  readonly asked: Address;
  readonly source: Address | undefined;
  readonly device: number;
}

export class Routing {
  readonly #core: Core;
  readonly #seed: number;
  readonly #memory: (Memory | undefined)[] = new Array<Memory | undefined>(remembered).fill(undefined);

  constructor(core: Core) {
    this.#core = core;
    this.#seed = core.random.uint32() | 0;
  }

  route(destination: Address, wish: RouteWish): HostRoute | ErrnoName {
    const device = wish.device ?? 0;
    const at = hashAddress(destination, this.#seed + device) & (remembered - 1);
    const known = this.#memory[at];
    if (known !== undefined && matches(known, destination, wish.source, device) && !known.route.stale)
      return known.route;
    const found = this.#find(destination, wish.source, device);
    if (typeof found !== "string")
      this.#memory[at] = { route: found, asked: destination, source: wish.source, device };
    return found;
  }

  /** A route over one interface without asking the table, for what IP itself sends to a link. */
  direct(destination: Address, source: Address, by: NetworkInterface): HostRoute {
    return this.#make(
      destination,
      source,
      by,
      destination,
      isMulticast(destination) ? "multicast" : "unicast",
    );
  }

  #find(asked: Address, source: Address | undefined, device: number): HostRoute | ErrnoName {
    const destination = isUnspecified(asked) ? loopbackOf(asked, source) : asked;
    if (source !== undefined && !isUnspecified(source)) {
      if (isMulticast(source) || isV4(source) !== isV4(destination)) return "EINVAL";
      if (!this.#core.isOurs(source)) return isV4(source) ? "ENETUNREACH" : "EINVAL"; // as measured on Linux 6.18
    }
    if (device !== 0 && this.#core.interfaceAt(device) === undefined) return "ENODEV";
    const bound = source !== undefined && !isUnspecified(source) ? source : undefined;
    if (this.#core.isOurs(destination) && this.#core.addresses.isHeldBy(destination, device))
      return this.#local(destination, bound, device);
    if (isMulticast(destination) || sameAddress(destination, limitedBroadcast))
      return this.#group(destination, bound, device);
    return this.#beyond(destination, bound, device);
  }

  /** RFC 1122, section 3.2.1.3 (g); `::1` Linux lets out. As Linux does: asked once there is a way at all. */
  #staysInside(source: Address): boolean {
    return isV4(source) && isLoopback(source) && this.#core.addresses.ownsLoopback;
  }

  /** RFC 1122, section 3.2.1.3 (g). As Linux does: asked once there is a way at all. */
  #leavesLoopback(bound: Address | undefined, by: NetworkInterface): boolean {
    return bound !== undefined && this.#staysInside(bound) && !by.loopback;
  }

  /** To ourselves: everything goes by the loopback, but comes in by the interface that has the address. */
  #local(destination: Address, bound: Address | undefined, device: number): HostRoute | ErrnoName {
    const loopback = this.#core.interfaceAt(loopbackIndex);
    if (loopback === undefined) return "ENETUNREACH"; // the host is closed
    const own = this.#staysInside(destination) ? loopbackV4 : destination;
    const holder = device === 0 ? this.#core.addresses.holder(destination)?.index : device;
    return this.#make(destination, bound ?? own, loopback, destination, "local", holder);
  }

  #beyond(destination: Address, bound: Address | undefined, device: number): HostRoute | ErrnoName {
    const found = this.#core.routes.lookup(destination, device);
    const by = this.#core.interfaceAt(found?.device ?? 0) ?? this.#strayDevice(destination, device);
    if (by === undefined) return "ENETUNREACH";
    if (this.#leavesLoopback(bound, by)) return "EINVAL";
    const nextHop = found?.via ?? destination;
    const stray = by.loopback && isV4(destination) ? this.#outerAddress() : undefined;
    const source = bound ?? stray ?? this.#source(destination, nextHop, by, found);
    if (source === undefined) return isV4(destination) ? "ENETUNREACH" : "EADDRNOTAVAIL";
    const cast = this.#core.addresses.isBroadcast(destination) ? "broadcast" : "unicast";
    return this.#make(destination, source, by, nextHop, cast);
  }

  /** Bound to a device that no route leads by, everything is on its link, as Linux has it: another's address of ours too. */
  #strayDevice(destination: Address, device: number): NetworkInterface | undefined {
    if (device === 0 || (!isV4(destination) && !isLinkLocal(destination))) return undefined;
    return this.#core.interfaceAt(device);
  }

  /** Multicast and 255.255.255.255 need an interface more than a route: the caller's, its address's, or the default's. */
  #group(destination: Address, bound: Address | undefined, device: number): HostRoute | ErrnoName {
    const by =
      this.#core.interfaceAt(device) ??
      (bound === undefined ? undefined : this.#core.addresses.holder(bound)) ??
      this.#core.interfaceAt(this.#core.routes.lookup(destination, 0)?.device ?? 0) ??
      (isV4(destination) ? undefined : this.#firstWithLinkLocal());
    if (by === undefined) return "ENETUNREACH";
    if (this.#leavesLoopback(bound, by)) return "EINVAL";
    const source = bound ?? this.#source(destination, destination, by, undefined);
    if (source === undefined) return isV4(destination) ? "ENETUNREACH" : "EADDRNOTAVAIL";
    return this.#make(
      destination,
      source,
      by,
      destination,
      isMulticast(destination) ? "multicast" : "broadcast",
    );
  }

  #firstWithLinkLocal(): NetworkInterface | undefined {
    return this.#core.interfaces.find((one) =>
      one.addresses.some((entry) => entry.family === 6 && isLinkLocal(entry.address) && inUse(entry)),
    );
  }

  #source(
    destination: Address,
    nextHop: Address,
    by: NetworkInterface,
    found: RouteEntry | undefined,
  ): Address | undefined {
    // A connected IPv6 route names its address too, but RFC 6724 has the say there.
    const named = found?.origin === "static" || isV4(destination) ? found?.source : undefined;
    if (named !== undefined && this.#core.isOurs(named)) return named;
    const others = this.#core.interfaces.filter((one) => one !== by && !one.loopback);
    return chooseSource(
      destination,
      nextHop,
      by.addresses,
      others.flatMap((one) => one.addresses),
    );
  }

  /** As Linux does (inet_select_addr): an address of narrow scope is not sent from where the link might lead out. */
  #outerAddress(): Address | undefined {
    const all = this.#core.interfaces.flatMap((one) => one.addresses);
    return all.find((entry) => entry.family === 4 && !isLoopback(entry.address) && inUse(entry))?.address;
  }

  #make(
    destination: Address,
    source: Address,
    by: NetworkInterface,
    nextHop: Address,
    cast: HostRoute["cast"],
    arrival = 0,
  ): HostRoute {
    const core = this.#core;
    const linkMtu = isV4(destination) ? by.mtu : by.mtuV6;
    const path = cast === "unicast" ? core.pathMtus.lookup(destination, core.now()) : undefined;
    const mtu = Math.min(linkMtu, path?.mtu ?? linkMtu);
    const fragmentable = path?.fragmentable ?? false;
    return new HostRoute(core.routes, {
      destination,
      source,
      interface: by,
      nextHop,
      cast,
      mtu,
      fragmentable,
      arrival,
    });
  }
}

/** As Linux does: the unspecified address means this host. */
function loopbackOf(asked: Address, source: Address | undefined): Address {
  if (source !== undefined && !isUnspecified(source) && isV4(source) === isV4(asked)) return source;
  return isV4(asked) ? loopbackV4 : loopbackV6;
}

function matches(memory: Memory, destination: Address, source: Address | undefined, device: number): boolean {
  if (memory.device !== device || !sameAddress(memory.asked, destination)) return false;
  if (memory.source === source) return true;
  return memory.source !== undefined && source !== undefined && sameAddress(memory.source, source);
}
