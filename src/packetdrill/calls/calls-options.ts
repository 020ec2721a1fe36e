/** Socket options, file status flags and ioctls. */
import { SocketError } from "../../base/errno.ts";
import { optionNames } from "../../stack/options/options.ts";
import { symbolsOf, symbolValue } from "../language/names/symbols.ts";
import type { Expression } from "../language/script/script.ts";
import { fail, unsupported } from "../run/failure.ts";
import { type CallContext, type CallHandler, descriptorOf, socketOf } from "./call-context.ts";
import { type CallResult, done, failed, outcomeOf, type PreparedCall } from "./call-result.ts";
import { fieldNumber, itemOf, numberOf, textOf } from "./values.ts";

export const optionCalls: Readonly<Record<string, CallHandler>> = { setsockopt, getsockopt, fcntl, ioctl };

/** Prefixes of the options of each level, by the level's number where platforms agree on it. */
const levels: Readonly<Record<number, string>> = {
  0: "IP_",
  6: "TCP_",
  17: "UDP_",
  41: "IPV6_",
  132: "SCTP_",
  136: "UDPLITE_",
};

const supported = new Set(optionNames);

/** The name our sockets know an option by; undefined where there is no such option at all. */
function optionName(level: Expression, name: Expression, context: CallContext): string | undefined {
  const { platform } = context;
  const number = numberOf(level, platform);
  const prefix = number === symbolValue(platform, "SOL_SOCKET") ? "SO_" : levels[number];
  if (prefix === undefined) return undefined;
  const written = name.type === "symbol" ? [name.name] : [];
  const names = [...written, ...symbolsOf(platform, prefix, numberOf(name, platform))];
  const found = names.find((candidate) => candidate.startsWith(prefix) && supported.has(candidate));
  if (found !== undefined) return found;
  return names.some((candidate) => candidate.startsWith(prefix))
    ? unsupported(`socket option ${names[0]}`)
    : undefined;
}

function setsockopt(args: readonly Expression[], context: CallContext): PreparedCall {
  const { platform } = context;
  const descriptor = descriptorOf(context, args[0]!);
  const name = optionName(args[1]!, args[2]!, context);
  const length = numberOf(args[4]!, platform);
  if (name === undefined) return done(() => failed("ENOPROTOOPT"));
  const value = optionValue(args[3]!, context);
  return done(() => {
    if (typeof value === "number" && length < 4) return failed("EINVAL");
    return outcomeOf(() => {
      socketOf(descriptor).setOption(name, value);
      if (name === "SO_RCVTIMEO" && typeof value === "number") descriptor.receiveTimeout = value;
      return 0;
    });
  });
}

function optionValue(expression: Expression, { platform }: CallContext): unknown {
  if (expression.type === "string") return textOf(expression);
  if (expression.type === "list") return numberOf(itemOf(expression, "an option"), platform);
  if (expression.type !== "struct") return fail("Bad setsockopt value");
  if (expression.fields[0]!.name !== "onoff") return unsupported("socket options with this struct");
  return {
    on: fieldNumber(expression, "onoff", platform) !== 0,
    seconds: fieldNumber(expression, "linger", platform),
  };
}

function getsockopt(args: readonly Expression[], context: CallContext): PreparedCall {
  const { platform } = context;
  const socket = socketOf(descriptorOf(context, args[0]!));
  const name = optionName(args[1]!, args[2]!, context);
  if (name === undefined) return done(() => failed("ENOPROTOOPT"));
  const [expected, wanted] = [args[3]!, numberOf(itemOf(args[4]!, "optlen"), platform)];
  return done(() => {
    try {
      const value = socket.getOption(name);
      return { value: 0, verify: () => compareOption(expected, wanted, value, context) };
    } catch (error) {
      if (error instanceof SocketError) return failed(error.code);
      throw error;
    }
  });
}

function compareOption(
  expected: Expression,
  length: number,
  value: unknown,
  context: CallContext,
): string | undefined {
  const { platform } = context;
  if (expected.type === "ellipsis") return undefined;
  if (expected.type === "string") {
    const text = textOf(expected)!.replace(/\0+$/, "");
    return text === value ? undefined : `Bad getsockopt optval: expected: ${text} actual: ${String(value)}`;
  }
  if (expected.type === "struct") return compareLinger(expected, value, context);
  const wanted = numberOf(itemOf(expected, "optval"), platform);
  if (typeof value !== "number") return unsupported("an option that is no number");
  if (length !== 4) return `Bad getsockopt optlen: expected: ${length} actual: 4`;
  return (wanted | 0) === (value | 0)
    ? undefined
    : `Bad getsockopt optval: expected: ${wanted} actual: ${value}`;
}

function compareLinger(expected: Expression, value: unknown, { platform }: CallContext): string | undefined {
  const wanted = {
    on: fieldNumber(expected, "onoff", platform) !== 0,
    seconds: fieldNumber(expected, "linger", platform),
  };
  const same = JSON.stringify(wanted) === JSON.stringify(value);
  return same
    ? undefined
    : `Bad getsockopt optval: expected: ${JSON.stringify(wanted)} actual: ${JSON.stringify(value)}`;
}

function fcntl(args: readonly Expression[], context: CallContext): PreparedCall {
  const { platform } = context;
  const descriptor = descriptorOf(context, args[0]!);
  const command = numberOf(args[1]!, platform);
  const argument = args[2] === undefined ? 0 : numberOf(args[2], platform);
  const nonBlock = symbolValue(platform, "O_NONBLOCK")!;
  return done((): CallResult => {
    switch (symbolsOf(platform, "F_", command)[0]) {
      case "F_GETFL":
        return { value: symbolValue(platform, "O_RDWR")! | (descriptor.nonBlocking ? nonBlock : 0) };
      case "F_SETFL":
        descriptor.nonBlocking = (argument & nonBlock) !== 0;
        return { value: 0 };
      default:
        return unsupported(`fcntl command ${command}`);
    }
  });
}

/** Bytes waiting to be read, or sent and not acknowledged. */
function ioctl(args: readonly Expression[], context: CallContext): PreparedCall {
  const { platform } = context;
  const socket = socketOf(descriptorOf(context, args[0]!));
  const command = numberOf(args[1]!, platform);
  const expected =
    args[2] === undefined ? undefined : numberOf(itemOf(args[2], "the argument of ioctl"), platform);
  const names = [...symbolsOf(platform, "SIOC", command), ...symbolsOf(platform, "FION", command)];
  const name = names.find((candidate) => supported.has(candidate));
  if (name === undefined) return unsupported(`ioctl ${names[0] ?? command}`);
  return done(() => {
    let value = 0;
    const result = outcomeOf(() => {
      value = socket.getOption(name) as number;
      return 0;
    });
    const wrong = `Bad ioctl value: expected: ${expected} actual: ${value}`;
    return { ...result, verify: () => (expected === undefined || expected === value ? undefined : wrong) };
  });
}
