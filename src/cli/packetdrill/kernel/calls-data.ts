/** Reading and writing: buffers of zeros, or none. */
import { isBuffer, isEllipsis, itemOf, vectorLengths } from "../../../packetdrill/calls/values.ts";
import type { Expression } from "../../../packetdrill/language/script/script.ts";
import { fail } from "../../../packetdrill/run/failure.ts";
import { destination } from "./calls-sockets.ts";
import { viewOf } from "./memory.ts";
import { fdOf, type Handler, labelOf, liveOf, num, type Prepared, type World } from "./world.ts";

const dontWaitFlag = 0x40;
/** MSG_ERRQUEUE: never blocks. */
const errorQueueFlag = 0x2000;
const waitAllFlag = 0x100;
/** Otherwise a broken connection would end this process. */
export const noSignalFlag = 0x4000;
const longestName = 28;
const longest = 64 << 20;

export const dataCalls: Readonly<Record<string, Handler>> = {
  read: ([fd, buffer, length], world) => reading("read", fd!, bufferOf(buffer!, length!, world), world),
  recv: ([fd, buffer, length, flags], world) =>
    reading("recv", fd!, bufferOf(buffer!, length!, world), world, num(flags!)),
  recvfrom: ([fd, buffer, length, flags], world) => {
    const name = [world.memory.zeros(longestName).at, lengthWord(longestName, world)];
    return reading("recvfrom", fd!, bufferOf(buffer!, length!, world), world, num(flags!), name);
  },
  readv: ([fd, list, count], world) => reading("readv", fd!, vectorOf(list!, count!, world), world),
  // A signal for a broken connection is what MSG_NOSIGNAL and Node's own handling of SIGPIPE keep away.
  write: ([fd, buffer, length], world) => writing("write", fd!, bufferOf(buffer!, length!, world), world),
  send: ([fd, buffer, length, flags], world) =>
    writing("send", fd!, bufferOf(buffer!, length!, world), world, num(flags!)),
  writev: ([fd, list, count], world) => writing("writev", fd!, vectorOf(list!, count!, world), world),
  sendto,
  splice: ([from, fromAt, to, toAt, length, flags], world) => ({
    name: "splice",
    args: [
      fdOf(from!, world),
      offset(fromAt!, world),
      fdOf(to!, world),
      offset(toAt!, world),
      num(length!),
      num(flags!),
    ],
    waits: "unknown",
  }),
  sendfile: ([to, from, at, length], world) => ({
    name: "sendfile",
    args: [fdOf(to!, world), fdOf(from!, world), offset(at!, world), num(length!)],
    waits: "unknown",
  }),
};

interface Region {
  /** Address and length as the call takes them. */
  readonly args: readonly [number, number];
  readonly length: number;
}

/** A buffer of zeros, or none. */
export function bufferOf(buffer: Expression, length: Expression, world: World): Region {
  const bytes = num(length);
  if (bytes < 0 || bytes > longest) return fail(`a buffer of ${bytes} bytes`);
  return { args: [isBuffer(buffer) ? world.memory.zeros(bytes).at : 0, bytes], length: bytes };
}

/** An array of struct iovec. */
export function vectorOf(list: Expression, count: Expression, world: World): Region {
  const lengths = vectorLengths(list, count, "Linux");
  const vector = world.memory.zeros(16 * lengths.length);
  const view = viewOf(vector.bytes);
  lengths.forEach((length, index) => {
    view.setBigUint64(16 * index, BigInt(world.memory.zeros(length).at), true);
    view.setBigUint64(16 * index + 8, BigInt(length), true);
  });
  return { args: [vector.at, lengths.length], length: lengths.reduce((sum, length) => sum + length, 0) };
}

function lengthWord(value: number, world: World): number {
  const word = world.memory.zeros(4);
  viewOf(word.bytes).setUint32(0, value, true);
  return word.at;
}

/** A 64-bit offset by reference, `[n]`; anything else is none. */
function offset(expression: Expression, world: World): number {
  if (expression.type !== "list") return 0;
  const word = world.memory.zeros(8);
  viewOf(word.bytes).setBigInt64(0, BigInt(num(itemOf(expression, "an offset"))), true);
  return word.at;
}

type ReadName = "read" | "recv" | "recvfrom" | "readv";

function reading(
  name: ReadName,
  fd: Expression,
  region: Region,
  world: World,
  flags?: number,
  more: readonly number[] = [],
): Prepared {
  return {
    ...{ name, args: [fdOf(fd, world), ...region.args, ...(flags === undefined ? [] : [flags]), ...more] },
    waits: (flags ?? 0) & waitAllFlag ? "unknown" : "readable",
    dontWait: neverWaits(flags ?? 0),
  };
}

export function neverWaits(flags: number): boolean {
  return (flags & (dontWaitFlag | errorQueueFlag)) !== 0;
}

function writing(
  name: "write" | "send" | "writev",
  fd: Expression,
  region: Region,
  world: World,
  flags?: number,
): Prepared {
  return {
    ...{
      name,
      args: [fdOf(fd, world), ...region.args, ...(flags === undefined ? [] : [flags | noSignalFlag])],
    },
    ...{ waits: "writable", length: region.length, dontWait: neverWaits(flags ?? 0) },
  };
}

function sendto(args: readonly Expression[], world: World): Prepared {
  const { fd, family } = liveOf(args[0]!, world);
  const region = bufferOf(args[1]!, args[2]!, world);
  const flags = num(args[3]!);
  const name = destination(args[4]!, family, world);
  return {
    name: "sendto",
    args: [fd, ...region.args, flags | noSignalFlag, world.memory.keep(name), name.length],
    ...{ waits: "unknown", length: region.length, dontWait: neverWaits(flags) },
    before: () => {
      if (isEllipsis(args[4]!)) world.context.tracker.connecting(labelOf(args[0]!));
    },
  };
}
