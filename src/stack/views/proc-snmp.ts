/** /proc/net/snmp and snmp6: the MIBs as the kernel prints them (net/ipv4/proc.c, net/ipv6/proc.c). */
import type { HostSnapshot } from "./snapshot.ts";
import type { Sysctl } from "./sysctl.ts";

/** The groups of /proc/net/snmp and their columns, of Linux 6.18; what we do not count is 0. */
const groups: Readonly<Record<string, string>> = {
  Ip: "Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits",
  Icmp: "InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps",
  Tcp: "RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors",
  Udp: "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors",
  UdpLite:
    "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors",
};

/** Those of /proc/net/snmp6, in its order. */
const groups6: readonly (readonly [group: string, columns: string])[] = [
  [
    "Ip6",
    "InReceives InHdrErrors InTooBigErrors InNoRoutes InAddrErrors InUnknownProtos InTruncatedPkts InDiscards InDelivers OutForwDatagrams OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates InMcastPkts OutMcastPkts InOctets OutOctets InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts OutTransmits",
  ],
  [
    "Icmp6",
    "InMsgs InErrors OutMsgs OutErrors InCsumErrors OutRateLimitHost InDestUnreachs InPktTooBigs InTimeExcds InParmProblems InEchos InEchoReplies InGroupMembQueries InGroupMembResponses InGroupMembReductions InRouterSolicits InRouterAdvertisements InNeighborSolicits InNeighborAdvertisements InRedirects InMLDv2Reports OutDestUnreachs OutPktTooBigs OutTimeExcds OutParmProblems OutEchos OutEchoReplies OutGroupMembQueries OutGroupMembResponses OutGroupMembReductions OutRouterSolicits OutRouterAdvertisements OutNeighborSolicits OutNeighborAdvertisements OutRedirects OutMLDv2Reports",
  ],
  [
    "Udp6",
    "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors",
  ],
  ["UdpLite6", "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors MemErrors"],
];

/** A host that does not forward; no limit of connections; the rest is what Linux prints. */
const fixed: Readonly<Record<string, number>> = {
  IpForwarding: 2,
  TcpRtoAlgorithm: 1,
  TcpRtoMin: 200,
  TcpRtoMax: 120000,
  TcpMaxConn: -1,
};

export function snmp(host: HostSnapshot, sysctl: Sysctl): string {
  const own: Readonly<Record<string, number>> = {
    ...fixed,
    IpDefaultTTL: sysctl.value("net.ipv4.ip_default_ttl"),
    TcpCurrEstab: established(host),
  };
  const lines = Object.entries(groups).flatMap(([group, columns]) => {
    const names = columns.split(" ").map((column) => group + column);
    const values = names.map((name) => own[name] ?? host.counters[name] ?? 0);
    return [`${group}: ${columns}`, `${group}: ${values.join(" ")}`];
  });
  return `${lines.join("\n")}\n`;
}

/** Connections in ESTABLISHED or CLOSE-WAIT (RFC 4022, tcpCurrEstab). */
function established({ sockets }: HostSnapshot): number {
  return sockets.filter(
    ({ protocol, state }) => protocol === "tcp" && (state === "ESTABLISHED" || state === "CLOSE-WAIT"),
  ).length;
}

/** "%-32s\t%lu" a counter, zeros too. */
export function snmp6({ counters }: HostSnapshot): string {
  return groups6
    .flatMap(([group, columns]) => columns.split(" ").map((column) => group + column))
    .map((name) => `${name.padEnd(32)}\t${counters[name] ?? 0}\n`)
    .join("");
}
