/** The inside of a host: its parts, put together, and what they ask of each other. */
import { type Address, type Family, isV4, loopbackV4, loopbackV6 } from "../base/address.ts";
import type { Packet } from "../base/packet.ts";
import type { Prefix } from "../base/prefix.ts";
import type { Random } from "../base/random.ts";
import type { Clock, Instant } from "../base/time/clock.ts";
import type { Tracer } from "../base/trace.ts";
import type { Link } from "../link/link.ts";
import { loopback } from "../link/loopback.ts";
import type { Reassembly } from "../protocols/ip/fragments/fragments.ts";
import { PathMtuCache } from "../protocols/ip/path-mtu.ts";
import { icmpRateLimits, type RateLimits } from "../protocols/ip/rate-limit.ts";
import { RouteTable } from "../protocols/ip/routes.ts";
import type { TimerId } from "../protocols/ip/timers.ts";
import { Batches, type BatchWorld } from "./batches.ts";
import type { Core, Span } from "./core.ts";
import { type CounterName, Counters } from "./counters.ts";
import { Drops, traceDrop } from "./drops.ts";
import { HostTimers } from "./host-timers.ts";
import { Addressing } from "./interface/addressing.ts";
import { Arp } from "./interface/arp.ts";
import { Autoconfiguration } from "./interface/autoconfiguration.ts";
import { EthernetLayer, type EthernetParts } from "./interface/ethernet-layer.ts";
import { IgmpInput } from "./interface/igmp-input.ts";
import type { InterfaceAddress } from "./interface/interface.ts";
import type { InterfacePlan } from "./interface/interface-options.ts";
import { LocalAddresses } from "./interface/local-addresses.ts";
import { Membership } from "./interface/membership.ts";
import { listenersHeard } from "./interface/mld-input.ts";
import { loopbackIndex, NetworkInterface, noMac } from "./interface/network-interface.ts";
import { RedirectsV4 } from "./interface/redirects.ts";
import { Icmp } from "./ip/icmp.ts";
import { Echo } from "./ip/icmp-echo.ts";
import { ErrorsIn } from "./ip/icmp-errors-in.ts";
import { Icmpv4 } from "./ip/icmpv4.ts";
import { Icmpv6 } from "./ip/icmpv6.ts";
import { IpFace } from "./ip/ip-face.ts";
import { Input } from "./ip/ip-input.ts";
import { Output } from "./ip/ip-output.ts";
import { PacketPool } from "./packet-pool.ts";
import type { IpDatagram, Transport } from "./transport.ts";

/** IP protocol numbers. */
const protocolNumbers = 256;

export class HostCore implements Core, BatchWorld {
  readonly name: string;
  readonly random: Random;
  readonly timers: HostTimers;
  readonly counters: Counters = new Counters();
  readonly drops: Drops = new Drops(this.counters);
  readonly pool: PacketPool = new PacketPool();
  readonly addresses: LocalAddresses;
  readonly routes: RouteTable = new RouteTable();
  readonly pathMtus: PathMtuCache;
  readonly transports: (Transport | undefined)[] = new Array<Transport | undefined>(protocolNumbers).fill(
    undefined,
  );
  readonly interfaces: NetworkInterface[] = [];
  readonly batches: Batches;
  readonly ip: IpFace;
  readonly echo: Echo;
  tracer: Tracer;
  rawTap: Core["rawTap"] = undefined;
  readonly icmpLimits: RateLimits = { ...icmpRateLimits };

