/** SOL_SOCKET (socket(7); net/core/sock.c). */
import { u32 } from "../../base/bytes.ts";
import { type ErrnoName, errnoNumber } from "../../base/errno.ts";
import type { GroupSelector } from "../../ports/demultiplexer/reuseport-group.ts";
import { type SocketCore, takeError } from "../socket-core/core.ts";
import type { SocketOptions } from "../socket-core/options-state.ts";
import {
  field,
  inert,
  inertFlag,
  integer,
  type OptionTable,
  ranged,
  refuse,
  truth,
} from "./option-values.ts";

const intMax = 2 ** 31 - 1;
/** SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF on 64-bit machines. */
const leastSendBuffer = 4608;
const leastReceiveBuffer = 2304;

/** SOF_TIMESTAMPING_MASK and _OPT_ID (linux/net_tstamp.h). */
const allTimestamping = 0x3ffff;
const optId = 0x80;

type Flag = { [K in keyof SocketOptions]: SocketOptions[K] extends boolean ? K : never }[keyof SocketOptions];

function flag(field: Flag): OptionTable[string] {
  return {
    get: ({ options }) => options[field],
    set: (core, value) => {
      core.options[field] = truth(value);
      applyToBinding(core);
      core.tcp?.socket?.optionsChanged();
    },
  };
}

/** What ICMP told of a connection without ending it (sk_err_soft). */
function takeSoftError({ tcp }: SocketCore): ErrnoName | undefined {
  const tcb = tcp?.socket?.tcb;
  const error = tcb?.softError;
  if (tcb !== undefined) tcb.softError = undefined;
  return error;
}

/** Bind conflicts look at the options as they are now, not as they were at bind(2). */
export function applyToBinding({ binding, options }: SocketCore): void {
  if (binding === undefined) return;
  binding.reuseAddress = options.reuseAddress;
  binding.reusePort = options.reusePort;
  binding.device = options.device;
  binding.exclusive = options.exclusive;
  binding.incomingCpu = options.incomingCpu;
}

/**
 * In place of a program, a function: from a packet to the index of a group's member; or what the two most common programs
 * return, `{ index }` or the payload's first word modulo `{ modulo }`. As Linux does (reuseport_attach_prog): EINVAL for a
 * socket that is in no group and may join none.
 */
function attachSelector(core: SocketCore, value: unknown): void {
  const { options, binding } = core;
  const selector = selectorOf(value);
  if (!(receives(core) ? binding?.grouped : options.reusePort)) refuse("EINVAL");
  options.selector = selector;
  if (binding !== undefined) binding.selector = selector;
}

/** Whether packets find the socket already (sk_hashed): then it is in its group, or in none for good. */
function receives({ binding, tcp }: SocketCore): boolean {
  return tcp === undefined ? binding !== undefined : binding?.state === "listening";
}

/** ENOENT where there is none. */
function detachSelector({ options, binding }: SocketCore): void {
  if ((binding?.selector ?? options.selector) === undefined) refuse("ENOENT");
  options.selector = undefined;
  if (binding !== undefined) binding.selector = undefined;
}

function selectorOf(value: unknown): GroupSelector {
  if (typeof value === "function") return value as GroupSelector;
  const modulo = field(value, "modulo");
  if (modulo === undefined) {
    const index = integer(field(value, "index"));
    return () => index;
  }
  const count = ranged(modulo, 1, 65535);
  return ({ payload }) => firstWord(payload) % count;
}

/** As `ld [0]` reads it; a program that reads beyond the packet returns 0. */
function firstWord(payload: Uint8Array): number {
  return payload.length < 4 ? 0 : u32(payload, 0) >>> 0;
}

/** As Linux does: bounded by the host's maximum, doubled for bookkeeping, then raised to the least. */
function bufferSize(value: unknown, most: number, least: number): number {
  return Math.max(Math.min(integer(value) >>> 0, most) * 2, least);
}

function setDevice(core: SocketCore, index: number): void {
  core.options.device = index;
  core.route = undefined;
  applyToBinding(core);
}

/** SO_RCVTIMEO and SO_SNDTIMEO are kept for programs that set them; no call blocks. Milliseconds. */
const timeout = (name: string): OptionTable[string] =>
  inert(name, 0, (value) => {
    const milliseconds = integer(value);
    return milliseconds < 0 ? refuse("EDOM") : milliseconds;
  });

