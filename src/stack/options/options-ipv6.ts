/** IPPROTO_IPV6 (RFC 3493, section 5; RFC 3542; net/ipv6/ipv6_sockglue.c). AF_INET6 sockets only. */
import { isMulticast, isV4 } from "../../base/address.ts";
import { SocketError } from "../../base/errno.ts";
import type { SocketCore } from "../socket-core/core.ts";
import {
  addressOf,
  field,
  inert,
  inertFlag,
  integer,
  type Option,
  type OptionTable,
  ranged,
  refuse,
  truth,
} from "./option-values.ts";
import { pathMtu } from "./options-ip.ts";

const intMax = 2 ** 31 - 1;

/** A hop limit: -1 for the default. */
function hops(value: unknown): number {
  return ranged(value, -1, 255);
}

function setTrafficClass(core: SocketCore, value: unknown): void {
  const tclass = Math.max(ranged(value, -1, 255), 0);
  const stream = core.type === "SOCK_STREAM";
  core.options.trafficClass = stream ? (tclass & ~3) | (core.options.trafficClass & 3) : tclass;
  core.tcp?.socket?.optionsChanged();
}

/** `struct ipv6_mreq` as `{ group, interface }`, the interface an index; 0 or left out: where the route goes. */
function change(core: SocketCore, value: unknown, how: "join" | "leave"): void {
  if (core.type === "SOCK_STREAM") refuse("EPROTO");
  const group = addressOf(field(value, "group"));
  const wanted = ranged(field(value, "interface") ?? 0, 0, intMax);
  if (isV4(group) || !isMulticast(group)) refuse("EINVAL");
  if (how === "leave") {
    const failure = core.memberships.leave(core.world, { group, interface: wanted });
    if (failure !== undefined) refuse(failure);
    return;
  }
  const found = wanted === 0 ? routedInterface(core, group) : core.world.interfaceAt(wanted)?.index;
  const index = found ?? refuse("ENODEV");
  const failure = core.memberships.join(core.world, { group, interface: index }, intMax);
  if (failure !== undefined) refuse(failure);
}

function routedInterface({ world }: SocketCore, group: ReturnType<typeof addressOf>): number | undefined {
  const route = world.output.route(group, {});
  return typeof route === "string" ? undefined : route.interface.index;
}

const table: OptionTable = {
  IPV6_V6ONLY: {
    get: ({ options }) => options.v6Only,
    set: (core, value) => {
      const v6Only = truth(value);
      // As Linux does: too late once a port is held or was.
      if (core.binding !== undefined || core.boundAddress) refuse("EINVAL");
      core.options.v6Only = v6Only;
    },
  },
  IPV6_UNICAST_HOPS: {
    get: ({ options, world }) =>
      options.hopLimit === -1 ? world.sysctl.value("net.ipv6.conf.all.hop_limit") : options.hopLimit,
    set: (core, value) => {
      core.options.hopLimit = hops(value);
      core.tcp?.socket?.optionsChanged();
    },
  },
  IPV6_TCLASS: { get: ({ options }) => options.trafficClass, set: setTrafficClass },
  IPV6_MTU_DISCOVER: {
    get: ({ options }) => options.mtuDiscover6,
    set: (core, value) => {
      core.options.mtuDiscover6 = ranged(value, 0, 5);
      core.tcp?.socket?.optionsChanged();
    },
  },
  IPV6_MTU: { get: pathMtu },
  IPV6_DONTFRAG: {
    get: ({ options }) => options.dontFragment6,
    set: ({ options }, value) => {
      options.dontFragment6 = truth(value);
    },
  },
  IPV6_RECVERR: {
    get: ({ options }) => options.receiveErrors6,
    set: ({ options }, value) => {
      options.receiveErrors6 = truth(value);
    },
  },
  IPV6_MULTICAST_HOPS: {
    get: ({ options }) => options.multicastHops,
    set: (core, value) => {
      if (core.type === "SOCK_STREAM") refuse("ENOPROTOOPT");
      const limit = hops(value);
      core.options.multicastHops = limit === -1 ? 1 : limit;
    },
  },
  IPV6_MULTICAST_LOOP: {
    get: ({ options }) => options.multicastLoop6,
    set: ({ options }, value) => {
      options.multicastLoop6 = ranged(value, 0, 1) === 1;
    },
  },
  IPV6_MULTICAST_ALL: {
    get: ({ options }) => options.multicastAll6,
    set: ({ options }, value) => {
      options.multicastAll6 = truth(value);
    },
  },
  IPV6_MULTICAST_IF: {
    get: ({ options }) => options.multicastInterface6,
    set: (core, value) => {
      if (core.type === "SOCK_STREAM") refuse("ENOPROTOOPT");
      const index = integer(value);
      if (index !== 0 && core.world.interfaceAt(index) === undefined) refuse("ENODEV");
      core.options.multicastInterface6 = index;
    },
  },
  IPV6_JOIN_GROUP: { set: (core, value) => change(core, value, "join") },
  IPV6_LEAVE_GROUP: { set: (core, value) => change(core, value, "leave") },
  IPV6_RECVPKTINFO: inertFlag("IPV6_RECVPKTINFO"),
  IPV6_RECVHOPLIMIT: inertFlag("IPV6_RECVHOPLIMIT"),
  IPV6_RECVTCLASS: inertFlag("IPV6_RECVTCLASS"),
  IPV6_AUTOFLOWLABEL: inertFlag("IPV6_AUTOFLOWLABEL", 1),
  IPV6_MINHOPCOUNT: inert("IPV6_MINHOPCOUNT", 0, (value) => ranged(value, 0, 255)),
};

/** The same names as older headers spell them. */
const aliases: Readonly<Record<string, string>> = {
  IPV6_ADD_MEMBERSHIP: "IPV6_JOIN_GROUP",
  IPV6_DROP_MEMBERSHIP: "IPV6_LEAVE_GROUP",
};

export const ipv6Options: OptionTable = Object.fromEntries([
  ...Object.entries(table).map(([name, option]) => [name, onV6(option)]),
  ...Object.entries(aliases).map(([name, of]) => [name, onV6(table[of]!)]),
]);

/** As Linux does on AF_INET: setting is ENOPROTOOPT, reading EOPNOTSUPP. */
function onV6({ get, set }: Option): Option {
  return {
    ...(get && {
      get: (core) => {
        if (core.domain === "AF_INET") throw new SocketError("EOPNOTSUPP", "getsockopt");
        return get(core);
      },
    }),
    ...(set && {
      set: (core, value) => {
        if (core.domain === "AF_INET") refuse("ENOPROTOOPT");
        set(core, value);
      },
    }),
  };
}
