/** poll and epoll. */
import { fieldNumber, fieldOf, itemsOf } from "../../../packetdrill/calls/values.ts";
import type { Expression } from "../../../packetdrill/language/script/script.ts";
import { fail } from "../../../packetdrill/run/failure.ts";
import { viewOf } from "./memory.ts";
import { fdOf, type Handler, num, type Prepared, type World } from "./world.ts";

export const pollCalls: Readonly<Record<string, Handler>> = {
  poll,
  epoll_ctl: epollControl,
  epoll_wait: epollWait,
};

function poll(args: readonly Expression[], world: World): Prepared {
  const list = itemsOf(args[0]!, "the list of poll");
  const memory = world.memory.zeros(8 * list.length);
  const view = viewOf(memory.bytes);
  list.forEach((item, index) => {
    view.setInt32(8 * index, fdOf(fieldOf(item, "fd") ?? fail("fd is missing"), world), true);
    view.setInt16(8 * index + 4, fieldNumber(item, "events", "Linux"), true);
  });
  const timeout = num(args[2]!);
  return {
    ...{ name: "poll", args: [memory.at, num(args[1]!), timeout], timeout },
    waits: timeout === 0 ? "nothing" : "unknown",
    verify: () => {
      for (const [index, item] of list.entries()) {
        const expected = fieldNumber(item, "revents", "Linux", 0);
        const got = view.getInt16(8 * index + 6, true);
        const where = `pollfd ${index}`;
        if (expected !== got)
          return `Expected revents 0x${expected.toString(16)} of ${where} but got 0x${got.toString(16)}`;
      }
      return undefined;
    },
  };
}

/** struct epoll_event, which is packed on x86-64 only. */
const eventSize = process.arch === "x64" ? 12 : 16;
const dataAt = process.arch === "x64" ? 4 : 8;

function dataOf(event: Expression): { readonly name: string; readonly value: bigint } {
  for (const name of ["fd", "ptr", "u32", "u64"]) {
    const value = fieldOf(event, name);
    if (value !== undefined) return { name, value: BigInt(num(value)) };
  }
  return fail("this epoll_event has no data");
}

function epollControl(args: readonly Expression[], world: World): Prepared {
  const event = world.memory.zeros(eventSize);
  const view = viewOf(event.bytes);
  view.setUint32(0, fieldNumber(args[3]!, "events", "Linux") >>> 0, true);
  view.setBigInt64(dataAt, dataOf(args[3]!).value, true);
  const numbers = [fdOf(args[0]!, world), num(args[1]!), fdOf(args[2]!, world), event.at];
  return { name: "epoll_ctl", args: numbers, waits: "nothing" };
}

/** Only the first event is compared; without any, zeros. */
function epollWait(args: readonly Expression[], world: World): Prepared {
  const most = num(args[2]!);
  const memory = world.memory.zeros(eventSize * Math.max(most, 1));
  const [events, { name, value }] = [fieldNumber(args[1]!, "events", "Linux") >>> 0, dataOf(args[1]!)];
  const timeout = num(args[3]!);
  return {
    ...{ name: "epoll_wait", args: [fdOf(args[0]!, world), memory.at, most, timeout], timeout },
    waits: timeout === 0 ? "nothing" : "unknown",
    verify: () => {
      const view = viewOf(memory.bytes);
      const [gotEvents, gotValue] = [view.getUint32(0, true), view.getBigInt64(dataAt, true)];
      if (events !== gotEvents)
        return `epoll_event->events does not match script: expected: 0x${events.toString(16)} actual: 0x${gotEvents.toString(16)}`;
      if (value !== gotValue)
        return `epoll_event->${name} does not match script: expected: ${value} actual: ${gotValue}`;
      return undefined;
    },
  };
}
