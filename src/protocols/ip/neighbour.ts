/** One neighbour on a link, and the times that govern it (RFC 4861, sections 5.1, 7.3 and 10). ARP and ND share it. */
import type { Address } from "../../base/address.ts";
import type { Packet } from "../../base/packet.ts";
import type { Instant } from "../../base/time/clock.ts";
import type { TimerId } from "./timers.ts";

export type NeighbourState =
  /** Asked for, not answered yet; packets wait. */
  | "INCOMPLETE"
  | "REACHABLE"
  /** Known, but nothing was heard for a while: used, and looked into once it is. */
  | "STALE"
  /** Used while stale; a hint from above may spare the probe. */
  | "DELAY"
  /** Being asked again, directly. */
  | "PROBE"
  /** Nobody answered, or the table let it go; whoever holds it must look again. */
  | "GONE";

export interface Neighbour {
  readonly address: Address;
  /** 48-bit link-layer address as an integer; -1 while unknown. */
  mac: number;
  state: NeighbourState;
  /** It advertised itself as a router (RFC 4861, section 4.4). */
  router: boolean;
  /** REACHABLE until here; looked at when it is used, no timer runs. */
  reachableUntil: Instant;
  probes: number;
  readonly timer: TimerId;
  waiting: Packet[];
  waitingBytes: number;
  /** Configured: never probed, never evicted, never overwritten. */
  readonly permanent: boolean;
}

/** What a neighbour's own message says of it (an ARP packet, NS, NA, RS, RA or Redirect). */
export interface NeighbourNews {
  /** Link-layer address; -1 where it was not told. */
  readonly mac: number;
  /** It answers a question of ours (the S flag; an ARP reply to us). */
  readonly solicited: boolean;
  /** It may replace an address already known (the O flag; ARP always does). */
  readonly override: boolean;
  /** The R flag, or undefined where the message does not say. */
  readonly router: boolean | undefined;
}

/** RFC 4861, section 10, in milliseconds; a router advertisement may set the first two. */
export interface NeighbourTimes {
  /** REACHABLE_TIME: the base of the random Reachable Time. */
  baseReachable: number;
  /** RETRANS_TIMER. */
  retransmit: number;
}

export const defaultNeighbourTimes: NeighbourTimes = { baseReachable: 30_000, retransmit: 1000 };

/** DELAY_FIRST_PROBE_TIME. */
export const delayFirstProbe = 5000;
/** MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT. */
export const mostProbes = 3;
