/** sendmsg and recvmsg. */

import type { ErrorReport, Socket } from "../../stack/socket.ts";
import { symbolValue } from "../language/names/symbols.ts";
import type { Expression } from "../language/script/script.ts";
import { fail, unsupported } from "../run/failure.ts";
import { type CallContext, type CallHandler, descriptorOf, socketOf } from "./call-context.ts";
import { done, failed, outcomeOf, type PreparedCall, unlessBlocked } from "./call-result.ts";
import { prepareSend, prepareSendTo } from "./calls-data.ts";
import { type ControlMessage, compareControl, reportControl, streamControl } from "./control-messages.ts";
import type { Descriptor } from "./descriptor.ts";
import { type CallFlags, messageFlags } from "./message-flags.ts";
import { fieldNumber, fieldOf, itemsOf, lacksBuffer, numberOf, vectorLengths } from "./values.ts";

export const messageCalls: Readonly<Record<string, CallHandler>> = { sendmsg, recvmsg };

function lengthsOf(message: Expression, context: CallContext): number {
  if (message.type !== "struct") return fail("Bad type: a message header is expected");
  const vector = message.fields.find((field) => field.name === "msg_iov");
  if (vector === undefined) return fail("msg_iov is missing");
  const { count, value } = vector;
  if (count === undefined) return fail("msg_iov has no count");
  return vectorLengths(value, count, context.platform).reduce((sum, length) => sum + length, 0);
}

function sendmsg(args: readonly Expression[], context: CallContext): PreparedCall {
  const { platform } = context;
  const vector = fieldOf(args[1]!, "msg_iov");
  if (vector !== undefined && lacksBuffer(vector, platform)) return done(() => failed("EFAULT"));
  const descriptor = descriptorOf(context, args[0]!);
  const message = args[1]!;
  if (fieldNumber(message, "msg_flags", platform, 0) !== 0) fail("sendmsg ignores msg_flags field in msghdr");
  refuseControl(message);
  const length = lengthsOf(message, context);
  const flags = messageFlags(numberOf(args[2]!, platform), platform);
  const datagram = socketOf(descriptor).type === "SOCK_DGRAM";
  return datagram || context.tracker.labelled(descriptor.label)?.state === "NEW"
    ? prepareSendTo(descriptor, length, flags, context)
    : prepareSend(descriptor, length, flags);
}

function refuseControl(message: Expression): void {
  const control = fieldOf(message, "msg_control");
  if (control !== undefined && itemsOf(control, "msg_control").length > 0) unsupported("control messages");
}

function recvmsg(args: readonly Expression[], context: CallContext): PreparedCall {
  const { platform } = context;
  const descriptor = descriptorOf(context, args[0]!);
  const message = args[1]!;
  const flags = messageFlags(numberOf(args[2]!, platform), platform);
  const length = lengthsOf(message, context);
  return flags.errorQueue === true
    ? readErrorQueue(socketOf(descriptor), message, context)
    : readMessage(descriptor, message, length, flags, context);
}

function readMessage(
  descriptor: Descriptor,
  message: Expression,
  length: number,
  flags: CallFlags,
  context: CallContext,
): PreparedCall {
  const socket = socketOf(descriptor);
  const buffer = new Uint8Array(length);
  return {
    attempt: () => {
      const told: string[] = [];
      let control: readonly ControlMessage[] = [];
      const result = unlessBlocked(descriptor.nonBlocking || flags.dontWait, () => {
        if (socket.type === "SOCK_STREAM") {
          const count = socket.recv(buffer, flags);
          control = streamControl(socket, context);
          return count;
        }
        const received = socket.recvFrom(buffer, flags);
        if (received.truncated) told.push("MSG_TRUNC");
        return received.length;
      });
      if (result === undefined || result.value < 0) return result;
      return { ...result, verify: () => compareMessage(message, told, control, context) };
    },
  };
}

/** It never waits. Of the packet a report is about nothing is given. */
function readErrorQueue(socket: Socket, message: Expression, context: CallContext): PreparedCall {
  return done(() => {
    let report: ErrorReport | undefined;
    const result = outcomeOf(() => {
      report = socket.recvError?.() ?? unsupported("the error queue of this kind of socket");
      return 0;
    });
    if (report === undefined) return result;
    const told = report.truncated ? ["MSG_ERRQUEUE", "MSG_TRUNC"] : ["MSG_ERRQUEUE"];
    const control = reportControl(socket, report, context);
    return { ...result, verify: () => compareMessage(message, told, control, context) };
  });
}

/** What recvmsg() wrote into its message: flags and control messages. */
function compareMessage(
  message: Expression,
  flags: readonly string[],
  control: readonly ControlMessage[],
  context: CallContext,
): string | undefined {
  const { platform } = context;
  const bits = flags.reduce((sum, name) => sum | (symbolValue(platform, name) ?? 0), 0);
  const expected = fieldNumber(message, "msg_flags", platform, 0);
  return sameFlags(expected, bits) ?? compareControl(message, control, context);
}

function sameFlags(expected: number, actual: number): string | undefined {
  return expected === actual
    ? undefined
    : `Expected msg_flags 0x${expected.toString(16)} but got 0x${actual.toString(16)}`;
}
