/** IPPROTO_IP (ip(7); net/ipv4/ip_sockglue.c). AF_INET6 sockets have them too: their IPv4 side uses them. */
import {
  type Address,
  formatAddress,
  isMulticast,
  isUnspecified,
  isV4,
  sameAddress,
} from "../../base/address.ts";
import { SocketError } from "../../base/errno.ts";
import type { SocketCore } from "../socket-core/core.ts";
import type { Membership } from "../socket-core/memberships.ts";
import {
  addressOf,
  field,
  inert,
  inertFlag,
  integer,
  type OptionTable,
  ranged,
  refuse,
  truth,
} from "./option-values.ts";

/** ECN belongs to TCP (RFC 3168, section 6.1.1). */
const ecnMask = 3;

/** As the kernel keeps it: high half and low half of a 32-bit int. */
function setPortRange({ options }: SocketCore, value: unknown): void {
  const packed = integer(value);
  const low = packed & 0xffff;
  const high = packed >>> 16;
  if (low !== 0 && high !== 0 && low > high) refuse("EINVAL");
  options.portRange = [low, high];
}

/** IPv4's multicast options are for datagrams: EINVAL, or EPROTO for membership, on a stream. */
function datagramsOnly(core: SocketCore, code: "EINVAL" | "EPROTO"): void {
  if (core.type === "SOCK_STREAM") refuse(code);
}

/**
 * `struct ip_mreqn` as `{ group, interface }`: the interface an address of it, its index, or left out (or 0.0.0.0) for
 * the one the route to the group takes.
 */
function membershipOf(core: SocketCore, value: unknown): Membership | undefined {
  const group = addressOf(field(value, "group"));
  const index = interfaceOf(core, field(value, "interface") ?? 0, group);
  return index === undefined ? undefined : { group, interface: index };
}

function interfaceOf({ world }: SocketCore, value: unknown, group: Address): number | undefined {
  if (typeof value === "number" && value !== 0)
    return world.interfaceAt(ranged(value, 0, 2 ** 31 - 1))?.index;
  const address = value === 0 ? undefined : addressOf(value);
  if (address !== undefined && !isUnspecified(address)) return interfaceWith(world, address);
  const route = world.output.route(group, {});
  return typeof route === "string" ? undefined : route.interface.index;
}

/** The interface that has `address`. */
function interfaceWith(world: SocketCore["world"], address: Address): number | undefined {
  return world.interfaces().find((each) => each.addresses.some((own) => sameAddress(own.address, address)))
    ?.index;
}

function join(core: SocketCore, value: unknown): void {
  datagramsOnly(core, "EPROTO");
  const group = addressOf(field(value, "group"));
  if (!isV4(group) || !isMulticast(group)) refuse("EINVAL");
  const membership = membershipOf(core, value) ?? refuse("ENODEV");
  const limit = core.world.sysctl.value("net.ipv4.igmp_max_memberships");
  const failure = core.memberships.join(core.world, membership, limit);
  if (failure !== undefined) refuse(failure);
}

function leave(core: SocketCore, value: unknown): void {
  datagramsOnly(core, "EPROTO");
  const membership = membershipOf(core, value) ?? refuse("ENODEV");
  const failure = core.memberships.leave(core.world, membership);
  if (failure !== undefined) refuse(failure);
}

/** IP_MULTICAST_IF takes an address of the interface, its index, or 0.0.0.0 for none. */
function setMulticastInterface(core: SocketCore, value: unknown): void {
  datagramsOnly(core, "EINVAL");
  const { options, world } = core;
  if (typeof value === "number") {
    const index = ranged(value, 0, 2 ** 31 - 1);
    if (index > 0 && world.interfaceAt(index) === undefined) refuse("EADDRNOTAVAIL");
    options.multicastInterface = index;
    options.multicastSource = undefined;
    return;
  }
  const address = addressOf(value);
  const none = isUnspecified(address);
  const index = none ? 0 : (interfaceWith(world, address) ?? refuse("EADDRNOTAVAIL"));
  options.multicastInterface = index;
  options.multicastSource = none ? undefined : address;
}

