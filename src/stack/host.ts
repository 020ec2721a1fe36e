/**
 * A host: interfaces with addresses, routes, IP and ICMP, one clock, one timer, and whatever transports are registered.
 * It does nothing by itself: packets, its one alarm and calls make it work, in batches.
 */
import { type Address, formatAddress, isMulticast } from "../base/address.ts";
import { SocketError } from "../base/errno.ts";
import type { Random } from "../base/random.ts";
import type { Clock, Instant } from "../base/time/clock.ts";
import type { Tracer } from "../base/trace.ts";
import type { Link } from "../link/link.ts";
import type { Restart } from "../ports/hold/restart.ts";
import type { PortManager } from "../ports/port-manager.ts";
import type { Profile } from "../ports/profile.ts";
import { linux } from "../ports/profiles/linux.ts";
import type { NeighbourState } from "../protocols/ip/neighbour.ts";
import type { RateLimits } from "../protocols/ip/rate-limit.ts";
import type { RouteEntry } from "../protocols/ip/routes.ts";
import { formatMac } from "../wire/link/mac.ts";
import type { CounterName, Counters } from "./counters.ts";
import type { Drops } from "./drops.ts";
import { HostCore } from "./host-core.ts";
import type { HostTimers } from "./host-timers.ts";
import type { Interface, InterfaceAddress } from "./interface/interface.ts";
import { type InterfaceOptions, interfacePrefix, planInterface } from "./interface/interface-options.ts";
import { loopbackIndex, type NetworkInterface } from "./interface/network-interface.ts";
import type { Echo } from "./ip/icmp-echo.ts";
import { planRoute, type RouteOptions } from "./ip/route-options.ts";
import type { Socket, SocketDomain, SocketType } from "./socket.ts";
import type { Credentials, LocalKind, PortOwner } from "./socket-core/world.ts";
import { SocketLayer } from "./socket-layer.ts";
import { type TableUse, tablesOf } from "./tables.ts";
import type { IpDatagram, IpOutput, Transport } from "./transport.ts";
import { Proc } from "./views/proc.ts";
import { type HostSnapshot, takeSnapshot } from "./views/snapshot.ts";
import type { Sysctl } from "./views/sysctl.ts";
import type { SystemSettings } from "./views/systems/system-settings.ts";

export interface HostOptions {
  readonly clock: Clock;
  /** Everything the host leaves to chance. Equal seeds, calls and packets give equal packets. */
  readonly random: Random;
  /** For people: in traces, captures and listings. */
  readonly name?: string | undefined;
  readonly tracer?: Tracer | undefined;
  /** How ports are chosen, shared and held. Default: Linux's. */
  readonly profile?: Profile | undefined;
  /** What it remembers from before it was started again: quiet time and counters of ports. */
  readonly restart?: Restart | undefined;
  /**
   * Whether the host has a loopback network of its own, which is the default. With `"none"`, 127.0.0.0/8 and `::1` are
   * somewhere else: for a host that shares the addresses of the machine it runs on, the machine's. A host without can
   * also be made by taking the loopback interface's addresses away.
   */
  readonly loopback?: "own" | "none" | undefined;
}

/** One neighbour, for people and snapshots. */
export interface NeighbourEntry {
  readonly interface: string;
  readonly address: string;
  /** Empty while unknown. */
  readonly mac: string;
  readonly state: NeighbourState;
  readonly router: boolean;
}

export class Host {
  /** What it was made with: services on this host set their alarms by it. */
  readonly clock: Clock;
  readonly #core: HostCore;
  readonly #sockets: SocketLayer;
  readonly #proc: Proc;

  constructor(options: HostOptions) {
    this.clock = options.clock;
    this.#core = new HostCore(options);
    this.#sockets = new SocketLayer(this, options.profile ?? linux, options.restart);
    this.#proc = new Proc(() => this.snapshot(), this.#sockets.sysctl);
  }

  /**
   * socket(2). `protocol` is an IP protocol number, or 0 for the type's own.
   * @throws SocketError EPROTONOSUPPORT, ESOCKTNOSUPPORT, EAFNOSUPPORT, EINVAL
   */
  socket(domain: SocketDomain, type: SocketType, protocol?: number): Socket {
    return this.#sockets.socket(domain, type, protocol);
  }

