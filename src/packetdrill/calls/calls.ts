/** The system calls of a script, made of a socket's own calls. */

import { type ErrnoName, errnoNames, errnoNumber, SocketError } from "../../base/errno.ts";
import type { Socket, SocketDomain, SocketType } from "../../stack/socket.ts";
import { symbolsOf } from "../language/names/symbols.ts";
import type { Call, Expression } from "../language/script/script.ts";
import type { TransportProtocol } from "../run/connection.ts";
import { fail, unsupported } from "../run/failure.ts";
import {
  addDescriptor,
  bindAddress,
  type CallContext,
  type CallHandler,
  connectAddress,
  descriptorOf,
  socketOf,
} from "./call-context.ts";
import { type CallResult, done, failed, outcomeOf, type PreparedCall, unlessBlocked } from "./call-result.ts";
import { dataCalls } from "./calls-data.ts";
import { messageCalls } from "./calls-message.ts";
import { optionCalls } from "./calls-options.ts";
import { pollCalls } from "./calls-poll.ts";
import { expectEllipsis, isEllipsis, numberOf } from "./values.ts";

const handlers: Readonly<Record<string, CallHandler>> = {
  socket: openSocket,
  bind,
  listen,
  accept,
  connect,
  close,
  shutdown,
  ...dataCalls,
  ...messageCalls,
  ...optionCalls,
  ...pollCalls,
};

/** The call, ready to be tried. */
export function prepareCall(call: Call, context: CallContext): PreparedCall {
  const handler = Object.hasOwn(handlers, call.name) ? handlers[call.name] : undefined;
  if (handler === undefined) return unsupported(`system call ${call.name}`);
  const label = call.result.type === "integer" ? call.result.value : -1;
  return handler(call.args, context, label);
}

const types: Readonly<Record<string, SocketType>> = {
  SOCK_STREAM: "SOCK_STREAM",
  SOCK_DGRAM: "SOCK_DGRAM",
  SOCK_RAW: "SOCK_RAW",
  SOCK_SEQPACKET: "SOCK_SEQPACKET",
};

const transports: Readonly<Record<number, TransportProtocol>> = {
  ...{ 1: "icmp", 6: "tcp", 17: "udp", 58: "icmp", 132: "sctp", 136: "udplite" },
};

function openSocket(args: readonly Expression[], context: CallContext, label: number): PreparedCall {
  const { platform, device, options } = context;
  const six = isEllipsis(args[0]!)
    ? options.ipVersion !== "ipv4"
    : domainOf(args[0]!, context) === "AF_INET6";
  const domain: SocketDomain = six ? "AF_INET6" : "AF_INET";
  const bits = numberOf(args[1]!, platform);
  const [type, nonBlocking] = socketType(bits, context);
  const protocol = numberOf(args[2]!, platform);
  if (protocol === 132) return unsupported("SCTP sockets");
  if (protocol === 136) return unsupported("UDP-Lite sockets");
  return {
    descriptor: true,
    attempt: () => {
      try {
        const socket = device.socket(domain, type, protocol);
        const commit = (): void => {
          addDescriptor(context, label, { socket, nonBlocking });
          context.tracker.opened(label, socket, transports[socket.protocol] ?? "tcp");
        };
        return { value: label < 0 ? 0 : label, commit };
      } catch (error) {
        if (error instanceof SocketError) return failed(error.code);
        throw error;
      }
    },
  };
}

function domainOf(expression: Expression, context: CallContext): SocketDomain {
  const value = numberOf(expression, context.platform);
  const name = symbolsOf(context.platform, "AF_", value)[0];
  if (name === "AF_INET" || name === "AF_INET6") return name;
  return unsupported(`sockets of ${name ?? value}`);
}

function socketType(bits: number, { platform }: CallContext): [SocketType, boolean] {
  const name = symbolsOf(platform, "SOCK_", bits & 0xf).find((candidate) => candidate in types);
  if (name === undefined) return unsupported(`sockets of type ${bits}`);
  const nonBlocking = symbolsOf(platform, "SOCK_NONBLOCK", bits & ~0xf).length > 0;
  return [types[name]!, nonBlocking];
}

function bind(args: readonly Expression[], context: CallContext): PreparedCall {
  const descriptor = descriptorOf(context, args[0]!);
  expectEllipsis(args[1]!, "the address of bind");
  return done(() =>
    outcomeOf(() => {
      socketOf(descriptor).bind(bindAddress(context));
      return 0;
    }),
  );
}

