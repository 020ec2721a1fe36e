/** connect(2) on a datagram socket: fixes the peer at once, or dissolves the bond (AF_UNSPEC). */
import { isV4 } from "../../base/address.ts";
import { type ErrnoName, SocketError } from "../../base/errno.ts";
import type { SocketAddress } from "../socket.ts";
import type { Route } from "../transport.ts";
import { bindRequest } from "./bind.ts";
import { anyAddress, type SocketCore } from "./core.ts";
import { routeTo } from "./destination.ts";
import { checkPort, detailOf, familyRules, isDotted, resolveName, type Target } from "./names.ts";
import type { PortOwner } from "./world.ts";

/** @throws RangeError, EAFNOSUPPORT, EINVAL, ENETUNREACH, EHOSTUNREACH, EACCES, EAGAIN */
export function connectDatagram(core: SocketCore, owner: PortOwner, name: SocketAddress): void {
  checkPort(name.port);
  const { target, route } = wayOrBind(core, owner, name);
  const { ports } = core.world;
  const path = { remote: { address: route.destination, port: target.port }, source: route.source };
  if (core.binding === undefined) {
    const address = core.boundAddress ? core.localAddress : anyAddress(core.domain);
    core.binding = ports.connectNew(owner, bindRequest(core, address, 0, "connect"), path);
  } else ports.connect(core.binding, path);
  core.localPort = core.binding.port;
  core.localAddress = core.binding.address;
  core.remoteAddress = route.destination;
  core.remotePort = target.port;
  core.route = route;
  if (target.scope !== 0 && !isV4(route.destination)) core.options.device ||= target.scope;
}

interface Way {
  readonly target: Target;
  readonly route: Route;
}

/** As Linux does: the port is chosen before the way is looked for, and stays where there is none. */
function wayOrBind(core: SocketCore, owner: PortOwner, name: SocketAddress): Way {
  try {
    return wayTo(core, name);
  } catch (error) {
    bindImplicitly(core, owner, "connect");
    throw error;
  }
}

function wayTo(core: SocketCore, name: SocketAddress): Way {
  const failed = (code: ErrnoName): SocketError => new SocketError(code, "connect", detailOf(name));
  const target = resolveName(core.domain, name, familyRules.connectUdp);
  if (core.domain === "AF_INET6" && core.options.v6Only && isDotted(name)) throw failed("EAFNOSUPPORT");
  const route = routeTo(core, target, "needs-scope");
  if (typeof route === "string") throw failed(route);
  if (route.cast === "broadcast" && !core.options.broadcast) throw failed("EACCES");
  return { target, route };
}

/** The implicit bind of a socket that is used before bind(2). @throws EAGAIN where no port is left */
export function bindImplicitly(core: SocketCore, owner: PortOwner, call: "connect" | "send"): void {
  if (core.binding !== undefined) return;
  const address = core.boundAddress ? core.localAddress : anyAddress(core.domain);
  core.binding = core.world.ports.reserve(owner, bindRequest(core, address, 0, call));
  core.localPort = core.binding.port;
}

/** As Linux does (__udp_disconnect): what bind(2) did not name is given up, the port too, and so is the device. */
export function dissolve(core: SocketCore): void {
  core.options.device = 0;
  if (core.binding !== undefined) core.binding.device = 0;
  if (core.domain === "AF_INET6" && core.remoteAddress !== undefined) core.formerPeer = core.remoteAddress;
  if (core.binding !== undefined) core.binding.formerPeer = core.formerPeer;
  core.remoteAddress = undefined;
  core.remotePort = 0;
  core.route = undefined;
  const { binding } = core;
  if (!core.boundAddress) core.localAddress = anyAddress(core.domain);
  if (binding === undefined) return;
  if (core.world.ports.disconnect(binding, core.boundAddress ? "kept" : "restored") === "bound") return;
  core.binding = undefined;
  core.localPort = 0;
}
