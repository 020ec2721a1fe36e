/** Where the values of Windows and of stacks in user space are from. */
import type { ValueSources } from "./value-sources.ts";

const tables = 'Winsock, "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"';
const notPublished = "not published; assumed";

export const windowsXpSources: ValueSources = {
  range: "MaxUserPort; en.wikipedia.org/wiki/Ephemeral_port",
  choice: notPublished,
  sharing: tables,
  errors: `${tables}: WSAEACCES; Microsoft, KB 196271: WSAENOBUFS`,
  timeWait: "TcpTimedWaitDelay, 240 s where it is not set",
  receivers: "Winsock leaves it open where two share; the older is assumed",
};

export const windows2003Ms08037Sources: ValueSources = {
  ...windowsXpSources,
  range: "MS08-037; en.wikipedia.org/wiki/Ephemeral_port",
};

export const windowsSources: ValueSources = {
  ...windowsXpSources,
  range: "netsh int ipv4 show dynamicport",
  errors: `${tables}: WSAEACCES; Microsoft, "troubleshoot port exhaustion"`,
  timeWait: "TcpTimedWaitDelay; two to four minutes by different documents",
};

export const windowsCustomSources: ValueSources = {
  ...windowsSources,
  range: "netsh int ipv4 set dynamicport: 255 ports or more within 1025 to 65535",
};

export const windowsExchangeSources: ValueSources = {
  ...windowsSources,
  range: "setup of Exchange Server 2007; en.wikipedia.org/wiki/Ephemeral_port",
};

export const gvisorSources: ValueSources = {
  range: "firstEphemeral, pkg/tcpip/ports/ports.go",
  choice: "pickEphemeralPort, pkg/tcpip/ports/ports.go",
  sharing:
    "intersectionFlags, isAvailable, pkg/tcpip/ports; registerEndpoint, pkg/tcpip/transport/tcp/endpoint.go",
  errors: "pkg/sentry/socket/netstack/netstack.go, pkg/syserr/netstack.go",
  timeWait: "DefaultTCPTimeWaitTimeout, pkg/tcpip/transport/tcp/protocol.go; TCPTimeWaitReuseLoopbackOnly",
  receivers: "findEndpointLocked, selectEndpoint, pkg/tcpip/stack/transport_demuxer.go",
};

export const gvisor2022Sources: ValueSources = {
  ...gvisorSources,
  choice: "PickEphemeralPort, PickEphemeralPortStable, pkg/tcpip/ports/ports.go of December 2022",
};

export const lwipSources: ValueSources = {
  range: "TCP_LOCAL_PORT_RANGE_START and _END, UDP_LOCAL_PORT_RANGE_START and _END",
  choice: "tcp_new_port, src/core/tcp.c; udp_new_port, src/core/udp.c; measured",
  sharing: "tcp_bind, tcp_listen_with_backlog_and_err, src/core/tcp.c; udp_bind, src/core/udp.c",
  errors: "ERR_BUF of tcp_new_port, ERR_USE of udp_new_port and tcp_connect; measured",
  timeWait: "2 * TCP_MSL, src/include/lwip/priv/tcp_priv.h",
  receivers: "tcp_input, src/core/tcp_in.c; udp_input, src/core/udp.c",
};

export const smoltcpSources: ValueSources = {
  range: "its examples: 49152 + rand % 16384",
  choice: "none: connect and bind refuse port 0, src/socket/tcp.rs and udp.rs",
  sharing: "no rule: src/socket/tcp.rs, udp.rs",
  errors: "Unaddressable of ConnectError, ListenError and BindError",
  timeWait: "CLOSE_DELAY, src/socket/tcp.rs",
  receivers: "the first socket that accepts(), src/iface/interface",
};

export const usrsctpSources: ValueSources = {
  range: "ipport_firstauto and ipport_lastauto, usrsctplib/user_environment.c",
  choice: "sctp_inpcb_bind, usrsctplib/netinet/sctp_pcb.c; measured",
  sharing: "sctp_isport_inuse, sctp_pcb.c; sctp_listen, sctp_usrreq.c",
  errors: "sctp_inpcb_bind, usrsctplib/netinet/sctp_pcb.c",
  timeWait: "SCTP_TIME_WAIT, netinet/sctp_constants.h: of the verification tag; the port is free at once",
  receivers: "sctp_pcb_findep, usrsctplib/netinet/sctp_pcb.c",
};
