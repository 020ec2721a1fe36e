/**
 * The ports of one protocol: every protocol has its own 65,536. Bindings come, change and go here; each change is entered
 * into every table that has to know, and checks come before it. Refusals are returned as the errno's name.
 */
import { type Address, isUnspecified, isV4 } from "../base/address.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { type ErrnoName, SocketError } from "../base/errno.ts";
import { invariant } from "../base/invariant.ts";
import type { Random } from "../base/random.ts";
import { type Instant, never } from "../base/time/clock.ts";
import type { BindRequest, PortCall, TransportProtocol } from "./binding.ts";
import { BindingRecord, noTimer, type Registrar } from "./binding-record.ts";
import { Choice } from "./choice/choice.ts";
import { CrowdedFlows } from "./demultiplexer/crowded-flows.ts";
import { Demultiplexer } from "./demultiplexer/demultiplexer.ts";
import type { Path } from "./demultiplexer/flow.ts";
import type { TimeWaitReuse } from "./hold/hold.ts";
import type { HostContext } from "./host-context.ts";
import { exhaustedErrno, isPrivileged, type ProtocolProfile } from "./profile.ts";
import { BindTable } from "./table/bind-table.ts";
import { PortBitmap } from "./table/bitmap.ts";
import {
  boundTrait,
  connectedTrait,
  explicitTrait,
  heldTrait,
  type InternedClaim,
  listeningTrait,
  narrowedTrait,
  withState,
} from "./table/claim.ts";
import { traitsOf } from "./table/request-traits.ts";

export class PortSpace<Owner> implements Registrar<Owner> {
  readonly protocol: TransportProtocol;
  readonly profile: ProtocolProfile;
  readonly table: BindTable<Owner>;
  readonly demultiplexer: Demultiplexer<Owner>;
  readonly crowds: CrowdedFlows<Owner>;
  readonly choice: Choice<Owner>;
  readonly #host: HostContext;
  readonly #replaced: (resting: BindingRecord<Owner>) => void;
  /** Bindings in use and resting, now; the most there ever were at once. */
  inUse = 0;
  resting = 0;
  highWater = 0;
  /** Told of low water, and not above it since. */
  low = false;
  /** The next binding's. */
  serial = 0;
  /** Gives back what {@link HostContext.claim} gave for the binding that is about to be made. */
  #granted: (() => void) | undefined = undefined;

  /** `replaced` is told of a hold that a new connection takes over, before it is released. */
  constructor(
    protocol: TransportProtocol,
    host: HostContext,
    random: Random,
    replaced: (resting: BindingRecord<Owner>) => void,
  ) {
    this.protocol = protocol;
    this.#replaced = replaced;
    this.#host = host;
    this.profile = host.profile.protocols[protocol];
    this.table = new BindTable(this.profile);
    this.demultiplexer = new Demultiplexer(this.table, this.profile.reception, random.fork("demultiplexer"));
    const { flows } = this.demultiplexer;
    this.crowds = new CrowdedFlows(flows, random.fork("crowds"));
    this.choice = new Choice(protocol, this.profile, host, this.table, flows, this.crowds, random);
  }

