/** sendmsg and recvmsg, with the control messages of the latter compared. */
import { fieldNumber, fieldOf, itemsOf } from "../../../packetdrill/calls/values.ts";
import type { Expression } from "../../../packetdrill/language/script/script.ts";
import { fail, unsupported } from "../../../packetdrill/run/failure.ts";
import { neverWaits, noSignalFlag, vectorOf } from "./calls-data.ts";
import { destination } from "./calls-sockets.ts";
import { type ControlMessage, compareControl } from "./control.ts";
import { viewOf } from "./memory.ts";
import { type Handler, labelOf, liveOf, num, type Prepared, type World } from "./world.ts";

export const messageCalls: Readonly<Record<string, Handler>> = { sendmsg, recvmsg };

/** struct msghdr of 64-bit machines. */
const header = {
  length: 56,
  name: 0,
  nameLength: 8,
  vector: 16,
  count: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
};
const longestName = 28;
const controlRoom = 4096;

function vector(
  message: Expression,
  world: World,
): { readonly at: number; readonly count: number; length: number } {
  if (message.type !== "struct") return fail("Bad type: a message header is expected");
  const field = message.fields.find(({ name }) => name === "msg_iov") ?? fail("msg_iov is missing");
  const { args, length } = vectorOf(field.value, field.count ?? fail("msg_iov has no count"), world);
  return { at: args[0], count: args[1], length };
}

interface Parts {
  readonly name?: readonly [at: number, length: number];
  readonly control?: readonly [at: number, length: number];
}

function messageHeader(
  message: Expression,
  { name, control }: Parts,
  world: World,
): { bytes: Uint8Array; at: number; length: number } {
  const { at, count, length } = vector(message, world);
  const memory = world.memory.zeros(header.length);
  const view = viewOf(memory.bytes);
  view.setBigUint64(header.vector, BigInt(at), true);
  view.setBigUint64(header.count, BigInt(count), true);
  view.setBigUint64(header.name, BigInt(name?.[0] ?? 0), true);
  view.setUint32(header.nameLength, name?.[1] ?? 0, true);
  view.setBigUint64(header.control, BigInt(control?.[0] ?? 0), true);
  view.setBigUint64(header.controlLength, BigInt(control?.[1] ?? 0), true);
  return { ...memory, length };
}

function sendmsg(args: readonly Expression[], world: World): Prepared {
  const message = args[1]!;
  if (fieldNumber(message, "msg_flags", "Linux", 0) !== 0) fail("sendmsg ignores msg_flags field in msghdr");
  const control = fieldOf(message, "msg_control");
  if (control !== undefined && itemsOf(control, "msg_control").length > 0)
    unsupported("sending control messages");
  const { fd, family } = liveOf(args[0]!, world);
  const { tracker } = world.context;
  const address = fieldOf(message, "msg_name");
  const name = address === undefined ? undefined : destination({ type: "ellipsis", at: 0 }, family, world);
  const to = name === undefined ? {} : { name: [world.memory.keep(name), name.length] as const };
  const { at, length } = messageHeader(message, to, world);
  const flags = num(args[2]!);
  return {
    ...{ name: "sendmsg", args: [fd, at, flags | noSignalFlag], waits: "unknown", length },
    dontWait: neverWaits(flags),
    before: () => tracker.connecting(labelOf(args[0]!)),
  };
}

function recvmsg(args: readonly Expression[], world: World): Prepared {
  const message = args[1]!;
  const control = world.memory.zeros(controlRoom);
  const name = world.memory.zeros(longestName);
  const parts = { name: [name.at, longestName], control: [control.at, controlRoom] } as const;
  const { bytes, at } = messageHeader(message, parts, world);
  const flags = num(args[2]!);
  return {
    ...{ name: "recvmsg", args: [liveOf(args[0]!, world).fd, at, flags], waits: "readable" },
    dontWait: neverWaits(flags),
    verify: (value) => (value < 0 ? undefined : compareMessage(message, bytes, control.bytes, world)),
  };
}

function compareMessage(
  message: Expression,
  live: Uint8Array,
  control: Uint8Array,
  world: World,
): string | undefined {
  const view = viewOf(live);
  const expected = fieldNumber(message, "msg_flags", "Linux", 0);
  const flags = view.getInt32(header.flags, true);
  if (expected !== flags)
    return `Expected msg_flags 0x${expected.toString(16)} but got 0x${flags.toString(16)}`;
  const wanted = fieldOf(message, "msg_control");
  if (wanted === undefined || wanted.type === "ellipsis") return undefined;
  const length = Number(view.getBigUint64(header.controlLength, true));
  return compareControl(itemsOf(wanted, "msg_control"), controlMessages(control.subarray(0, length)), world);
}

/** What the kernel wrote: level, type and data of each. */
function controlMessages(bytes: Uint8Array): ControlMessage[] {
  const view = viewOf(bytes);
  const messages: ControlMessage[] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    if (length < 16) break;
    const [level, type] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true)];
    messages.push({ level, type, data: bytes.slice(at + 16, at + length) });
    at += (length + 7) & ~7;
  }
  return messages;
}
