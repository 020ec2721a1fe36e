/**
 * Solaris 11 and AIX: documents only. Ranges are those of the tunables' manuals, set for TCP, UDP and SCTP apart but alike. What
 * the manuals do not say is taken from 4.4BSD's family, of which both once were.
 */
import { bsdConflict } from "../conflict/bsd.ts";
import { heldToTheEnd } from "../hold/hold.ts";
import type { Algorithm, Profile } from "../profile.ts";
import { random } from "../selection/random.ts";
import { sequential } from "../selection/sequential.ts";
import { bsdProtocol, choosing } from "./bsd-family.ts";

const rules = { users: undefined, connect: "by address", choice: "by options" } as const;
const conflicts = { stream: bsdConflict(rules, "stream"), datagram: bsdConflict(rules, "datagram") };

/** tcp_random_anon_port, which is 1, and 0: both loops are assumed. */
const algorithms = { random: choosing("binds", random), sequential: choosing("binds", sequential) };

function protocolsOf(selections: Algorithm): Profile["protocols"] {
  const common = { selections, exhausted: "EADDRNOTAVAIL" } as const;
  const tcp = bsdProtocol({ kind: "stream", conflict: conflicts.stream, ...common });
  const udp = bsdProtocol({ kind: "datagram", conflict: conflicts.datagram, ...common });
  return { tcp, udp, sctp: tcp, udplite: udp };
}

const anonymous = protocolsOf(algorithms.random);
const tcp = { ...anonymous.tcp, algorithms };

export const solaris: Profile = {
  name: "solaris",
  range: [32768, 65535], // tcp_smallest_anon_port and tcp_largest_anon_port
  ownRange: false,
  unprivilegedStart: 1024, // tcp_smallest_nonpriv_port
  // tcp_extra_priv_ports and its siblings: NFS and its lock manager
  extraPrivileged: [
    [2049, 2049],
    [4045, 4045],
  ],
  addressMakesV6Only: false,
  protocols: { ...anonymous, tcp },
  hold: heldToTheEnd(60_000), // tcp_time_wait_interval
  reuse: { mode: 0, delay: 0 },
};

export const aix: Profile = {
  name: "aix",
  range: [32768, 65535], // tcp_ephemeral_low and tcp_ephemeral_high
  ownRange: false,
  unprivilegedStart: 1024,
  addressMakesV6Only: false,
  protocols: protocolsOf(algorithms.sequential), // assumed
  hold: heldToTheEnd(15_000), // tcp_timewait: one unit of 15 s
  reuse: { mode: 0, delay: 0 },
};
