/** sendmsg and recvmsg. */

import type { Expression } from "../language/script.ts";
import { symbolValue } from "../language/symbols.ts";
import { fail, unsupported } from "../run/failure.ts";
import { type CallContext, type CallHandler, descriptorOf, socketOf } from "./call-context.ts";
import { type CallResult, type PreparedCall, unlessBlocked } from "./call-result.ts";
import { prepareSend, prepareSendTo } from "./calls-data.ts";
import { messageFlags } from "./message-flags.ts";
import { fieldNumber, fieldOf, itemsOf, numberOf, vectorLengths } from "./values.ts";

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
  const socket = socketOf(descriptor);
  const message = args[1]!;
  refuseControl(message);
  const buffer = new Uint8Array(lengthsOf(message, context));
  const expected = fieldNumber(message, "msg_flags", platform, 0);
  const flags = messageFlags(numberOf(args[2]!, platform), platform);
  return {
    attempt: () => {
      let truncated = false;
      const result = unlessBlocked(descriptor.nonBlocking || flags.dontWait, () => {
        if (socket.type === "SOCK_STREAM") return socket.recv(buffer, flags);
        const received = socket.recvFrom(buffer, flags);
        truncated = received.truncated;
        return received.length;
      });
      if (result === undefined || result.value < 0) return result;
      const bits = truncated ? (symbolValue(platform, "MSG_TRUNC") ?? 0) : 0;
      return { ...result, verify: () => sameFlags(expected, bits) } satisfies CallResult;
    },
  };
}

function sameFlags(expected: number, actual: number): string | undefined {
  return expected === actual
    ? undefined
    : `Expected msg_flags 0x${expected.toString(16)} but got 0x${actual.toString(16)}`;
}
