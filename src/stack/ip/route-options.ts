/** A static route, from the caller's words to a table entry. */
import { type Address, familyOf, isV4, parseAddress } from "../../base/address.ts";
import { SocketError } from "../../base/errno.ts";
import { type Prefix, parsePrefix } from "../../base/prefix.ts";
import { never } from "../../base/time/clock.ts";
import type { RouteEntry } from "../../protocols/ip/routes.ts";
import type { Core } from "../core.ts";
import type { Interface } from "../interface/interface.ts";

export interface RouteOptions {
  /** The gateway; without one the destination is on the interface's link. */
  readonly via?: string | Address | undefined;
  /** Default: the one by which the gateway is reached. */
  readonly interface?: Interface | undefined;
  /** Lower is preferred. Default 0 for IPv4, 1024 for IPv6, as Linux has it. */
  readonly metric?: number | undefined;
  /** The source address to prefer. */
  readonly source?: string | undefined;
}

/** As Linux does (IP6_RT_PRIO_USER). */
const metricV6 = 1024;

export function planRoute(core: Core, destination: string, options: RouteOptions): RouteEntry {
  const via = addressOf(options.via, "gateway");
  const source = addressOf(options.source, "source");
  const prefix = destinationOf(destination, via);
  const v4 = isV4(prefix.address);
  if (via !== undefined && isV4(via) !== v4)
    throw new RangeError(`gateway of another family than ${destination}`);
  const metric = options.metric ?? (v4 ? 0 : metricV6);
  if (!Number.isInteger(metric) || metric < 0) throw new RangeError(`no metric: ${metric}`);
  const device =
    options.interface?.index ?? (via === undefined ? 0 : (core.routes.lookup(via, 0)?.device ?? 0));
  if (core.interfaceAt(device) === undefined) throw new SocketError("ENETUNREACH", "route");
  return { prefix, device, via, metric, source, origin: "static", expires: never };
}

function destinationOf(text: string, via: Address | undefined): Prefix {
  if (text !== "default") {
    const parsed = parsePrefix(text);
    if (parsed === undefined) throw new TypeError(`not an address prefix: ${JSON.stringify(text)}`);
    return parsed;
  }
  const all = via === undefined || familyOf(via) === 4 ? "0.0.0.0/0" : "::/0";
  return parsePrefix(all)!;
}

function addressOf(value: string | Address | undefined, what: string): Address | undefined {
  if (typeof value !== "string") return value;
  const parsed = parseAddress(value);
  if (parsed === undefined) throw new TypeError(`not a ${what} address: ${JSON.stringify(value)}`);
  return parsed;
}
