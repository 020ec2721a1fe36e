/** IPPROTO_UDP (udp(7); net/ipv4/udp.c). */
import { SocketError } from "../../base/errno.ts";
import { inertFlag, type Option, type OptionTable, ranged, refuse, truth } from "./option-values.ts";

const table: OptionTable = {
  UDP_SEGMENT: {
    get: ({ udp }) => udp!.segment,
    set: ({ udp }, value) => {
      udp!.segment = ranged(value, 0, 65535);
    },
  },
  UDP_CORK: {
    get: ({ udp }) => udp!.cork,
    set: ({ udp }, value) => {
      udp!.cork = truth(value);
    },
  },
  // No two datagrams are ever given as one, so nothing changes for who allows it.
  UDP_GRO: inertFlag("UDP_GRO"),
};

export const udpOptions: OptionTable = Object.fromEntries(
  Object.entries(table).map(([name, option]) => [name, onlyUdp(option)]),
);

function onlyUdp({ get, set }: Option): Option {
  return {
    get: (core) => {
      if (core.udp === undefined) throw new SocketError(foreignLevel(core), "getsockopt");
      return get!(core);
    },
    set: (core, value) => {
      if (core.udp === undefined) refuse("ENOPROTOOPT");
      set!(core, value);
    },
  };
}

/** What reading another protocol's option fails with. As Linux does, the families differ. */
export function foreignLevel({ domain }: { readonly domain: string }): "EOPNOTSUPP" | "ENOPROTOOPT" {
  return domain === "AF_INET" ? "EOPNOTSUPP" : "ENOPROTOOPT";
}
