/** Numbers that say what comes next: IP protocols and IPv6 Next Headers share one registry (RFC 8200, section 3). */
export const protocols = {
  hopByHop: 0,
  icmp: 1,
  igmp: 2,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  noNextHeader: 59,
  destinationOptions: 60,
  sctp: 132,
  udpLite: 136,
} as const;

const names: ReadonlyMap<number, string> = new Map([
  [protocols.hopByHop, "IPv6 hop-by-hop options"],
  [protocols.icmp, "ICMP"],
  [protocols.igmp, "IGMP"],
  [protocols.ipv4, "IPv4"],
  [protocols.tcp, "TCP"],
  [protocols.udp, "UDP"],
  [protocols.ipv6, "IPv6"],
  [protocols.routing, "IPv6 routing"],
  [protocols.fragment, "IPv6 fragment"],
  [protocols.gre, "GRE"],
  [protocols.esp, "ESP"],
  [protocols.ah, "AH"],
  [protocols.icmpv6, "ICMPv6"],
  [protocols.noNextHeader, "IPv6 no next header"],
  [protocols.destinationOptions, "IPv6 destination options"],
  [protocols.sctp, "SCTP"],
  [protocols.udpLite, "UDP-Lite"],
]);

/** What people call protocol `number`, or `protocol 253`. */
export function protocolName(number: number): string {
  return names.get(number) ?? `protocol ${number}`;
}