function listen(args: readonly Expression[], context: CallContext): PreparedCall {
  const descriptor = descriptorOf(context, args[0]!);
  const backlog = numberOf(args[1]!, context.platform);
  return done(() => {
    const result = outcomeOf(() => {
      socketOf(descriptor).listen(backlog);
      return 0;
    });
    return { ...result, commit: () => context.tracker.listening(descriptor.label) };
  });
}

function accept(args: readonly Expression[], context: CallContext, label: number): PreparedCall {
  const descriptor = descriptorOf(context, args[0]!);
  return {
    descriptor: true,
    attempt: () => {
      let result: CallResult = { value: -1 };
      const outcome = unlessBlocked(descriptor.nonBlocking, () => {
        const socket = socketOf(descriptor).accept();
        const commit = (): void => {
          addDescriptor(context, label, { socket });
          const child =
            context.tracker.accepted(label, socket) ?? fail("unable to find socket matching accept() call");
          const port = remotePortOf(socket);
          if (port !== undefined && port !== child.endpoints.destinationPort)
            fail(`accept() gave a connection from port ${port}`);
        };
        result = { value: label < 0 ? 0 : label, commit };
        return result.value;
      });
      return outcome === undefined || outcome.value < 0 ? outcome : result;
    },
  };
}

/** Undefined where the connection was reset before anyone accepted it. */
function remotePortOf(socket: Socket): number | undefined {
  try {
    return socket.remoteEndpoint().port;
  } catch (error) {
    if (error instanceof SocketError && error.code === "ENOTCONN") return undefined;
    throw error;
  }
}

function connect(args: readonly Expression[], context: CallContext): PreparedCall {
  const descriptor = descriptorOf(context, args[0]!);
  const socket = socketOf(descriptor);
  if (!isEllipsis(args[1]!)) return connectTo(args[1]!, descriptor.label, context);
  let begun = false;
  return {
    attempt: () => {
      if (begun) return connected(socket);
      begun = true;
      const result = outcomeOf(() => {
        context.tracker.connecting(descriptor.label);
        socket.connect(connectAddress(context));
        return 0;
      });
      return result.errno === "EINPROGRESS" && !descriptor.nonBlocking ? connected(socket) : result;
    },
  };
}

/** Google's dialect may name a family instead: AF_UNSPEC dissolves a connection. */
function connectTo(address: Expression, label: number, context: CallContext): PreparedCall {
  if (numberOf(address, context.platform) !== 0)
    return unsupported("connect() to a family other than AF_UNSPEC");
  const socket = socketOf(context.descriptors.get(label)!);
  return done(() => {
    const result = outcomeOf(() => {
      socket.connect(undefined);
      return 0;
    });
    return { ...result, commit: () => context.tracker.disconnected(label) };
  });
}

/** How a connection under way has ended, or undefined. */
function connected(socket: Socket): CallResult | undefined {
  const ready = socket.poll();
  if (!ready.writable && !ready.error && !ready.hangup) return undefined;
  return outcomeOf(() => {
    const error = socket.getOption("SO_ERROR") as number;
    if (error === 0) return 0;
    throw new SocketError(errnoNameOf(error), "connect");
  });
}

function errnoNameOf(number: number): ErrnoName {
  return errnoNames.find((name) => errnoNumber(name) === number) ?? fail(`nobody knows errno ${number}`);
}

function close(args: readonly Expression[], context: CallContext): PreparedCall {
  const descriptor = descriptorOf(context, args[0]!);
  return done(() => {
    descriptor.socket?.close();
    context.descriptors.remove(descriptor.label);
    context.tracker.closed(descriptor.label);
    return { value: 0 };
  });
}

const directions = ["SHUT_RD", "SHUT_WR", "SHUT_RDWR"] as const;

function shutdown(args: readonly Expression[], context: CallContext): PreparedCall {
  const socket = socketOf(descriptorOf(context, args[0]!));
  const how = numberOf(args[1]!, context.platform);
  return done(() => {
    const direction = directions[how];
    if (direction === undefined) return failed("EINVAL");
    return outcomeOf(() => {
      socket.shutdown(direction);
      return 0;
    });
  });
}
