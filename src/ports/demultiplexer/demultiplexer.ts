/**
 * From a packet's addresses and ports to the binding that gets it, most specific first: the exact flow, connected or
 * held; then the port's receivers, scored as the profile says; among equals with SO_REUSEPORT, by hash of the tuple.
 */
import { type Address, isUnspecified, isV4, sameAddress } from "../../base/address.ts";
import type { Random } from "../../base/random.ts";
import type { BindingRecord } from "../binding-record.ts";
import type { BindTable, PortEntry } from "../table/bind-table.ts";
import { FlowTable } from "./flow-table.ts";
import type { Reception } from "./reception.ts";
import {
  joinGroup,
  leaveGroup,
  memberFor,
  memberFrom,
  type ReuseportGroup,
  reciprocalScale,
} from "./reuseport-group.ts";

const nothing = new Uint8Array(0);

export class Demultiplexer<Owner> {
  readonly flows: FlowTable<BindingRecord<Owner>>;
  readonly #table: BindTable<Owner>;
  readonly #reception: Reception;
  /** Some group has, or had, a selector: payloads count. */
  selects = false;
  readonly #secret: number;
  /** Of the newest receiver, see {@link BindingRecord.place}. */
  lastPlace = 0;
  /** Of the packet in question, for selectors. */
  #payload: Uint8Array = nothing;
  /** The CPU that handles the packet in question. */
  #cpu = 0;

  constructor(table: BindTable<Owner>, reception: Reception, random: Random) {
    this.#table = table;
    this.#reception = reception;
    this.flows = new FlowTable(random);
    this.#secret = random.uint32() | 0;
  }

  find(
    local: Address,
    localPort: number,
    remote: Address,
    remotePort: number,
    device: number,
    payload: Uint8Array = nothing,
    cpu = 0,
  ): BindingRecord<Owner> | undefined {
    const newest = this.flows.find(local, localPort, remote, remotePort);
    if (newest !== undefined) {
      if (newest.nextOfFlow === undefined && newest.device === 0) return newest;
      const flow = this.#flowOf(newest, device);
      if (flow !== undefined || this.#reception.specific === "alone") return flow;
    }
    const entry = this.#table.entry(localPort);
    if (entry === undefined || entry.firstReceiver === undefined) return undefined;
    this.#payload = payload;
    this.#cpu = cpu;
    return this.#receiverOf(entry, local, remote, remotePort, device);
  }

  #receiverOf(
    entry: PortEntry<Owner>,
    local: Address,
    remote: Address,
    remotePort: number,
    device: number,
  ): BindingRecord<Owner> | undefined {
    const { specific } = this.#reception;
    if (entry.groups !== undefined && this.#reception.groupOption === "loadBalance") {
      const member = this.#balanced(entry, local, remote, remotePort, device);
      if (member !== undefined) return member;
    }
    if (specific === "equal") return this.#best(entry, local, remote, remotePort, device, eitherOver);
    const best = this.#best(entry, local, remote, remotePort, device, sameAddressAs);
    if (best !== undefined || (specific === "alone" && isAnyFor(entry, local))) return best;
    return this.#best(entry, local, remote, remotePort, device, wildcardOver);
  }

