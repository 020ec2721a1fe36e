/** What setsockopt can set on every kind of socket: flat, with the defaults of Linux. */
import type { Address } from "../../base/address.ts";
import { anyCpu, type BindOptions } from "../../ports/binding.ts";
import type { GroupSelector } from "../../ports/demultiplexer/reuseport-group.ts";
import type { SocketDomain } from "../socket.ts";
import type { Sysctl } from "../views/sysctl.ts";

export interface Linger {
  readonly on: boolean;
  readonly seconds: number;
}

/** IP_MTU_DISCOVER and IPV6_MTU_DISCOVER (linux/in.h). */
export const pathMtuModes = { dont: 0, want: 1, do: 2, probe: 3, interface: 4, omit: 5 } as const;

export interface SocketOptions {
  reuseAddress: boolean;
  reusePort: boolean;
  /** SO_REUSEPORT_LB. */
  loadBalance: boolean;
  /** IP_PORTRANGE. */
  band: BindOptions["band"];
  /** IP_PORTALGO and its like; undefined: the host's. */
  algorithm: string | undefined;
  /** SO_REUSE_UNICASTPORT. */
  reuseUnicastPort: boolean;
  /** SO_ATTACH_REUSEPORT_CBPF. */
  selector: GroupSelector | undefined;
  /** SO_INCOMING_CPU. */
  incomingCpu: number;
  exclusive: boolean;
  broadcast: boolean;
  keepAlive: boolean;
  urgentInline: boolean;
  /** Send UDP over IPv4 without a checksum (RFC 1122, section 4.1.3.4). */
  noChecksum: boolean;
  /** Bytes as the kernel counts them: twice what was asked for. */
  sendBuffer: number;
  receiveBuffer: number;
  /** Set by the caller, so not tuned any more. */
  sendBufferLocked: boolean;
  receiveBufferLocked: boolean;
  receiveLowWater: number;
  linger: Linger;
  /** Interface index of SO_BINDTODEVICE, 0 for none. */
  device: number;
  /** IP_TOS, ECN bits and all. */
  tos: number;
  /** -1: the host's. */
  ttl: number;
  mtuDiscover: number;
  receiveErrors: boolean;
  bindAddressNoPort: boolean;
  freeBind: boolean;
  /** Low and high half of IP_LOCAL_PORT_RANGE, 0 meaning unset. */
  portRange: readonly [number, number];
  multicastTtl: number;
  multicastLoop: boolean;
  multicastAll: boolean;
  multicastInterface: number;
  multicastSource: Address | undefined;
  v6Only: boolean;
  trafficClass: number;
  hopLimit: number;
  mtuDiscover6: number;
  dontFragment6: boolean;
  receiveErrors6: boolean;
  multicastHops: number;
  multicastLoop6: boolean;
  multicastAll6: boolean;
  multicastInterface6: number;
  /** SO_ZEROCOPY: MSG_ZEROCOPY is heeded. */
  zerocopy: boolean;
  /** SO_TIMESTAMPING: SOF_TIMESTAMPING_ bits. */
  timestamping: number;
  /** Options that are kept and change nothing, by name. */
  inert: Map<string, number> | undefined;
}

const noLinger: Linger = { on: false, seconds: 0 };
const anyRange: readonly [number, number] = [0, 0];

export function defaultOptions(
  sysctl: Sysctl,
  domain: SocketDomain,
  transport: "tcp" | "other",
): SocketOptions {
  const tcp = transport === "tcp";
  return {
    reuseAddress: false,
    reusePort: false,
    loadBalance: false,
    band: "default",
    algorithm: undefined,
    reuseUnicastPort: false,
    selector: undefined,
    incomingCpu: anyCpu,
    exclusive: false,
    broadcast: false,
    keepAlive: false,
    urgentInline: false,
    noChecksum: false,
    sendBuffer: tcp ? sysctl.values("net.ipv4.tcp_wmem")[1]! : sysctl.value("net.core.wmem_default"),
    receiveBuffer: tcp ? sysctl.values("net.ipv4.tcp_rmem")[1]! : sysctl.value("net.core.rmem_default"),
    sendBufferLocked: false,
    receiveBufferLocked: false,
    receiveLowWater: 1,
    linger: noLinger,
    device: 0,
    tos: 0,
    ttl: -1,
    mtuDiscover: sysctl.value("net.ipv4.ip_no_pmtu_disc") === 0 ? pathMtuModes.want : pathMtuModes.dont,
    receiveErrors: false,
    bindAddressNoPort: false,
    freeBind: false,
    portRange: anyRange,
    multicastTtl: 1,
    multicastLoop: true,
    // As Linux does: an AF_INET6 socket hears of the IPv4 groups it joined only.
    multicastAll: domain === "AF_INET",
    multicastInterface: 0,
    multicastSource: undefined,
    v6Only: sysctl.value("net.ipv6.bindv6only") !== 0,
    trafficClass: 0,
    hopLimit: -1,
    mtuDiscover6: pathMtuModes.want,
    dontFragment6: false,
    receiveErrors6: false,
    multicastHops: 1,
    multicastLoop6: true,
    multicastAll6: true,
    multicastInterface6: 0,
    zerocopy: false,
    timestamping: 0,
    inert: undefined,
  };
}

/** What a listener's children start with (sk_clone). */
export function inheritedOptions(options: SocketOptions): SocketOptions {
  const inherited = { ...options };
  if (options.inert !== undefined) inherited.inert = new Map(options.inert);
  return inherited;
}