  readonly #clock: Clock;
  readonly #addressing: Addressing;
  readonly #output: Output;
  readonly #input: Input;
  readonly #registered: Transport[] = [];
  readonly #settled: (() => void)[] = [];
  /** Some queue has something for its link. */
  #queued = false;
  readonly #onReady = (): void => {
    this.#queued = true;
  };
  readonly #errors: ErrorsIn;
  readonly #routeTimer: TimerId;
  readonly #resumeTimer: TimerId;
  #nextIndex = loopbackIndex;
  #closed = false;

  constructor(options: {
    clock: Clock;
    random: Random;
    name?: string | undefined;
    tracer?: Tracer;
    loopback?: "own" | "none" | undefined;
  }) {
    const { clock, random, name = "host", tracer } = options;
    this.name = name;
    this.random = random.fork("host");
    this.tracer = tracer;
    this.#clock = clock;
    this.batches = new Batches(this, this.pool);
    const alarm = clock.alarm(() => this.#ring());
    this.timers = new HostTimers(clock.now(), alarm);
    this.addresses = new LocalAddresses(this.random.uint32() | 0);
    this.pathMtus = new PathMtuCache(this.random.uint32() | 0);
    this.#addressing = new Addressing(this);
    this.#output = new Output(this);
    this.#routeTimer = this.timers.add({ timerExpired: (_id, now) => this.#expireRoutes(now) });
    this.#resumeTimer = this.timers.add({ timerExpired: () => {} });
    this.#openLoopback(options.loopback ?? "own");
    const icmp = new Icmp(this, this.#output);
    const errors = new ErrorsIn(this, this.#output);
    this.#errors = errors;
    this.echo = new Echo(this, this.#output, () => this.batches.flush());
    this.#input = new Input(this, icmp);
    this.ip = new IpFace(this, this.#output, icmp, errors);
    const redirects = new RedirectsV4(this, this.#output);
    this.#take(new Icmpv4(this, this.#output, errors, this.echo, (datagram) => redirects.receive(datagram)));
    this.#take(
      new Icmpv6(this, this.#output, errors, this.echo, {
        neighbourDiscovery: (datagram) => this.#neighbourDiscovery(datagram),
        listeners: (datagram) => listenersHeard(datagram, this.#interfaceOf(datagram)?.membership),
      }),
    );
    this.#take(new IgmpInput(this));
  }

  now(): Instant {
    return this.batches.now();
  }

  readClock(): Instant {
    return this.#clock.now();
  }

  register(transport: Transport): void {
    this.#take(transport);
    this.#registered.push(transport);
  }

  /** ICMP and IGMP answer at once: only what is registered from outside is flushed. */
  #take(transport: Transport): void {
    const { protocol } = transport;
    if (!Number.isInteger(protocol) || protocol < 0 || protocol >= protocolNumbers)
      throw new RangeError(`no IP protocol number: ${protocol}`);
    if (this.transports[protocol] !== undefined) throw new RangeError(`IP protocol ${protocol} is taken`);
    this.transports[protocol] = transport;
  }

  onSettled(settled: () => void): void {
    this.#settled.push(settled);
  }

  interfaceAt(index: number): NetworkInterface | undefined {
    return this.interfaces.find((one) => one.index === index);
  }

  isOurs(address: Address): boolean {
    return this.addresses.isOurs(address);
  }

  arrival(packet: Packet, by: NetworkInterface): NetworkInterface {
    return by.loopback ? (this.interfaceAt(packet.device) ?? by) : by;
  }

  drop(
    layer: string,
    reason: string,
    counter: CounterName | undefined,
    where?: NetworkInterface,
    what?: Span,
  ): void {
    this.drops.count(layer, reason, counter);
    if (this.tracer === undefined) return;
    traceDrop(this.tracer, this.now(), this.name, { layer, reason, counter, interface: where?.name }, what);
  }

  loopBack(packet: Packet, where: NetworkInterface): void {
    this.batches.defer(packet, where, "own");
  }

  reassembly(family: Family): Reassembly {
    return (family === 4 ? this.#input.v4 : this.#input.v6).fragments.reassembly;
  }

  scheduleRouteExpiry(): void {
    this.timers.arm(this.#routeTimer, this.routes.nextDeadline);
  }

  // Interfaces.

  open(link: Link, plan: InterfacePlan): NetworkInterface {
    const by = this.#attach(link, plan);
    by.cpu = plan.cpu;
    if (link.capabilities.medium === "ethernet") this.#resolve(by, plan);
    this.#addressing.joinStandardGroups(by);
    const membership = new Membership(this, this.#output, by);
    by.membership = membership;
    by.groups.world = membership;
    this.#listen(by);
    for (const prefix of plan.addresses) this.assign(by, prefix);
    by.autoconfiguration?.start();
    return by;
  }

  assign(by: NetworkInterface, prefix: Prefix): InterfaceAddress {
    if (by.autoconfiguration !== undefined && !isV4(prefix.address))
      return by.autoconfiguration.assign(prefix, "connected");
    return this.#addressing.assign(by, prefix, "preferred");
  }

  unassign(by: NetworkInterface, entry: InterfaceAddress): void {
    if (by.autoconfiguration !== undefined && entry.family === 6) by.autoconfiguration.unassign(entry);
    else this.#addressing.unassign(by, entry);
  }

  close(by: NetworkInterface): void {
    const at = this.interfaces.indexOf(by);
    if (at < 0) return;
    for (const entry of [...by.addresses]) this.unassign(by, entry);
    by.autoconfiguration?.close();
    by.membership?.close();
    this.routes.remove((route) => route.device === by.index);
    this.routes.touch();
    this.scheduleRouteExpiry();
    this.interfaces.splice(at, 1);
    by.linkLayer?.close();
    by.queue.close();
    by.link.close();
  }

  get closed(): boolean {
    return this.#closed;
  }

  shutDown(): void {
    this.#closed = true;
    this.timers.close();
    for (const by of [...this.interfaces]) this.close(by);
    this.batches.close();
  }

  /** It is always there: what a host sends to itself goes by it, whatever address that is. */
  #openLoopback(network: "own" | "none"): void {
    const link = loopback(this.#clock);
    const by = this.#attach(link, { name: link.name, mac: noMac, mtu: link.capabilities.mtu });
    this.#addressing.joinStandardGroups(by);
    if (network === "own") {
      this.#addressing.assign(by, { address: loopbackV4, length: 8 }, "preferred");
      this.#addressing.assign(by, { address: loopbackV6, length: 128 }, "preferred");
    }
    this.#listen(by);
  }

  #attach(link: Link, { name, mac, mtu }: Pick<InterfacePlan, "name" | "mac" | "mtu">): NetworkInterface {
    const parts = { index: this.#nextIndex++, name, link, mac, mtu };
    const by = new NetworkInterface(parts, this.pool, this.random.uint32() | 0, this.#onReady);
    this.interfaces.push(by);
    return by;
  }

  /** Ethernet: addresses are resolved, tried and formed. */
  #resolve(by: NetworkInterface, plan: InterfacePlan): void {
    const parts: EthernetParts = {
      core: this,
      output: this.#output,
      input: this.#input,
      errors: this.#errors,
    };
    const layer = new EthernetLayer(parts, by);
    by.linkLayer = layer;
    by.autoconfiguration = new Autoconfiguration(parts, this.#addressing, layer, by, plan);
    layer.resolveBy(new Arp(this, layer, by), by.autoconfiguration.nd);
  }

  #listen(by: NetworkInterface): void {
    by.link.open({
      receive: (packets, count) => this.batches.receive(packets, count, by),
      writable: () => {
        by.queue.unblock();
        this.batches.flush();
      },
      failed: (error) => this.#note("link", `${by.name}: ${error.message}`),
      closed: () => this.close(by),
    });
  }

  // What a batch is made of.

  input(packet: Packet, by: NetworkInterface): void {
    if (by.linkLayer === undefined) this.#input.receive(packet, by);
    else by.linkLayer.receive(packet);
  }

  inputOwn(packet: Packet, by: NetworkInterface): void {
    this.#input.receive(packet, by);
  }

  flushTransports(): void {
    for (let i = 0; i < this.#registered.length; i++) this.#registered[i]!.flush();
    for (let i = 0; i < this.#settled.length; i++) this.#settled[i]!();
  }

  flushQueues(): boolean {
    if (!this.#queued) return false;
    this.#queued = false;
    const { interfaces } = this;
    for (let i = 0; i < interfaces.length; i++) interfaces[i]!.queue.flush();
    return this.#queued;
  }

  dropped(packet: Packet, by: NetworkInterface): void {
    this.drop("ip", "input-queue-full", "IpInDiscards", by, packet);
  }

  /** The alarm rings in its turn, and its batch goes on with what was left. */
  resumeSoon(): void {
    this.timers.arm(this.#resumeTimer, this.#clock.now());
  }

  #neighbourDiscovery(datagram: IpDatagram): string | undefined {
    const by = this.#interfaceOf(datagram);
    return by?.autoconfiguration === undefined
      ? "nd-without-neighbours"
      : by.autoconfiguration.nd.receive(datagram);
  }

  #interfaceOf({ interface: { index } }: IpDatagram): NetworkInterface | undefined {
    return this.interfaceAt(index);
  }

  #expireRoutes(now: Instant): void {
    this.routes.expire(now);
    this.scheduleRouteExpiry();
  }

  #ring(): void {
    this.batches.run(() => this.timers.expire(this.now()));
  }

  #note(topic: string, text: string): void {
    this.tracer?.({ kind: "note", at: this.now(), host: this.name, topic, text });
  }
}
