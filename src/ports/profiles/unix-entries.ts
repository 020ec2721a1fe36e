/** The systems of Unix's family, each with what is known of it. */
import type { ProfileEntry } from "./entry.ts";
import { freebsd13 } from "./freebsd.ts";
import { iana } from "./iana.ts";
import { linux } from "./linux.ts";

export const unixEntries: readonly ProfileEntry[] = [
  {
    profile: linux,
    title: "Linux",
    version: "6.18 (2025); since 2.6 in its main lines, since 5.18 (2022) in its table and hash",
    algorithm:
      "TCP connect: RFC 6056 algorithm 4, even offsets first; TCP bind: random start, odd offsets first; " +
      "UDP: random start and stride over hash slots; SCTP: random start, then upward",
    variant: "as coded",
    evidence: "measured",
    source: "net/ipv4/inet_hashtables.c, inet_connection_sock.c, udp.c; net/sctp/socket.c",
    notes: "A range of odd size loses its first or its last port now and then: linux-as-published does not.",
  },
  {
    profile: iana,
    title: "IANA",
    version: "RFC 6335 (2011)",
    algorithm: "upward from the last port, and around",
    evidence: "documented",
    source: "RFC 6335, section 6",
    notes: "The registry names a range, no algorithm: the plainest is taken.",
  },
  {
    profile: freebsd13,
    title: "FreeBSD",
    version: "5 to 13 (2003-2021)",
    algorithm:
      "random start, then upward; TCP upward from the last port while more than 10 a second are asked for",
    evidence: "source",
    source: "sys/netinet/in_pcb.c: in_pcb_lport_dest, ipport_tick",
  },
];