  /** bind(2), or the implicit one of `call`. */
  bind(
    owner: Owner,
    request: BindRequest,
    call: PortCall = request.call ?? "bind",
  ): BindingRecord<Owner> | ErrnoName {
    const claim = this.claimToBind(request);
    let { port } = request;
    if (port === 0) {
      if (this.choice.needsPrivilege(request)) return "EACCES";
      do port = this.choice.forBind(claim, request);
      while (port >= 0 && !this.#grants(claim, port));
      this.choice.field.elsewhere = undefined;
      if (port < 0) return exhaustedErrno(this.profile, request.domain, call);
    } else {
      if (this.needsPrivilege(request)) return "EACCES";
      if (this.isExcluded(request)) return this.#host.profile.namingReserved!;
      const refusal = this.#refusalOf(port, claim, "named", undefined);
      if (refusal !== undefined) return refusal;
      const granted = this.#grants(claim, port);
      this.choice.field.elsewhere = undefined;
      if (!granted) return "EADDRINUSE";
    }
    const binding = this.#make(owner, claim, port, request.port !== 0);
    this.table.welcome(port, claim, "bind");
    binding.bring(request);
    if (this.profile.receivesWhen === "bound") this.#receive(binding);
    return binding;
  }

  /** The port is reserved, and the system does not let it be named either. */
  isExcluded({ domain, port }: BindRequest): boolean {
    const { namingReserved } = this.#host.profile;
    return namingReserved !== undefined && this.choice.rulesFor(domain).reservedSet?.has(port) === true;
  }

  /** connect(2) of a socket without a port. */
  connectNew(owner: Owner, request: BindRequest, path: Path): BindingRecord<Owner> | ErrnoName {
    if (request.port !== 0 || this.choice.bindsFirst(request)) {
      const bound = this.bind(owner, request, "connect"); // no copy: that costs more than all the rest
      if (typeof bound === "string") return bound;
      const refusal = this.connect(bound, path);
      if (refusal === undefined) return bound;
      this.release(bound);
      return refusal;
    }
    const claim = this.claimToConnect(request, path);
    let port: number;
    do port = this.choice.forConnect(claim, request, path.remote);
    while (port >= 0 && !this.#grants(claim, port));
    this.choice.field.elsewhere = undefined;
    if (port < 0) return exhaustedErrno(this.profile, request.domain, "connect");
    const isNew = this.table.entry(port) === undefined;
    const binding = this.#make(owner, claim, port, false);
    binding.boundAddress = request.address;
    binding.bring(request);
    const resting = isNew
      ? undefined
      : this.#flowInWay(claim.address, port, path.remote, claim.device, undefined);
    if (resting !== undefined) this.#replace(resting, binding);
    binding.remote = path.remote;
    this.#enterFlow(binding);
    return binding;
  }

  /** connect(2) of a socket with a port. */
  connect(binding: BindingRecord<Owner>, path: Path): ErrnoName | undefined {
    const narrows = isUnspecified(binding.address);
    const local = narrows ? path.source : binding.address;
    const other = this.#flowInWay(local, binding.port, path.remote, binding.device, binding);
    const { duplicateFlow } = this.profile;
    if (other !== undefined && duplicateFlow !== undefined) {
      const reuse = other.rest?.reuse;
      if (reuse === undefined || !this.#host.profile.hold.boundMayReuse(reuse)) return duplicateFlow;
      this.#replace(other, binding);
    }
    this.#leaveFlow(binding);
    this.demultiplexer.dismiss(binding);
    if (narrows) this.demultiplexer.part(binding);
    else if (binding.group !== undefined) binding.group.hasConnected = true;
    binding.address = local;
    binding.remote = path.remote;
    const narrowed = narrows ? narrowedTrait : 0;
    this.#move(binding, withState(binding.traits, connectedTrait) | narrowed);
    this.#enterFlow(binding);
    return undefined;
  }

  /** The errno for a port that somebody else keeps from the claim. */
  #refusalOf(
    port: number,
    claim: InternedClaim,
    purpose: "named" | "listen",
    self: BindingRecord<Owner> | undefined,
  ): ErrnoName | undefined {
    const entry = this.table.entry(port);
    const found = entry && this.table.hindrance(entry, claim, purpose, self);
    return found && (this.profile.refusals?.[found.reason] ?? "EADDRINUSE");
  }

  listen(binding: BindingRecord<Owner>): ErrnoName | undefined {
    if (binding.state === "listening") return undefined;
    if (binding.state !== "bound") throw new TypeError(`a ${binding.state} binding cannot listen`);
    const { claim } = binding.bucket!;
    const refusal = this.#refusalOf(binding.port, claim, "listen", binding);
    if (refusal !== undefined) return refusal;
    this.table.welcome(binding.port, claim, "listen");
    this.#move(binding, withState(binding.traits, listeningTrait));
    if (!binding.receiving) this.#receive(binding);
    return undefined;
  }

  accept(
    listener: BindingRecord<Owner>,
    owner: Owner,
    local: Address,
    remote: Endpoint,
  ): BindingRecord<Owner> {
    const { port, device } = listener;
    invariant(
      this.#flowInWay(local, port, remote, device, undefined) === undefined,
      "a connection is accepted once",
    );
    const narrowed = isUnspecified(listener.address) ? narrowedTrait : 0;
    const traits = withState(listener.traits, connectedTrait) | explicitTrait | narrowed;
    const binding = this.#make(
      owner,
      this.table.claims.intern(local, traits, device, listener.uid),
      port,
      false,
    );
    binding.remote = remote;
    this.#enterFlow(binding);
    return binding;
  }

  disconnect(binding: BindingRecord<Owner>, address: "restored" | "kept"): "bound" | "released" {
    if (this.profile.disconnect === "keeps-named-port" && !binding.named) {
      this.release(binding);
      return "released";
    }
    this.#leaveFlow(binding);
    this.demultiplexer.dismiss(binding);
    if (binding.state === "listening") this.demultiplexer.part(binding);
    binding.remote = undefined;
    let { traits } = binding;
    if (address === "restored" && (traits & narrowedTrait) !== 0) {
      binding.address = binding.boundAddress;
      traits &= ~narrowedTrait;
    }
    this.#move(binding, withState(traits, boundTrait));
    if (this.profile.receivesWhen === "bound") this.demultiplexer.admit(binding, "again");
    return "bound";
  }

  hold(binding: BindingRecord<Owner>, owner: Owner, until: Instant, reuse: TimeWaitReuse | undefined): void {
    this.demultiplexer.dismiss(binding);
    this.demultiplexer.part(binding);
    binding.owner = owner;
    if (binding.rest === undefined) binding.rest = { until, timer: noTimer, reuse, reusableAfter: never };
    else {
      binding.rest.until = until;
      binding.rest.reuse = reuse;
    }
    this.#move(binding, withState(binding.traits, heldTrait));
    this.#setReusable(binding);
  }

  /** Takes the binding out of every table, whatever it was. */
  release(binding: BindingRecord<Owner>): void {
    if (binding.released) return;
    this.#leaveFlow(binding);
    this.demultiplexer.dismiss(binding);
    this.demultiplexer.part(binding);
    this.table.leave(binding);
    this.#count(binding, -1);
    binding.released = true;
    binding.letGo?.();
  }

  /** The rule of reuse has changed: every hold is looked at again. */
  reuseChanged(): void {
    this.crowds.clear();
    for (const binding of this.table.bindings()) if (binding.state === "held") this.#setReusable(binding);
  }

  optionsChanged(binding: BindingRecord<Owner>): void {
    if (binding.released) return;
    this.#move(binding, binding.traits);
    if (binding.inFlows) this.crowds.changed(binding, this.#host.now());
  }

  /** Whether the port that is named is for the privileged alone, and the caller is not of them. */
  needsPrivilege({ domain, address, port, privileged }: BindRequest): boolean {
    const rules = this.choice.rulesFor(domain);
    return privileged !== true && isPrivileged(this.#host.profile, rules, address, port);
  }

  selectorSet(): void {
    this.demultiplexer.selects = true;
  }

  /** What the socket of a bind(2) would hold its port by. */
  claimToBind(request: BindRequest): InternedClaim {
    return this.#claim(request, request.address, boundTrait | explicitTrait);
  }

  /** What the socket of a connect(2) would hold its port by, all being done. */
  claimToConnect(request: BindRequest, path: Path): InternedClaim {
    if (isUnspecified(request.address))
      return this.#claim(request, path.source, connectedTrait | narrowedTrait);
    return this.#claim(request, request.address, connectedTrait);
  }

  #claim(request: BindRequest, address: Address, state: number): InternedClaim {
    const traits = state | traitsOf(request, this.#host.profile);
    return this.table.claims.intern(address, traits, request.device ?? 0, request.uid ?? 0);
  }

  /**
   * Asks whoever shares our addresses for a port that was chosen. One that is used there is passed over until the choice is
   * made, as one of our own would be.
   */
  #grants(claim: InternedClaim, port: number): boolean {
    if (this.#host.claim === undefined) return true;
    const { field } = this.choice;
    try {
      this.#granted = this.#host.claim(this.protocol, claim.address, port);
      return true;
    } catch (error) {
      const passedOver = field.elsewhere ?? new PortBitmap();
      field.elsewhere = undefined;
      if (!(error instanceof SocketError) || error.code !== "EADDRINUSE") throw error;
      passedOver.add(port);
      field.elsewhere = passedOver;
      return false;
    }
  }

  /** What was granted for the port is the binding's from here on. */
  #make(owner: Owner, claim: InternedClaim, port: number, named: boolean): BindingRecord<Owner> {
    const binding = new BindingRecord(this, owner, claim, port, named, this.serial++);
    binding.letGo = this.#granted;
    this.#granted = undefined;
    this.table.enter(binding, claim);
    this.#count(binding, 1);
    const all = this.inUse + this.resting;
    if (all > this.highWater) this.highWater = all;
    return binding;
  }

  #move(binding: BindingRecord<Owner>, traits: number): void {
    this.#count(binding, -1);
    binding.traits = traits;
    this.#count(binding, 1);
    this.table.move(binding, this.table.claims.intern(binding.address, traits, binding.device, binding.uid));
  }

  #count(binding: BindingRecord<Owner>, by: 1 | -1): void {
    if ((binding.traits & heldTrait) === heldTrait) this.resting += by;
    else this.inUse += by;
  }

