/**
 * What RFC 6056 recommends: the whole range there is (section 3.2), algorithm 4 where the destination is known, and
 * algorithm 2 for bind(2) with port 0, where it is not (section 3.5); a host or a socket may take another. Bindings conflict as on Linux, the strictest.
 */
import { heldToTheEnd } from "../hold/hold.ts";
import { type Algorithm, inBoth, type Profile, type ProtocolProfile } from "../profile.ts";
import { doubleHash } from "../selection/rfc6056/double-hash.ts";
import { random } from "../selection/rfc6056/random.ts";
import { randomIncrements } from "../selection/rfc6056/random-increments.ts";
import { randomRetry } from "../selection/rfc6056/random-retry.ts";
import { sequential } from "../selection/rfc6056/sequential.ts";
import { simpleHash } from "../selection/rfc6056/simple-hash.ts";
import { linux } from "./linux.ts";

const recommended: Algorithm = (chance) => ({ bind: randomRetry(), connect: doubleHash(chance) });

/** The RFC's numbers: section 2.2, and algorithms 1 to 5 of section 3.3, for bind(2) and connect(2) alike but in the recommended one. */
function switchable(protocol: ProtocolProfile): ProtocolProfile {
  const choosing = { ...protocol, selections: recommended };
  const algorithms = {
    sequential: inBoth(choosing, sequential),
    random: inBoth(choosing, random),
    "random-retry": inBoth(choosing, randomRetry),
    "simple-hash": inBoth(choosing, simpleHash),
    "double-hash": recommended,
    "random-increments": inBoth(choosing, randomIncrements),
  };
  return { ...choosing, algorithms };
}

const { tcp, udp, sctp } = linux.protocols;

export const rfc6056: Profile = {
  name: "rfc6056",
  range: [1024, 65535],
  ownRange: true,
  unprivilegedStart: 1024,
  addressMakesV6Only: true,
  algorithmOption: "IP_PORTALGO", // our own: the RFC has no sockets
  protocols: {
    tcp: switchable(tcp),
    udp: switchable(udp),
    sctp: switchable(sctp),
    udplite: switchable(udp),
  },
  hold: heldToTheEnd(240_000), // 2 * MSL, MSL two minutes: RFC 9293, section 3.4.2
  reuse: { mode: 0, delay: 0 },
};
