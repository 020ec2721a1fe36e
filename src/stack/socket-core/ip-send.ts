/** From a socket's options to how IP sends its packets. */
import { isV4 } from "../../base/address.ts";
import type { PathMtuDiscovery, Route, SendOptions } from "../transport.ts";
import type { SocketCore } from "./core.ts";
import { pathMtuModes } from "./options-state.ts";

/** By the number of IP_MTU_DISCOVER; `interface` and `omit` ignore the path MTU and fragment. */
const discovery: readonly PathMtuDiscovery[] = ["dont", "want", "do", "probe", "dont", "dont"];

export function newSendOptions(protocol: number): SendOptions {
  return {
    protocol,
    hopLimit: 64,
    trafficClass: 0,
    dontFragment: false,
    flowLabel: 0,
    pathMtuDiscovery: "want",
    multicastLoop: true,
  };
}

/** Fills `into` for a packet that leaves by `route` now. */
export function applySendOptions(into: SendOptions, { options, world }: SocketCore, route: Route): void {
  if (isV4(route.destination)) {
    into.trafficClass = options.tos;
    into.pathMtuDiscovery = discovery[options.mtuDiscover]!;
    into.multicastLoop = options.multicastLoop;
    if (route.cast === "multicast") into.hopLimit = options.multicastTtl;
    else into.hopLimit = options.ttl === -1 ? world.sysctl.value("net.ipv4.ip_default_ttl") : options.ttl;
    return;
  }
  into.trafficClass = options.trafficClass;
  into.pathMtuDiscovery = discovery[options.dontFragment6 ? pathMtuModes.do : options.mtuDiscover6]!;
  into.multicastLoop = options.multicastLoop6;
  if (route.cast === "multicast") into.hopLimit = options.multicastHops;
  else
    into.hopLimit =
      options.hopLimit === -1
        ? hopLimitOf(route, world.sysctl.value("net.ipv6.conf.all.hop_limit"))
        : options.hopLimit;
}

/** What routers advertised for the link (RFC 4861, section 6.3.4), or the host's. */
function hopLimitOf(route: Route, usual: number): number {
  const { hopLimit } = route.interface as { readonly hopLimit?: number };
  return hopLimit ?? usual;
}
