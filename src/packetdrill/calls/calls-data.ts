/** Reading and writing. Buffers are zeros; what is read is not looked at but for how much it is. */

import { SocketError } from "../../base/errno.ts";
import type { Expression } from "../language/script/script.ts";
import { fail, unsupported } from "../run/failure.ts";
import {
  type CallContext,
  type CallHandler,
  connectAddress,
  descriptorOf,
  socketOf,
} from "./call-context.ts";
import { type CallResult, done, failed, outcomeOf, type PreparedCall, unlessBlocked } from "./call-result.ts";
import type { Descriptor } from "./descriptor.ts";
import { type CallFlags, messageFlags } from "./message-flags.ts";
import { expectEllipsis, isBuffer, isEllipsis, lacksBuffer, numberOf, vectorLengths } from "./values.ts";

export const dataCalls: Readonly<Record<string, CallHandler>> = {
  read: (args, context) => receiveInto(args, context, noFlags),
  recv: (args, context) => receiveInto(args, context, flagsOf(args[3]!, context)),
  recvfrom: (args, context) => {
    expectEllipsis(args[4]!, "the address of recvfrom");
    return receiveInto(args, context, flagsOf(args[3]!, context));
  },
  readv: (args, context) => {
    if (lacksBuffer(args[1]!, context.platform)) return done(() => failed("EFAULT"));
    const length = sum(vectorLengths(args[1]!, args[2]!, context.platform));
    return prepareReceive(descriptorOf(context, args[0]!), length, noFlags);
  },
  write: (args, context) => sendFrom(args, context, noFlags),
  send: (args, context) => sendFrom(args, context, flagsOf(args[3]!, context)),
  writev: (args, context) => {
    if (lacksBuffer(args[1]!, context.platform)) return done(() => failed("EFAULT"));
    const length = sum(vectorLengths(args[1]!, args[2]!, context.platform));
    return prepareSend(descriptorOf(context, args[0]!), length, noFlags);
  },
  sendto,
};

const noFlags: CallFlags = { dontWait: false, waitAll: false };

function flagsOf(expression: Expression, { platform }: CallContext): CallFlags {
  return messageFlags(numberOf(expression, platform), platform);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The most a call may read or write at once. */
const longest = 64 * 1024 * 1024;

function lengthOf(expression: Expression, { platform }: CallContext): number {
  const length = numberOf(expression, platform);
  return length >= 0 && length <= longest ? length : fail(`a buffer of ${length} bytes`);
}

function receiveInto(args: readonly Expression[], context: CallContext, flags: CallFlags): PreparedCall {
  const descriptor = descriptorOf(context, args[0]!);
  const length = lengthOf(args[2]!, context);
  if (!isBuffer(args[1]!) && length > 0) return done(() => failed("EFAULT"));
  return prepareReceive(descriptor, length, flags);
}

/** Bytes read, or a datagram's length. MSG_WAITALL waits for all of them. */
export function prepareReceive(descriptor: Descriptor, length: number, flags: CallFlags): PreparedCall {
  const socket = socketOf(descriptor);
  const buffer = new Uint8Array(length);
  const mustNotBlock = descriptor.nonBlocking || flags.dontWait;
  let got = 0;
  const attempt = (): CallResult | undefined => {
    const result = unlessBlocked(mustNotBlock, () => socket.recv(buffer.subarray(got), flags));
    if (result === undefined || result.value <= 0)
      return got > 0 && result !== undefined ? { value: got } : result;
    got += result.value;
    const more = flags.waitAll && !mustNotBlock && got < length && socket.type === "SOCK_STREAM";
    return more ? attempt() : { value: got };
  };
  if (descriptor.receiveTimeout === 0) return { attempt };
  return { attempt, timeout: { milliseconds: descriptor.receiveTimeout, result: () => failed("EAGAIN") } };
}

function sendFrom(args: readonly Expression[], context: CallContext, flags: CallFlags): PreparedCall {
  const descriptor = descriptorOf(context, args[0]!);
  const length = lengthOf(args[2]!, context);
  if (!isBuffer(args[1]!) && length > 0) return done(() => failed("EFAULT"));
  return prepareSend(descriptor, length, flags);
}

/** All of it, or as much as fits into a socket that must not block. */
export function prepareSend(descriptor: Descriptor, length: number, flags: CallFlags): PreparedCall {
  const socket = socketOf(descriptor);
  const mustNotBlock = descriptor.nonBlocking || flags.dontWait;
  const data = new Uint8Array(length);
  let sent = 0;
  return {
    attempt: () => {
      const result = outcomeOf(() => {
        do {
          const taken = socket.send(data.subarray(sent), flags);
          sent += taken;
        } while (sent < length);
        return sent;
      });
      if (result.value >= 0) return result;
      if (result.errno !== "EAGAIN") return sent > 0 ? { value: sent } : result;
      if (!mustNotBlock) return undefined;
      return sent > 0 ? { value: sent } : result;
    },
  };
}

/** Goes to the remote host, whatever is written, and makes a new socket talk to it. */
function sendto(args: readonly Expression[], context: CallContext): PreparedCall {
  const descriptor = descriptorOf(context, args[0]!);
  const length = lengthOf(args[2]!, context);
  const flags = flagsOf(args[3]!, context);
  if (!isEllipsis(args[4]!)) return unsupported("sendto() with an address of another family");
  if (!isBuffer(args[1]!) && length > 0) return done(() => failed("EFAULT"));
  return prepareSendTo(descriptor, length, flags, context);
}

export function prepareSendTo(
  descriptor: Descriptor,
  length: number,
  flags: CallFlags,
  context: CallContext,
): PreparedCall {
  const socket = socketOf(descriptor);
  context.tracker.connecting(descriptor.label);
  const data = new Uint8Array(length);
  const stream = socket.type === "SOCK_STREAM";
  if (stream && isConnected(descriptor)) return prepareSend(descriptor, length, flags);
  return {
    attempt: () =>
      unlessBlocked(descriptor.nonBlocking || flags.dontWait, () =>
        socket.sendTo(data, connectAddress(context), flags),
      ),
  };
}

/** A stream's destination is that of its connection. */
function isConnected(descriptor: Descriptor): boolean {
  try {
    socketOf(descriptor).remoteEndpoint();
    return true;
  } catch (error) {
    if (error instanceof SocketError) return false;
    throw error;
  }
}
