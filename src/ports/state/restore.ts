/** Taking a port manager's state up again. The state has been looked at: nothing here refuses. */
import { address } from "../../base/address.ts";
import { type Random, restoredRandom } from "../../base/random.ts";
import { never } from "../../base/time/clock.ts";
import { anyCpu, type TransportProtocol, transportProtocols } from "../binding.ts";
import { BindingRecord, noTimer } from "../binding-record.ts";
import type { HostContext } from "../host-context.ts";
import type { PortSpace } from "../port-space.ts";
import type { Selections } from "../profile.ts";
import type { PortSettings } from "../settings/port-settings.ts";
import { heldTrait } from "../table/claim.ts";
import type { BindingState, PortMemory, PortState, ProtocolState, SelectionState } from "./state.ts";

/** Chance for a manager that goes on: what it forks for its ports is the saved stream. */
export function chanceOf({ random }: PortState, otherwise: Random | undefined): Random {
  if (random === undefined) {
    if (otherwise !== undefined) return otherwise;
    throw new TypeError("not a state of ports: random is not in it, and has to be given");
  }
  const saved = restoredRandom(random);
  return {
    uint32: () => saved.uint32(),
    below: (bound) => saved.below(bound),
    bytes: (into) => saved.bytes(into),
    fork: () => saved,
  };
}

/** The manager that goes on. */
export interface Successor<Owner> {
  space(protocol: TransportProtocol): PortSpace<Owner>;
  /** A hold ends at the binding's `until`. */
  rest(binding: BindingRecord<Owner>): void;
  ownerOf(owner: unknown): Owner;
}

export function restoreState<Owner>(
  { settings, at, protocols }: PortState,
  host: HostContext,
  successor: Successor<Owner>,
): void {
  restoreSettings(host.settings, settings);
  const later = host.now() - at;
  for (const protocol of transportProtocols) {
    const saved = protocols[protocol];
    if (saved !== undefined) restoreSpace(successor.space(protocol), saved, successor, later);
  }
}

function restoreSettings(settings: PortSettings, saved: PortState["settings"]): void {
  settings.range = saved.range;
  settings.reserved = saved.reserved;
  settings.unprivilegedStart = saved.unprivilegedStart;
  for (const { protocol, domain, ...rules } of saved.apart) {
    const { range, reserved, neverChosen, unprivilegedStart, extraPrivileged } = rules;
    const of = settings.of(protocol, domain);
    Object.assign(of, { range, reserved, neverChosen, unprivilegedStart });
    if (extraPrivileged !== undefined) of.extraPrivileged = extraPrivileged;
  }
  settings.timeWaitReuse = saved.timeWaitReuse;
  settings.autobindReuse = saved.autobindReuse;
  settings.stepWidth = saved.stepWidth;
  for (const { name, ...scope } of saved.algorithms ?? []) settings.algorithms.take(name, scope);
  Object.assign(settings.algorithms.busy, saved.busy);
}

/** `later` is how much time has passed that does not count. */
function restoreSpace<Owner>(
  space: PortSpace<Owner>,
  saved: ProtocolState,
  { ownerOf, rest }: Successor<Owner>,
  later: number,
): void {
  const records = new Map<number, BindingRecord<Owner>>();
  for (const each of saved.bindings) {
    const record = restoreBinding(space, each, ownerOf(each.owner), later);
    records.set(each.serial, record);
  }
  space.demultiplexer.lastPlace = saved.lastPlace ?? 0;
  const recordOf = (serial: number): BindingRecord<Owner> => records.get(serial)!;
  const { demultiplexer, choice } = space;
  for (const memory of saved.memories ?? []) restoreMemory(space, memory, memory.forgettable.map(recordOf));
  for (const serial of saved.flows) {
    const record = recordOf(serial);
    const { address: local, port, remote } = record;
    demultiplexer.flows.add(local, port, remote!.address, remote!.port, record);
    record.inFlows = true;
  }
  for (const { port, order, groups } of saved.receivers) {
    // A selector is a function, which no state holds: whoever attached it attaches it again.
    const restored = groups.map(({ hasConnected, members: serials }) => {
      const members = serials.map(recordOf);
      const steered = members.filter(({ incomingCpu }) => incomingCpu >= 0).length;
      return { members, hasConnected, steered, selector: undefined };
    });
    demultiplexer.restore(port, order.map(recordOf), restored);
  }
  const resting = [...records.values()].filter(({ state }) => state === "held");
  // The first to end first.
  for (const record of resting.sort((one, other) => one.until - other.until || one.serial - other.serial))
    rest(record);
  space.serial = saved.serial;
  space.highWater = saved.highWater;
  space.low = saved.low;
  choice.made = saved.made;
  choice.exhausted = saved.exhausted;
  choice.wraps = saved.wraps;
  choice.looked = saved.looked;
  choice.random.restore(saved.chance);
  restoreSelections(choice.algorithms.usual, saved.selections);
  for (const [name, selections] of Object.entries(saved.algorithms ?? {}))
    restoreSelections(choice.algorithms.named(name), selections);
}

function restoreMemory<Owner>(
  { table }: PortSpace<Owner>,
  { port, lastSharer, beganWithConnect }: PortMemory,
  forgettable: readonly BindingRecord<Owner>[],
): void {
  const entry = table.entry(port)!;
  entry.beganWithConnect = beganWithConnect;
  entry.forgettable = forgettable.length;
  for (const binding of forgettable) binding.forgettable = true;
  if (lastSharer === undefined) return;
  const { traits, device, uid } = lastSharer;
  entry.lastSharer = table.claims.intern(address(lastSharer.address), traits, device, uid);
}

function restoreSelections({ bind, connect = bind }: Selections, saved: readonly SelectionState[]): void {
  for (const { name, cursors, memory } of saved) {
    const selection = [bind, connect].find((one) => one.name === name);
    Object.assign(selection?.cursors ?? {}, cursors);
    selection?.memory?.restore(memory);
  }
}

function restoreBinding<Owner>(
  space: PortSpace<Owner>,
  saved: BindingState,
  owner: Owner,
  later: number,
): BindingRecord<Owner> {
  const { port, traits, device, uid, named, serial, remote, rest } = saved;
  const claim = space.table.claims.intern(address(saved.address), traits, device, uid);
  const record = new BindingRecord(space, owner, claim, port, named, serial);
  record.boundAddress = address(saved.boundAddress);
  record.remote = remote && { address: address(remote.address), port: remote.port };
  record.incomingCpu = saved.incomingCpu ?? anyCpu;
  record.place = saved.place ?? 0;
  if (saved.formerPeer !== undefined) record.formerPeer = address(saved.formerPeer);
  record.rest = rest && {
    until: rest.until === undefined ? never : rest.until + later,
    timer: noTimer,
    reuse:
      rest.timestamps === undefined
        ? undefined
        : { timestamps: rest.timestamps, ...(rest.finWait2 ? { finWait2: true } : {}) },
    reusableAfter: rest.reusableAfter === undefined ? never : rest.reusableAfter + later,
  };
  space.table.enter(record, claim);
  if ((traits & heldTrait) === heldTrait) space.resting++;
  else space.inUse++;
  return record;
}
