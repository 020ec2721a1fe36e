/**
 * A profile whose choices are made for it: it takes the port it is told of, if that suits by the profile's own rules, and
 * else none. So a history recorded elsewhere can be followed to the letter, and no coincidence of ports excuses anything.
 */
import type { Profile, ProtocolProfile } from "../ports/profile.ts";
import type { Walk } from "../ports/selection.ts";

/** The port to take next; undefined where none was found, and so none must be. */
export interface Foresight {
  port: number | undefined;
}

export function steered(profile: Profile, foresight: Foresight): Profile {
  const walk = steeredWalk(foresight);
  const { tcp, udp, sctp, udplite } = profile.protocols;
  return {
    ...profile,
    protocols: {
      tcp: steer(tcp, walk),
      udp: steer(udp, walk),
      sctp: steer(sctp, walk),
      udplite: steer(udplite, walk),
    },
  };
}

function steer(protocol: ProtocolProfile, walk: Walk): ProtocolProfile {
  return {
    ...protocol,
    selections: (random) =>
      protocol.selections(random).connect === undefined ? { bind: walk } : { bind: walk, connect: walk },
  };
}

function steeredWalk(foresight: Foresight): Walk {
  return {
    kind: "walk",
    name: "steered",
    propose: ({ low, high, mayRelax }, pass, order) => {
      if (pass > (mayRelax ? 1 : 0)) return false;
      order.relaxed = pass === 1;
      const { port } = foresight;
      if (port === undefined) order.add(low, high, 1);
      else if (port >= low && port <= high) order.add(port, port, 1);
      return true;
    },
  };
}
