/** bind(2) for every protocol with ports (net/ipv4/af_inet.c, net/ipv6/af_inet6.c). */
import {
  type Address,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  isV4,
} from "../../base/address.ts";
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import type { BindRequest, PortCall } from "../../ports/binding.ts";
import { isPrivileged as isPrivilegedPort } from "../../ports/profile.ts";
import type { SocketAddress } from "../socket.ts";
import { alive, anyAddress, type SocketCore } from "./core.ts";
import { checkPort, detailOf, familyRules, needsScope, resolveName, type Target } from "./names.ts";
import type { PortOwner } from "./world.ts";

/** Whether a socket may be bound at all, besides holding no port: TCP's must be closed. */
export type BindState = "free" | "busy";

/** @throws RangeError, EAFNOSUPPORT, EINVAL, EACCES, EADDRNOTAVAIL, EADDRINUSE, ENODEV */
export function bindSocket(core: SocketCore, owner: PortOwner, name: SocketAddress, state: BindState): void {
  alive(core, "bind");
  checkPort(name.port);
  const target = resolveName(core.domain, name, familyRules.bind);
  const failure = core.domain === "AF_INET" ? refusalV4(core, target, state) : refusalV6(core, target, state);
  if (failure !== undefined) throw new SocketError(failure, "bind", detailOf(name));
  const { options } = core;
  const device = deviceFor(core, target);
  // As Linux does: an IPv6 address makes the socket IPv6 only.
  const v6Only = options.v6Only || (!isV4(target.address) && !isUnspecified(target.address));
  if (target.port !== 0 || !options.bindAddressNoPort) {
    const request = { ...bindRequest(core, target.address, target.port, "bind"), v6Only, device };
    // As Linux does (inet_reset_saddr): a refusal undoes an earlier bind(2) of an address without a port.
    core.localAddress = anyAddress(core.domain);
    core.binding = core.world.ports.reserve(owner, request);
  }
  options.v6Only = v6Only;
  options.device = device;
  core.localAddress = target.address;
  core.localPort = core.binding?.port ?? 0;
  // As Linux does (SOCK_BINDADDR_LOCK): an address once named is never the host's to choose again.
  core.boundAddress ||= !isUnspecified(target.address);
  core.boundPort = target.port !== 0;
}

/** bind(2) of a raw socket: an address and no port, as often as one likes. @throws EAFNOSUPPORT, EINVAL, EADDRNOTAVAIL */
export function bindAddress(core: SocketCore, name: SocketAddress): void {
  alive(core, "bind");
  checkPort(name.port);
  const target = { ...resolveName(core.domain, name, familyRules.bind), port: 0 };
  const failure =
    core.domain === "AF_INET" ? refusalV4(core, target, "free") : refusalV6(core, target, "free");
  if (failure !== undefined) throw new SocketError(failure, "bind", detailOf(name));
  core.localAddress = target.address;
  core.boundAddress = !isUnspecified(target.address);
}

/** What the port manager must know of a socket. */
export function bindRequest(core: SocketCore, address: Address, port: number, call: PortCall): BindRequest {
  const { options, protocol, domain, uid, privileged } = core;
  return {
    protocol: protocol === 6 ? "tcp" : "udp",
    domain: domain === "AF_INET" ? 4 : 6,
    address,
    port,
    call,
    reuseAddress: options.reuseAddress,
    reusePort: options.reusePort,
    exclusive: options.exclusive,
    v6Only: options.v6Only,
    device: options.device,
    uid,
    privileged,
    portRange: options.portRange[0] === 0 && options.portRange[1] === 0 ? undefined : options.portRange,
    band: options.band,
    algorithm: options.algorithm,
    loadBalance: options.loadBalance,
    incomingCpu: options.incomingCpu,
    ...(options.selector === undefined ? {} : { selector: options.selector }),
    ...(core.formerPeer === undefined ? {} : { formerPeer: core.formerPeer }),
  };
}

function refusalV4(core: SocketCore, target: Target, state: BindState): ErrnoName | undefined {
  if (!isOurs(core, target.address)) return "EADDRNOTAVAIL";
  if (isPrivileged(core, target)) return "EACCES";
  return state === "busy" || core.binding !== undefined ? "EINVAL" : undefined;
}

function refusalV6(core: SocketCore, target: Target, state: BindState): ErrnoName | undefined {
  const { address } = target;
  const v4 = isV4(address);
  if (!v4 && isMulticast(address) && core.type === "SOCK_STREAM") return "EINVAL";
  if (isPrivileged(core, target)) return "EACCES";
  if (state === "busy" || core.binding !== undefined) return "EINVAL";
  if (v4) {
    if (core.options.v6Only) return "EINVAL";
    return isOurs(core, address) ? undefined : "EADDRNOTAVAIL";
  }
  if (isUnspecified(address)) return undefined;
  const device = deviceFor(core, target);
  if (needsScope(address) && device === 0) return "EINVAL";
  if (device !== 0 && core.world.interfaceAt(device) === undefined) return "ENODEV";
  if (isMulticast(address) || mayBeForeign(core, "ipv6")) return undefined;
  // As Linux does (ipv6_chk_addr): only an address of narrow scope belongs to its interface alone.
  const where = isLoopback(address) || isLinkLocal(address) ? device : 0;
  return core.world.localKind(address, where) === "local" ? undefined : "EADDRNOTAVAIL";
}

/** As Linux does (inet_addr_type_table): an address is the host's, whatever interface the socket is bound to. */
function isOurs(core: SocketCore, address: Address): boolean {
  if (isUnspecified(address) || isMulticast(address) || mayBeForeign(core, "ipv4")) return true;
  return core.world.localKind(address, 0) !== undefined;
}

function mayBeForeign({ options, world }: SocketCore, family: "ipv4" | "ipv6"): boolean {
  return options.freeBind || world.sysctl.value(`net.${family}.ip_nonlocal_bind`) !== 0;
}

function isPrivileged({ privileged, world }: SocketCore, { address, port }: Target): boolean {
  const unprivilegedStart = world.sysctl.value("net.ipv4.ip_unprivileged_port_start");
  return (
    !privileged && port !== 0 && isPrivilegedPort(world.ports.profile, { unprivilegedStart }, address, port)
  );
}

/** The interface a socket is bound to, or becomes bound to by the scope of a link-local address. */
export function deviceFor({ options }: SocketCore, { address, scope }: Target): number {
  return needsScope(address) && scope !== 0 ? scope : options.device;
}

/** The address packets must leave with, if any: multicast and broadcast addresses are only received at. */
export function boundSource({
  localAddress,
  boundAddress,
  remoteAddress,
  options,
  world,
}: SocketCore): Address | undefined {
  if (!boundAddress && remoteAddress === undefined) return undefined;
  if (isUnspecified(localAddress) || isMulticast(localAddress)) return undefined;
  return world.localKind(localAddress, options.device) === "broadcast" ? undefined : localAddress;
}
