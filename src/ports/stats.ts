/** Numbers and plain pictures of a port manager, for whoever lists, draws or compares them. */
import { type Address, formatAddress } from "../base/address.ts";
import { formatEndpoint } from "../base/endpoint.ts";
import type { Instant } from "../base/time/clock.ts";
import type { Binding, BindingState, TransportProtocol } from "./binding.ts";
import { isReusable } from "./demultiplexer/crowded-flows.ts";
import type { PortSpace } from "./port-space.ts";
import type { PortRange } from "./range.ts";

export interface ProtocolStats {
  /** Bindings that are in use, and that rest. */
  readonly inUse: number;
  readonly held: number;
  /**
   * Ports of the protocol's range that nobody holds and that may be chosen. Where each version of IP has a range, of the one that has fewer
   * left.
   */
  readonly free: number;
  /** The most bindings there ever were at once. */
  readonly highWater: number;
  /** Ports chosen, and choices that found none. */
  readonly allocations: number;
  readonly exhaustions: number;
  /** Choices that went past the end of the range, or into another pass. */
  readonly wraps: number;
  /** Candidates looked at in all of them, as a port-by-port scan would have counted. */
  readonly candidates: number;
  /** Different five-tuples, and bytes of the table that finds them. */
  readonly flows: number;
  readonly flowBytes: number;
}

export type PortStats = Readonly<Partial<Record<TransportProtocol, ProtocolStats>>>;

export function statsOf<Owner>(space: PortSpace<Owner>): ProtocolStats {
  const { choice, demultiplexer, table } = space;
  return {
    inUse: space.inUse,
    held: space.resting,
    free: table.free,
    highWater: space.highWater,
    allocations: choice.made,
    exhaustions: choice.exhausted,
    wraps: choice.wraps,
    candidates: choice.looked,
    flows: demultiplexer.flows.size,
    flowBytes: demultiplexer.flows.bytes,
  };
}

/** One binding, in text and numbers only. */
export interface BindingSnapshot {
  readonly protocol: TransportProtocol;
  readonly domain: 4 | 6;
  readonly state: BindingState;
  readonly address: string;
  readonly port: number;
  readonly remote: string | undefined;
  readonly device: number;
  readonly uid: number;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly v6Only: boolean;
  readonly explicit: boolean;
  readonly until: Instant | undefined;
}

/** Every binding, by protocol and port, the newest first where several hold one. */
export type PortSnapshot = readonly BindingSnapshot[];

export function snapshotOf<Owner>(binding: Binding<Owner>): BindingSnapshot {
  const { protocol, domain, state, address, port, remote, device, uid } = binding;
  const { reuseAddress, reusePort, v6Only, explicit, until } = binding;
  return {
    protocol,
    domain,
    state,
    address: formatAddress(address),
    port,
    remote: remote === undefined ? undefined : formatEndpoint(remote),
    device,
    uid,
    reuseAddress,
    reusePort,
    v6Only,
    explicit,
    until: state === "held" ? until : undefined,
  };
}

/** How the range looks to one destination. */
export interface FlowOccupancy {
  /** Ports in use towards it, and ports that rest and may not be chosen yet. */
  readonly inUse: number;
  readonly held: number;
  /** The others, whoever else may hold them. */
  readonly free: number;
}

export function occupancyOf<Owner>(
  { demultiplexer: { flows }, table: { held } }: PortSpace<Owner>,
  [low, high]: PortRange,
  local: Address,
  remote: Address,
  remotePort: number,
  now: Instant,
): FlowOccupancy {
  let inUse = 0;
  let resting = 0;
  for (let port = held.firstSet(low, high); port >= 0; port = held.firstSet(port + 1, high)) {
    const flow = flows.find(local, port, remote, remotePort);
    if (flow === undefined || isReusable(flow, now)) continue;
    if (flow.state === "held") resting++;
    else inUse++;
  }
  return { inUse, held: resting, free: high - low + 1 - inUse - resting };
}
