/** IP on Ethernet: frames, and finding out where to send them (RFC 894, RFC 2464; RFC 826, RFC 4861). */
import { type Address, isV4 } from "../../base/address.ts";
import { putU16 } from "../../base/bytes.ts";
import type { Packet } from "../../base/packet.ts";
import type { Neighbour } from "../../protocols/ip/neighbour.ts";
import { NeighbourTable, type NeighbourWorld, neighbourLimits } from "../../protocols/ip/neighbours.ts";
import { putU48 } from "../../wire/fields.ts";
import { ethernetHeaderLength, etherTypes, parseEthernet } from "../../wire/link/ethernet.ts";
import { broadcastMac, isGroupMac, multicastMac } from "../../wire/link/mac.ts";
import type { Core } from "../core.ts";
import type { HostRoute } from "../host-route.ts";
import type { ErrorsIn } from "../ip/icmp-errors-in.ts";
import type { Input } from "../ip/ip-input.ts";
import { type Output, outDiscards } from "../ip/ip-output.ts";
import type { LinkLayer, NetworkInterface } from "./network-interface.ts";

/** What the layer needs of the protocols that resolve addresses. */
export interface Resolver {
  /** Asks for a neighbour's link-layer address. */
  solicit(neighbour: Neighbour, way: "multicast" | "unicast"): void;
}

/** The parts of a host the layer works with. */
export interface EthernetParts {
  readonly core: Core;
  readonly output: Output;
  readonly input: Input;
  readonly errors: ErrorsIn;
}

/** Milliseconds until a gateway that did not answer is tried again. */
const suspicion = 60_000;

export class EthernetLayer implements LinkLayer {
  readonly neighboursV4: NeighbourTable;
  readonly neighboursV6: NeighbourTable;
  readonly #core: Core;
  readonly #output: Output;
  readonly #input: Input;
  readonly #errors: ErrorsIn;
  readonly #by: NetworkInterface;
  #arp: (Resolver & { receive(packet: Packet): void }) | undefined;
  #nd: Resolver | undefined;

  constructor({ core, output, input, errors }: EthernetParts, by: NetworkInterface) {
    this.#core = core;
    this.#output = output;
    this.#input = input;
    this.#errors = errors;
    this.#by = by;
    const random = core.random.fork(`neighbours of ${by.name}`);
    this.neighboursV4 = new NeighbourTable(neighbourLimits, core.timers, random, this.#world(4));
    this.neighboursV6 = new NeighbourTable(neighbourLimits, core.timers, random, this.#world(6));
  }

  /** Who asks and answers; known once they are made. */
  resolveBy(arp: Resolver & { receive(packet: Packet): void }, nd: Resolver): void {
    this.#arp = arp;
    this.#nd = nd;
  }

  send(packet: Packet, route: HostRoute): boolean {
    if (route.cast !== "unicast") return this.frame(packet, groupMac(route), typeOf(packet));
    const neighbour = this.#neighbour(route);
    if (neighbour === undefined) {
      this.#core.drop("ethernet", "neighbour-table-full", discards(packet), this.#by, packet);
      this.#core.pool.release(packet);
      return false;
    }
    const now = this.#core.now();
    if (neighbour.state === "REACHABLE" && now < neighbour.reachableUntil)
      return this.frame(packet, neighbour.mac, typeOf(packet));
    this.#tableOf(route.nextHop).send(packet, neighbour, now);
    return true;
  }

  /** Puts the Ethernet header in front and queues the frame. @returns false: no room, it was dropped. */
  frame(packet: Packet, destination: number, type: number): boolean {
    const { bytes } = packet;
    const start = packet.start - ethernetHeaderLength;
    putU48(bytes, start, destination);
    putU48(bytes, start + 6, this.#by.mac);
    putU16(bytes, start + 12, type);
    packet.start = start;
    packet.checksumStart += ethernetHeaderLength;
    return this.#output.enqueue(packet, this.#by);
  }

  receive(packet: Packet): void {
    const frame = parseEthernet(packet.bytes, packet.start, packet.end);
    if (typeof frame === "string") {
      this.#drop(frame, packet);
      return;
    }
    const toGroup = isGroupMac(frame.destination);
    if (!toGroup && frame.destination !== this.#by.mac) this.#drop("not-for-us", packet);
    else if (isGroupMac(frame.source)) this.#drop("group-source", packet);
    // A tag with VLAN 0 carries only a priority (IEEE 802.1Q, section 9.6).
    else if (frame.tag >= 0 && (frame.tag & 0xfff) !== 0) this.#drop("vlan", packet);
    else {
      const { start } = packet;
      packet.start = frame.payloadStart;
      this.#dispatch(packet, frame.type, toGroup ? "group" : "unicast");
      packet.start = start;
    }
  }

  confirm(neighbour: Neighbour): void {
    this.#tableOf(neighbour.address).confirm(neighbour, this.#core.now());
  }

  *neighbours(): IterableIterator<Neighbour> {
    yield* this.neighboursV4.entries;
    yield* this.neighboursV6.entries;
  }

  close(): void {
    this.neighboursV4.clear();
    this.neighboursV6.clear();
  }

  #dispatch(packet: Packet, type: number, linkCast: "unicast" | "group"): void {
    if (type === etherTypes.ipv4) this.#input.v4.receive(packet, this.#by, linkCast);
    else if (type === etherTypes.ipv6) this.#input.v6.receive(packet, this.#by, linkCast);
    else if (type === etherTypes.arp) this.#arp?.receive(packet);
    else this.#drop("unknown-type", packet);
  }

  #neighbour(route: HostRoute): Neighbour | undefined {
    const known = route.neighbour;
    if (known !== undefined && known.state !== "GONE") return known;
    route.neighbour = this.#tableOf(route.nextHop).obtain(route.nextHop, this.#core.now());
    return route.neighbour;
  }

  #tableOf(address: Address): NeighbourTable {
    return isV4(address) ? this.neighboursV4 : this.neighboursV6;
  }

  #world(family: 4 | 6): NeighbourWorld {
    return {
      solicit: (neighbour, way) => (family === 4 ? this.#arp : this.#nd)?.solicit(neighbour, way),
      transmit: (packet, neighbour) => {
        this.frame(packet, neighbour.mac, typeOf(packet));
      },
      unreachable: (packet) => this.#unreachable(packet),
      lost: ({ address }) => this.#suspect(address),
      overflow: (packet) => {
        this.#core.drop("ethernet", "neighbour-queue-full", discards(packet), this.#by, packet);
        this.#core.pool.release(packet);
      },
    };
  }

  #unreachable(packet: Packet): void {
    this.#core.drop("ethernet", "neighbour-unreachable", discards(packet), this.#by, packet);
    this.#errors.neighbourFailed(packet.bytes, packet.start, packet.end);
    this.#core.pool.release(packet);
  }

  /** If it was a gateway, others are tried for a while. */
  #suspect(address: Address): void {
    this.#core.routes.suspect(address, this.#core.now() + suspicion);
    this.#core.scheduleRouteExpiry();
  }

  #drop(reason: string, packet: Packet): void {
    this.#core.drop("ethernet", reason, undefined, this.#by, packet);
  }
}

function typeOf({ bytes, start }: Packet): number {
  return bytes[start]! >>> 4 === 4 ? etherTypes.ipv4 : etherTypes.ipv6;
}

function discards({ bytes, start }: Packet): ReturnType<typeof outDiscards> {
  return outDiscards(bytes, start);
}

function groupMac({ cast, destination }: HostRoute): number {
  return cast === "multicast" ? multicastMac(destination) : broadcastMac;
}