export const ipOptions: OptionTable = {
  IP_TOS: {
    get: ({ options }) => options.tos,
    set: (core, value) => {
      const tos = integer(value) & 0xff;
      // A stream keeps its ECN bits to itself.
      core.options.tos = core.type === "SOCK_STREAM" ? (tos & ~ecnMask) | (core.options.tos & ecnMask) : tos;
      core.tcp?.socket?.optionsChanged();
    },
  },
  IP_TTL: {
    get: ({ options, world }) =>
      options.ttl === -1 ? world.sysctl.value("net.ipv4.ip_default_ttl") : options.ttl,
    set: (core, value) => {
      const ttl = integer(value);
      core.options.ttl = ttl === -1 ? -1 : ranged(ttl, 1, 255);
      core.tcp?.socket?.optionsChanged();
    },
  },
  IP_MTU_DISCOVER: {
    get: ({ options }) => options.mtuDiscover,
    set: (core, value) => {
      core.options.mtuDiscover = ranged(value, 0, 5);
      core.tcp?.socket?.optionsChanged();
    },
  },
  IP_MTU: { get: pathMtu },
  IP_RECVERR: {
    get: ({ options }) => options.receiveErrors,
    set: ({ options }, value) => {
      options.receiveErrors = truth(value);
    },
  },
  IP_BIND_ADDRESS_NO_PORT: {
    get: ({ options }) => options.bindAddressNoPort,
    set: ({ options }, value) => {
      options.bindAddressNoPort = truth(value);
    },
  },
  IP_LOCAL_PORT_RANGE: {
    get: ({ options }) => (options.portRange[1] << 16) | options.portRange[0],
    set: setPortRange,
  },
  IP_FREEBIND: {
    get: ({ options }) => options.freeBind,
    set: ({ options }, value) => {
      options.freeBind = truth(value);
    },
  },
  IP_MULTICAST_TTL: {
    get: ({ options }) => options.multicastTtl,
    set: (core, value) => {
      datagramsOnly(core, "EINVAL");
      core.options.multicastTtl = integer(value) === -1 ? 1 : ranged(value, 0, 255);
    },
  },
  IP_MULTICAST_LOOP: {
    get: ({ options }) => options.multicastLoop,
    set: ({ options }, value) => {
      options.multicastLoop = truth(value);
    },
  },
  IP_MULTICAST_ALL: {
    get: ({ options }) => options.multicastAll,
    set: ({ options }, value) => {
      options.multicastAll = ranged(value, 0, 1) === 1;
    },
  },
  IP_MULTICAST_IF: {
    get: ({ options }) =>
      options.multicastSource === undefined ? "0.0.0.0" : formatAddress(options.multicastSource),
    set: setMulticastInterface,
  },
  IP_ADD_MEMBERSHIP: { set: join },
  IP_DROP_MEMBERSHIP: { set: leave },
  IP_MINTTL: inert("IP_MINTTL", 0, (value) => ranged(value, 0, 255)),
  IP_TRANSPARENT: inertFlag("IP_TRANSPARENT"),
  IP_PKTINFO: inertFlag("IP_PKTINFO"),
  IP_RECVOPTS: inertFlag("IP_RECVOPTS"),
  IP_RETOPTS: inertFlag("IP_RETOPTS"),
  IP_RECVTTL: inertFlag("IP_RECVTTL"),
  IP_RECVTOS: inertFlag("IP_RECVTOS"),
};

/** The path MTU of a connected socket. @throws ENOTCONN */
export function pathMtu({ route }: SocketCore): number {
  if (route === undefined) throw new SocketError("ENOTCONN", "getsockopt");
  return route.mtu;
}
