/** connect(2) on a datagram socket: fixes the peer at once, or dissolves the bond (AF_UNSPEC). */
import { isV4 } from "../../base/address.ts";
import { SocketError } from "../../base/errno.ts";
import type { SocketAddress } from "../socket.ts";
import { bindRequest } from "./bind.ts";
import { anyAddress, type SocketCore } from "./core.ts";
import { routeTo } from "./destination.ts";
import { checkPort, detailOf, familyRules, resolveName } from "./names.ts";
import type { PortOwner } from "./world.ts";

/** @throws RangeError, EAFNOSUPPORT, EINVAL, ENETUNREACH, EHOSTUNREACH, EACCES, EAGAIN */
export function connectDatagram(core: SocketCore, owner: PortOwner, name: SocketAddress): void {
  checkPort(name.port);
  const target = resolveName(core.domain, name, familyRules.connectUdp);
  const route = routeTo(core, target, "needs-scope");
  if (typeof route === "string") throw new SocketError(route, "connect", detailOf(name));
  if (route.cast === "broadcast" && !core.options.broadcast)
    throw new SocketError("EACCES", "connect", detailOf(name));
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

/** As Linux does: what bind(2) did not name is given up, the port too. */
export function dissolve(core: SocketCore): void {
  core.remoteAddress = undefined;
  core.remotePort = 0;
  core.route = undefined;
  const { binding } = core;
  if (!core.boundAddress) core.localAddress = anyAddress(core.domain);
  if (binding === undefined) return;
  if (core.world.ports.disconnect(binding) === "bound") return;
  core.binding = undefined;
  core.localPort = 0;
}
