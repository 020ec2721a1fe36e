/**
 * The port manager: who may have which port, for every transport of one host. It reserves, connects, holds and releases; it
 * finds the binding that a packet is for; and it can say why. What it decides is its profile's; it knows no socket.
 */
import { type Address, isV4 } from "../base/address.ts";
import type { Endpoint } from "../base/endpoint.ts";
import type { ErrnoName, SocketError } from "../base/errno.ts";
import type { Random } from "../base/random.ts";
import type { Instant } from "../base/time/clock.ts";
import { TimerWheel } from "../base/time/timer-wheel.ts";
import {
  type Binding,
  type BindRequest,
  type PortCall,
  type TransportProtocol,
  transportProtocols,
} from "./binding.ts";
import { type BindingRecord, noTimer } from "./binding-record.ts";
import { type Explanation, explain, explainChoice } from "./choice/explain.ts";
import type { Path } from "./demultiplexer/flow.ts";
import type { TimeWaitReuse } from "./hold/hold.ts";
import { type PortCounters, type Restart, Restarted } from "./hold/restart.ts";
import type { HostContext } from "./host-context.ts";
import { type Forecast, type ForecastOptions, forecast } from "./insight/forecast.ts";
import { sound } from "./insight/low-water.ts";
import type { PortManagerOptions } from "./port-manager-options.ts";
import { PortSpace } from "./port-space.ts";
import { newShared, type Profile } from "./profile.ts";
import type { PortRange } from "./range.ts";
import { checkPort, liveRecord, ownRecord, refusal } from "./refusal.ts";
import { PortSettings, type RulesApart } from "./settings/port-settings.ts";
import { checkState } from "./state/check.ts";
import { chanceOf, restoreState } from "./state/restore.ts";
import { saveState } from "./state/save.ts";
import type { PortState } from "./state/state.ts";
import {
  type FlowOccupancy,
  occupancyOf,
  type PortSnapshot,
  type PortStats,
  snapshotOf,
  statsOf,
} from "./stats.ts";

export class PortManager<Owner> {
  readonly profile: Profile;
  readonly settings: PortSettings;
  readonly #restarted: Restarted;
  readonly #options: PortManagerOptions<Owner>;
  readonly #random: Random;
  readonly #host: HostContext;
  readonly #spaces: Partial<Record<TransportProtocol, PortSpace<Owner>>> = {};
  readonly #wheel: TimerWheel;
  /** By timer. */
  readonly #held: (BindingRecord<Owner> | undefined)[] = [];
  #explainer: ((explanation: Explanation<Owner>) => void) | undefined = undefined;

