/**
 * System calls of a script, made truly. A call that the script lets block, or that may block although it should not, is
 * made by a thread of its own, as the real tool does; all others at once, by this one.
 */
import type { BlockingCaller } from "../../../node/system/blocking.ts";
import type { CallName, CallOutcome, SystemCalls } from "../../../node/system/calls.ts";
import type { CallContext } from "../../../packetdrill/calls/call-context.ts";
import type { CallResult, PreparedCall } from "../../../packetdrill/calls/call-result.ts";
import { symbolsOf } from "../../../packetdrill/language/names/symbols.ts";
import type { Call } from "../../../packetdrill/language/script/script.ts";
import { fail, unsupported } from "../../../packetdrill/run/failure.ts";
import { dataCalls } from "./calls-data.ts";
import { messageCalls } from "./calls-message.ts";
import { optionCalls } from "./calls-options.ts";
import { pollCalls } from "./calls-poll.ts";
import { type SocketMaker, socketCalls } from "./calls-sockets.ts";
import { Memory, viewOf, words } from "./memory.ts";
import type { Handler, Live, Prepared, World } from "./world.ts";

/** So long a call that should not block may take, in milliseconds, before it is said to. */
const grace = 1000;
/** So long a blocking call may take until its thread sleeps in it. */
const settling = 1000;

const getFlags = 3;
const nonBlocking = 0x800;
const pollIn = 0x1;
const pollOut = 0x4;
const pollReadHangup = 0x2000;
const [solSocket, soSendBuffer, outQueue] = [1, 7, 0x5411];

export interface CallTable {
  prepare(call: Call, context: CallContext): PreparedCall;
  /** Descriptors that are open. */
  readonly open: readonly Live[];
}

export interface CallTableSettings {
  readonly calls: SystemCalls;
  readonly blocking: BlockingCaller;
  readonly makeSocket: SocketMaker;
  readonly folder: string;
  /** Microseconds since 1970 at which the script began. */
  readonly zero: () => number;
}

export function callTable({ calls, blocking, makeSocket, folder, zero }: CallTableSettings): CallTable {
  const handlers: Readonly<Record<string, Handler>> = {
    ...socketCalls(makeSocket),
    ...dataCalls,
    ...messageCalls,
    ...optionCalls,
    ...pollCalls,
  };
  const live = new Map<number, Live>();
  const forgotten: Live[] = [];
  return {
    get open() {
      return [...live.values(), ...forgotten];
    },
    prepare: (call, context) => {
      const handler = Object.hasOwn(handlers, call.name) ? handlers[call.name] : undefined;
      if (handler === undefined) return unsupported(`system call ${call.name}`);
      const label = call.result.type === "integer" ? call.result.value : -1;
      const world: World = {
        calls,
        context,
        live,
        forgotten,
        memory: new Memory(calls),
        folder,
        zero: zero(),
      };
      const prepared = handler(call.args, world, label);
      return attempts(prepared, call, world, blocking);
    },
  };
}

function attempts(prepared: Prepared, call: Call, world: World, blocking: BlockingCaller): PreparedCall {
  const { calls } = world;
  const { name, args } = prepared;
  let begun = false;
  const attempt = (): CallResult | undefined => {
    if (begun) return blocking.done ? resultOf(prepared, blocking.take(), world) : undefined;
    begun = true;
    prepared.before?.();
    if (call.end === undefined && isQuick(prepared, calls))
      return resultOf(prepared, calls.invoke(name, ...args), world);
    if (!blocking.idle) return fail("another call still blocks");
    blocking.start(name, args);
    if (call.end === undefined) blocking.awaitEnd(grace + Math.max(0, prepared.timeout ?? 0));
    else blocking.awaitSleep(settling);
    return blocking.done ? resultOf(prepared, blocking.take(), world) : undefined;
  };
  return { attempt, ...(prepared.descriptor && { descriptor: true }) };
}

/** `world` is kept with the result, and with it the memory that was written to. */
function resultOf(prepared: Prepared, { value, errno }: CallOutcome, world: World): CallResult {
  const { verify, commit } = prepared;
  return {
    value,
    ...(value < 0 && { errno: errnoName(errno) }),
    ...(verify && { verify: () => verify(value) }),
    commit: () => {
      if (value >= 0 && world !== undefined) commit?.(value);
    },
  };
}

/** Of two names for a number the one our own sockets use. */
function errnoName(errno: number): string {
  const names = symbolsOf("Linux", "E", errno);
  return names.find((one) => one === "EAGAIN" || one === "EOPNOTSUPP") ?? names[0] ?? `errno ${errno}`;
}

/** Calls whose first argument is what they wait for. */
const ofDescriptor: ReadonlySet<CallName> = new Set<CallName>([
  ...(["read", "recv", "recvfrom", "readv", "recvmsg", "accept4", "connect"] as const),
  ...(["write", "send", "writev", "sendto", "sendmsg"] as const),
]);

/** Whether it will return at once. */
function isQuick({ name, args, waits, dontWait, length = 0 }: Prepared, calls: SystemCalls): boolean {
  if (waits === "nothing" || dontWait === true) return true;
  if (!ofDescriptor.has(name)) return false;
  const fd = args[0]!;
  const flags = calls.invoke("fcntl", fd, getFlags, 0);
  // A descriptor that is none fails at once.
  if (flags.value < 0 || (flags.value & nonBlocking) !== 0) return true;
  if (waits === "readable") return isReady(fd, pollIn | pollReadHangup, calls);
  if (waits === "writable") return isReady(fd, pollOut, calls) && fits(fd, length, calls);
  return false;
}

function isReady(fd: number, events: number, calls: SystemCalls): boolean {
  const descriptor = words(fd, events);
  return calls.invoke("poll", calls.address(descriptor), 1, 0).value > 0;
}

/** Buffers count what memory holds, which for small writes is a multiple of the bytes in it. */
function fits(fd: number, length: number, calls: SystemCalls): boolean {
  const [value, size, queued] = [new Uint8Array(4), words(4), new Uint8Array(4)];
  calls.invoke("getsockopt", fd, solSocket, soSendBuffer, calls.address(value), calls.address(size));
  calls.invoke("ioctl", fd, outQueue, calls.address(queued));
  return 2 * length + 4 * viewOf(queued).getInt32(0, true) < viewOf(value).getInt32(0, true) / 4;
}
