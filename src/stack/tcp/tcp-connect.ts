/** connect(2) of a stream socket: the way, the port and the connection; the SYN goes out at the end of the batch. */
import { isUnspecified, isV4 } from "../../base/address.ts";
import { SocketError } from "../../base/errno.ts";
import type { Binding } from "../../ports/binding.ts";
import type { Path } from "../../ports/demultiplexer/flow.ts";
import type { SocketAddress } from "../socket.ts";
import { bindRequest, boundSource } from "../socket-core/bind.ts";
import { anyAddress, isMapped, type SocketCore } from "../socket-core/core.ts";
import { routeTo } from "../socket-core/destination.ts";
import { detailOf, familyRules, resolveName, type Target } from "../socket-core/names.ts";
import type { PortOwner } from "../socket-core/world.ts";
import type { Route } from "../transport.ts";
import type { TcpConnection } from "./tcp-connection.ts";
import type { TcpOpener } from "./tcp-opener.ts";

/**
 * @throws EAFNOSUPPORT, EINVAL, ENETUNREACH, EHOSTUNREACH: no port has changed hands then. EADDRNOTAVAIL: as Linux does, a socket whose port
 * bind(2) did not name has lost it.
 */
export function openConnection(
  core: SocketCore,
  owner: PortOwner,
  opener: TcpOpener,
  name: SocketAddress,
): TcpConnection {
  const target = resolveName(core.domain, name, familyRules.connectTcp);
  try {
    return openTo(core, owner, opener, name, target);
  } catch (error) {
    // As Linux does (tcp_v6_connect): what fails at once leaves nothing behind.
    if (isMapped(core.domain, target.address) && !core.options.v6Only) core.mapped = false;
    throw error;
  }
}

function openTo(
  core: SocketCore,
  owner: PortOwner,
  opener: TcpOpener,
  name: SocketAddress,
  target: Target,
): TcpConnection {
  const route = reachable(routeTo(core, target, "needs-scope"));
  if (typeof route === "string") throw new SocketError(route, "connect", detailOf(name));
  // Departs from Linux, which would take another address: bind(2) named one that nothing can be sent from.
  const named = core.boundAddress && !isUnspecified(core.localAddress);
  if (named && boundSource(core) === undefined)
    throw new SocketError("EADDRNOTAVAIL", "connect", detailOf(name));
  const remote = { address: route.destination, port: target.port };
  const path = { remote, source: route.source };
  const binding = takeFlow(core, owner, path);
  core.localAddress = binding.address;
  core.localPort = binding.port;
  core.remoteAddress = remote.address;
  core.remotePort = remote.port;
  core.mapped ||= isMapped(core.domain, remote.address);
  core.route = route;
  core.error = undefined;
  return opener.active(core, binding, route, remote);
}

/** The five-tuple is the socket's. @throws EADDRNOTAVAIL */
function takeFlow(core: SocketCore, owner: PortOwner, path: Path): Binding<PortOwner> {
  const { ports } = core.world;
  const { localAddress } = core;
  const fits = isUnspecified(localAddress) || isV4(localAddress) === isV4(path.source);
  if (core.binding !== undefined) {
    // An earlier peer of the other family has left an address that is of no use for this one.
    if (!fits) ports.disconnect(core.binding);
    return connectBound(core, core.binding, path);
  }
  const address = core.boundAddress && fits ? localAddress : anyAddress(core.domain);
  try {
    core.binding = ports.connectNew(owner, bindRequest(core, address, 0, "connect"), path);
    return core.binding;
  } catch (error) {
    // As Linux does: where an address was named once, what the route had put in its place is not taken back.
    if (core.boundAddress) core.localAddress = isUnspecified(address) ? path.source : address;
    throw error;
  }
}

/** As Linux does (tcp_set_state): where that fails, a port that bind(2) did not name is the socket's no longer, though getsockname(2) still tells it. */
function connectBound(core: SocketCore, binding: Binding<PortOwner>, path: Path): Binding<PortOwner> {
  const { ports } = core.world;
  try {
    ports.connect(binding, path);
    return binding;
  } catch (error) {
    if (ports.disconnect(binding, "kept") === "released") core.binding = undefined;
    throw error;
  }
}

/** There is no connection to a group (RFC 9293, MUST-47). */
function reachable(route: ReturnType<typeof routeTo>): Route | Extract<typeof route, string> {
  if (typeof route === "string") return route;
  return route.cast === "multicast" || route.cast === "broadcast" ? "ENETUNREACH" : route;
}
