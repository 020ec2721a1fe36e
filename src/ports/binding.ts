/** A binding records that somebody holds a protocol, a local address and a local port. */
import type { Address } from "../base/address.ts";
import type { Endpoint } from "../base/endpoint.ts";
import type { Instant } from "../base/time/clock.ts";
import type { GroupSelector } from "./demultiplexer/reuseport-group.ts";
import type { PortRange } from "./range.ts";

export type TransportProtocol = "tcp" | "udp" | "sctp" | "udplite";

export const transportProtocols: readonly TransportProtocol[] = ["tcp", "udp", "sctp", "udplite"];

/** The call a port is asked for in: it decides the errno of a refusal. `send` is the implicit bind of sendto(2). */
export type PortCall = "bind" | "listen" | "connect" | "send";

/** What a socket brings to bind(2). */
export interface BindOptions {
  /** SO_REUSEADDR. */
  reuseAddress: boolean;
  /** SO_REUSEPORT. */
  reusePort: boolean;
  /** SO_REUSEPORT_LB. */
  loadBalance: boolean;
  /** SO_EXCLUSIVEADDRUSE. */
  exclusive: boolean;
  /** IPV6_V6ONLY. */
  v6Only: boolean;
  /** Interface index of SO_BINDTODEVICE; 0 for none. */
  device: number;
  /** The user who made the socket. */
  uid: number;
  /** CAP_NET_BIND_SERVICE, or root. */
  privileged: boolean;
  /** IP_LOCAL_PORT_RANGE; a half of 0 is no wish. */
  portRange: PortRange | undefined;
  /** IP_PORTRANGE. */
  band: "default" | "high" | "low";
  /** One of the profile's algorithms (IP_PORTALGO and its like) instead of the one that the host has taken. */
  algorithm: string | undefined;
}

/** What is left out is off: no option set, no device, uid 0 without privilege, the default band. */
export interface BindRequest extends Partial<BindOptions> {
  readonly protocol: TransportProtocol;
  readonly domain: 4 | 6;
  /** Already known to be ours, or unspecified. */
  readonly address: Address;
  /** 0 leaves the choice to the profile. */
  readonly port: number;
  /** `bind` where it is left out. */
  readonly call?: PortCall;
  /** SO_INCOMING_CPU before bind(2): {@link anyCpu} where it is left out. */
  readonly incomingCpu?: number;
  /** See {@link Binding.formerPeer}. */
  readonly formerPeer?: Address;
  /** SO_ATTACH_REUSEPORT_CBPF before bind(2): the socket has a group of its own then, and joins no other. */
  readonly selector?: GroupSelector;
}

/** SO_INCOMING_CPU while nobody has set it. */
export const anyCpu = -1;

export type BindingState = "bound" | "listening" | "connected" | "held";

/**
 * A port in use. It belongs to the manager that made it; what is not readonly may be written at any time, as setsockopt(2)
 * and accept(2) do, and counts from then on. `Owner` is whatever the stack hangs on it.
 */
export interface Binding<Owner> {
  readonly protocol: TransportProtocol;
  readonly domain: 4 | 6;
  owner: Owner;
  /** Unspecified, or the one address it holds: a connected socket's is the source of its packets. */
  readonly address: Address;
  /** 1 to 65535, even after release. */
  readonly port: number;
  /** What bind(2) was given: `address` before connect(2) narrowed it. */
  readonly boundAddress: Address;
  readonly state: BindingState;
  readonly released: boolean;
  /** When connected or held. */
  readonly remote: Endpoint | undefined;
  /**
   * The port was got by bind(2), listen(2) or accept(2), not chosen by connect(2). As Linux does: connect(2) may
   * share the port with others only while nobody holds it explicitly.
   */
  readonly explicit: boolean;
  /** The caller named the port (SOCK_BINDPORT_LOCK): it stays bound when its connection is over. */
  readonly named: boolean;
  /** When a held binding's rest is over. */
  readonly until: Instant;
  /** The owner of the resting connection whose five-tuple this one has taken over, for its last sequence numbers. */
  readonly replaced: Owner | undefined;

  reuseAddress: boolean;
  reusePort: boolean;
  exclusive: boolean;
  device: number;
  /** SO_INCOMING_CPU: the CPU whose packets it would rather have, or last had; {@link anyCpu}, as any other that is none, for any. */
  incomingCpu: number;
  /** Whom an AF_INET6 datagram socket was connected to last, where the system does not forget that. */
  formerPeer: Address | undefined;
  /** Who picks among the group the binding is in, or begins (SO_ATTACH_REUSEPORT_CBPF): the last one set. */
  selector: GroupSelector | undefined;
  /** In a group of sockets that packets are balanced among, whatever has become of the option since. */
  readonly grouped: boolean;
  readonly v6Only: boolean;
  readonly uid: number;
}