  constructor(options: PortManagerOptions<Owner>) {
    const { profile, now, random, claim, restart = {} } = options;
    this.#restarted = new Restarted(restart, now());
    this.profile = profile;
    this.settings = new PortSettings(profile, (what) => this.#settingChanged(what));
    this.#options = options;
    this.#random = random.fork("ports");
    this.#host = { profile, settings: this.settings, now, claim, shared: newShared() };
    this.#wheel = new TimerWheel(now());
  }

  /**
   * bind(2), and with `call` the implicit bind of listen(2) and sendto(2): the port, or one of the manager's choice where it is 0.
   * @throws SocketError EADDRINUSE, EACCES, or what the profile gives for an exhausted range; RangeError for no port
   */
  reserve(owner: Owner, request: BindRequest): Binding<Owner> {
    const result = this.tryReserve(owner, request);
    if (typeof result !== "string") return result;
    throw this.#refusal(result, request.call ?? "bind", request, request);
  }

  /** As {@link reserve}, with the errno's name for a refusal: an error costs far more than finding that there is no port. */
  tryReserve(owner: Owner, request: BindRequest): Binding<Owner> | ErrnoName {
    checkPort(request.port);
    const space = this.#space(request.protocol);
    let result = space.bind(owner, request);
    while (typeof result === "string" && this.#hasMore(request)) result = space.bind(owner, request);
    this.#sound(space);
    return result;
  }

  /** listen(2): the bind conflicts are asked about again, as a listener. @throws SocketError EADDRINUSE */
  listen(binding: Binding<Owner>): void {
    const code = this.tryListen(binding);
    if (code !== undefined) throw this.#refusal(code, "listen", binding, binding);
  }

  tryListen(binding: Binding<Owner>): ErrnoName | undefined {
    const record = liveRecord(binding);
    return this.#space(record.protocol).listen(record);
  }

  /**
   * connect(2) of a socket that has a port: a wildcard address is narrowed to `source`, and the flow is the binding's.
   * @throws SocketError where another flow has the five-tuple, and may not be replaced
   */
  connect(binding: Binding<Owner>, path: Path): void {
    const code = this.tryConnect(binding, path);
    if (code !== undefined) throw this.#refusal(code, "connect", binding, path.remote);
  }

  tryConnect(binding: Binding<Owner>, path: Path): ErrnoName | undefined {
    const record = liveRecord(binding);
    return this.#isQuiet(record) ? "EAGAIN" : this.#space(record.protocol).connect(record, path);
  }

  /**
   * connect(2) of a socket without a port; `request.address` is what it is bound to, or a wildcard. Where the profile says
   * so, the port may be shared with flows to other destinations. @throws SocketError where no port is left
   */
  connectNew(owner: Owner, request: BindRequest, path: Path): Binding<Owner> {
    const result = this.tryConnectNew(owner, request, path);
    if (typeof result !== "string") return result;
    throw this.#refusal(result, "connect", request, path.remote);
  }

  tryConnectNew(owner: Owner, request: BindRequest, path: Path): Binding<Owner> | ErrnoName {
    checkPort(request.port);
    if (this.#isQuiet(request)) return "EAGAIN";
    const space = this.#space(request.protocol);
    let result = space.connectNew(owner, request, path);
    while (typeof result === "string" && this.#hasMore(request))
      result = space.connectNew(owner, request, path);
    this.#sound(space);
    return result;
  }

  /** A connection that a listener has accepted: it shares the listener's port and options. */
  accept(
    listener: Binding<Owner>,
    owner: Owner,
    { local, remote }: { readonly local: Address; readonly remote: Endpoint },
  ): Binding<Owner> {
    const record = liveRecord(listener);
    return this.#space(record.protocol).accept(record, owner, local, remote);
  }

  /**
   * The connection is over, the socket is not: it is bound as before, or, where the profile says so and the caller had not
   * named the port, released. `kept` leaves the address that connect(2) narrowed, as after a reset from the peer.
   */
  disconnect(binding: Binding<Owner>, address: "restored" | "kept" = "restored"): "bound" | "released" {
    const record = liveRecord(binding);
    return this.#space(record.protocol).disconnect(record, address);
  }

  /** The port rests until `until`, in the hands of `owner`. Called again, it restarts the wait. */
  hold(binding: Binding<Owner>, owner: Owner, until: Instant, reuse?: TimeWaitReuse): void {
    const record = liveRecord(binding);
    this.#space(record.protocol).hold(record, owner, until, reuse);
    this.#rest(record, until);
  }

  /** Whatever has ended the session, its port is free from now on. Idempotent. */
  release(binding: Binding<Owner>): void {
    const record = ownRecord(binding);
    if (record.released) return;
    this.#dropTimer(record);
    const space = this.#space(record.protocol);
    space.release(record);
    this.#sound(space);
  }

  /** When the next hold is over. */
  nextDeadline(): Instant {
    return this.#wheel.next();
  }

  /** Ends the holds that are over. */
  expire(now: Instant): void {
    this.#wheel.expire(now, (timer) => {
      const binding = this.#held[timer]!;
      this.release(binding);
      this.#options.onExpire?.(binding);
    });
  }

  /**
   * Whom a packet is for: a connected or held flow, else the port's best receiver. `device` is where it came in; `payload` is
   * for the selectors of groups, see {@link Binding.selector}; `cpu` is the CPU that handles it, as SO_INCOMING_CPU counts.
   */
  demultiplex(
    protocol: TransportProtocol,
    local: Address,
    localPort: number,
    remote: Address,
    remotePort: number,
    device: number,
    payload?: Uint8Array,
    cpu?: number,
  ): Binding<Owner> | undefined {
    const demultiplexer = this.#spaces[protocol]?.demultiplexer;
    return demultiplexer?.find(local, localPort, remote, remotePort, device, payload, cpu);
  }

  /** Whether {@link demultiplex} has a use for payloads: some socket brought a selector. */
  selects(protocol: TransportProtocol): boolean {
    return this.#spaces[protocol]?.demultiplexer.selects === true;
  }

  /** Everyone a multicast or broadcast datagram is for. */
  each(
    protocol: TransportProtocol,
    local: Address,
    localPort: number,
    remote: Address,
    remotePort: number,
    device: number,
    visit: (binding: Binding<Owner>) => void,
  ): void {
    this.#spaces[protocol]?.demultiplexer.each(local, localPort, remote, remotePort, device, visit);
  }

  /** What `reserve`, or with `path` `connectNew`, would do now, and why. Nothing changes: the next choice is the one told of. */
  explain(request: BindRequest, path?: Path): Explanation<Owner> {
    checkPort(request.port);
    return explain(this.#space(request.protocol), request, path);
  }

  /** What the choice for `reserve`, or with `path` for `connectNew`, will cost, and how well it can be foretold. Nothing changes. */
  forecast(request: BindRequest, path?: Path, options?: ForecastOptions): Forecast {
    return forecast(this.#space(request.protocol), request, path, options);
  }

  /** Told of every choice just before it is made. Costs nothing while nobody is. */
  set onChoice(explainer: ((explanation: Explanation<Owner>) => void) | undefined) {
    this.#explainer = explainer;
    for (const space of this.#all()) this.#watch(space);
  }

  get onChoice(): ((explanation: Explanation<Owner>) => void) | undefined {
    return this.#explainer;
  }

  /** By protocol, of those in use. */
  stats(): PortStats {
    return Object.fromEntries([...this.#all()].map((space) => [space.protocol, statsOf(space)]));
  }

  /** How full the range (of the source's version of IP) is for one destination: what the next connect(2) to it will find. */
  occupancy(protocol: TransportProtocol, { source, remote }: Path): FlowOccupancy {
    const { range } = this.settings.rulesOf(protocol, isV4(source) ? 4 : 6);
    return occupancyOf(this.#space(protocol), range, source, remote.address, remote.port, this.#host.now());
  }

  /** Before this no TCP connection begins: connect(2) fails with EAGAIN (RFC 9293, section 3.4.3). */
  get quietUntil(): Instant {
    return this.#restarted.quietUntil;
  }

  /** Where choices stand, for {@link Restart}: what the host is to remember when it is started again. */
  counters(): PortCounters {
    return this.#restarted.counters(this.#all());
  }

  /**
   * Everything there is to know, as data that JSON can carry; `ownerOf` makes such data of an owner. With {@link PortManager.imported}
   * another manager goes on from there. Whoever reads it can foretell every choice.
   */
  exported(ownerOf: (owner: Owner) => unknown = (owner) => owner): PortState {
    return saveState(this.#host, this.#random, [...this.#all()], ownerOf);
  }

  /**
   * A manager that goes on where `state` was exported: with the same bindings, holds and counters, its next choices are those the other
   * would have made. `options.random` is asked for only where the state has no chance of its own.
   * @throws TypeError, RangeError where the state is none, or of another version or profile
   */
  static imported<Owner>(
    state: unknown,
    options: Omit<PortManagerOptions<Owner>, "random"> & { readonly random?: Random },
    ownerOf: (owner: unknown) => Owner = (owner) => owner as Owner,
  ): PortManager<Owner> {
    const checked = checkState(state, options.profile);
    const manager = new PortManager<Owner>({ ...options, random: chanceOf(checked, options.random) });
    restoreState(checked, manager.#host, {
      space: (protocol) => manager.#space(protocol),
      rest: (binding) => manager.#rest(binding, binding.until),
      ownerOf,
    });
    return manager;
  }

  /** Every binding, by protocol and port. */
  *bindings(): Generator<Binding<Owner>> {
    for (const { table } of this.#all()) yield* table.bindings();
  }

  snapshot(): PortSnapshot {
    return [...this.bindings()].map(snapshotOf);
  }

  // As in {@link PortSettings}.

  get range(): PortRange {
    return this.settings.range;
  }

  set range(range: PortRange) {
    this.settings.range = range;
  }

  get reserved(): readonly PortRange[] {
    return this.settings.reserved;
  }

  set reserved(ranges: readonly PortRange[]) {
    this.settings.reserved = ranges;
  }

  get unprivilegedStart(): number {
    return this.settings.unprivilegedStart;
  }

  set unprivilegedStart(port: number) {
    this.settings.unprivilegedStart = port;
  }

  get apart(): readonly RulesApart[] {
    return this.settings.apart;
  }

  #space(protocol: TransportProtocol): PortSpace<Owner> {
    return this.#spaces[protocol] ?? this.#makeSpace(protocol);
  }

  #makeSpace(protocol: TransportProtocol): PortSpace<Owner> {
    const space = new PortSpace<Owner>(protocol, this.#host, this.#random.fork(protocol), (resting) => {
      this.#dropTimer(resting);
      this.#options.onReplace?.(resting);
    });
    this.#restarted.resume(protocol, space.choice);
    this.#spaces[protocol] = space;
    this.#watch(space);
    return space;
  }

  #isQuiet({ protocol }: { readonly protocol: TransportProtocol }): boolean {
    return protocol === "tcp" && this.quietUntil > 0 && this.#host.now() < this.quietUntil;
  }

  /** The spaces that have been used, in a fixed order. */
  *#all(): Generator<PortSpace<Owner>> {
    for (const protocol of transportProtocols) {
      const space = this.#spaces[protocol];
      if (space !== undefined) yield space;
    }
  }

  #hasMore({ protocol, port }: BindRequest): boolean {
    return port === 0 && this.#options.more?.(protocol) === true;
  }

  #settingChanged(what: "range" | "timeWaitReuse"): void {
    for (const space of this.#all())
      if (what === "range") {
        space.choice.rulesChanged();
        this.#sound(space);
      } else space.reuseChanged();
  }

  #watch({ choice }: PortSpace<Owner>): void {
    const tell = this.#explainer;
    choice.watcher =
      tell === undefined ? undefined : (wish, selection) => tell(explainChoice(choice, selection, wish));
  }

  #sound(space: PortSpace<Owner>): void {
    const { lowWater } = this.#options;
    if (lowWater !== undefined) sound(lowWater, space);
  }

  #rest(record: BindingRecord<Owner>, until: Instant): void {
    const rest = record.rest!;
    if (rest.timer === noTimer) {
      rest.timer = this.#wheel.add();
      this.#held[rest.timer] = record;
    }
    this.#wheel.arm(rest.timer, until);
  }

  #dropTimer(record: BindingRecord<Owner>): void {
    const { rest } = record;
    if (rest === undefined || rest.timer === noTimer) return;
    this.#wheel.remove(rest.timer);
    this.#held[rest.timer] = undefined;
    rest.timer = noTimer;
  }

  #refusal(code: ErrnoName, call: PortCall, wanted: BindRequest | Binding<Owner>, at: Endpoint): SocketError {
    return refusal(code, call, this.#space(wanted.protocol), wanted, at);
  }
}
