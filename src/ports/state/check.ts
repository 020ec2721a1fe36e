/** Whether something is the state of a port manager. Everything is looked at before anything is made of it. */
import { parseAddress } from "../../base/address.ts";
import { type TransportProtocol, transportProtocols } from "../binding.ts";
import { algorithmNamed, type Profile, type ProtocolProfile } from "../profile.ts";
import { isPort } from "../range.ts";
import type { TakenAlgorithm } from "../settings/algorithm-settings.ts";
import type { RulesApart } from "../settings/port-settings.ts";
import { stateOf } from "../table/claim.ts";
import type { BindingState, PortMemory, PortState, ProtocolState, SelectionState } from "./state.ts";

/** @throws TypeError that says where it is none; RangeError where it is of another version or profile */
export function checkState(value: unknown, profile: Profile): PortState {
  check(isObject(value) && (value as PortState).format === "harbormaster ports", "format");
  const state = ofThisVersion(value as PortState);
  if (state.profile !== profile.name)
    throw new RangeError(`a state of ports of "${state.profile}" cannot go on under "${profile.name}"`);
  check(isNumber(state.at), "at");
  checkSettings(state.settings, profile);
  check(isObject(state.protocols), "protocols");
  for (const [name, saved] of Object.entries(state.protocols)) {
    check((transportProtocols as readonly string[]).includes(name), `protocols.${name}`);
    checkProtocol(saved, `protocols.${name}`);
    checkAlgorithms(saved, profile.protocols[name as TransportProtocol], `protocols.${name}.algorithms`);
  }
  return state;
}

/** Version 1 had one set of rules for all protocols. */
function ofThisVersion(state: PortState): PortState {
  const version: number = state.version;
  if (version !== 1 && version !== 2)
    throw new RangeError(`a state of ports of version ${version}: this reads 1 and 2`);
  return version === 2 ? state : { ...state, version: 2, settings: { ...state.settings, apart: [] } };
}

function checkSettings(settings: PortState["settings"], profile: Profile): void {
  check(isObject(settings), "settings");
  const { range, reserved, unprivilegedStart, apart, timeWaitReuse, autobindReuse, stepWidth } = settings;
  check(isRange(range) && range[0] > 0, "settings.range");
  check(isArray(reserved) && reserved.every(isRange), "settings.reserved");
  check(isPort(unprivilegedStart), "settings.unprivilegedStart");
  check(isArray(apart), "settings.apart");
  for (const [index, rules] of apart.entries()) checkApart(rules, `settings.apart[${index}]`);
  const { mode, delay } = isObject(timeWaitReuse) ? timeWaitReuse : { mode: undefined, delay: undefined };
  check((mode === 0 || mode === 1 || mode === 2) && isNumber(delay), "settings.timeWaitReuse");
  check(typeof autobindReuse === "boolean", "settings.autobindReuse");
  check(isCount(stepWidth), "settings.stepWidth");
  const { algorithms = [], busy } = settings;
  check(isArray(algorithms) && algorithms.every((one) => isTaken(one, profile)), "settings.algorithms");
  const isRule = busy === undefined || (isObject(busy) && isCount(busy.choices) && isCount(busy.seconds));
  check(isRule, "settings.busy");
}

/** One of the profile's own. */
function isTaken(taken: TakenAlgorithm, { protocols }: Profile): boolean {
  if (!isObject(taken) || (taken.domain !== 4 && taken.domain !== 6)) return false;
  const { protocol, name } = taken;
  return transportProtocols.includes(protocol) && algorithmNamed(protocols[protocol], name) !== undefined;
}

function checkAlgorithms({ algorithms = {} }: ProtocolState, protocol: ProtocolProfile, at: string): void {
  check(isObject(algorithms), at);
  for (const [name, saved] of Object.entries(algorithms)) {
    const known = algorithmNamed(protocol, name) !== undefined;
    check(known && isArray(saved) && saved.every(isSelection), `${at}.${name}`);
  }
}

function checkApart(rules: RulesApart, at: string): void {
  check(isObject(rules), at);
  const { protocol, domain, range, reserved, neverChosen, unprivilegedStart, extraPrivileged = [] } = rules;
  check(transportProtocols.includes(protocol), `${at}.protocol`);
  check(domain === undefined || domain === 4 || domain === 6, `${at}.domain`);
  check(isRange(range) && range[0] > 0, `${at}.range`);
  check(isArray(reserved) && reserved.every(isRange), `${at}.reserved`);
  check(isArray(neverChosen) && neverChosen.every(isRange), `${at}.neverChosen`);
  check(isPort(unprivilegedStart), `${at}.unprivilegedStart`);
  check(isArray(extraPrivileged) && extraPrivileged.every(isRange), `${at}.extraPrivileged`);
}

