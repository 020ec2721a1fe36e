/**
 * Sockets that share one address and port by SO_REUSEPORT and divide what arrives by hash of the four-tuple.
 * As Linux does: net/core/sock_reuseport.c.
 */
import { type Address, sameAddress } from "../../base/address.ts";
import { anyCpu } from "../binding.ts";
import type { BindingRecord } from "../binding-record.ts";

/** What a group's selector may look at. */
export interface ArrivingPacket {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  /** Interface index of where it came in. */
  readonly device: number;
  /** What follows the transport header; empty where whoever asks has none. */
  readonly payload: Uint8Array;
}

/**
 * Picks the member of a group that gets a packet, by its index, in place of the hash: what a program of
 * SO_ATTACH_REUSEPORT_CBPF does. An index that is none of the group's `members` leaves it to the hash.
 */
export type GroupSelector = (packet: ArrivingPacket, members: number) => number;

export interface ReuseportGroup<Owner> {
  /** A new member is appended; when one leaves, the last moves into its place. */
  readonly members: BindingRecord<Owner>[];
  /** A member was connected once: the group's choice is one receiver among others from then on. */
  hasConnected: boolean;
  /** How many members would rather have the packets of one CPU (SO_INCOMING_CPU). */
  steered: number;
  selector: GroupSelector | undefined;
}

/** The group of `groups` that `binding` belongs to: same family, user, device and address, to the letter. */
export function joinGroup<Owner>(groups: ReuseportGroup<Owner>[], binding: BindingRecord<Owner>): void {
  let group = groups.find(({ members }) => isKin(members[0]!, binding));
  if (group === undefined) {
    group = { members: [], hasConnected: false, steered: 0, selector: binding.selector };
    groups.push(group);
  }
  group.members.push(binding);
  steer(group, anyCpu, binding.incomingCpu);
  binding.group = group;
}

export function leaveGroup<Owner>(groups: ReuseportGroup<Owner>[], binding: BindingRecord<Owner>): void {
  const group = binding.group!;
  const { members } = group;
  steer(group, binding.incomingCpu, anyCpu);
  const last = members.pop()!;
  if (last !== binding) members[members.indexOf(binding)] = last;
  else if (members.length === 0) groups.splice(groups.indexOf(group), 1);
  binding.group = undefined;
}

/** A member had SO_INCOMING_CPU at `was`, and has it at `is`. */
export function steer(group: { steered: number }, was: number, is: number): void {
  group.steered += Number(is >= 0) - Number(was >= 0);
}

/**
 * The member at `start`, or the next that is not connected; where there is one, of those with SO_INCOMING_CPU at `cpu` alone.
 * As Linux does: reuseport_select_sock_by_hash, since 6.2.
 */
export function memberFor<Owner>(
  group: ReuseportGroup<Owner>,
  start: number,
  cpu: number,
): BindingRecord<Owner> | undefined {
  return (group.steered === 0 ? undefined : steeredFrom(group, start, cpu)) ?? memberFrom(group, start);
}

function steeredFrom<Owner>(
  { members }: ReuseportGroup<Owner>,
  start: number,
  cpu: number,
): BindingRecord<Owner> | undefined {
  for (let i = 0; i < members.length; i++) {
    const member = members[(start + i) % members.length]!;
    if (member.incomingCpu === cpu && member.state !== "connected") return member;
  }
  return undefined;
}

/** The member at `start`, or the next that is not connected. */
export function memberFrom<Owner>(
  { members }: ReuseportGroup<Owner>,
  start: number,
): BindingRecord<Owner> | undefined {
  for (let i = 0; i < members.length; i++) {
    const member = members[(start + i) % members.length]!;
    if (member.state !== "connected") return member;
  }
  return undefined;
}

/** A 32-bit hash scaled to [0, count): floor(hash * count / 2^32). */
export function reciprocalScale(hash: number, count: number): number {
  return Math.floor(((hash >>> 0) * count) / 0x1_0000_0000);
}

function isKin<Owner>(a: BindingRecord<Owner>, b: BindingRecord<Owner>): boolean {
  return (
    a.domain === b.domain &&
    a.v6Only === b.v6Only &&
    a.device === b.device &&
    a.uid === b.uid &&
    sameAddress(a.address, b.address)
  );
}
