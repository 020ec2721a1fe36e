/** The systems of Unix's family, each with what is known of it. */
import { bsd } from "../bsd.ts";
import { freebsd, freebsd4, freebsd13, freebsd13AsPublished } from "../freebsd.ts";
import { iana } from "../iana.ts";
import { linux, linuxAsPublished } from "../linux.ts";
import { linux22, linux24 } from "../linux-old.ts";
import { macos } from "../macos.ts";
import {
  netbsd,
  netbsdDoubleHash,
  netbsdHashAsCoded,
  netbsdHashAsPublished,
  netbsdRandinc,
  netbsdRandomPick,
  netbsdRandomStart,
} from "../netbsd.ts";
import { openbsd } from "../openbsd.ts";
import { rfc6056 } from "../rfc6056.ts";
import { aix, solaris } from "../solaris.ts";
import type { ProfileEntry } from "./entry.ts";
import {
  aixSources,
  bsdSources,
  freebsd4Sources,
  freebsd14Sources,
  freebsdSources,
  ianaSources,
  linux22Sources,
  linux24Sources,
  linuxSources,
  macosSources,
  netbsdRandomSources,
  netbsdSources,
  openbsdSources,
  rfc6056Sources,
  solarisSources,
} from "./value-sources.ts";

const article = "en.wikipedia.org/wiki/Ephemeral_port";
const linuxAlgorithm =
  "TCP connect: RFC 6056 algorithm 4, even offsets first; TCP bind: random start, odd offsets first; " +
  "UDP: random start and stride over hash slots; SCTP: random start, then upward";
const upward = "upward from the last port, and around";
const randomThenUpward = "random start, then upward and around";

const standards: readonly ProfileEntry[] = [
  {
    profile: iana,
    sources: ianaSources,
    title: "IANA",
    version: "RFC 6335 (2011)",
    algorithm: upward,
    evidence: "documented",
    source: "RFC 6335, section 6",
    notes: "The registry names a range, no algorithm: the plainest is taken.",
  },
  {
    profile: rfc6056,
    sources: rfc6056Sources,
    title: "RFC 6056",
    version: "2011",
    algorithm:
      "connect: algorithm 4, a keyed start and a counter for each destination; bind: algorithm 2, random",
    evidence: "documented",
    source: "RFC 6056, sections 3.2, 3.3.4 and 3.5",
  },
];

const linuxes: readonly ProfileEntry[] = [
  {
    profile: linux,
    sources: linuxSources,
    title: "Linux",
    version: "6.18 (2025); the range since 2.6, table and hash since 5.18 (2022)",
    algorithm: linuxAlgorithm,
    variant: "as coded",
    evidence: "measured",
    source: "net/ipv4/inet_hashtables.c, inet_connection_sock.c, udp.c; net/sctp/socket.c",
    notes:
      "A range of odd size loses its first or its last port now and then. An IPv6 stream socket that has had an IPv4 peer is not heard by IPv6 any more. A UDP socket that was connected over IPv6 once hears its former peer alone.",
  },
  {
    profile: linuxAsPublished,
    sources: linuxSources,
    title: "Linux",
    version: "6.18 (2025)",
    algorithm: linuxAlgorithm,
    variant: "as published",
    evidence: "documented",
    source: "Documentation/networking/ip-sysctl.rst, ip_local_port_range",
    notes: "Every port of a range of odd size is found.",
  },
  {
    profile: linux24,
    sources: linux24Sources,
    title: "Linux, older",
    version: "2.4 (2001)",
    algorithm: upward,
    range: "32768-61000; with less than 128 MB 1024-4999 or fewer",
    evidence: "documented",
    source: `${article}; Documentation/networking/ip-sysctl.txt`,
    notes: "The algorithm is from memory. UDP's preference for short hash chains is left out.",
  },
  {
    profile: linux22,
    sources: linux22Sources,
    title: "Linux, older",
    version: "2.2 (1999), and with small memory",
    algorithm: upward,
    range: "1024-4999, scaled up with memory",
    evidence: "documented",
    source: article,
    notes: "The algorithm is from memory.",
  },
];

