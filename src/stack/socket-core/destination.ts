/** Where connect(2) and sendto(2) go: wildcards, mapped addresses and scopes as Linux takes them. */
import {
  type Address,
  isLinkLocal,
  isMulticast,
  isUnspecified,
  isV4,
  loopbackV4,
  loopbackV6,
} from "../../base/address.ts";
import type { ErrnoName } from "../../base/errno.ts";
import type { Route, RouteWish } from "../transport.ts";
import { boundSource, deviceFor } from "./bind.ts";
import type { SocketCore } from "./core.ts";
import { needsScope, type Target } from "./names.ts";

/** What a call allows: connect(2) wants the interface of a link-local address, sendto(2) takes any. */
export type ScopeRule = "needs-scope" | "any-scope";

/** The way to `target` for this socket, or the errno of the call. */
export function routeTo(core: SocketCore, target: Target, rule: ScopeRule): Route | ErrnoName {
  const destination = destinationOf(core, target.address);
  if (isV4(destination) && core.domain === "AF_INET6" && core.options.v6Only) return "ENETUNREACH";
  let device = deviceFor(core, target);
  const multicast = isMulticast(destination);
  const v4 = isV4(destination);
  if (multicast && device === 0)
    device = v4 ? core.options.multicastInterface : core.options.multicastInterface6;
  if (rule === "needs-scope" && device === 0 && needsScope(destination)) return "EINVAL";
  if (rule === "needs-scope" && conflictingScope(core, target)) return "EINVAL";
  const source = sourceFor(core, destination, multicast && v4 ? core.options.multicastSource : undefined);
  const route = core.world.output.route(destination, wishFor(source, device));
  // As Linux does: an IPv4 source is found to be none for IPv6 once there is a way.
  return typeof route === "object" && isBoundToV4(core) && !v4 ? "EAFNOSUPPORT" : route;
}

function wishFor(source: Address | undefined, device: number): RouteWish {
  return { source, device: device === 0 ? undefined : device };
}

/** The wildcard means this host: the socket's own address, or the loopback (RFC 1122, section 3.2.1.3, as Linux does). */
function destinationOf(core: SocketCore, address: Address): Address {
  if (!isUnspecified(address)) return address;
  if (isV4(address)) {
    const source = boundSource(core);
    return source !== undefined && isV4(source) ? source : loopbackV4;
  }
  return isV4(core.localAddress) ? loopbackV4 : loopbackV6;
}

/** An AF_INET6 socket that is at an IPv4 address. */
function isBoundToV4({ domain, localAddress }: SocketCore): boolean {
  return domain === "AF_INET6" && isV4(localAddress);
}

function conflictingScope({ options }: SocketCore, { address, scope }: Target): boolean {
  return isLinkLocal(address) && scope !== 0 && options.device !== 0 && options.device !== scope;
}

function sourceFor(core: SocketCore, destination: Address, wished: Address | undefined): Address | undefined {
  const source = boundSource(core) ?? wished;
  return source !== undefined && isV4(source) === isV4(destination) ? source : undefined;
}