  /** Who holds which port. */
  get ports(): PortManager<PortOwner> {
    return this.#sockets.ports;
  }

  /** The host's knobs, by the names Linux gives them. */
  get sysctl(): Sysctl {
    return this.#sockets.sysctl;
  }

  /** What is set for its ports, by the names of the profile's own system: `net.inet.ip.portrange.first`, `netsh ...`. */
  get settings(): SystemSettings {
    return this.#sockets.settings;
  }

  /** Files as Linux has them: `host.proc.read("/proc/net/tcp")`. */
  get proc(): Proc {
    return this.#proc;
  }

  /** Everything readable, as plain data. */
  snapshot(): HostSnapshot {
    return takeSnapshot(this.#core, this.#sockets);
  }

  /** How full the host is: everything a network can fill, with its limit. */
  tables(): TableUse[] {
    return tablesOf(this.#core, this.#sockets);
  }

  /** Who makes the sockets from now on. Default: root. */
  get credentials(): Credentials {
    return this.#sockets.credentials;
  }

  set credentials(credentials: Credentials) {
    this.#sockets.credentials = credentials;
  }

  get name(): string {
    return this.#core.name;
  }

  /** IP, for transports and sockets. */
  get ip(): IpOutput {
    return this.#core.ip;
  }

  /** Asking for echoes, as ping does. */
  get echo(): Echo {
    return this.#core.echo;
  }

  /** Deadlines of whatever runs on this host: all behind its one alarm. */
  get timers(): HostTimers {
    return this.#core.timers;
  }

  get counters(): Counters {
    return this.#core.counters;
  }

  /** What was thrown away, by layer and reason. */
  get drops(): Drops {
    return this.#core.drops;
  }

  get random(): Random {
    return this.#core.random;
  }

  /** Who listens to what the host says of itself; may be changed at any time. */
  get tracer(): Tracer {
    return this.#core.tracer;
  }

  set tracer(tracer: Tracer) {
    this.#core.tracer = tracer;
  }

  /** In order of index; the loopback is the first. */
  get interfaces(): readonly Interface[] {
    return this.#core.interfaces;
  }

  get routes(): readonly RouteEntry[] {
    return this.#core.routes.entries;
  }

  /** Who is known behind which Ethernet address, interface by interface. */
  neighbours(): NeighbourEntry[] {
    return this.#core.interfaces.flatMap((by) =>
      [...(by.linkLayer?.neighbours() ?? [])].map(({ address, mac, state, router }) => ({
        interface: by.name,
        address: formatAddress(address),
        mac: mac < 0 ? "" : formatMac(mac),
        state,
        router,
      })),
    );
  }

  interfaceAt(index: number): Interface | undefined {
    return this.#core.interfaceAt(index);
  }

  interfaceNamed(name: string): Interface | undefined {
    return this.#core.interfaces.find((one) => one.name === name);
  }

  /** A batch is under way: its end will send what is due. */
  get busy(): boolean {
    return this.#core.batches.busy;
  }

  /** How many ICMP errors this host sends; may be written at any time. */
  get icmpLimits(): RateLimits {
    return this.#core.icmpLimits;
  }

  /** Sees every datagram for this host before its transport does; true where somebody took it. For raw sockets. */
  get rawTap(): ((datagram: IpDatagram) => boolean) | undefined {
    return this.#core.rawTap;
  }

  set rawTap(tap: ((datagram: IpDatagram) => boolean) | undefined) {
    this.#core.rawTap = tap;
  }

  /** Counts and traces what a transport throws away: a datagram, if it came as one. */
  drop(layer: string, reason: string, counter: CounterName | undefined, about?: IpDatagram): void {
    if (about === undefined) {
      this.#core.drop(layer, reason, counter);
      return;
    }
    const by = this.#core.interfaceAt(about.interface.index);
    const { bytes, headerStart, end } = about;
    this.#core.drop(layer, reason, counter, by, { bytes, start: headerStart, end });
  }

  /** The time: one reading a batch. */
  now(): Instant {
    return this.#core.now();
  }

  /**
   * Adds a protocol above IP. Its `flush` is called at the end of every batch.
   * @throws RangeError where its number is taken.
   */
  register(transport: Transport): void {
    this.#core.register(transport);
  }

  /** Calls `settled` at the end of every batch, after the transports' `flush`; what it causes belongs to the batch. */
  onSettled(settled: () => void): void {
    this.#core.onSettled(settled);
  }

  /** Ends the batch that calls from outside have begun: sends what is due. Inside a batch nothing happens; its end will do. */
  flush(): void {
    this.#core.batches.flush();
  }

  /** Makes one batch of several calls: their packets go to the links together. */
  batch(work: () => void): void {
    this.#core.batches.run(work);
  }

  /**
   * Opens a link and gives it addresses. @throws TypeError or RangeError before anything changed.
   */
  addInterface(link: Link, options: InterfaceOptions = {}): Interface {
    const core = this.#core;
    const taken = (name: string): boolean => this.interfaceNamed(name) !== undefined;
    const plan = planInterface(link, options, taken, core.random);
    const by = core.open(link, plan);
    for (const gateway of plan.gateways)
      core.routes.add(planRoute(core, "default", { via: gateway, interface: by }));
    this.flush();
    return by;
  }

  /** Closes the link and forgets all that went by it. The loopback stays. */
  removeInterface(which: Interface): void {
    if (which.index === loopbackIndex) throw new RangeError("the loopback interface cannot be removed");
    this.#core.close(this.#own(which));
  }

  /** @throws TypeError or RangeError */
  addAddress(which: Interface, text: string): InterfaceAddress {
    const by = this.#own(which);
    const entry = this.#core.assign(by, interfacePrefix(text, by.mtu));
    this.flush();
    return entry;
  }

  removeAddress(which: Interface, entry: InterfaceAddress): void {
    this.#core.unassign(this.#own(which), entry);
  }

  /**
   * @param destination `192.0.2.0/24`, `::/0`, or `default` for all of the gateway's family.
   * @throws TypeError or RangeError; SocketError ENETUNREACH where no interface reaches the gateway.
   */
  addRoute(destination: string, options: RouteOptions): RouteEntry {
    const route = this.#core.routes.add(planRoute(this.#core, destination, options));
    if (route === undefined) throw new SocketError("ENOBUFS", "route");
    return route;
  }

  /** @throws SocketError ENOENT where the table does not have it. */
  removeRoute(route: RouteEntry): void {
    if (this.#core.routes.remove((one) => one === route) === 0) throw new SocketError("ENOENT", "route");
  }

  /** How `address` is ours: on the interface with index `device`, or (0) on any. */
  localKind(address: Address, device = 0): LocalKind | undefined {
    const { addresses, interfaces } = this.#core;
    if (isMulticast(address)) {
      const joined = interfaces.some(
        (one) => (device === 0 || one.index === device) && one.groups.has(address),
      );
      return joined ? "multicast" : undefined;
    }
    if (addresses.isOurs(address)) {
      const holder = addresses.holder(address);
      return device === 0 || holder === undefined || holder.index === device ? "local" : undefined;
    }
    return addresses.isBroadcast(address) ? "broadcast" : undefined;
  }

  /**
   * Joins a multicast group; joins are counted. @throws SocketError ENODEV, ENOBUFS; EINVAL where it is no group.
   */
  joinGroup(group: Address, device: number): void {
    const by = this.#core.interfaceAt(device);
    if (!isMulticast(group)) throw new SocketError("EINVAL", "setsockopt");
    if (by === undefined) throw new SocketError("ENODEV", "setsockopt");
    if (!by.groups.join(group)) throw new SocketError("ENOBUFS", "setsockopt");
    this.#core.routes.touch();
    this.flush();
  }

  leaveGroup(group: Address, device: number): void {
    this.#core.interfaceAt(device)?.groups.leave(group);
    this.#core.routes.touch();
    this.flush();
  }

  /** Closes every link and silences the alarm. Idempotent. */
  close(): void {
    if (this.#core.closed) return;
    this.#sockets.close();
    this.#core.shutDown();
  }

  #own(which: Interface): NetworkInterface {
    const by = this.#core.interfaceAt(which.index);
    if (by === undefined || by !== which) throw new RangeError(`no interface of this host: ${which.name}`);
    return by;
  }
}