const belowLast =
  "Where its own tries are spent NetBSD takes that one port; here only if it is free, and else EAGAIN.";

const bsds: readonly ProfileEntry[] = [
  {
    profile: bsd,
    sources: bsdSources,
    title: "BSD; FreeBSD before 4.6",
    version: "4.4BSD (1993) to FreeBSD 4.5 (2002)",
    algorithm: `${upward}; the port before is not tried`,
    evidence: "source",
    source: "sys/netinet/in_pcb.c of 1995",
  },
  {
    profile: freebsd4,
    sources: freebsd4Sources,
    title: "FreeBSD",
    version: "4.6 to 4.11 (2002-2005)",
    algorithm: `${upward}; the port before is not tried`,
    evidence: "documented",
    source: article,
    notes: "The loop is that of 1995.",
  },
  {
    profile: freebsd13,
    sources: freebsdSources,
    title: "FreeBSD",
    version: "5 to 13 (2003-2021)",
    algorithm: `${randomThenUpward}; TCP upward from the last port for 45 s after more than 10 choices in one`,
    range: "10000-65535; IP_PORTRANGE_HIGH 49152-65535, IP_PORTRANGE_LOW 600-1023",
    variant: "as coded",
    evidence: "source",
    source: "sys/netinet/in_pcb.c of 13.0: in_pcb_lport_dest, ipport_tick",
    notes: "UDP's choices count against TCP's, by a test that is always true. The article has 49152-65535.",
  },
  {
    profile: freebsd13AsPublished,
    sources: freebsdSources,
    title: "FreeBSD",
    version: "5 to 13 (2003-2021)",
    algorithm: `${randomThenUpward}; TCP upward from the last port for 45 s after more than 10 choices in one`,
    range: "10000-65535; IP_PORTRANGE_HIGH 49152-65535, IP_PORTRANGE_LOW 600-1023",
    variant: "as published",
    evidence: "source",
    source: "sys/netinet/in_pcb.c of 13.0: in_pcb_lport_dest, ipport_tick",
    notes: "Only TCP's choices count.",
  },
  {
    profile: freebsd,
    sources: freebsd14Sources,
    title: "FreeBSD",
    version: "14 and later (2023)",
    algorithm: randomThenUpward,
    range: "10000-65535; IP_PORTRANGE_HIGH 49152-65535, IP_PORTRANGE_LOW 600-1023",
    evidence: "source",
    source: "sys/netinet/in_pcb.c of 14, in excerpts; the rest as 13.0 has it",
    notes: "The article has 49152-65535, which is the high band.",
  },
  {
    profile: openbsd,
    sources: openbsdSources,
    title: "OpenBSD",
    version: "5.x to 7.x",
    algorithm: `${randomThenUpward}, past net.inet.{tcp,udp}.baddynamic`,
    range: "1024-49151; IP_PORTRANGE_HIGH 49152-65535, IP_PORTRANGE_LOW 600-1023",
    evidence: "source",
    source: "sys/netinet/in_pcb.c",
    notes: "The numbers of the range and of the lists are from memory.",
  },
  {
    profile: netbsd,
    sources: netbsdSources,
    title: "NetBSD",
    version: "6 and later (2012)",
    algorithm: "downward from the last port, and around",
    evidence: "source",
    source: "sys/netinet/portalgo.c: portalgo_bsd",
    notes: "The numbers of the range are from memory.",
  },
  {
    profile: netbsdRandomStart,
    sources: netbsdRandomSources,
    title: "NetBSD, IP_PORTALGO random_start",
    version: "6 and later (2012)",
    algorithm: `RFC 6056 algorithm 1: ${randomThenUpward}`,
    evidence: "source",
    source: "sys/netinet/portalgo.c: portalgo_random_start, by its name and as remembered",
  },
  {
    profile: netbsdRandomPick,
    sources: netbsdRandomSources,
    title: "NetBSD, IP_PORTALGO random_pick",
    version: "6 and later (2012)",
    algorithm:
      "RFC 6056 algorithm 2: a random port, as often as there are ports; then the one below the last that bsd gave out",
    evidence: "source",
    source: "sys/netinet/portalgo.c: portalgo_random_pick, by its name and as remembered",
    notes: belowLast,
  },
  {
    profile: netbsdHashAsCoded,
    sources: netbsdSources,
    title: "NetBSD, IP_PORTALGO hash",
    version: "6 and later (2012)",
    algorithm: "connect: RFC 6056 algorithm 3 with another key each time; bind: downward from the last port",
    variant: "as coded",
    evidence: "source",
    source: "sys/netinet/portalgo.c: portalgo_hash",
    notes:
      "The secret is drawn into a local variable on every call, so no destination keeps its start. SipHash stands for MD5.",
  },
  {
    profile: netbsdHashAsPublished,
    sources: netbsdSources,
    title: "NetBSD, IP_PORTALGO hash",
    version: "6 and later (2012)",
    algorithm: "connect: RFC 6056 algorithm 3; bind: downward from the last port",
    variant: "as published",
    evidence: "source",
    source: "sys/netinet/portalgo.c: portalgo_hash",
    notes: "SipHash stands for MD5.",
  },
  {
    profile: netbsdDoubleHash,
    sources: netbsdSources,
    title: "NetBSD, IP_PORTALGO doublehash",
    version: "6 and later (2012)",
    algorithm: "connect: RFC 6056 algorithm 4 with eight counters; bind: downward from the last port",
    variant: "as published",
    evidence: "source",
    source: "sys/netinet/portalgo.c: portalgo_doublehash",
    notes: "SipHash stands for MD5.",
  },
  {
    profile: netbsdRandinc,
    sources: netbsdRandomSources,
    title: "NetBSD, IP_PORTALGO randinc",
    version: "6 and later (2012)",
    algorithm:
      "RFC 6056 algorithm 5, steps of 1 to 500, one counter for all protocols; then the one below the last that bsd gave out",
    evidence: "source",
    source: "sys/netinet/portalgo.c: portalgo_randinc, N = 500; the rest as remembered",
    notes: belowLast,
  },
  {
    profile: macos,
    sources: macosSources,
    title: "macOS, iOS",
    version: "xnu-11417 (macOS 15, 2024)",
    algorithm: `TCP: ${upward}; UDP: ${randomThenUpward}`,
    range: "49152-65535; IP_PORTRANGE_LOW 600-1023, downward",
    evidence: "source",
    source: "bsd/netinet/in_pcb.c: in_pcbbind",
    notes:
      "The list of restricted ports was not read: none is restricted until the host sets its neverChosen.",
  },
];

const others: readonly ProfileEntry[] = [
  {
    profile: solaris,
    sources: solarisSources,
    title: "Solaris",
    version: "11 (2011)",
    algorithm: `${randomThenUpward} (assumed)`,
    range: "32768-65535, for TCP, UDP and SCTP apart",
    evidence: "documented",
    source: `${article}; Oracle Solaris 11 Tunable Parameters Reference: tcp_smallest_anon_port`,
    notes: "Conflicts and errors are those of BSD, assumed.",
  },
  {
    profile: aix,
    sources: aixSources,
    title: "AIX",
    version: "4.3 and later",
    algorithm: `${upward} (assumed)`,
    range: "32768-65535, for TCP and UDP apart",
    evidence: "documented",
    source: `${article}; the no command: tcp_ephemeral_low, udp_ephemeral_low`,
    notes: "Conflicts and errors are those of BSD, assumed.",
  },
];

export const unixEntries: readonly ProfileEntry[] = [...linuxes, ...standards, ...bsds, ...others];