  #receive(binding: BindingRecord<Owner>): void {
    this.demultiplexer.admit(binding);
    this.demultiplexer.join(binding);
  }

  /**
   * A peer half fixed (UDP to port 0) makes no flow: the binding stays among the receivers, and is scored. As Linux does: a
   * dual-stack UDP socket that goes from an IPv6 peer to an IPv4 one keeps its IPv6 address, and receives nothing.
   */
  #enterFlow(binding: BindingRecord<Owner>): void {
    const remote = binding.remote!;
    if (isV4(binding.address) !== isV4(remote.address)) return;
    if (remote.port === 0 || isUnspecified(remote.address)) {
      this.demultiplexer.admit(binding, "again");
      return;
    }
    this.demultiplexer.flows.add(binding.address, binding.port, remote.address, remote.port, binding);
    binding.inFlows = true;
    if (this.crowds.size > 0) this.crowds.changed(binding, this.#host.now());
  }

  #leaveFlow(binding: BindingRecord<Owner>): void {
    if (!binding.inFlows) return;
    const { address, port, remote } = binding;
    this.demultiplexer.flows.remove(address, port, remote!.address, remote!.port, binding);
    binding.inFlows = false;
    if (this.crowds.size > 0) this.crowds.changed(binding, this.#host.now());
  }

  /** A flow with this five-tuple, other than `self`'s; a device keeps flows apart as {@link Choice} has it. */
  #flowInWay(
    local: Address,
    port: number,
    remote: Endpoint,
    device: number,
    self: BindingRecord<Owner> | undefined,
  ): BindingRecord<Owner> | undefined {
    let flow = this.demultiplexer.flows.find(local, port, remote.address, remote.port);
    for (; flow !== undefined; flow = flow.nextOfFlow)
      if (flow !== self && (flow.device === 0 || flow.device === device)) return flow;
    return undefined;
  }

  #replace(resting: BindingRecord<Owner>, by: BindingRecord<Owner>): void {
    by.replaced = resting.owner;
    this.#replaced(resting);
    this.release(resting);
  }

  #setReusable(binding: BindingRecord<Owner>): void {
    const { rest, remote } = binding;
    const { profile, now, settings } = this.#host;
    if (rest === undefined) return;
    rest.reusableAfter =
      rest.reuse === undefined || remote === undefined
        ? never
        : profile.hold.reusableAfter(
            {
              local: binding.address,
              remote: remote.address,
              device: binding.device,
              since: now(),
              reuse: rest.reuse,
            },
            settings.timeWaitReuse,
          );
    if (binding.inFlows) this.crowds.changed(binding, now());
  }
}
