/** Stacks that run in user space, each with what is known of it. */

import { gvisor, gvisor2022 } from "../gvisor.ts";
import { lwip, lwipAsPublished, tcpipJs } from "../lwip.ts";
import { smoltcp } from "../smoltcp.ts";
import { usrsctp } from "../usrsctp.ts";
import type { ProfileEntry } from "./entry.ts";
import {
  gvisor2022Sources,
  gvisorSources,
  lwipSources,
  smoltcpSources,
  usrsctpSources,
} from "./value-sources-others.ts";

const lwipSource = "src/core/tcp.c: tcp_new_port, tcp_bind; src/core/udp.c: udp_new_port, udp_bind";

export const userspaceEntries: readonly ProfileEntry[] = [
  {
    profile: gvisor,
    sources: gvisorSources,
    title: "gVisor",
    version: "3c5eee17",
    algorithm: "random start for every choice, then upward",
    evidence: "source",
    source: "pkg/tcpip/ports/ports.go, pkg/tcpip/stack/transport_demuxer.go",
  },
  {
    profile: gvisor2022,
    sources: gvisor2022Sources,
    title: "gVisor",
    version: "December 2022",
    algorithm:
      "TCP connect: hash of the destination plus one counter, then upward; others: random start, then upward",
    evidence: "measured",
    source: "pkg/tcpip/ports/ports.go: PickEphemeralPortStable; transport/tcp/endpoint.go: registerEndpoint",
  },
  {
    profile: lwip,
    sources: lwipSources,
    title: "lwIP",
    version: "2.1 to 2.2 (2018-)",
    algorithm: "upward from the last port, and around",
    range: "TCP 49152-65534, UDP 49152-65535",
    variant: "as coded",
    evidence: "measured",
    source: lwipSource,
    notes:
      "TCP takes 65535 for its end and skips it. A port in TIME-WAIT is nobody's. The limit of pcbs is not modelled.",
  },
  {
    profile: lwipAsPublished,
    sources: lwipSources,
    title: "lwIP",
    version: "2.1 to 2.2 (2018-)",
    algorithm: "upward from the last port, and around",
    variant: "as published",
    evidence: "source",
    source: lwipSource,
  },
  {
    profile: tcpipJs,
    sources: lwipSources,
    title: "tcpip.js",
    version: "with lwIP 2.2",
    algorithm: "upward from 49153 in every run, and around",
    range: "TCP 49152-65534, UDP 49152-65535",
    variant: "as coded",
    evidence: "measured",
    source: lwipSource,
    notes:
      "LWIP_RAND is not defined: the first port is always the same. Its limit of 256 pcbs is not modelled.",
  },
  {
    profile: smoltcp,
    sources: smoltcpSources,
    title: "smoltcp",
    version: "5393f885",
    algorithm: "none: the caller chooses every port",
    range: "the caller's",
    evidence: "source",
    source: "src/socket/tcp.rs, src/socket/udp.rs, src/iface/socket_set.rs",
  },
  {
    profile: usrsctp,
    sources: usrsctpSources,
    title: "usrsctp",
    version: "0.9.5",
    algorithm: "SCTP: random start, then upward",
    evidence: "measured",
    source: "usrsctplib/netinet/sctp_pcb.c: sctp_inpcb_bind, sctp_isport_inuse",
    notes: "It has SCTP alone; the other protocols choose alike here, with Linux's rules.",
  },
];
