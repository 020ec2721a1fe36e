/** IPPROTO_TCP (tcp(7); net/ipv4/tcp.c). */
import { SocketError } from "../../base/errno.ts";
import { push } from "../../protocols/tcp/connection.ts";
import type { TcpOptions } from "../socket-core/tcp-options-state.ts";
import { inert, integer, type Option, type OptionTable, ranged, refuse, truth } from "./option-values.ts";
import { foreignLevel } from "./options-udp.ts";

/** MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL; MAX_TCP_KEEPCNT and MAX_TCP_SYNCNT. */
const longestKeepAlive = 32767;
const mostProbes = 127;
/** TCP_MIN_MSS and MAX_TCP_WINDOW. */
const leastMss = 88;
const mostMss = 32767;
/** TCP_FIN_TIMEOUT_MAX, seconds. */
const longestFinWait2 = 120;
/** MSS before there is a connection (RFC 9293, SHLD-5). */
const defaultMss = 536;

type Field<Type> = { [K in keyof TcpOptions]: TcpOptions[K] extends Type ? K : never }[keyof TcpOptions];

function flag(field: Field<boolean>): Option {
  return {
    get: ({ tcp }) => tcp![field],
    set: (core, value) => {
      core.tcp![field] = truth(value);
      core.tcp!.socket?.optionsChanged();
    },
  };
}

/** A number of its own, or 0 for the host's, which is then what is read. */
function count(field: Field<number>, knob: string, most: number): Option {
  return {
    get: ({ tcp, world }) => tcp![field] || world.sysctl.value(knob),
    set: (core, value) => {
      core.tcp![field] = ranged(value, 1, most);
      core.tcp!.socket?.optionsChanged();
    },
  };
}

const table: OptionTable = {
  TCP_NODELAY: {
    get: ({ tcp }) => tcp!.noDelay,
    set: ({ tcp }, value) => {
      const { socket } = tcp!;
      tcp!.noDelay = truth(value);
      // As Linux does: it lets go even of what a cork holds, once.
      if (tcp!.noDelay && socket?.tcb !== undefined) push(socket.tcb);
      socket?.optionsChanged();
    },
  },
  TCP_CORK: flag("cork"),
  TCP_QUICKACK: {
    get: ({ tcp }) => tcp!.quickAck ?? true,
    set: (core, value) => {
      core.tcp!.quickAck = truth(value);
      core.tcp!.socket?.optionsChanged();
    },
  },
  TCP_MAXSEG: {
    get: ({ tcp }) => segmentInUse(tcp!) ?? (tcp!.maxSegment || defaultMss),
    set: (core, value) => {
      const bytes = integer(value);
      core.tcp!.maxSegment = bytes === 0 ? 0 : ranged(bytes, leastMss, mostMss);
      core.tcp!.socket?.optionsChanged();
    },
  },
  TCP_KEEPIDLE: count("keepIdle", "net.ipv4.tcp_keepalive_time", longestKeepAlive),
  TCP_KEEPINTVL: count("keepInterval", "net.ipv4.tcp_keepalive_intvl", longestKeepAlive),
  TCP_KEEPCNT: count("keepCount", "net.ipv4.tcp_keepalive_probes", mostProbes),
  TCP_SYNCNT: count("synCount", "net.ipv4.tcp_syn_retries", mostProbes),
  TCP_LINGER2: {
    get: ({ tcp, world }) => tcp!.linger2 || world.sysctl.value("net.ipv4.tcp_fin_timeout"),
    set: (core, value) => {
      const seconds = integer(value);
      core.tcp!.linger2 = seconds < 0 ? -1 : Math.min(seconds, longestFinWait2);
      core.tcp!.socket?.optionsChanged();
    },
  },
  TCP_DEFER_ACCEPT: {
    get: ({ tcp }) => secondsOf(tcp!.deferAccept),
    set: ({ tcp }, value) => {
      tcp!.deferAccept = retransmissionsIn(integer(value));
    },
  },
  TCP_WINDOW_CLAMP: {
    get: ({ tcp }) => tcp!.windowClamp,
    set: (core, value) => {
      const tcp = core.tcp!;
      const bytes = integer(value);
      if (bytes === 0 && tcp.socket?.state() !== "CLOSED") refuse("EINVAL");
      tcp.windowClamp = bytes === 0 ? 0 : Math.max(bytes, 1152);
      tcp.socket?.optionsChanged();
    },
  },
  TCP_USER_TIMEOUT: {
    get: ({ tcp }) => tcp!.userTimeout,
    set: (core, value) => {
      core.tcp!.userTimeout = ranged(value, 0, 2 ** 31 - 1);
      core.tcp!.socket?.optionsChanged();
    },
  },
  TCP_NOTSENT_LOWAT: {
    get: ({ tcp }) => tcp!.notSentLowWater,
    set: ({ tcp }, value) => {
      tcp!.notSentLowWater = integer(value);
    },
  },
  // A connection keeps its host's: there is one to choose from.
  TCP_CONGESTION: {
    get: ({ world }) => world.sysctl.get("net.ipv4.tcp_congestion_control"),
    set: ({ world }, name) => {
      if (typeof name !== "string") refuse("EINVAL");
      if (name !== world.sysctl.get("net.ipv4.tcp_congestion_control")) refuse("ENOENT");
    },
  },
  TCP_INFO: { get: ({ tcp }) => tcp!.socket?.info() ?? {} },
  // RFC 7413, section 4.1.2: a server may take no data with a SYN, and the client sends it again. This one takes none.
  TCP_FASTOPEN: inert("TCP_FASTOPEN", 0, (value) => ranged(value, 0, 2 ** 31 - 1)),
  TCP_INQ: inert("TCP_INQ", 0, (value) => ranged(value, 0, 1)),
  TCP_SAVE_SYN: inert("TCP_SAVE_SYN", 0, (value) => ranged(value, 0, 2)),
  TCP_THIN_LINEAR_TIMEOUTS: inert("TCP_THIN_LINEAR_TIMEOUTS", 0, (value) => ranged(value, 0, 1)),
};

/** MSS of a living connection. */
function segmentInUse({ socket }: TcpOptions): number | undefined {
  const state = socket?.state();
  return state === undefined || state === "CLOSED" || state === "LISTEN" ? undefined : socket!.tcb?.sndMss;
}

/**
 * The SYN-ACK timeouts that `seconds` take, and back: 1, 2, 4 ... seconds, 120 at most (secs_to_retrans and
 * retrans_to_secs of the kernel).
 */
function retransmissionsIn(seconds: number): number {
  let retransmissions = 0;
  let timeout = 1;
  for (let period = 0; seconds > period && retransmissions < 255; retransmissions++) {
    period += timeout;
    timeout = Math.min(timeout * 2, 120);
  }
  return retransmissions;
}

function secondsOf(retransmissions: number): number {
  let period = 0;
  let timeout = 1;
  for (let left = retransmissions; left > 0; left--) {
    period += timeout;
    timeout = Math.min(timeout * 2, 120);
  }
  return period;
}

export const tcpOptions: OptionTable = Object.fromEntries(
  Object.entries(table).map(([name, option]) => [name, onlyTcp(option)]),
);

function onlyTcp({ get, set }: Option): Option {
  return {
    get: (core) => {
      if (core.tcp === undefined) throw new SocketError(foreignLevel(core), "getsockopt");
      return get!(core);
    },
    ...(set && {
      set: (core, value) => {
        if (core.tcp === undefined) refuse("ENOPROTOOPT");
        set(core, value);
      },
    }),
  };
}
