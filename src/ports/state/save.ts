/** Writing a port manager's state down. */
import { formatAddress } from "../../base/address.ts";
import { type Random, saveRandom } from "../../base/random.ts";
import { never } from "../../base/time/clock.ts";
import { anyCpu } from "../binding.ts";
import type { BindingRecord } from "../binding-record.ts";
import type { HostContext } from "../host-context.ts";
import type { PortSpace } from "../port-space.ts";
import type { Selections } from "../profile.ts";
import { lastPort } from "../range.ts";
import type { Selection } from "../selection.ts";
import type { InternedClaim } from "../table/claim.ts";
import type { BindingState, PortMemory, PortState, ProtocolState, SelectionState } from "./state.ts";

/** `ownerOf` makes of an owner what can be written down. */
export function saveState<Owner>(
  { profile, settings, now }: HostContext,
  random: Random,
  spaces: readonly PortSpace<Owner>[],
  ownerOf: (owner: Owner) => unknown,
): PortState {
  const { range, reserved, unprivilegedStart, apart, timeWaitReuse, autobindReuse, stepWidth } = settings;
  const algorithms = settings.algorithms.all();
  return {
    format: "harbormaster ports",
    version: 2,
    profile: profile.name,
    at: now(),
    random: saveRandom(random),
    settings: {
      ...{ range, reserved, unprivilegedStart, apart, timeWaitReuse, autobindReuse, stepWidth },
      ...(algorithms.length === 0 ? {} : { algorithms }),
      ...(settings.algorithms.isBusyRuleUsual ? {} : { busy: { ...settings.algorithms.busy } }),
    },
    protocols: Object.fromEntries(spaces.map((space) => [space.protocol, saveSpace(space, ownerOf)])),
  };
}

function saveSpace<Owner>(space: PortSpace<Owner>, ownerOf: (owner: Owner) => unknown): ProtocolState {
  const { choice, serial, highWater, low } = space;
  const records = inOrder(space);
  const { others } = choice.algorithms;
  const keepsPlaces = space.profile.reception.keepsPlace === true;
  return {
    serial,
    highWater,
    low,
    made: choice.made,
    exhausted: choice.exhausted,
    wraps: choice.wraps,
    looked: choice.looked,
    chance: choice.random.save(),
    selections: saveSelections(choice.algorithms.usual),
    ...(others.size === 0
      ? {}
      : { algorithms: Object.fromEntries([...others].map(([name, made]) => [name, saveSelections(made)])) }),
    bindings: records.map((binding) => saveBinding(binding, keepsPlaces, ownerOf)),
    ...(keepsPlaces ? { lastPlace: space.demultiplexer.lastPlace } : {}),
    ...(space.table.remembers ? { memories: memoriesOf(space, records) } : {}),
    receivers: receiversOf(space),
    flows: flowsOf(space, records),
  };
}

/** So that entering them one by one makes the same buckets: each list from its end. */
function inOrder<Owner>({ table }: PortSpace<Owner>): BindingRecord<Owner>[] {
  const records: BindingRecord<Owner>[] = [];
  for (
    let port = table.held.firstSet(0, lastPort);
    port >= 0;
    port = table.held.firstSet(port + 1, lastPort)
  ) {
    const ofPort: BindingRecord<Owner>[] = [];
    for (let bucket = table.entry(port)!.buckets; bucket !== undefined; bucket = bucket.next)
      for (let binding = bucket.head; binding !== undefined; binding = binding.nextInBucket)
        ofPort.push(binding);
    records.push(...ofPort.reverse());
  }
  return records;
}

function saveSelections({ bind, connect = bind }: Selections): SelectionState[] {
  return [...new Set([bind, connect])].map(saveSelection);
}

function saveSelection({ name, cursors, memory }: Selection): SelectionState {
  return { name, cursors: { ...cursors }, memory: memory?.save() ?? {} };
}

function saveBinding<Owner>(
  binding: BindingRecord<Owner>,
  keepsPlaces: boolean,
  ownerOf: (owner: Owner) => unknown,
): BindingState {
  const { serial, port, traits, device, uid, named, remote, incomingCpu, formerPeer, place, rest } = binding;
  return {
    serial,
    owner: ownerOf(binding.owner),
    port,
    address: formatAddress(binding.address),
    boundAddress: formatAddress(binding.boundAddress),
    remote: remote && { address: formatAddress(remote.address), port: remote.port },
    traits,
    device,
    uid,
    named,
    ...(incomingCpu === anyCpu ? {} : { incomingCpu }),
    ...(place === 0 || !keepsPlaces ? {} : { place }),
    ...(formerPeer === undefined ? {} : { formerPeer: formatAddress(formerPeer) }),
    rest: rest && {
      until: rest.until === never ? undefined : rest.until,
      timestamps: rest.reuse?.timestamps,
      finWait2: rest.reuse?.finWait2 === true,
      reusableAfter: rest.reusableAfter === never ? undefined : rest.reusableAfter,
    },
  };
}

/** `records` have those of one port together. */
function memoriesOf<Owner>(
  { table }: PortSpace<Owner>,
  records: readonly BindingRecord<Owner>[],
): PortMemory[] {
  const memories: (PortMemory & { readonly forgettable: number[] })[] = [];
  for (const { port, serial, forgettable } of records) {
    if (memories.at(-1)?.port !== port) {
      const { lastSharer, beganWithConnect } = table.entry(port)!;
      const sharer = lastSharer && { lastSharer: saveClaim(lastSharer) };
      memories.push({ port, ...sharer, beganWithConnect, forgettable: [] });
    }
    if (forgettable) memories.at(-1)!.forgettable.push(serial);
  }
  return memories;
}

function saveClaim({ address, traits, device, uid }: InternedClaim): PortMemory["lastSharer"] & object {
  return { address: formatAddress(address), traits, device, uid };
}

function receiversOf<Owner>({ table }: PortSpace<Owner>): ProtocolState["receivers"] {
  const found: ProtocolState["receivers"][number][] = [];
  for (
    let port = table.held.firstSet(0, lastPort);
    port >= 0;
    port = table.held.firstSet(port + 1, lastPort)
  ) {
    const { firstReceiver, groups = [] } = table.entry(port)!;
    const order: number[] = [];
    for (let receiver = firstReceiver; receiver !== undefined; receiver = receiver.nextReceiver)
      order.push(receiver.serial);
    if (order.length === 0 && groups.length === 0) continue;
    const saved = groups.map(({ members, hasConnected }) => ({
      members: members.map(({ serial }) => serial),
      hasConnected,
    }));
    found.push({ port, order, groups: saved });
  }
  return found;
}

/** Those with one five-tuple hang on each other, the newest first. */
function flowsOf<Owner>(
  { demultiplexer: { flows } }: PortSpace<Owner>,
  records: readonly BindingRecord<Owner>[],
): number[] {
  const serials: number[] = [];
  for (const binding of records) {
    const { address, port, remote, inFlows } = binding;
    if (!inFlows || flows.find(address, port, remote!.address, remote!.port) !== binding) continue;
    const chain: number[] = [];
    for (let flow: BindingRecord<Owner> | undefined = binding; flow !== undefined; flow = flow.nextOfFlow)
      chain.push(flow.serial);
    serials.push(...chain.reverse());
  }
  return serials;
}
