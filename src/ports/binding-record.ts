/** A binding as the manager keeps it: the face of `Binding`, and its places in the tables. */
import type { Address } from "../base/address.ts";
import type { Endpoint } from "../base/endpoint.ts";
import { type Instant, never } from "../base/time/clock.ts";
import {
  anyCpu,
  type Binding,
  type BindingState,
  type BindRequest,
  type TransportProtocol,
} from "./binding.ts";
import { type GroupSelector, type ReuseportGroup, steer } from "./demultiplexer/reuseport-group.ts";
import type { TimeWaitReuse } from "./hold/hold.ts";
import type { Bucket } from "./table/bind-table.ts";
import {
  domain6Trait,
  exclusiveTrait,
  explicitTrait,
  type InternedClaim,
  loadBalanceTrait,
  reuseAddressTrait,
  reusePortTrait,
  stateOf,
  v6OnlyTrait,
} from "./table/claim.ts";

/** Who has to know when an option of a binding is written. */
export interface Registrar<Owner> {
  readonly protocol: TransportProtocol;
  /** They are written already. */
  optionsChanged(binding: BindingRecord<Owner>): void;
  /** Packets' payloads may be asked for from now on. */
  selectorSet(): void;
}

/** What a binding is given when it comes to rest. */
export interface Rest {
  until: Instant;
  /** In the manager's wheel. */
  timer: number;
  reuse: TimeWaitReuse | undefined;
  /** After which instant the profile lets connect(2) choose the five-tuple; `never` if it does not. */
  reusableAfter: Instant;
}

/** No timer yet. */
export const noTimer = -1;

export class BindingRecord<Owner> implements Binding<Owner> {
  readonly #registrar: Registrar<Owner>;
  owner: Owner;
  address: Address;
  port: number;
  boundAddress: Address;
  remote: Endpoint | undefined = undefined;
  /** The claim's yes-or-no parts and its state, see claim.ts. */
  traits: number;
  #device: number;
  readonly uid: number;
  readonly named: boolean;
  released = false;
  replaced: Owner | undefined = undefined;
  rest: Rest | undefined = undefined;
  /** Gives back what was claimed for it, see {@link HostContext.claim}. */
  letGo: (() => void) | undefined = undefined;
  /** Counts up: of two bindings, the newer has the higher. */
  readonly serial: number;

  // In the bind table.
  bucket: Bucket<Owner> | undefined = undefined;
  nextInBucket: BindingRecord<Owner> | undefined = undefined;
  previousInBucket: BindingRecord<Owner> | undefined = undefined;
  /** That it was bound may be forgotten, see bind-table.ts. */
  forgettable = false;
  // Among the port's receivers.
  receiving = false;
  nextReceiver: BindingRecord<Owner> | undefined = undefined;
  previousReceiver: BindingRecord<Owner> | undefined = undefined;
  group: ReuseportGroup<Owner> | undefined = undefined;
  #selector: GroupSelector | undefined = undefined;
  #incomingCpu: number = anyCpu;
  formerPeer: Address | undefined = undefined;
  /** When it became a receiver, counting up; 0 while it never was one. */
  place = 0;
  // In the flow table.
  inFlows = false;
  nextOfFlow: BindingRecord<Owner> | undefined = undefined;

  constructor(
    registrar: Registrar<Owner>,
    owner: Owner,
    claim: InternedClaim,
    port: number,
    named: boolean,
    serial: number,
  ) {
    this.#registrar = registrar;
    this.owner = owner;
    this.address = claim.address;
    this.boundAddress = claim.address;
    this.port = port;
    this.traits = claim.traits;
    this.#device = claim.device;
    this.uid = claim.uid;
    this.named = named;
    this.serial = serial;
  }

  get protocol(): TransportProtocol {
    return this.#registrar.protocol;
  }

  get domain(): 4 | 6 {
    return (this.traits & domain6Trait) === 0 ? 4 : 6;
  }

  get state(): BindingState {
    return stateOf(this.traits);
  }

  get until(): Instant {
    return this.rest === undefined ? never : this.rest.until;
  }

  get explicit(): boolean {
    return (this.traits & explicitTrait) !== 0;
  }

  get v6Only(): boolean {
    return (this.traits & v6OnlyTrait) !== 0;
  }

  get reuseAddress(): boolean {
    return (this.traits & reuseAddressTrait) !== 0;
  }

  set reuseAddress(on: boolean) {
    this.#set(reuseAddressTrait, on);
  }

  get reusePort(): boolean {
    return (this.traits & reusePortTrait) !== 0;
  }

  set reusePort(on: boolean) {
    this.#set(reusePortTrait, on);
  }

  get exclusive(): boolean {
    return (this.traits & exclusiveTrait) !== 0;
  }

  set exclusive(on: boolean) {
    this.#set(exclusiveTrait, on);
  }

  get loadBalance(): boolean {
    return (this.traits & loadBalanceTrait) !== 0;
  }

  get grouped(): boolean {
    return this.group !== undefined;
  }

  get selector(): GroupSelector | undefined {
    return this.group === undefined ? this.#selector : this.group.selector;
  }

  set selector(selector: GroupSelector | undefined) {
    this.#selector = selector;
    if (this.group !== undefined) this.group.selector = selector;
    this.#registrar.selectorSet();
  }

  /** What the socket was given before it had a binding. */
  bring({ incomingCpu, formerPeer, selector }: BindRequest): void {
    if (incomingCpu !== undefined) this.incomingCpu = incomingCpu;
    if (formerPeer !== undefined) this.formerPeer = formerPeer;
    if (selector !== undefined) this.selector = selector;
  }

  get incomingCpu(): number {
    return this.#incomingCpu;
  }

  set incomingCpu(cpu: number) {
    if (this.group !== undefined) steer(this.group, this.#incomingCpu, cpu);
    this.#incomingCpu = cpu;
  }

  get device(): number {
    return this.#device;
  }

  set device(index: number) {
    this.#device = index;
    this.#registrar.optionsChanged(this);
  }

  #set(trait: number, on: boolean): void {
    this.traits = on ? this.traits | trait : this.traits & ~trait;
    this.#registrar.optionsChanged(this);
  }
}
