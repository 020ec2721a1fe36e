/**
 * What RFC 6056 recommends: the whole range there is (section 3.2), algorithm 4 where the destination is known, and
 * algorithm 2 for bind(2) with port 0, where it is not (section 3.5). Bindings conflict as on Linux, the strictest.
 */
import { heldToTheEnd } from "../hold/hold.ts";
import type { Profile, ProtocolProfile } from "../profile.ts";
import { doubleHash } from "../selection/double-hash.ts";
import { randomRetry } from "../selection/random-retry.ts";
import { linux } from "./linux.ts";

function recommended(protocol: ProtocolProfile): ProtocolProfile {
  return { ...protocol, selections: (random) => ({ bind: randomRetry(), connect: doubleHash(random) }) };
}

const { tcp, udp, sctp } = linux.protocols;

export const rfc6056: Profile = {
  name: "rfc6056",
  range: [1024, 65535],
  ownRange: true,
  unprivilegedStart: 1024,
  addressMakesV6Only: true,
  protocols: {
    tcp: recommended(tcp),
    udp: recommended(udp),
    sctp: recommended(sctp),
    udplite: recommended(udp),
  },
  hold: heldToTheEnd(240_000), // 2 * MSL, MSL two minutes: RFC 9293, section 3.4.2
  reuse: { mode: 0, delay: 0 },
};
