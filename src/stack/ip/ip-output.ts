/** IP on the way out: header, checksum, fragments, and on to the interface (RFC 791, RFC 8200; RFC 1122, section 3.2). */
import type { Address } from "../../base/address.ts";
import { copyBytes, putU16 } from "../../base/bytes.ts";
import type { ErrnoName } from "../../base/errno.ts";
import { fold, sum } from "../../base/hash/checksum.ts";
import { checksumPartial, checksumUnknown, type Packet } from "../../base/packet.ts";
import { fragmentV4, fragmentV6 } from "../../protocols/ip/fragments/out.ts";
import { Identification } from "../../protocols/ip/identification.ts";
import { ethernetHeaderLength } from "../../wire/link/ethernet.ts";
import type { Core } from "../core.ts";
import type { HostRoute } from "../host-route.ts";
import type { NetworkInterface } from "../interface/network-interface.ts";
import type { RouteWish, SendOptions } from "../transport.ts";
import {
  dontFragmentBit,
  headerLengthV4,
  headerLengthV6,
  writeHeaderV4,
  writeHeaderV6,
} from "./ip-headers.ts";
import { Routing } from "./ip-routing.ts";

/** Where UDP's checksum stands in its header. */
const udpChecksum = 6;

/** Total Length, and Payload Length, count no further. */
const longest = 65_535;

export class Output {
  readonly #core: Core;
  readonly #identification: Identification;
  readonly routing: Routing;

  constructor(core: Core) {
    this.#core = core;
    this.#identification = new Identification(core.random.fork("ip identification"));
    this.routing = new Routing(core);
  }

  route(destination: Address, wish: RouteWish): HostRoute | ErrnoName {
    const route = this.routing.route(destination, wish);
    if (typeof route === "string" && (route === "ENETUNREACH" || route === "EHOSTUNREACH"))
      this.#core.counters[destination.w2 === 0xffff ? "IpOutNoRoutes" : "Ip6OutNoRoutes"]++;
    return route;
  }

  /** As `IpOutput.send`: the packet, `[start, end)` of it transport header and payload, is gone on return. */
  send(packet: Packet, route: HostRoute, options: SendOptions): ErrnoName | undefined {
    return route.family === 4 ? this.#sendV4(packet, route, options) : this.#sendV6(packet, route, options);
  }

