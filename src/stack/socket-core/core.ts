/** What every socket is made of, whatever its protocol: held by the socket, read and set by the option tables. */
import { type Address, anyV4, anyV6, isV4 } from "../../base/address.ts";
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import type { Binding } from "../../ports/binding.ts";
import type { Profile } from "../../ports/profile.ts";
import { protocols } from "../../wire/protocols.ts";
import type { ErrorReport, Readiness, ShutdownHow, SocketDomain, SocketType } from "../socket.ts";
import type { Route } from "../transport.ts";
import { Memberships } from "./memberships.ts";
import { defaultOptions, inheritedOptions, type SocketOptions } from "./options-state.ts";
import { newTcpOptions, type TcpOptions } from "./tcp-options-state.ts";
import { newUdpOptions, type UdpOptions } from "./udp-options-state.ts";
import type { PortOwner, SocketWorld } from "./world.ts";

export interface SocketCore {
  readonly world: SocketWorld;
  readonly domain: SocketDomain;
  readonly type: SocketType;
  /** IP protocol number. */
  readonly protocol: number;
  /** Unique in its host, from 1: /proc's inode, SO_COOKIE. */
  readonly id: number;
  /** Of its creator. */
  readonly uid: number;
  readonly privileged: boolean;
  readonly options: SocketOptions;
  /** Present on the sockets of that protocol only. */
  readonly tcp: TcpOptions | undefined;
  readonly udp: UdpOptions | undefined;
  readonly memberships: Memberships;
  /** The port it holds. */
  binding: Binding<PortOwner> | undefined;
  /** What getsockname says; outlives the binding, as in Linux. */
  localAddress: Address;
  localPort: number;
  /** bind(2) named the address (SOCK_BINDADDR_LOCK), or the port (SOCK_BINDPORT_LOCK). */
  boundAddress: boolean;
  boundPort: boolean;
  remoteAddress: Address | undefined;
  remotePort: number;
  /** An AF_INET6 socket that had an IPv4 peer, or whose listener had one: see {@link Profile.mappedForGood}. */
  mapped: boolean;
  /** See {@link Binding.formerPeer}. */
  formerPeer: Address | undefined;
  /** The way to the peer of a connected socket. */
  route: Route | undefined;
  /** sk_err: what SO_ERROR reads, or the next call fails with. */
  error: ErrnoName | undefined;
  /** The error queue, oldest first. */
  readonly reports: ErrorReport[];
  receiveShutdown: boolean;
  sendShutdown: boolean;
  closed: boolean;
}

/** A socket as socket(2) makes it, or as accept(2) does: with what its listener was set to. */
export function newCore(
  world: SocketWorld,
  domain: SocketDomain,
  type: SocketType,
  protocol: number,
  listener?: SocketCore,
): SocketCore {
  const tcp = protocol === protocols.tcp && type === "SOCK_STREAM";
  return {
    world,
    domain,
    type,
    protocol,
    id: world.nextSocketId(),
    uid: listener?.uid ?? world.credentials.uid,
    privileged: listener?.privileged ?? world.credentials.privileged,
    options: listener ? inheritedOptions(listener.options) : newOptions(world, domain, tcp ? "tcp" : "other"),
    tcp: tcp ? newTcpOptions(listener?.tcp) : undefined,
    udp: protocol === protocols.udp && type === "SOCK_DGRAM" ? newUdpOptions() : undefined,
    memberships: new Memberships(),
    binding: undefined,
    localAddress: anyAddress(domain),
    localPort: 0,
    boundAddress: false,
    boundPort: false,
    remoteAddress: undefined,
    remotePort: 0,
    mapped: listener?.mapped === true,
    formerPeer: undefined,
    route: undefined,
    error: undefined,
    reports: [],
    receiveShutdown: false,
    sendShutdown: false,
    closed: false,
  };
}

/** As sysctl has it, and as the system that the profile stands for. */
function newOptions(world: SocketWorld, domain: SocketDomain, transport: "tcp" | "other"): SocketOptions {
  const options = defaultOptions(world.sysctl, domain, transport);
  if (world.ports.profile.v6Only !== undefined) options.v6Only = true;
  return options;
}

/** The wildcard of a domain. */
export function anyAddress(domain: SocketDomain): Address {
  return domain === "AF_INET" ? anyV4 : anyV6;
}

/** An AF_INET6 socket writes IPv4 addresses as IPv4-mapped ones. */
export function isMapped(domain: SocketDomain, address: Address): boolean {
  return domain === "AF_INET6" && isV4(address);
}

/** @throws EBADF after close. */
export function alive(core: SocketCore, syscall: string): void {
  if (core.closed) throw new SocketError("EBADF", syscall);
}

/** Whether a shutdown is news: an owner who shuts down whenever it is called must not be called for that, for ever. */
export function shutdownChanges({ receiveShutdown, sendShutdown }: SocketCore, how: ShutdownHow): boolean {
  return (how !== "SHUT_WR" && !receiveShutdown) || (how !== "SHUT_RD" && !sendShutdown);
}

/** Takes the pending error: it is told once. */
export function takeError(core: SocketCore): ErrnoName | undefined {
  const error = core.error;
  core.error = undefined;
  return error;
}

/** What poll says of a socket that is closed: nothing will ever happen on it. */
export const closedReadiness: Readiness = {
  readable: false,
  writable: false,
  error: false,
  hangup: true,
  readHangup: true,
};
