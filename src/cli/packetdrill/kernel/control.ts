/** Control messages of the kernel compared with those of a script: their number, their order and what is in them. */
import { fieldNumber, fieldOf } from "../../../packetdrill/calls/values.ts";
import { symbolValue } from "../../../packetdrill/language/names/symbols.ts";
import type { Expression } from "../../../packetdrill/language/script/script.ts";
import { fail, unsupported } from "../../../packetdrill/run/failure.ts";
import { viewOf } from "./memory.ts";
import { num, type World } from "./world.ts";

export interface ControlMessage {
  readonly level: number;
  readonly type: number;
  readonly data: Uint8Array;
}

export function compareControl(
  expected: readonly Expression[],
  actual: readonly ControlMessage[],
  world: World,
): string | undefined {
  if (expected.length !== actual.length)
    return `Expected ${expected.length} control messages but got ${actual.length}: ${actual.map(nameOf).join(", ")}`;
  for (const [index, message] of actual.entries()) {
    const wanted = expected[index]!;
    const [level, type] = [
      fieldNumber(wanted, "cmsg_level", "Linux"),
      fieldNumber(wanted, "cmsg_type", "Linux"),
    ];
    const mistake =
      level !== message.level || type !== message.type
        ? `level ${level} type ${type} expected, ${nameOf(message)} came`
        : compareData(fieldOf(wanted, "cmsg_data") ?? fail("cmsg_data is missing"), message.data, world);
    if (mistake !== undefined) return `control message ${index}: ${mistake}`;
  }
  return undefined;
}

function nameOf({ level, type }: ControlMessage): string {
  return `level ${level} type ${type}`;
}

function compareData(expected: Expression, data: Uint8Array, world: World): string | undefined {
  if (expected.type === "ellipsis") return undefined;
  if (expected.type === "struct") {
    const { name } = expected.fields[0]!;
    if (name.startsWith("ee_")) return compareExtendedError(expected, data);
    if (name.startsWith("scm_")) return compareTimestamp(expected, data, world);
    if (name.startsWith("TCP_NLA_")) return compareStatistics(expected.fields, data);
    return unsupported(`control messages with ${name}`);
  }
  if (expected.type === "list") {
    const structs = expected.items.filter((item) => item.type === "struct");
    return compareStatistics(
      structs.flatMap(({ fields }) => fields),
      data,
    );
  }
  const [wanted, got] = [num(expected), data.length < 4 ? 0 : viewOf(data).getInt32(0, true)];
  return wanted === got ? undefined : `expected ${wanted} but got ${got}`;
}

/** struct sock_extended_err (linux/errqueue.h). */
function compareExtendedError(expected: Expression, data: Uint8Array): string | undefined {
  if (data.length < 16) return `an extended error of ${data.length} bytes`;
  const view = viewOf(data);
  const actual: Readonly<Record<string, number>> = {
    ee_errno: view.getUint32(0, true),
    ee_origin: data[4]!,
    ee_type: data[5]!,
    ee_code: data[6]!,
    ee_info: view.getUint32(8, true),
    ee_data: view.getUint32(12, true),
  };
  for (const [name, value] of Object.entries(actual)) {
    const wanted = fieldNumber(expected, name, "Linux") >>> 0;
    if (wanted !== value) return `${name} expected ${wanted} but got ${value}`;
  }
  return undefined;
}

/** The first of three struct timespec, counted from the start of the script; 0 and 0 is any time. */
function compareTimestamp(
  expected: Expression,
  data: Uint8Array,
  { context, zero }: World,
): string | undefined {
  if (data.length < 16) return `a timestamp of ${data.length} bytes`;
  const view = viewOf(data);
  const wanted =
    fieldNumber(expected, "scm_sec", "Linux") * 1e6 + fieldNumber(expected, "scm_nsec", "Linux") / 1e3;
  const got = Number(view.getBigInt64(0, true)) * 1e6 + Number(view.getBigInt64(8, true)) / 1e3 - zero;
  if (wanted === 0 || Math.abs(wanted - got) <= context.options.toleranceUsecs) return undefined;
  return `timestamp expected at ${(wanted / 1e6).toFixed(6)} but got ${(got / 1e6).toFixed(6)}`;
}

type Fields = Extract<Expression, { type: "struct" }>["fields"];

/** Netlink attributes: length, type and a number of as many bytes as there are. */
function compareStatistics(fields: Fields, data: Uint8Array): string | undefined {
  const found = new Map<number, number>();
  const view = viewOf(data);
  for (let at = 0; at + 4 <= data.length; ) {
    const [length, type] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (length < 4 || at + length > data.length) break;
    let value = 0;
    for (let byte = at + length - 1; byte >= at + 4; byte--) value = value * 256 + data[byte]!;
    found.set(type, value);
    at += (length + 3) & ~3;
  }
  for (const { name, value } of fields) {
    if (value.type === "ellipsis") continue;
    const type = symbolValue("Linux", name) ?? unsupported(`statistic ${name}`);
    const [wanted, got] = [num(value), found.get(type)];
    if (wanted !== got) return `${name} expected ${wanted} but got ${got ?? "none"}`;
  }
  return undefined;
}
