/** /proc/net/snmp and snmp6: the MIBs as the kernel prints them (net/ipv4/proc.c, net/ipv6/proc.c). */
import type { HostSnapshot } from "./snapshot.ts";
import type { Sysctl } from "./sysctl.ts";

/** The groups of /proc/net/snmp and their columns, of Linux 6.18; what we do not count is 0. */
const groups: Readonly<Record<string, string>> = {
  Ip: "Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits",
  Icmp: "InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps",
  Tcp: "RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors",
  Udp: "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors",
};

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

/** "%-32s\t%lu" a counter. */
export function snmp6({ counters }: HostSnapshot): string {
  return Object.entries(counters)
    .filter(([name]) => /^(Ip6|Icmp6|Udp6)/.test(name))
    .map(([name, value]) => `${name.padEnd(32)}\t${value}\n`)
    .join("");
}
