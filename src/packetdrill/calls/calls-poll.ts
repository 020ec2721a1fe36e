/** poll and epoll. */

import { symbolsOf, symbolValue } from "../language/names/symbols.ts";
import type { Expression } from "../language/script/script.ts";
import { fail } from "../run/failure.ts";
import { addDescriptor, type CallContext, type CallHandler, descriptorOf } from "./call-context.ts";
import { type CallResult, done, failed, type PreparedCall } from "./call-result.ts";
import { Epoll, type EpollData, type EpollEvent, readyBits } from "./epoll.ts";
import { fieldNumber, fieldOf, itemsOf, numberOf } from "./values.ts";

export const pollCalls: Readonly<Record<string, CallHandler>> = {
  poll,
  epoll_create: epollCreate,
  epoll_ctl: epollControl,
  epoll_wait: epollWait,
};

interface Polled {
  readonly label: number;
  readonly events: number;
  readonly expected: number;
}

/** Asked for or not, these are told. */
const always = ["POLLERR", "POLLHUP", "POLLNVAL"] as const;

function poll(args: readonly Expression[], context: CallContext): PreparedCall {
  const { platform } = context;
  const list = itemsOf(args[0]!, "the list of poll").map(
    (item): Polled => ({
      label: fieldNumber(item, "fd", platform),
      events: fieldNumber(item, "events", platform),
      expected: fieldNumber(item, "revents", platform, 0),
    }),
  );
  const count = numberOf(args[1]!, platform);
  if (count !== list.length) fail(`poll has ${list.length} entries and its count is ${count}`);
  const milliseconds = numberOf(args[2]!, platform);
  const told = always.reduce((bits, name) => bits | (symbolValue(platform, name) ?? 0), 0);
  const look = (): CallResult => {
    const found = list.map(({ label, events }) => readinessOf(label, context) & (events | told));
    const value = found.filter((bits) => bits !== 0).length;
    return { value, verify: () => compareReadiness(list, found, context) };
  };
  return {
    attempt: () => {
      const result = look();
      return result.value > 0 || milliseconds === 0 ? result : undefined;
    },
    ...(milliseconds > 0 && { timeout: { milliseconds, result: look } }),
  };
}

function readinessOf(label: number, { descriptors, platform }: CallContext): number {
  const descriptor = descriptors.get(label);
  if (descriptor === undefined) return symbolValue(platform, "POLLNVAL") ?? 0;
  return descriptor.socket === undefined ? 0 : readyBits(descriptor.socket.poll());
}

function compareReadiness(
  list: readonly Polled[],
  found: readonly number[],
  { platform }: CallContext,
): string | undefined {
  for (const [index, { expected }] of list.entries()) {
    const bits = found[index]!;
    if (bits === expected) continue;
    const names = (value: number): string => bitNames(value, "POLL", platform);
    return `Expected revents of ${names(expected)} but got ${names(bits)} for pollfd ${index}`;
  }
  return undefined;
}

function bitNames(bits: number, prefix: string, platform: CallContext["platform"]): string {
  const names: string[] = [];
  for (let bit = 1; bit <= 0x8000; bit <<= 1)
    if (bits & bit) names.push(symbolsOf(platform, prefix, bit)[0] ?? `${bit}`);
  return names.join("|") || "0";
}

function epollCreate(_args: readonly Expression[], context: CallContext, label: number): PreparedCall {
  return {
    descriptor: true,
    attempt: () => ({
      value: label < 0 ? 0 : label,
      commit: () => void addDescriptor(context, label, { epoll: new Epoll() }),
    }),
  };
}

function epollOf(context: CallContext, expression: Expression): Epoll {
  return descriptorOf(context, expression).epoll ?? fail("this fd is no epoll");
}

/** Linux's EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD. */
const [add, remove, change] = [1, 2, 3];

function epollControl(args: readonly Expression[], context: CallContext): PreparedCall {
  const { platform } = context;
  const epoll = epollOf(context, args[0]!);
  const operation = numberOf(args[1]!, platform);
  const descriptor = descriptorOf(context, args[2]!);
  const events = fieldNumber(args[3]!, "events", platform);
  const data = dataOf(args[3]!, context);
  return done(() => {
    if (operation === add) return epoll.add(descriptor, events, data) ? { value: 0 } : failed("EEXIST");
    if (operation === change)
      return epoll.change(descriptor.label, events, data) ? { value: 0 } : failed("ENOENT");
    if (operation === remove) return epoll.remove(descriptor.label) ? { value: 0 } : failed("ENOENT");
    return failed("EINVAL");
  });
}

function dataOf(event: Expression, { platform }: CallContext): EpollData {
  for (const name of ["fd", "ptr", "u32", "u64"] as const) {
    const value = fieldOf(event, name);
    if (value !== undefined) return { name, value: numberOf(value, platform) };
  }
  return fail("this epoll_event has no data");
}

/** Only the first event is compared; without any, zeros. */
function epollWait(args: readonly Expression[], context: CallContext): PreparedCall {
  const { platform } = context;
  const epoll = epollOf(context, args[0]!);
  const expected = { events: fieldNumber(args[1]!, "events", platform), data: dataOf(args[1]!, context) };
  const most = numberOf(args[2]!, platform);
  const milliseconds = numberOf(args[3]!, platform);
  const nothing = (): CallResult => ({ value: 0, verify: () => compareEvent(expected, undefined) });
  return {
    attempt: () => {
      const found = epoll.wait(most);
      if (found.length > 0) return { value: found.length, verify: () => compareEvent(expected, found[0]) };
      return milliseconds === 0 ? nothing() : undefined;
    },
    ...(milliseconds > 0 && { timeout: { milliseconds, result: nothing } }),
  };
}

function compareEvent(expected: EpollEvent, actual: EpollEvent | undefined): string | undefined {
  const events = actual?.events ?? 0;
  const value = actual?.data.value ?? 0;
  if (expected.events !== events) {
    return `epoll_event->events does not match script: expected: 0x${expected.events.toString(16)} actual: 0x${events.toString(16)}`;
  }
  if (expected.data.value !== value) {
    return `epoll_event->${expected.data.name} does not match script: expected: ${expected.data.value} actual: ${value}`;
  }
  return undefined;
}
