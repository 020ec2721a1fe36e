/** How an interface is to be set up, from the caller's words to what is checked and ready. Nothing is changed here. */
import { type Address, familyOf, isMulticast, isUnspecified, parseAddress } from "../../base/address.ts";
import { type Prefix, parsePrefix } from "../../base/prefix.ts";
import type { Random } from "../../base/random.ts";
import type { Link } from "../../link/link.ts";
import { minimumMtuV6 } from "../../protocols/ip/path-mtu.ts";
import { isGroupMac, parseMac } from "../../wire/link/mac.ts";
import { headroom } from "../packet-pool.ts";
import { checkCpu, noMac } from "./network-interface.ts";

export interface InterfaceOptions {
  /** Default: the link's, made unique. */
  readonly name?: string | undefined;
  /** `10.0.0.1/24`, `fd00::1/64`; without a length, the one address. */
  readonly addresses?: readonly string[] | undefined;
  /** On an Ethernet link. Default: a random, locally administered one. */
  readonly mac?: string | undefined;
  /** Default routes. */
  readonly gateway?: string | readonly string[] | undefined;
  /** At most the link's, which is the default. */
  readonly mtu?: number | undefined;
  /** Whether IPv6 addresses are tried on the link before they are used (RFC 4862, section 5.4). Default: yes, on Ethernet. */
  readonly dad?: boolean | undefined;
  /** How an Ethernet interface makes its fe80:: address: RFC 4291 appendix A, or RFC 7217. Default `eui64`. */
  readonly linkLocal?: "eui64" | "stable" | "none" | undefined;
  /** Whether routers are asked for and believed (RFC 4861, section 6.3). Default: where there is a link-local address. */
  readonly routerDiscovery?: boolean | undefined;
  /** The CPU that handles what comes in by it, as SO_INCOMING_CPU counts them: see {@link Interface.cpu}. Default 0. */
  readonly cpu?: number | undefined;
}

/** The same, understood. */
export interface InterfacePlan {
  readonly name: string;
  readonly addresses: readonly Prefix[];
  readonly mac: number;
  readonly gateways: readonly Address[];
  readonly mtu: number;
  readonly dad: boolean;
  readonly linkLocal: "eui64" | "stable" | "none";
  readonly routerDiscovery: boolean;
  readonly cpu: number;
}

const smallestMtu = 68;
const framesAndHeaders = 14 + 48;

/** @throws TypeError or RangeError that names what is wrong. */
export function planInterface(
  link: Link,
  options: InterfaceOptions,
  taken: (name: string) => boolean,
  random: Random,
): InterfacePlan {
  const { medium, mtu: linkMtu, headroom: linkHeadroom } = link.capabilities;
  if (linkHeadroom > headroom - framesAndHeaders)
    throw new RangeError(`link ${link.name} wants ${linkHeadroom} bytes of headroom`);
  const mtu = options.mtu ?? linkMtu;
  if (!Number.isInteger(mtu) || mtu < smallestMtu || mtu > linkMtu)
    throw new RangeError(`mtu must be ${smallestMtu} to ${linkMtu}, not ${mtu}`);
  const { cpu = 0 } = options;
  checkCpu(cpu);
  const addresses = (options.addresses ?? []).map((text) => interfacePrefix(text, mtu));
  const { gateway = [] } = options;
  const gateways = (typeof gateway === "string" ? [gateway] : gateway).map(unicast);
  const ethernet = medium === "ethernet";
  const linkLocal = ethernet && mtu >= minimumMtuV6 ? (options.linkLocal ?? "eui64") : "none";
  return {
    name: nameFor(options.name, link.name, taken),
    addresses,
    mac: ethernet ? macFor(options.mac, random) : noMac,
    gateways,
    mtu,
    dad: ethernet && (options.dad ?? true),
    linkLocal,
    routerDiscovery: options.routerDiscovery ?? linkLocal !== "none",
    cpu,
  };
}

/** An address with its network, as an interface may have it. @throws TypeError or RangeError */
export function interfacePrefix(text: string, mtu: number): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new TypeError(`not an address prefix: ${JSON.stringify(text)}`);
  if (isMulticast(parsed.address) || isUnspecified(parsed.address))
    throw new RangeError(`no interface address: ${text}`);
  if (familyOf(parsed.address) === 6 && mtu < minimumMtuV6)
    throw new RangeError(`IPv6 needs an mtu of ${minimumMtuV6}, not ${mtu}`);
  return parsed;
}

function unicast(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new TypeError(`not an IP address: ${JSON.stringify(text)}`);
  if (isMulticast(parsed) || isUnspecified(parsed)) throw new RangeError(`no gateway: ${text}`);
  return parsed;
}

function nameFor(wanted: string | undefined, linkName: string, taken: (name: string) => boolean): string {
  if (wanted !== undefined) {
    if (wanted === "" || taken(wanted))
      throw new RangeError(`interface name ${JSON.stringify(wanted)} is taken`);
    return wanted;
  }
  let name = linkName;
  for (let n = 1; taken(name); n++) name = `${linkName}.${n}`;
  return name;
}

function macFor(text: string | undefined, random: Random): number {
  if (text === undefined)
    return 0x0200_0000_0000 + (random.uint32() & 0xff) * 0x1_0000_0000 + random.uint32();
  const mac = parseMac(text);
  if (mac === undefined) throw new TypeError(`not an Ethernet address: ${JSON.stringify(text)}`);
  if (isGroupMac(mac) || mac === 0) throw new RangeError(`no interface has the Ethernet address ${text}`);
  return mac;
}