  #sendV4(packet: Packet, route: HostRoute, options: SendOptions): ErrnoName | undefined {
    const counters = this.#core.counters;
    counters.IpOutRequests++;
    const length = packet.end - packet.start + headerLengthV4;
    if (length > longest) return this.#refuse(packet, "IpOutDiscards");
    const fits = packet.segmentSize > 0 || length <= limit(route, options);
    if (!fits && mustFit(options)) return this.#refuse(packet, "IpFragFails");
    const dontFragment = fits && wantsDontFragment(options) && !route.fragmentable;
    // A datagram that cannot be fragmented needs no identification (RFC 6864, section 4.1).
    const identification = dontFragment
      ? 0
      : this.#identification.v4(route.source, route.destination, options.protocol, segmentsOf(packet));
    this.#fillChecksum(packet, route, options.protocol, headerLengthV4, fits);
    packet.start -= headerLengthV4;
    const flags = dontFragment ? dontFragmentBit : 0;
    writeHeaderV4(packet.bytes, packet.start, length, identification, flags, route, options);
    counters.IpExtOutOctets += length;
    return fits ? this.#dispatch(packet, route, options) : this.#fragment(packet, route, options);
  }

  #sendV6(packet: Packet, route: HostRoute, options: SendOptions): ErrnoName | undefined {
    const counters = this.#core.counters;
    counters.Ip6OutRequests++;
    const length = packet.end - packet.start;
    if (length > longest) return this.#refuse(packet, "Ip6OutDiscards");
    const fits = packet.segmentSize > 0 || length + headerLengthV6 <= limit(route, options);
    if (!fits && mustFit(options)) return this.#refuse(packet, "Ip6FragFails");
    this.#fillChecksum(packet, route, options.protocol, headerLengthV6, fits);
    packet.start -= headerLengthV6;
    writeHeaderV6(packet.bytes, packet.start, length, route, options);
    counters.Ip6OutOctets += length + headerLengthV6;
    return fits ? this.#dispatch(packet, route, options) : this.#fragment(packet, route, options);
  }

  #refuse(
    packet: Packet,
    counter: "IpOutDiscards" | "IpFragFails" | "Ip6OutDiscards" | "Ip6FragFails",
  ): ErrnoName {
    this.#core.counters[counter]++;
    this.#core.pool.release(packet);
    return "EMSGSIZE";
  }

  /** What transport.ts promises: the pseudo-header's sum where the link goes on from there, else the checksum. */
  #fillChecksum(
    packet: Packet,
    route: HostRoute,
    protocol: number,
    headerLength: number,
    fits: boolean,
  ): void {
    if (packet.checksum !== checksumPartial) return;
    const { bytes, start, end } = packet;
    const field = start + packet.checksumOffset;
    const pseudo = route.addressSum + protocol + (end - start);
    packet.checksumStart = headerLength;
    // A packet yet to be cut into segments gets the checksums of those when it is.
    if (fits && (route.interface.link.capabilities.partialChecksum || packet.segmentSize > 0)) {
      putU16(bytes, field, fold(pseudo));
      return;
    }
    putU16(bytes, field, 0);
    const value = ~fold(sum(bytes, start, end, pseudo)) & 0xffff;
    // UDP's zero would say that there is none; to the others 0xffff would mean the same, but is not theirs (RFC 1624).
    putU16(bytes, field, value === 0 && packet.checksumOffset === udpChecksum ? 0xffff : value);
    packet.checksum = checksumUnknown;
  }

  #fragment(packet: Packet, route: HostRoute, options: SendOptions): ErrnoName | undefined {
    const { counters, pool } = this.#core;
    const { bytes, start, end } = packet;
    let failed: ErrnoName | undefined;
    const sink = {
      allocate: (length: number): Packet => pool.allocate(length),
      fragment: (piece: Packet): void => {
        failed = this.#dispatch(piece, route, options) ?? failed;
      },
    };
    const mtu = limit(route, options);
    if (route.family === 4) {
      counters.IpFragCreates += fragmentV4(bytes, start, end, mtu, sink);
      counters.IpFragOKs++;
    } else {
      counters.Ip6FragCreates += fragmentV6(bytes, start, end, mtu, this.#identification.v6(), sink);
      counters.Ip6FragOKs++;
    }
    pool.release(packet);
    return failed;
  }

  #dispatch(packet: Packet, route: HostRoute, options: SendOptions): ErrnoName | undefined {
    const by = route.interface;
    if (route.cast === "multicast" || route.cast === "broadcast") {
      this.#countGroup(route, packet.end - packet.start);
      if (this.#hearsItself(route, options)) this.#core.loopBack(packet, by);
      if (options.hopLimit === 0) {
        this.#core.pool.release(packet);
        return undefined;
      }
    }
    return this.transmit(packet, route) ? undefined : "ENOBUFS";
  }

  #countGroup(route: HostRoute, octets: number): void {
    const counters = this.#core.counters;
    if (route.cast === "broadcast") {
      counters.IpExtOutBcastPkts++;
      counters.IpExtOutBcastOctets += octets;
    } else if (route.family === 4) {
      counters.IpExtOutMcastPkts++;
      counters.IpExtOutMcastOctets += octets;
    } else {
      counters.Ip6OutMcastPkts++;
      counters.Ip6OutMcastOctets += octets;
    }
  }

  /** Members of the group on this host hear what is sent to it by the same interface (RFC 1112, section 6.1). */
  #hearsItself(route: HostRoute, options: SendOptions): boolean {
    if (route.interface.loopback) return false;
    if (route.cast === "broadcast") return true;
    return options.multicastLoop !== false && route.interface.groups.has(route.destination);
  }

  /** Puts an IP packet on its interface. @returns false: there was no room, and it is gone all the same. */
  transmit(packet: Packet, route: HostRoute): boolean {
    const by = route.interface;
    if (route.family === 4) this.#core.counters.IpOutTransmits++;
    else this.#core.counters.Ip6OutTransmits++;
    packet.device = route.arrival;
    if (by.linkLayer !== undefined) return by.linkLayer.send(packet, route);
    return this.enqueue(packet, by);
  }

  /** Queues a packet or frame on a link. @returns false: there was no room, and it is gone all the same. */
  enqueue(packet: Packet, by: NetworkInterface): boolean {
    if (by.queue.push(packet)) return true;
    const ipAt = by.linkLayer === undefined ? packet.start : packet.start + ethernetHeaderLength;
    this.#core.drop("link", "queue-full", outDiscards(packet.bytes, ipAt), by, packet);
    this.#core.pool.release(packet);
    return false;
  }

  /** A copy of an IP packet in a slot of ours. */
  copy(bytes: Uint8Array, start: number, end: number): Packet {
    const packet = this.#core.pool.allocate(end - start);
    copyBytes(bytes, start, end, packet.bytes, packet.start);
    return packet;
  }
}

/** The counter of the family whose packet starts at `at`. */
export function outDiscards(bytes: Uint8Array, at: number): "IpOutDiscards" | "Ip6OutDiscards" {
  return bytes[at]! >>> 4 === 6 ? "Ip6OutDiscards" : "IpOutDiscards";
}

function limit(route: HostRoute, options: SendOptions): number {
  if (options.pathMtuDiscovery !== "probe") return route.mtu;
  return route.family === 4 ? route.interface.mtu : route.interface.mtuV6;
}

function mustFit({ pathMtuDiscovery, dontFragment }: SendOptions): boolean {
  if (pathMtuDiscovery === undefined) return dontFragment;
  return pathMtuDiscovery === "do" || pathMtuDiscovery === "probe";
}

function wantsDontFragment({ pathMtuDiscovery, dontFragment }: SendOptions): boolean {
  return pathMtuDiscovery === undefined ? dontFragment : pathMtuDiscovery !== "dont";
}

function segmentsOf({ start, end, segmentSize }: Packet): number {
  return segmentSize === 0 ? 1 : Math.ceil((end - start) / segmentSize);
}