export const socketOptions: OptionTable = {
  SO_REUSEADDR: flag("reuseAddress"),
  SO_REUSEPORT: flag("reusePort"),
  SO_ATTACH_REUSEPORT_CBPF: { set: attachSelector },
  SO_ATTACH_REUSEPORT_EBPF: { set: attachSelector },
  SO_DETACH_REUSEPORT_BPF: { set: detachSelector },
  SO_EXCLUSIVEADDRUSE: flag("exclusive"),
  SO_BROADCAST: flag("broadcast"),
  SO_KEEPALIVE: flag("keepAlive"),
  SO_NO_CHECK: flag("noChecksum"),
  SO_OOBINLINE: flag("urgentInline"),
  SO_TYPE: { get: ({ type }) => ({ SOCK_STREAM: 1, SOCK_DGRAM: 2, SOCK_RAW: 3, SOCK_SEQPACKET: 5 })[type] },
  SO_DOMAIN: { get: ({ domain }) => (domain === "AF_INET" ? 2 : 10) },
  SO_PROTOCOL: { get: ({ protocol }) => protocol },
  SO_ACCEPTCONN: { get: ({ tcp }) => tcp?.socket?.state() === "LISTEN" },
  SO_COOKIE: { get: ({ id }) => id },
  SO_ERROR: {
    get: (core) => {
      // As Linux does: an error that ended nothing is told too, once.
      const error = takeError(core) ?? takeSoftError(core);
      return error === undefined ? 0 : errnoNumber(error);
    },
  },
  SO_SNDBUF: {
    get: ({ options }) => options.sendBuffer,
    set: (core, value) => {
      const most = core.world.sysctl.value("net.core.wmem_max");
      core.options.sendBuffer = bufferSize(value, most, leastSendBuffer);
      core.options.sendBufferLocked = true;
      core.tcp?.socket?.optionsChanged();
    },
  },
  SO_RCVBUF: {
    get: ({ options }) => options.receiveBuffer,
    set: (core, value) => {
      const most = core.world.sysctl.value("net.core.rmem_max");
      core.options.receiveBuffer = bufferSize(value, most, leastReceiveBuffer);
      core.options.receiveBufferLocked = true;
      core.tcp?.socket?.optionsChanged();
    },
  },
  SO_RCVLOWAT: {
    get: ({ options }) => options.receiveLowWater,
    set: ({ options, tcp, world }, value) => {
      const bytes = integer(value);
      const most = tcp === undefined ? intMax : world.sysctl.values("net.ipv4.tcp_rmem")[2]! >> 1;
      options.receiveLowWater = bytes < 0 ? most : Math.min(Math.max(bytes, 1), most);
    },
  },
  SO_SNDLOWAT: { get: () => 1 },
  SO_LINGER: {
    get: ({ options }) => options.linger,
    set: ({ options }, value) => {
      const on = truth(field(value, "on"));
      // As Linux does: the time is only taken along when lingering is switched on.
      const seconds = on ? integer(field(value, "seconds")) >>> 0 : options.linger.seconds;
      options.linger = { on, seconds };
    },
  },
  SO_BINDTODEVICE: {
    get: ({ options, world }) => world.interfaceAt(options.device)?.name ?? "",
    set: (core, value) => {
      if (typeof value !== "string") refuse("EINVAL");
      const found = value === "" ? undefined : core.world.interfaceNamed(value);
      if (found === undefined && value !== "") refuse("ENODEV");
      setDevice(core, found?.index ?? 0);
    },
  },
  SO_BINDTOIFINDEX: {
    get: ({ options }) => options.device,
    set: (core, value) => {
      // As Linux does: whether there is such an interface is seen when it is used.
      setDevice(core, ranged(value, 0, intMax));
    },
  },
  SO_ZEROCOPY: {
    get: ({ options }) => options.zerocopy,
    set: ({ options }, value) => {
      options.zerocopy = ranged(value, 0, 1) === 1;
    },
  },
  SO_TIMESTAMPING: {
    get: ({ options }) => options.timestamping,
    set: ({ options, tcp }, value) => {
      const bits = ranged(value, 0, allTimestamping);
      // As Linux does: octets of a stream are counted from what is acknowledged when that is switched on.
      if (tcp?.socket?.tcb !== undefined && (bits & ~options.timestamping & optId) !== 0)
        tcp.timestampBase = tcp.socket.tcb.sndUna;
      options.timestamping = bits;
    },
  },
  SO_RCVTIMEO: timeout("SO_RCVTIMEO"),
  SO_SNDTIMEO: timeout("SO_SNDTIMEO"),
  SO_DEBUG: inertFlag("SO_DEBUG"),
  SO_DONTROUTE: inertFlag("SO_DONTROUTE"),
  SO_TIMESTAMP: inertFlag("SO_TIMESTAMP"),
  SO_PRIORITY: inert("SO_PRIORITY", 0, integer),
  SO_MARK: inert("SO_MARK", 0, integer),
  SO_INCOMING_CPU: {
    get: ({ options }) => options.incomingCpu,
    set: (core, value) => {
      core.options.incomingCpu = integer(value);
      applyToBinding(core);
      core.tcp?.socket?.optionsChanged();
    },
  },
};
