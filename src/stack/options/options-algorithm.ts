/** Options by which a socket takes an algorithm of its own for its port, each on the systems that have it. */
import type { Profile } from "../../ports/profile.ts";
import type { SocketCore } from "../socket-core/core.ts";
import { integer, type Option, type OptionTable, refuse, truth } from "./option-values.ts";

/** PORTALGO_DEFAULT, netinet/portalgo.h: the host's. */
const hostsOwn = 0xffff;

/** NetBSD (portalgo_optset, netinet/portalgo.c): by number. RFC 6056's profile has it too, with the RFC's numbers and 0 for section 2.2. */
const portAlgorithm: Option = {
  get: (core) => {
    only("IP_PORTALGO", core);
    const { algorithm } = core.options;
    return algorithm === undefined ? hostsOwn : namesOf(core).indexOf(algorithm);
  },
  set: (core, value) => {
    only("IP_PORTALGO", core);
    const number = integer(value);
    const name = namesOf(core)[number];
    if (name === undefined && number !== hostsOwn) refuse("EINVAL");
    core.options.algorithm = name;
  },
};

/** SOF_BINDRANDOMPORT, bsd/sys/socketvar.h of XNU; SO_RANDOMIZE_PORT of Winsock is for sockets without a port, and refused where it is random already. */
function random(name: "SO_RANDOMPORT" | "SO_RANDOMIZE_PORT"): Option {
  const check = (core: SocketCore): void => {
    only(name, core);
    if (!namesOf(core).includes("random")) refuse("ENOPROTOOPT"); // a host made with one selection for all
  };
  return {
    get: (core) => {
      check(core);
      return core.options.algorithm === "random";
    },
    set: (core, value) => {
      check(core);
      const wanted = truth(value);
      if (name === "SO_RANDOMIZE_PORT" && wanted && isAutoReused(core)) refuse("EINVAL"); // WSAEINVAL, assumed
      core.options.algorithm = wanted ? "random" : undefined;
    },
  };
}

/**
 * Winsock: a socket that is bound before connect(2) takes its port from the auto-reuse range too, where there is one. It has none until
 * then (assumed: as with IP_BIND_ADDRESS_NO_PORT).
 */
const reuseUnicastPort: Option = {
  get: (core) => {
    only("SO_RANDOMIZE_PORT", core);
    return core.options.reuseUnicastPort;
  },
  set: (core, value) => {
    only("SO_RANDOMIZE_PORT", core);
    core.options.reuseUnicastPort = truth(value);
    if (autoReuse(core) !== undefined) core.options.bindAddressNoPort = core.options.reuseUnicastPort;
  },
};

/** Its port is, or will be, one of the auto-reuse range. */
function isAutoReused(core: SocketCore): boolean {
  const [first, last] = autoReuse(core) ?? [0, -1];
  const { localPort, boundPort, options } = core;
  return options.reuseUnicastPort || (!boundPort && localPort >= first && localPort <= last);
}

function autoReuse({ protocol, world }: SocketCore): readonly [number, number] | undefined {
  return protocol === 6 ? world.ports.profile.protocols.tcp.autoReuse : undefined;
}

function namesOf({ protocol, world }: SocketCore): readonly string[] {
  return world.ports.settings.algorithms.names(protocol === 6 ? "tcp" : "udp");
}

function only(option: Profile["algorithmOption"], { world }: SocketCore): void {
  if (world.ports.profile.algorithmOption !== option) refuse("ENOPROTOOPT");
}

export const algorithmOptions: OptionTable = {
  IP_PORTALGO: portAlgorithm,
  IPV6_PORTALGO: portAlgorithm,
  SO_RANDOMPORT: random("SO_RANDOMPORT"),
  SO_RANDOMIZE_PORT: random("SO_RANDOMIZE_PORT"),
  SO_REUSE_UNICASTPORT: reuseUnicastPort,
};
