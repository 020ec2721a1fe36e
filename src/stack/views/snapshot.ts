/** A host as plain data, all at once: the CLI, the lab, `/proc` and `assert.deepEqual` read the same picture. */
import { formatAddress } from "../../base/address.ts";
import { formatPrefix } from "../../base/prefix.ts";
import { type Instant, never } from "../../base/time/clock.ts";
import type { LinkStats } from "../../link/link.ts";
import type { PortRange } from "../../ports/range.ts";
import type { RulesApart } from "../../ports/settings/port-settings.ts";
import type { PortSnapshot, PortStats } from "../../ports/stats.ts";
import type { RouteEntry } from "../../protocols/ip/routes.ts";
import { formatMac } from "../../wire/link/mac.ts";
import type { HostCore } from "../host-core.ts";
import type { InterfaceAddress } from "../interface/interface.ts";
import { type NetworkInterface, noMac } from "../interface/network-interface.ts";
import type { SocketLayer } from "../socket-layer.ts";
import { type SocketSnapshot, socketSnapshots } from "./snapshot-sockets.ts";

export interface InterfaceSnapshot {
  readonly index: number;
  readonly name: string;
  readonly mac: string | undefined;
  readonly mtu: number;
  readonly addresses: readonly {
    readonly address: string;
    readonly prefixLength: number;
    readonly state: InterfaceAddress["state"];
  }[];
  readonly groups: readonly string[];
  readonly link: LinkStats;
}

export interface RouteSnapshot {
  readonly destination: string;
  readonly via: string | undefined;
  /** The interface's name. */
  readonly interface: string;
  readonly metric: number;
  readonly origin: RouteEntry["origin"];
  /** When it ceases to hold; undefined: never. */
  readonly expires: Instant | undefined;
}

export interface NeighbourSnapshot {
  readonly interface: string;
  readonly address: string;
  readonly mac: string | undefined;
  readonly state: string;
  readonly router: boolean;
}

export interface HostSnapshot {
  readonly name: string;
  readonly now: Instant;
  readonly interfaces: readonly InterfaceSnapshot[];
  readonly routes: readonly RouteSnapshot[];
  readonly neighbours: readonly NeighbourSnapshot[];
  readonly sockets: readonly SocketSnapshot[];
  readonly ports: {
    readonly range: PortRange;
    readonly reserved: readonly PortRange[];
    /** What protocols have otherwise. */
    readonly apart: readonly RulesApart[];
    readonly stats: PortStats;
    readonly bindings: PortSnapshot;
  };
  /** Datagrams of which fragments are still missing, and the bytes they take. */
  readonly reassembly: Readonly<Record<"v4" | "v6", { readonly datagrams: number; readonly bytes: number }>>;
  /** By MIB name, those that are not 0. */
  readonly counters: Readonly<Record<string, number>>;
  /** What was thrown away, by layer and reason. */
  readonly drops: Readonly<Record<string, Record<string, number>>>;
}

export function takeSnapshot(core: HostCore, sockets: SocketLayer): HostSnapshot {
  const { ports } = sockets;
  return {
    name: core.name,
    now: core.now(),
    interfaces: core.interfaces.map(ofInterface),
    routes: core.routes.entries.map((entry) => ofRoute(entry, core)),
    neighbours: core.interfaces.flatMap(neighboursOf),
    sockets: socketSnapshots(sockets),
    ports: {
      range: ports.range,
      reserved: ports.reserved,
      apart: ports.apart,
      stats: ports.stats(),
      bindings: ports.snapshot(),
    },
    reassembly: { v4: ofReassembly(core, 4), v6: ofReassembly(core, 6) },
    counters: Object.fromEntries(Object.entries(core.counters).filter(([, count]) => count !== 0)),
    drops: core.drops.snapshot(),
  };
}

function ofReassembly(core: HostCore, family: 4 | 6): { datagrams: number; bytes: number } {
  const { size, memory } = core.reassembly(family);
  return { datagrams: size, bytes: memory };
}

function ofInterface({
  index,
  name,
  mac,
  mtu,
  addresses,
  groups,
  link,
}: NetworkInterface): InterfaceSnapshot {
  return {
    index,
    name,
    mac: mac === noMac ? undefined : formatMac(mac),
    mtu,
    addresses: addresses.map(({ address, prefixLength, state }) => ({
      address: formatAddress(address),
      prefixLength,
      state,
    })),
    groups: [...groups].map(formatAddress),
    link: { ...link.stats },
  };
}

function ofRoute(
  { prefix, via, device, metric, origin, expires }: RouteEntry,
  core: HostCore,
): RouteSnapshot {
  return {
    destination: formatPrefix(prefix),
    via: via && formatAddress(via),
    interface: core.interfaceAt(device)?.name ?? "",
    metric,
    origin,
    expires: expires === never ? undefined : expires,
  };
}

function neighboursOf({ name, linkLayer }: NetworkInterface): NeighbourSnapshot[] {
  return [...(linkLayer?.neighbours?.() ?? [])].map(({ address, mac, state, router }) => ({
    interface: name,
    address: formatAddress(address),
    mac: mac === noMac ? undefined : formatMac(mac),
    state,
    router,
  }));
}
