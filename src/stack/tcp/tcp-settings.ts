/** From sysctls and socket options to what the TCP machine is configured with. */
import type { Instant } from "../../base/time/clock.ts";
import {
  type ConnectionOptions,
  configure,
  linuxTcp,
  setReceiveBuffer,
  setSendBuffer,
  type Tcb,
  type TcpConfig,
} from "../../protocols/tcp/connection.ts";
import type { SocketOptions } from "../socket-core/options-state.ts";
import type { TcpOptions } from "../socket-core/tcp-options-state.ts";
import type { Sysctl } from "../views/sysctl.ts";

/** What tcp_orphan_retries 0 means. */
const usualOrphanRetries = 8;

/** The constants of a host whose sysctls are these. @param timeWait milliseconds, the port profile's */
export function tcpConfig(sysctl: Sysctl, timeWait: number, base: TcpConfig = linuxTcp): TcpConfig {
  const number = (name: string): number => sysctl.value(`net.ipv4.${name}`);
  const seconds = (name: string): number => number(name) * 1000;
  const receiveMost = sysctl.values("net.ipv4.tcp_rmem")[2]!;
  return {
    ...base,
    timeWait,
    rtoMax: number("tcp_rto_max_ms"),
    synRetries: number("tcp_syn_retries"),
    synLinearTimeouts: number("tcp_syn_linear_timeouts"),
    synAckRetries: number("tcp_synack_retries"),
    retries1: number("tcp_retries1"),
    retries2: number("tcp_retries2"),
    orphanRetries: number("tcp_orphan_retries") || usualOrphanRetries,
    finWait2: seconds("tcp_fin_timeout"),
    invalidAckInterval: number("tcp_invalid_ratelimit"),
    slowStartAfterIdle: number("tcp_slow_start_after_idle") !== 0,
    minimumBurst: Math.max(number("tcp_min_tso_segs"), 1),
    // The kernel cuts cwnd in two since 3.19; 1 asks for what it did before, and what its documentation still says.
    packetsPerWindow: number("tcp_tso_win_divisor") === 1 ? 1 : base.packetsPerWindow,
    burstRttLog: number("tcp_tso_rtt_log"),
    keepIdle: seconds("tcp_keepalive_time"),
    keepInterval: seconds("tcp_keepalive_intvl"),
    keepCount: number("tcp_keepalive_probes"),
    sendBuffer: sysctl.values("net.ipv4.tcp_wmem")[2]!,
    // Half of the memory is the window (tcp_adv_win_scale 1).
    receiveBuffer: Math.max(receiveMost >> 1, 1),
    receiveBufferMax: receiveMost,
    firstWindow: Math.max(sysctl.values("net.ipv4.tcp_rmem")[1]! >> 1, 1),
    timestamps: number("tcp_timestamps") !== 0,
    windowScaling: number("tcp_window_scaling") !== 0,
    sack: number("tcp_sack") !== 0,
    timeWaitIgnoresResets: number("tcp_rfc1337") !== 0,
  };
}

/** What a socket has set of its connection. */
export function connectionOptions(
  options: SocketOptions,
  tcp: TcpOptions,
  config: TcpConfig,
): ConnectionOptions {
  return {
    noDelay: tcp.noDelay,
    cork: tcp.cork,
    quickAck: tcp.quickAck === true,
    keepAlive: options.keepAlive,
    keepIdle: tcp.keepIdle * 1000 || config.keepIdle,
    keepInterval: tcp.keepInterval * 1000 || config.keepInterval,
    keepCount: tcp.keepCount || config.keepCount,
    userTimeout: tcp.userTimeout,
    synRetries: tcp.synCount || config.synRetries,
    finWait2: tcp.linger2 < 0 ? -1 : tcp.linger2 * 1000 || config.finWait2,
    lingerReset: options.linger.on && options.linger.seconds === 0,
    maxSegment: tcp.maxSegment,
  };
}

/**
 * Bytes of data the two buffers hold: half of what a caller set, whose other half is bookkeeping; else the host's;
 * `first` is what a SYN announces at most, `most` is what the second may grow to, undefined where the host decides (tcp_select_initial_window).
 */
export function bufferSizes(
  options: SocketOptions,
  tcp: TcpOptions,
  config: TcpConfig,
): { send: number; receive: number; first: number; most: number | undefined } {
  const receive = options.receiveBufferLocked ? options.receiveBuffer >> 1 : config.receiveBuffer;
  return {
    send: options.sendBufferLocked ? options.sendBuffer >> 1 : config.sendBuffer,
    receive: tcp.windowClamp > 0 ? Math.min(receive, tcp.windowClamp) : receive,
    first: Math.min(receive, config.firstWindow),
    most: tcp.windowClamp || (options.receiveBufferLocked ? receive : undefined),
  };
}

/** An option of a socket changed that has a connection. */
export function applyOptions(tcb: Tcb, options: SocketOptions, tcp: TcpOptions, now: Instant): void {
  const buffers = bufferSizes(options, tcp, tcb.config);
  configure(tcb, connectionOptions(options, tcp, tcb.config), now);
  if (buffers.send !== tcb.sendBuffer) setSendBuffer(tcb, buffers.send);
  if (buffers.receive !== tcb.receiveBuffer) setReceiveBuffer(tcb, buffers.receive);
}