  /** Of flows with one four-tuple: that of the device, or one of no device; the newest where there are several. */
  #flowOf(newest: BindingRecord<Owner>, device: number): BindingRecord<Owner> | undefined {
    const { sameFlows } = this.#reception;
    let found: BindingRecord<Owner> | undefined;
    for (let flow: BindingRecord<Owner> | undefined = newest; flow !== undefined; flow = flow.nextOfFlow) {
      if (flow.device !== 0 && flow.device !== device) continue;
      if (flow.device !== 0 || sameFlows === "newest") return flow;
      found ??= flow;
    }
    return found;
  }

  /** Everyone whom a multicast or broadcast datagram is for. */
  each(
    local: Address,
    localPort: number,
    remote: Address,
    remotePort: number,
    device: number,
    visit: (binding: BindingRecord<Owner>) => void,
  ): void {
    let flow = this.flows.find(local, localPort, remote, remotePort);
    for (; flow !== undefined; flow = flow.nextOfFlow)
      if (flow.device === 0 || flow.device === device) visit(flow);
    let receiver = this.#table.entry(localPort)?.firstReceiver;
    for (; receiver !== undefined; receiver = receiver.nextReceiver) {
      if (!eitherOver(receiver, local)) continue;
      if (this.#reception.score(receiver, local, remote, remotePort, device, 0) > 0) visit(receiver);
    }
  }

  /** The binding takes packets from anybody, from now on. */
  admit(binding: BindingRecord<Owner>, when: "anew" | "again" = "anew"): void {
    const entry = this.#table.entry(binding.port)!;
    binding.receiving = true;
    const returns = when === "again" && this.#reception.keepsPlace && !isUnspecified(binding.boundAddress);
    if (!returns) binding.place = ++this.lastPlace;
    const isFirst = this.#reception.place(binding) === "first";
    const next = returns ? this.#nextOf(binding, entry) : isFirst ? entry.firstReceiver : undefined;
    const previous = next === undefined ? entry.lastReceiver : next.previousReceiver;
    binding.nextReceiver = next;
    binding.previousReceiver = previous;
    if (next === undefined) entry.lastReceiver = binding;
    else next.previousReceiver = binding;
    if (previous === undefined) entry.firstReceiver = binding;
    else previous.nextReceiver = binding;
  }

  /** Before whom the binding stood, of those at its address. */
  #nextOf(binding: BindingRecord<Owner>, entry: PortEntry<Owner>): BindingRecord<Owner> | undefined {
    const { place } = this.#reception;
    const isFirst = place(binding) === "first";
    for (let other = entry.firstReceiver; other !== undefined; other = other.nextReceiver) {
      if (!sameAddress(other.address, binding.address)) continue;
      const older = other.place < binding.place;
      if (place(other) === "first" ? isFirst && older : isFirst || !older) return other;
    }
    return undefined;
  }

  /** The receivers of one port in the order of its list, and its groups, as they were elsewhere: the port had none here. */
  restore(port: number, receivers: readonly BindingRecord<Owner>[], groups: ReuseportGroup<Owner>[]): void {
    const entry = this.#table.entry(port)!;
    receivers.forEach((binding, at) => {
      binding.receiving = true;
      binding.previousReceiver = receivers[at - 1];
      binding.nextReceiver = receivers[at + 1];
    });
    entry.firstReceiver = receivers[0];
    entry.lastReceiver = receivers.at(-1);
    if (groups.length > 0) entry.groups = groups;
    for (const group of groups) for (const member of group.members) member.group = group;
  }

  dismiss(binding: BindingRecord<Owner>): void {
    if (!binding.receiving) return;
    const entry = this.#table.entry(binding.port)!;
    const { nextReceiver: next, previousReceiver: previous } = binding;
    if (previous === undefined) entry.firstReceiver = next;
    else previous.nextReceiver = next;
    if (next === undefined) entry.lastReceiver = previous;
    else next.previousReceiver = previous;
    binding.nextReceiver = undefined;
    binding.previousReceiver = undefined;
    binding.receiving = false;
  }

  /** Into the group of its like, where the profile balances by an option that the binding has. */
  join(binding: BindingRecord<Owner>): void {
    const { groupHash, groupOption = "reusePort" } = this.#reception;
    if (groupHash === undefined || binding.group !== undefined || !binding[groupOption]) return;
    const entry = this.#table.entry(binding.port)!;
    entry.groups ??= [];
    joinGroup(entry.groups, binding);
  }

  part(binding: BindingRecord<Owner>): void {
    if (binding.group === undefined) return;
    leaveGroup(this.#table.entry(binding.port)!.groups!, binding);
  }

  /** As FreeBSD does (in_pcblookup_lbgroup): a group of the address, else one of a wildcard. */
  #balanced(
    { groups, port }: PortEntry<Owner>,
    local: Address,
    remote: Address,
    remotePort: number,
    device: number,
  ): BindingRecord<Owner> | undefined {
    const ofAddress = groups?.find(({ members }) => sameAddressAs(members[0]!, local));
    const group = ofAddress ?? groups?.find(({ members }) => wildcardOver(members[0]!, local));
    return group && this.#memberOf(group, local, port, remote, remotePort, device);
  }

  #memberOf(
    group: ReuseportGroup<Owner>,
    local: Address,
    port: number,
    remote: Address,
    remotePort: number,
    device: number,
  ): BindingRecord<Owner> | undefined {
    const { selector, members } = group;
    if (selector !== undefined) {
      const payload = this.#payload;
      const packet = { local, localPort: port, remote, remotePort, device, payload };
      const selected = members[selector(packet, members.length)];
      if (selected !== undefined) return selected;
    }
    const { groupHash, groupIndex = reciprocalScale, groupPrefers } = this.#reception;
    const hash = groupHash!(this.#secret, local, port, remote, remotePort);
    const start = groupIndex(hash, members.length);
    return groupPrefers === "cpu" ? memberFor(group, start, this.#cpu) : memberFrom(group, start);
  }

  /**
   * The best of those that `fits` lets through. As Linux does (inet_lhash2_lookup, udp4_lib_lookup2): the walk ends at
   * the first receiver that improves on those before and has a group, unless the group has connected members.
   */
  #best(
    entry: PortEntry<Owner>,
    local: Address,
    remote: Address,
    remotePort: number,
    device: number,
    fits: (receiver: BindingRecord<Owner>, local: Address) => boolean,
  ): BindingRecord<Owner> | undefined {
    const { score, groupHash, pick } = this.#reception;
    const cpu = this.#cpu;
    let best: BindingRecord<Owner> | undefined;
    let highest = 0;
    for (let receiver = entry.firstReceiver; receiver !== undefined; receiver = receiver.nextReceiver) {
      if (!fits(receiver, local)) continue;
      const points = score(receiver, local, remote, remotePort, device, cpu);
      if (points <= highest) continue;
      best = receiver;
      highest = points;
      const { group } = receiver;
      if (group === undefined || groupHash === undefined || receiver.state === "connected") continue;
      const member = this.#memberOf(group, local, entry.port, remote, remotePort, device);
      if (member === undefined) continue;
      if (!group.hasConnected) return member;
      best = member;
      highest = Math.max(points, score(member, local, remote, remotePort, device, cpu));
    }
    if (best === undefined || pick === undefined) return best;
    const equals = equalsOf(best, (receiver) =>
      fits(receiver, local) ? score(receiver, local, remote, remotePort, device, cpu) : 0,
    );
    if (equals.length === 1) return best;
    return equals[pick(equals, this.#secret, local, entry.port, remote, remotePort)];
  }
}

/** Who scores as `best` does, the first with that score: in the list's order. */
function equalsOf<Owner>(
  best: BindingRecord<Owner>,
  score: (receiver: BindingRecord<Owner>) => number,
): BindingRecord<Owner>[] {
  const highest = score(best);
  const equals = [best];
  for (let next = best.nextReceiver; next !== undefined; next = next.nextReceiver)
    if (score(next) === highest) equals.push(next);
  return equals;
}

/** Whether anybody is bound to the very address. */
function isAnyFor<Owner>(entry: PortEntry<Owner>, local: Address): boolean {
  for (let receiver = entry.firstReceiver; receiver !== undefined; receiver = receiver.nextReceiver)
    if (sameAddressAs(receiver, local)) return true;
  return false;
}

function eitherOver<Owner>(receiver: BindingRecord<Owner>, local: Address): boolean {
  return sameAddressAs(receiver, local) || wildcardOver(receiver, local);
}

function sameAddressAs(receiver: { readonly address: Address }, local: Address): boolean {
  return sameAddress(receiver.address, local);
}

/** A wildcard of the packet's family, or `::` of a dual-stack socket. */
function wildcardOver(
  receiver: { readonly address: Address; readonly v6Only: boolean },
  local: Address,
): boolean {
  if (!isUnspecified(receiver.address)) return false;
  if (!isV4(local)) return !isV4(receiver.address);
  return isV4(receiver.address) || !receiver.v6Only;
}
