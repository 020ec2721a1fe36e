/** The seam between IP and what rides on it: what arrives, what can be asked of the output side. */
import type { Address, Family } from "../base/address.ts";
import type { ErrnoName } from "../base/errno.ts";
import type { ChecksumState, Packet } from "../base/packet.ts";
import type { Interface } from "./interface/interface.ts";

/** A whole IP datagram addressed to us: reassembled, options walked, payload not yet looked at. Lent, and reused. */
export interface IpDatagram {
  family: Family;
  source: Address;
  destination: Address;
  /** The protocol of the payload (IPv4 Protocol, or the last IPv6 Next Header). */
  protocol: number;
  /** TTL or Hop Limit. */
  hopLimit: number;
  /** TOS or Traffic Class, with the ECN bits. */
  trafficClass: number;
  bytes: Uint8Array;
  /** The IP header, for quoting in ICMP errors: `[headerStart, end)`. */
  headerStart: number;
  /** The payload: `[start, end)`. */
  start: number;
  end: number;
  checksum: ChecksumState;
  /** Not 0: the link glued several segments of this many payload bytes (GRO). */
  segmentSize: number;
  /** The interface it came in by. */
  interface: Interface;
  /** How its destination is addressed to us. */
  cast: "unicast" | "broadcast" | "multicast";
}

/**
 * How checksums are handed down, so that no byte is summed twice and links that vouch for them cost nothing.
 *
 * A transport that wants its checksum filled in sets `packet.checksum` to {@link checksumPartial} and
 * `packet.checksumOffset` to where the field stands from the start of its own header (TCP 16, UDP 6), and leaves the
 * field alone. IP output then writes either the sum of the pseudo-header (the link takes partial checksums) or the whole
 * checksum. A packet left at `checksumUnknown`, as `allocate` gives it, goes out as it is: UDP without a checksum, SCTP.
 * A packet with a `segmentSize` always has its checksum filled in here.
 *
 * On the way in `IpDatagram.checksum` is `checksumTrusted` or `checksumUnknown`: only the latter is verified.
 */

/** An ICMP error about a packet we sent, matched and sanity-checked by IP; the transport checks its own part. */
export interface IcmpError {
  family: Family;
  /** The errno Linux gives a socket for this type and code (RFC 1122, section 4.1.3.3; RFC 4443). */
  errno: ErrnoName;
  /** True where RFC 1122 calls it a hard error (protocol, port unreachable; source route failed is soft). */
  hard: boolean;
  /**
   * Of a Packet Too Big or Fragmentation Needed, the path MTU as it will be once the transport, sure that it sent the
   * quoted packet (RFC 5927, section 7), calls `IpOutput.reducePathMtu`; else 0.
   */
  mtu: number;
  type: number;
  code: number;
  /** Who sent the error. */
  reporter: Address;
  /** From the quoted packet: our address and the peer's. */
  source: Address;
  destination: Address;
  /** The quoted transport header, at least 8 bytes: `[start, end)`. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** IP length of the packet that was quoted, as its header says. */
  quotedLength: number;
}

/** A protocol above IP. */
export interface Transport {
  /** Its IP protocol number. */
  readonly protocol: number;
  receive(datagram: IpDatagram): void;
  icmpError(error: IcmpError): void;
  /** The batch is over: send what it made due. Called once after each batch of packets or timers. */
  flush(): void;
}

/** Where packets to a destination go. Held by sockets; `output.route` gives a fresh one when `stale`. */
export interface Route {
  readonly destination: Address;
  /** The local address to use: the bound one, or RFC 6724's choice. */
  readonly source: Address;
  readonly interface: Interface;
  /** The neighbour to send to: the gateway or the destination. */
  readonly nextHop: Address;
  readonly cast: "unicast" | "broadcast" | "multicast" | "local";
  /** The path MTU now, in bytes of IP packet. */
  readonly mtu: number;
  /** Routes, addresses or the path MTU changed since: ask again. */
  readonly stale: boolean;
}

export interface RouteWish {
  /** The bound local address, if any. */
  readonly source?: Address | undefined;
  /** Index of the interface the socket is bound to, if any. */
  readonly device?: number | undefined;
}

/**
 * IP_MTU_DISCOVER, as Linux has it. `dont`: no DF, fragment. `want`: DF where the packet fits, else fragment. `do`: DF,
 * and EMSGSIZE where it does not fit. `probe`: as `do`, but only the interface's own MTU counts.
 */
export type PathMtuDiscovery = "dont" | "want" | "do" | "probe";

export interface SendOptions {
  protocol: number;
  /** TTL or Hop Limit. */
  hopLimit: number;
  trafficClass: number;
  /** Set DF, and never fragment here (IPv6 never fragments on the way; the source may unless this is set). */
  dontFragment: boolean;
  /** Says it finer than `dontFragment`, which stands for `do` and `dont` where this is absent. */
  pathMtuDiscovery?: PathMtuDiscovery | undefined;
  /** IP_MULTICAST_LOOP: whether members on this host hear it too. Absent: yes. */
  multicastLoop?: boolean | undefined;
  /** IPv6 flow label, 20 bits. */
  flowLabel: number;
}

/** IP as a transport sees it. */
export interface IpOutput {
  /** The way to `destination`, or the errno Linux gives (ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL ...). */
  route(destination: Address, wish: RouteWish): Route | ErrnoName;
  /**
   * A slot with room for `length` bytes of transport header and payload in `[start, end)`, and before `start` for
   * every header below. Hand it to `send`, or give it back with `release`.
   */
  allocate(length: number): Packet;
  release(packet: Packet): void;
  /**
   * Puts IP in front, fragments or segments where the link cannot, resolves the neighbour and queues it on the link.
   * The packet is IP's from here on.
   * @returns undefined, or the errno Linux gives the caller (EMSGSIZE with dontFragment, ENOBUFS, EHOSTUNREACH).
   */
  send(packet: Packet, route: Route, options: SendOptions): ErrnoName | undefined;
  /**
   * Whether the link has use for more already. Where not, whoever can keep what he would send does: `flush` is called
   * again when the link has taken what waits.
   */
  admits(route: Route): boolean;
  /** The way proved good: the peer acknowledged something new (RFC 4861, section 7.3.1). */
  confirm(route: Route): void;
  /** Takes the news of a Packet Too Big, once the transport knows that the quoted packet was its own. */
  reducePathMtu(error: IcmpError): void;
  /** Sends an ICMP error about a datagram, rate limited (RFC 1122, section 3.2.2; RFC 4443, section 2.4). */
  sendUnreachable(about: IpDatagram, reason: "port" | "protocol" | "administrative"): void;
}
