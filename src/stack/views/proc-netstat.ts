/**
 * /proc/net/netstat: Linux's own counters (net/ipv4/proc.c, netstat_seq_show), in the kernel's order.
 *
 * A column is there where its number is true: because it is counted, or because what it counts cannot happen on this host.
 * Columns of what can happen and is not counted are left out, as a kernel leaves out those it does not know: the line of names says
 * which there are.
 */
import type { HostSnapshot } from "./snapshot.ts";

/** What cannot happen here, and why. Always 0. */
export const neverHere: readonly string[] = [
  // No SYN cookies.
  ...words("SyncookiesSent SyncookiesRecv SyncookiesFailed TCPReqQFullDoCookies"),
  // Buffers have limits of their own: the host as a whole is never short of memory.
  ...words("PruneCalled RcvPruned OfoPruned TCPAbortOnMemory TCPMemoryPressures TCPMemoryPressuresChrono"),
  ...words("PFMemallocDrop TCPRcvCollapsed TCPWqueueTooBig"),
  // Sockets have no lock, and so no backlog behind it; nobody polls a device.
  ...words("LockDroppedIcmps DelayedACKLocked TCPBacklogCoalesce TCPBacklogDrop BusyPollRxPackets"),
  // Neither arp_filter nor rp_filter; no header prediction.
  ...words("ArpFilter IPReversePathFilter TCPHPHits TCPPureAcks TCPHPAcks"),
  // Neither TCP-MD5 (RFC 2385) nor TCP-AO (RFC 5925).
  ...words("TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure"),
  ...words("TCPAORequired TCPAOBad TCPAOKeyNotFound TCPAOGood TCPAODroppedIcmps"),
  // No automatic corking, no ACK compression, no probing for path MTUs, no host queues that hold a copy.
  ...words("TCPAutoCorking TCPSpuriousRtxHostQueues TCPAckCompressed TCPMTUPFail TCPMTUPSuccess"),
  // No flow label or queue is chosen anew for a flow that stalls; no requests migrate between listeners.
  ...words("TcpTimeoutRehash TcpDuplicateDataRehash TCPMigrateReqSuccess TCPMigrateReqFailure TCPPLBRehash"),
];

/** In the order of snmp4_net_list and snmp4_ipextstats_list, of Linux 6.18. */
const tcpColumns = words(
  "SyncookiesSent SyncookiesRecv SyncookiesFailed PruneCalled RcvPruned OfoPruned OutOfWindowIcmps LockDroppedIcmps ArpFilter TW TWRecycled PAWSEstab DelayedACKs DelayedACKLocked ListenOverflows ListenDrops TCPHPHits TCPPureAcks TCPHPAcks TCPTimeouts TCPRcvCollapsed TCPBacklogCoalesce TCPAbortOnData TCPAbortOnClose TCPAbortOnMemory TCPAbortOnTimeout TCPMemoryPressures TCPMemoryPressuresChrono TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure TCPBacklogDrop PFMemallocDrop IPReversePathFilter TCPTimeWaitOverflow TCPReqQFullDoCookies TCPOFODrop TCPChallengeACK TCPSYNChallenge TCPSpuriousRtxHostQueues BusyPollRxPackets TCPAutoCorking TCPSynRetrans TCPWinProbe TCPKeepAlive TCPMTUPFail TCPMTUPSuccess TCPAckCompressed TCPWqueueTooBig TcpTimeoutRehash TcpDuplicateDataRehash TCPMigrateReqSuccess TCPMigrateReqFailure TCPPLBRehash TCPAORequired TCPAOBad TCPAOKeyNotFound TCPAOGood TCPAODroppedIcmps",
);
const ipColumns = words(
  "InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts InOctets OutOctets InMcastOctets OutMcastOctets InBcastOctets OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts ReasmOverlaps",
);

export function netstat({ counters }: HostSnapshot): string {
  const rows = [
    ["TcpExt", tcpColumns],
    ["IpExt", ipColumns],
  ] as const;
  return rows
    .map(([group, columns]) => {
      const values = columns.map((column) => counters[group + column] ?? 0);
      return `${group}: ${columns.join(" ")}\n${group}: ${values.join(" ")}\n`;
    })
    .join("");
}

function words(text: string): string[] {
  return text.split(" ");
}
