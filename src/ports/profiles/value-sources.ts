/** Where the values of a profile are from, one by one: file and function, manual or page; `assumed` where nobody says. */
export interface ValueSources {
  readonly range: string;
  /** How ports are chosen. */
  readonly choice: string;
  /** Who may have a port beside others. */
  readonly sharing: string;
  /** The errno of each refusal. */
  readonly errors: string;
  readonly timeWait: string;
  /** Whom a packet is for. */
  readonly receivers: string;
}

const article = "en.wikipedia.org/wiki/Ephemeral_port";

export const linuxSources: ValueSources = {
  range: "ip_local_port_range, Documentation/networking/ip-sysctl.rst",
  choice:
    "__inet_hash_connect (net/ipv4/inet_hashtables.c), inet_csk_find_open_port (net/ipv4/inet_connection_sock.c), " +
    "udp_lib_get_port (net/ipv4/udp.c), sctp_get_port_local (net/sctp/socket.c)",
  sharing:
    "inet_bind_conflict (net/ipv4/inet_connection_sock.c), udp_lib_lport_inuse (net/ipv4/udp.c), sctp_get_port_local " +
    "(net/sctp/socket.c); measured on 6.18",
  errors:
    "inet_autobind (net/ipv4/af_inet.c), __inet_check_established, sctp_connect_new_asoc; measured on 6.18",
  timeWait: "TCP_TIMEWAIT_LEN (include/net/tcp.h), tcp_twsk_unique (net/ipv4/tcp_ipv4.c)",
  receivers: "compute_score in net/ipv4/inet_hashtables.c and in net/ipv4/udp.c",
};

export const linux24Sources: ValueSources = {
  ...linuxSources,
  range: `${article}; Documentation/networking/ip-sysctl.txt of 2.4`,
  choice: "tcp_v4_get_port and udp_v4_get_port, from memory",
  timeWait: "TCP_TIMEWAIT_LEN (include/net/tcp.h)",
};

export const linux22Sources: ValueSources = {
  ...linux24Sources,
  range: `${article}; sysctl_local_port_range (net/ipv4/tcp_ipv4.c)`,
};

const asLinux = "as Linux, the strictest";

export const ianaSources: ValueSources = {
  range: "the Dynamic Ports: RFC 6335, section 6",
  choice: "increment with wraparound: RFC 6056, section 2.2",
  sharing: asLinux,
  errors: asLinux,
  timeWait: "2 MSL, MSL two minutes: RFC 9293, section 3.4.2",
  receivers: asLinux,
};

export const rfc6056Sources: ValueSources = {
  ...ianaSources,
  range: "RFC 6056, section 3.2",
  choice: "RFC 6056, sections 3.3.4 (connect) and 3.3.2 (bind), as section 3.5 has it",
};

export const bsdSources: ValueSources = {
  range: "IPPORT_RESERVED and IPPORT_USERRESERVED, sys/netinet/in.h",
  choice: "in_pcbbind, sys/netinet/in_pcb.c of 1995",
  sharing: "in_pcbbind and in_pcblookup, sys/netinet/in_pcb.c of 1995",
  errors: "in_pcbbind and in_pcbconnect, sys/netinet/in_pcb.c of 1995",
  timeWait: "2 * TCPTV_MSL, sys/netinet/tcp_timer.h",
  receivers: "in_pcblookup_hash, sys/netinet/in_pcb.c, as later ones have it",
};

export const freebsd4Sources: ValueSources = { ...bsdSources, range: article };

export const freebsdSources: ValueSources = {
  range: "IPPORT_EPHEMERALFIRST and _LAST, IPPORT_HIFIRSTAUTO and _HILASTAUTO, sys/netinet/in.h of 13.0",
  choice:
    "in_pcb_lport_dest, ipport_tick, sys/netinet/in_pcb.c of 13.0; portrange.randomized, .randomcps and .randomtime",
  sharing: "in_pcbbind_setup, in_pcblookup_local, sys/netinet/in_pcb.c of 13.0",
  errors: "in_pcb_lport_dest, in_pcbconnect_setup, sys/netinet/in_pcb.c of 13.0",
  timeWait: "2 * TCPTV_MSL, sys/netinet/tcp_timer.h",
  receivers: "in_pcblookup_hash_locked, in_pcb.c; INP_PCBLBGROUP_PKTHASH, in_pcb.h",
};

export const freebsd14Sources: ValueSources = {
  ...freebsdSources,
  choice: "sys/netinet/in_pcb.c of 14, in excerpts: portrange.randomcps and .randomtime are gone",
};

const inPcb = "sys/netinet/in_pcb.c";

export const openbsdSources: ValueSources = {
  range: "net.inet.ip.portfirst and .portlast, their numbers from memory",
  choice: `in_pcbpickport, ${inPcb}; DEFBADDYNAMICPORTS_TCP and _UDP, from memory`,
  sharing: `in_pcbbind, ${inPcb}`,
  errors: `in_pcbpickport, in_pcbconnect, ${inPcb}`,
  timeWait: "2 * TCPTV_MSL, sys/netinet/tcp_timer.h, from memory",
  receivers: "assumed: as in_pcblookup_hash of the other BSDs",
};

export const netbsdSources: ValueSources = {
  range: "net.inet.ip.anonportmin and .anonportmax, their numbers from memory",
  choice: "sys/netinet/portalgo.c",
  sharing: "assumed: as in_pcbbind of 4.4BSD",
  errors: "portalgo_bsd, sys/netinet/portalgo.c",
  timeWait: "2 * TCPTV_MSL, sys/netinet/tcp_timer.h, from memory",
  receivers: "assumed: as in_pcblookup_hash of the other BSDs",
};

export const netbsdRandomSources: ValueSources = {
  ...netbsdSources,
  choice:
    "sys/netinet/portalgo.c: the names, N = 500 of randinc and that all but bsd fall back to last - 1 were read; " +
    "the loops are from memory, and RFC 6056's",
  errors: "portalgo_bsd, sys/netinet/portalgo.c; of the others assumed",
};

const xnu = "bsd/netinet/in_pcb.c of xnu-11417";

export const macosSources: ValueSources = {
  range: `ipport_firstauto and ipport_lastauto, ${xnu}`,
  choice: `in_pcbbind, ${xnu}; net.inet.tcp.randomize_ports is 0; UDP_RANDOM_PORT_RESERVE; net.inet.udp.randomize_ports and SO_RANDOMPORT by name from memory`,
  sharing: `in_pcbbind, ${xnu}`,
  errors: `in_pcbbind, in_pcbconnect, ${xnu}; in6_pcbsetport, in6_src.c`,
  timeWait: "2 * TCPTV_MSL of 15 s",
  receivers: `in_pcblookup_hash, ${xnu}`,
};

const asBsd = "assumed: as 4.4BSD";

export const solarisSources: ValueSources = {
  range: `${article}; tcp_smallest_anon_port and tcp_largest_anon_port, Tunable Parameters Reference`,
  choice: "assumed, with tcp_random_anon_port and without: its name from memory",
  sharing: asBsd,
  errors: asBsd,
  timeWait: "tcp_time_wait_interval, Tunable Parameters Reference",
  receivers: asBsd,
};

export const aixSources: ValueSources = {
  range: `${article}; tcp_ephemeral_low and tcp_ephemeral_high of the no command`,
  choice: "assumed: upward",
  sharing: asBsd,
  errors: asBsd,
  timeWait: "tcp_timewait of the no command: one unit of 15 s",
  receivers: asBsd,
};
