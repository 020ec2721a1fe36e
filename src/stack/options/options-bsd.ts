/** Options of the BSDs alone: on other systems nobody knows their names. */
import type { SocketCore } from "../socket-core/core.ts";
import { type Option, type OptionTable, ranged, refuse, truth } from "./option-values.ts";

/** IP_PORTRANGE_DEFAULT, _HIGH and _LOW, netinet/in.h. */
const bands = ["default", "high", "low"] as const;

/** Which band of ports bind(2) and connect(2) choose from. */
const portRange: Option = {
  get: (core) => {
    if (!hasBands(core)) refuse("ENOPROTOOPT");
    return bands.indexOf(core.options.band);
  },
  set: (core, value) => {
    if (!hasBands(core)) refuse("ENOPROTOOPT");
    core.options.band = bands[ranged(value, 0, 2)]!;
  },
};

const loadBalance: Option = {
  get: (core) => {
    if (!balances(core)) refuse("ENOPROTOOPT");
    return core.options.loadBalance;
  },
  set: (core, value) => {
    if (!balances(core)) refuse("ENOPROTOOPT");
    core.options.loadBalance = truth(value);
  },
};

function hasBands({ world }: SocketCore): boolean {
  return world.ports.profile.bands !== undefined;
}

function balances({ world }: SocketCore): boolean {
  return world.ports.profile.protocols.tcp.reception.groupOption === "loadBalance";
}

export const bsdOptions: OptionTable = {
  IP_PORTRANGE: portRange,
  IPV6_PORTRANGE: portRange,
  SO_REUSEPORT_LB: loadBalance,
};