function checkProtocol(saved: ProtocolState, at: string): void {
  check(isObject(saved), at);
  for (const name of ["serial", "highWater", "made", "exhausted", "wraps", "looked"] as const)
    check(isCount(saved[name]), `${at}.${name}`);
  check(typeof saved.low === "boolean", `${at}.low`);
  const { chance, selections, bindings, receivers, flows } = saved;
  check(isObject(chance) && isArray(chance.seen) && chance.seen.every(isNumber), `${at}.chance`);
  check(isArray(selections) && selections.every(isSelection), `${at}.selections`);
  check(isArray(bindings), `${at}.bindings`);
  for (const [index, binding] of bindings.entries()) checkBinding(binding, `${at}.bindings[${index}]`);
  const known = new Map(bindings.map((binding) => [binding.serial, binding]));
  check(known.size === bindings.length, `${at}.bindings: a serial number twice`);
  check(
    [...known.keys()].every((serial) => serial < saved.serial),
    `${at}.serial`,
  );
  const once = (serials: unknown, where: string, suits: (binding: BindingState) => boolean): void => {
    const valid = Array.isArray(serials) && new Set(serials).size === serials.length;
    check(valid && serials.every((serial) => known.has(serial) && suits(known.get(serial)!)), where);
  };
  once(flows, `${at}.flows`, ({ remote }) => remote !== undefined);
  const { memories = [] } = saved;
  check(isArray(memories), `${at}.memories`);
  check(isCount(saved.lastPlace ?? 0), `${at}.lastPlace`);
  for (const [index, memory] of memories.entries()) {
    const where = `${at}.memories[${index}]`;
    checkMemory(memory, where);
    const here = ({ port }: BindingState): boolean => port === memory.port;
    check(bindings.some(here), `${where}.port`);
    once(memory.forgettable, `${where}.forgettable`, here);
  }
  check(isArray(receivers), `${at}.receivers`);
  for (const [index, receiver] of receivers.entries()) {
    const where = `${at}.receivers[${index}]`;
    check(isObject(receiver), where);
    const { port, order, groups } = receiver;
    const here = (binding: BindingState): boolean => binding.port === port;
    check(isPort(port) && bindings.some(here), `${where}.port`);
    once(order, `${where}.order`, here);
    check(isArray(groups), `${where}.groups`);
    for (const group of groups) {
      check(isObject(group) && typeof group.hasConnected === "boolean", `${where}.groups`);
      once(group.members, `${where}.groups`, here);
      check(group.members.length > 0, `${where}.groups`);
    }
  }
  const ports = receivers.map(({ port }) => port);
  check(new Set(ports).size === ports.length, `${at}.receivers: a port twice`);
}

function checkBinding(binding: BindingState, at: string): void {
  check(isObject(binding), at);
  const { serial, port, address, boundAddress, remote, traits, device, uid, named, rest } = binding;
  const { incomingCpu, formerPeer, place = 0 } = binding;
  check(isCount(serial), `${at}.serial`);
  check(isPort(port) && port > 0, `${at}.port`);
  check(isAddress(address), `${at}.address`);
  check(isAddress(boundAddress), `${at}.boundAddress`);
  check(isCount(traits) && traits < 0x1_0000, `${at}.traits`);
  check(isCount(device) && isCount(uid), `${at}: its device or its user`);
  check(typeof named === "boolean", `${at}.named`);
  check(incomingCpu === undefined || Number.isInteger(incomingCpu), `${at}.incomingCpu`);
  check(isCount(place), `${at}.place`);
  check(formerPeer === undefined || isAddress(formerPeer), `${at}.formerPeer`);
  const hasPeer =
    remote !== undefined && isObject(remote) && isAddress(remote.address) && isPort(remote.port);
  check(remote === undefined || hasPeer, `${at}.remote`);
  const state = stateOf(traits);
  check(state !== "connected" || hasPeer, `${at}: connected to nobody`);
  check(state !== "held" || rest !== undefined, `${at}: held without an end`);
  if (rest === undefined) return;
  check(isObject(rest), `${at}.rest`);
  const { until, timestamps, finWait2, reusableAfter } = rest;
  check(until === undefined || isNumber(until), `${at}.rest.until`);
  check(timestamps === undefined || typeof timestamps === "boolean", `${at}.rest.timestamps`);
  check(typeof finWait2 === "boolean", `${at}.rest.finWait2`);
  check(reusableAfter === undefined || isNumber(reusableAfter), `${at}.rest.reusableAfter`);
}

function checkMemory(memory: PortMemory, at: string): void {
  check(isObject(memory) && typeof memory.beganWithConnect === "boolean", at);
  const { lastSharer } = memory;
  if (lastSharer === undefined) return;
  check(isObject(lastSharer) && isAddress(lastSharer.address), `${at}.lastSharer`);
  const { traits, device, uid } = lastSharer;
  check([traits, device, uid].every(isCount) && traits < 0x1_0000, `${at}.lastSharer`);
}

function isSelection(selection: SelectionState): boolean {
  return (
    isObject(selection) &&
    typeof selection.name === "string" &&
    [selection.cursors, selection.memory].every(
      (part) => isObject(part) && Object.values(part).every(isNumber),
    )
  );
}

function isRange(range: unknown): boolean {
  return (
    Array.isArray(range) && range.length === 2 && isPort(range[0]) && isPort(range[1]) && range[0] <= range[1]
  );
}

function isAddress(text: unknown): boolean {
  return typeof text === "string" && parseAddress(text) !== undefined;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

function isArray(value: unknown): boolean {
  return Array.isArray(value);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new TypeError(`not a state of ports: ${what}`);
}
