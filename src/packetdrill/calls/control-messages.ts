/** Control messages that recvmsg() gives, as our sockets tell of them, and how a script's are compared with them. */
import { errnoNumber } from "../../base/errno.ts";
import type { ErrorReport, Socket } from "../../stack/socket.ts";
import { symbolValue } from "../language/names/symbols.ts";
import type { Expression } from "../language/script/script.ts";
import { unsupported } from "../run/failure.ts";
import type { CallContext } from "./call-context.ts";
import { fieldNumber, fieldOf, itemsOf, numberOf } from "./values.ts";

export interface ControlMessage {
  readonly level: number;
  readonly type: number;
  /** `cmsg_len`: header and data, where the platform's is known. */
  readonly length: number;
  readonly data: number | ErrorReport | Timestamp;
}

interface Timestamp {
  /** Microseconds since the script began. */
  readonly time: number;
}

/** A cmsghdr of 64 bits; what follows it is aligned to 8. */
const headerLength = 16;
const extendedErrorLength = 16;
const addressLengths = { AF_INET: 16, AF_INET6: 28 } as const;

function constant({ platform }: CallContext, name: string): number {
  return symbolValue(platform, name) ?? unsupported(`control messages of ${platform}`);
}

/** What comes with bytes of a stream: how many are left, for those who asked (TCP_INQ). */
export function streamControl(socket: Socket, context: CallContext): ControlMessage[] {
  if (socket.getOption("TCP_INQ") !== 1) return [];
  const left = socket.getOption("SIOCINQ") as number;
  // As Linux does (tcp_inq_hint): the end of the stream is something to be read too.
  const data = left === 0 && socket.poll().readHangup ? 1 : left;
  const level = constant(context, "SOL_TCP");
  return [{ level, type: constant(context, "TCP_CM_INQ"), length: headerLength + 4, data }];
}

/** What a report of the error queue comes with. */
export function reportControl(socket: Socket, report: ErrorReport, context: CallContext): ControlMessage[] {
  const family = socket.domain === "AF_INET" ? "IP" : "IPV6";
  const length = headerLength + extendedErrorLength + addressLengths[socket.domain];
  const error = {
    ...{ level: constant(context, family === "IP" ? "SOL_IP" : "SOL_IPV6"), length, data: report },
    type: constant(context, `${family}_RECVERR`),
  };
  if (report.at === undefined) return [error];
  const type = constant(context, "SCM_TIMESTAMPING");
  const data = { time: Math.round(report.at * 1000) };
  return [{ level: constant(context, "SOL_SOCKET"), type, length: headerLength + 48, data }, error];
}

/** The first difference between the script's list and what there is. */
export function compareControl(
  message: Expression,
  actual: readonly ControlMessage[],
  context: CallContext,
): string | undefined {
  const written = fieldOf(message, "msg_control");
  const expected = written === undefined ? [] : itemsOf(written, "msg_control");
  if (expected.length !== actual.length)
    return `Expected ${expected.length} control messages but got ${actual.length}`;
  for (const [index, item] of expected.entries()) {
    const found = compareMessage(item, actual[index]!, context);
    if (found !== undefined) return `control message ${index}: ${found}`;
  }
  return undefined;
}

function compareMessage(
  expected: Expression,
  actual: ControlMessage,
  context: CallContext,
): string | undefined {
  const { platform } = context;
  const data = fieldOf(expected, "cmsg_data");
  return (
    differs("cmsg_level", fieldNumber(expected, "cmsg_level", platform), actual.level) ??
    differs("cmsg_type", fieldNumber(expected, "cmsg_type", platform), actual.type) ??
    differs("cmsg_len", fieldNumber(expected, "cmsg_len", platform, actual.length), actual.length) ??
    (data === undefined ? undefined : compareData(data, actual.data, context))
  );
}

function compareData(
  expected: Expression,
  actual: ControlMessage["data"],
  context: CallContext,
): string | undefined {
  if (expected.type === "ellipsis") return undefined;
  if (typeof actual === "number") return differs("cmsg_data", numberOf(expected, context.platform), actual);
  return "time" in actual ? compareTime(expected, actual, context) : compareReport(expected, actual, context);
}

/** Zero is any time. */
function compareTime(expected: Expression, { time }: Timestamp, context: CallContext): string | undefined {
  const { platform, options } = context;
  const seconds = fieldNumber(expected, "scm_sec", platform);
  const wanted = seconds * 1e6 + fieldNumber(expected, "scm_nsec", platform) / 1000;
  if (wanted === 0 || Math.abs(time - wanted) <= options.toleranceUsecs) return undefined;
  return `Bad timestamp: expected: ${wanted} usec actual: ${time} usec`;
}

const origins = { icmp: "ICMP", icmp6: "ICMP6", zerocopy: "ZEROCOPY", timestamping: "TIMESTAMPING" } as const;

function compareReport(expected: Expression, report: ErrorReport, context: CallContext): string | undefined {
  const { errno, origin, type, code, info, data } = report;
  const actual = {
    ee_errno: errno === undefined ? 0 : errnoNumber(errno),
    ee_origin: constant(context, `SO_EE_ORIGIN_${origins[origin]}`),
    ...{ ee_type: type, ee_code: code, ee_info: info, ee_data: data },
  };
  for (const [name, value] of Object.entries(actual)) {
    const found = differs(name, fieldNumber(expected, name, context.platform), value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function differs(name: string, expected: number, actual: number): string | undefined {
  return expected === actual ? undefined : `Expected ${name} ${expected} but got ${actual}`;
}
