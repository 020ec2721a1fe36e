/** A route as output keeps it: what a transport sees, and what makes sending by it quick. */
import { type Address, type Family, familyOf, isV4 } from "../base/address.ts";
import type { Neighbour } from "../protocols/ip/neighbour.ts";
import type { RouteTable } from "../protocols/ip/routes.ts";
import type { NetworkInterface } from "./interface/network-interface.ts";
import type { Route } from "./transport.ts";

export class HostRoute implements Route {
  readonly destination: Address;
  readonly source: Address;
  readonly interface: NetworkInterface;
  readonly nextHop: Address;
  readonly cast: Route["cast"];
  readonly mtu: number;
  readonly family: Family;
  /** The path is narrower than the smallest path MTU we keep: leave DF off. */
  readonly fragmentable: boolean;
  /** Of a route to ourselves: the interface that has the destination, which receivers see it come in by. Else 0. */
  readonly arrival: number;
  /** Both addresses as a partial checksum: part of the IPv4 header's and of every pseudo-header's. */
  readonly addressSum: number;
  /** Found at the first packet; may be gone by the next. */
  neighbour: Neighbour | undefined;
  readonly #table: RouteTable;
  readonly #generation: number;

  constructor(table: RouteTable, parts: RouteParts) {
    this.#table = table;
    this.#generation = table.generation;
    this.destination = parts.destination;
    this.source = parts.source;
    this.interface = parts.interface;
    this.nextHop = parts.nextHop;
    this.cast = parts.cast;
    this.mtu = parts.mtu;
    this.fragmentable = parts.fragmentable;
    this.arrival = parts.arrival;
    this.family = familyOf(parts.destination);
    this.addressSum = sumOf(parts.source) + sumOf(parts.destination);
    this.neighbour = undefined;
  }

  get stale(): boolean {
    return this.#generation !== this.#table.generation;
  }
}

export interface RouteParts {
  readonly destination: Address;
  readonly source: Address;
  readonly interface: NetworkInterface;
  readonly nextHop: Address;
  readonly cast: Route["cast"];
  readonly mtu: number;
  readonly fragmentable: boolean;
  readonly arrival: number;
}

function sumOf(address: Address): number {
  const low = halves(address.w3);
  return isV4(address) ? low : low + halves(address.w0) + halves(address.w1) + halves(address.w2);
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}
