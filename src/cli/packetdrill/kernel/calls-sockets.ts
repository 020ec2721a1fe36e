/** Calls that make, name, connect and end sockets, and files. */
import { resolve } from "node:path";
import { KernelSocket } from "../../../node/kernel-sockets/kernel-sockets.ts";
import { nameFor } from "../../../node/kernel-sockets/kernel-sockets-names.ts";
import type { KernelCalls } from "../../../node/kernel-sockets/kernel-sockets-native.ts";
import { closeOnExec } from "../../../node/structs.ts";
import { bindAddress, connectAddress } from "../../../packetdrill/calls/call-context.ts";
import { isEllipsis, itemsOf, textOf } from "../../../packetdrill/calls/values.ts";
import type { Expression } from "../../../packetdrill/language/script/script.ts";
import type { TransportProtocol } from "../../../packetdrill/run/connection.ts";
import { fail, unsupported } from "../../../packetdrill/run/failure.ts";
import { viewOf } from "./memory.ts";
import {
  addLive,
  fdOf,
  type Handler,
  labelOf,
  liveOf,
  noSocket,
  num,
  type Prepared,
  type World,
} from "./world.ts";

const transports: Readonly<Record<number, TransportProtocol>> = {
  ...{ 1: "icmp", 6: "tcp", 17: "udp", 58: "icmp", 132: "sctp", 136: "udplite" },
};

/** Protocol of a socket made with 0. */
const usual: Readonly<Record<number, number>> = { 1: 6, 2: 17 };

const inet = 2;
const inet6 = 10;
const longestName = 28;
const typeMask = 0xf;

/** Sockets for the runner's bookkeeping: nothing is asked of them. */
export type SocketMaker = (fd: number, live: Omit<Live, "fd">) => KernelSocket;
type Live = {
  readonly fd: number;
  readonly family: number;
  readonly type: number;
  readonly protocol: number;
};

export function socketMaker(calls: KernelCalls): SocketMaker {
  return (fd, { family, type, protocol }) =>
    new KernelSocket(
      calls,
      fd,
      family === inet6 ? "AF_INET6" : "AF_INET",
      type === 1 ? "SOCK_STREAM" : type === 2 ? "SOCK_DGRAM" : "SOCK_RAW",
      protocol,
    );
}

export function socketCalls(makeSocket: SocketMaker): Readonly<Record<string, Handler>> {
  return {
    socket: (args, world, label) => openSocket(args, world, label, makeSocket),
    accept: (args, world, label) => accept(args, world, label, makeSocket),
    ...{ bind, connect, listen, close, shutdown, pipe, open },
    epoll_create: ([size], world, label) => ({
      ...{ name: "epoll_create", args: [num(size!)], waits: "nothing", descriptor: true },
      commit: (fd) => addLive(world, label, { fd, ...noSocket }),
    }),
  };
}

function openSocket(args: readonly Expression[], world: World, label: number, make: SocketMaker): Prepared {
  const { context } = world;
  const six = context.options.ipVersion !== "ipv4";
  const family = isEllipsis(args[0]!) ? (six ? inet6 : inet) : num(args[0]!);
  const [bits, protocol] = [num(args[1]!), num(args[2]!)];
  const type = bits & typeMask;
  return {
    ...{ name: "socket", args: [family, bits | closeOnExec, protocol], waits: "nothing", descriptor: true },
    commit: (fd) => {
      const live = { fd, family, type, protocol: protocol || (usual[type] ?? 0) };
      addLive(world, label, live);
      context.tracker.opened(label, make(fd, live), transports[live.protocol] ?? "tcp");
    },
  };
}

function bind(args: readonly Expression[], world: World): Prepared {
  const { fd, family } = liveOf(args[0]!, world);
  const name = nameFor(family === inet6 ? "AF_INET6" : "AF_INET", bindAddress(world.context));
  return { name: "bind", args: [fd, world.memory.keep(name), name.length], waits: "nothing" };
}

function listen(args: readonly Expression[], world: World): Prepared {
  return {
    ...{ name: "listen", args: [fdOf(args[0]!, world), num(args[1]!)], waits: "nothing" },
    commit: () => world.context.tracker.listening(labelOf(args[0]!)),
  };
}

function accept(args: readonly Expression[], world: World, label: number, make: SocketMaker): Prepared {
  const listener = liveOf(args[0]!, world);
  const name = world.memory.zeros(longestName);
  const length = world.memory.zeros(4);
  viewOf(length.bytes).setUint32(0, longestName, true);
  return {
    ...{ name: "accept4", args: [listener.fd, name.at, length.at, closeOnExec] },
    ...{ waits: "readable", descriptor: true },
    commit: (fd) => {
      // The real tool lets accept() take a label that is in use: it stands for the new one then.
      const before = world.live.get(label);
      if (before !== undefined) world.forgotten.push(before);
      world.live.set(label, { ...listener, fd });
      const child =
        world.context.tracker.accepted(label, make(fd, listener)) ??
        fail("unable to find socket matching accept() call");
      const port = viewOf(name.bytes).getUint16(2, false);
      if (port !== child.endpoints.destinationPort) fail(`accept() gave a connection from port ${port}`);
    },
  };
}

/** The address that connect() and sendto() are given; a family instead of `...` has nothing but itself. */
export function destination(expression: Expression, family: number, world: World): Uint8Array {
  if (isEllipsis(expression)) {
    return nameFor(family === inet6 ? "AF_INET6" : "AF_INET", connectAddress(world.context));
  }
  const bytes = new Uint8Array(16);
  viewOf(bytes).setUint16(0, num(expression), true);
  return bytes;
}

function connect(args: readonly Expression[], world: World): Prepared {
  const label = labelOf(args[0]!);
  const { fd, family } = liveOf(args[0]!, world);
  const { tracker } = world.context;
  const dissolves = !isEllipsis(args[1]!);
  const name = destination(args[1]!, family, world);
  return {
    ...{ name: "connect", args: [fd, world.memory.keep(name), name.length], waits: "unknown" },
    before: () => {
      if (!dissolves) tracker.connecting(label);
    },
    commit: () => {
      if (dissolves) tracker.disconnected(label);
    },
  };
}

function close(args: readonly Expression[], world: World): Prepared {
  const label = labelOf(args[0]!);
  return {
    ...{ name: "close", args: [fdOf(args[0]!, world)], waits: "nothing" },
    before: () => {
      world.live.delete(label);
      world.context.tracker.closed(label);
    },
  };
}

function shutdown(args: readonly Expression[], world: World): Prepared {
  return { name: "shutdown", args: [fdOf(args[0]!, world), num(args[1]!)], waits: "nothing" };
}

function pipe(args: readonly Expression[], world: World): Prepared {
  const labels = itemsOf(args[0]!, "the list of pipe").map(num);
  const ends = world.memory.zeros(8);
  return {
    ...{ name: "pipe", args: [ends.at], waits: "nothing" },
    commit: () => {
      const view = viewOf(ends.bytes);
      for (const [index, label] of labels.entries())
        addLive(world, label, { fd: view.getInt32(4 * index, true), ...noSocket });
    },
  };
}

function open(args: readonly Expression[], world: World, label: number): Prepared {
  const path = textOf(args[0]!) ?? unsupported("open() of something that is no text");
  const bytes = new TextEncoder().encode(`${resolve(world.folder, path)}\0`);
  return {
    ...{
      name: "open",
      args: [world.memory.keep(bytes), num(args[1]!), 0o644],
      waits: "nothing",
      descriptor: true,
    },
    commit: (fd) => addLive(world, label, { fd, ...noSocket }),
  };
}
