/** Packets as a script writes them. SCTP's chunks are in script-sctp.ts. */
import type { At, Unchecked } from "./script.ts";
import type { Sctp } from "./sctp.ts";

export interface Packet {
  readonly kind: "packet";
  readonly at: At;
  /** `<` is injected into the stack under test, `>` is expected from it. */
  readonly direction: "inbound" | "outbound";
  /** Headers around the packet, outermost first. */
  readonly outer: readonly Encapsulation[];
  readonly ip: IpAnnotations;
  /** Security parameters index of a packet in PSP. */
  readonly pspSpi?: number;
  /** Literal ports, where the script shows them. */
  readonly ports?: Ports;
  readonly content: Content;
}

export type Content = Tcp | Udp | UdpLite | Icmp | Sctp;

export interface Ports {
  readonly source: number;
  readonly destination: number;
}

/** What a script says of the IP header; what it leaves out is not checked. */
export interface IpAnnotations {
  /** ECN field (RFC 3168, section 5); `ect01` accepts ECT(0) and ECT(1). */
  readonly ecn?: Ecn;
  /** The whole type of service or traffic class byte. */
  readonly tos?: number;
  /** The upper six bits of that byte (RFC 2474). */
  readonly dscp?: number;
  /** Time to live or hop limit. */
  readonly ttl?: number;
  readonly flowLabel?: number;
}

export type Ecn = "noecn" | "ect0" | "ect1" | "ect01" | "ce";

export type Encapsulation =
  | { readonly type: "ipv4" | "ipv6"; readonly source: string; readonly destination: string }
  | { readonly type: "gre"; readonly gre: Gre }
  | { readonly type: "mpls"; readonly labels: readonly MplsLabel[] };

/** RFC 2784 and RFC 2890. */
export interface Gre {
  readonly checksumPresent: boolean;
  readonly keyPresent: boolean;
  readonly sequencePresent: boolean;
  readonly sum?: number;
  readonly off?: number;
  readonly key?: number;
  readonly seq?: number;
}

/** RFC 3032, section 2.1. */
export interface MplsLabel {
  readonly label: number;
  readonly trafficClass: number;
  readonly bottom: boolean;
  readonly ttl: number;
}

export interface Tcp {
  readonly protocol: "tcp";
  /** Letters, then `.` for ACK, then an ACE field as a digit: `S`, `SEWA.`, `P.5`; "-" for none. tcp-flags.ts reads it. */
  readonly flags: string;
  readonly seq: Sequence;
  readonly ack?: number;
  /** The raw 16-bit field. */
  readonly win?: number;
  readonly urg?: number;
  readonly options: TcpOptions;
  /** Ports of the UDP header around the segment (RFC 6951 style). */
  readonly udpEncapsulation?: Ports;
  /** Payload of a RST that tells why. */
  readonly diagnostic?: Diagnostic;
}

export interface Diagnostic {
  readonly code: number;
  /** Private enterprise number. */
  readonly pen?: number;
}

/** `start:end(length)`. */
export interface Sequence {
  readonly start: number;
  readonly end: number;
  /** Payload bytes. */
  readonly length: number;
  /** `literal`: not translated (`1:1(0)!`); `free`: not checked (`...(0)`), start and end are then 0. */
  readonly form: "relative" | "literal" | "free";
}

/** Options in their order; null: not checked; a string: the option bytes in hexadecimal. */
export type TcpOptions = readonly TcpOption[] | Unchecked | string;

export type TcpOption =
  | { readonly kind: "nop" | "eol" | "sackOK" }
  | { readonly kind: "mss" | "wscale"; readonly value: number }
  | { readonly kind: "sack"; readonly blocks: readonly SackBlock[] }
  /** `literalEcr`: sent as written (`ecr 5!`). Null values are not checked. */
  | {
      readonly kind: "TS";
      readonly val: number | Unchecked;
      readonly ecr: number | Unchecked;
      readonly literalEcr: boolean;
    }
  /** Fast open (RFC 7413); the cookie in hexadecimal, empty to ask for one. */
  | { readonly kind: "FO" | "FOEXP"; readonly cookie: string }
  /** RFC 2385; `valid`: to be computed from the secret of `--tcp_md5_secret`. */
  | { readonly kind: "md5"; readonly digest: string }
  /** AccECN (RFC 9768, section 3.2.3): kind 0 starts with e0b, kind 1 with e1b. Absent counters are not sent. */
  | {
      readonly kind: "AccECN";
      readonly order: 0 | 1;
      readonly experimental: boolean;
      readonly e0b?: number;
      readonly ceb?: number;
      readonly e1b?: number;
    }
  /** TCP ACK rate request. */
  | { readonly kind: "tarr"; readonly rate?: number }
  | { readonly kind: "generic"; readonly number: number; readonly bytes: string }
  /** A shared experimental option (RFC 6994). */
  | { readonly kind: "experimental"; readonly id: number; readonly bytes: string };

export interface SackBlock {
  readonly left: number;
  readonly right: number;
}

export interface Udp {
  readonly protocol: "udp";
  /** Payload bytes. */
  readonly length: number;
}

export interface UdpLite {
  readonly protocol: "udplite";
  readonly length: number;
  /** The checksum coverage field (RFC 3828, section 3.1). */
  readonly coverage: number;
}

export interface Icmp {
  readonly protocol: "icmp";
  /** A name of icmp-names.ts or `type_N`; which number it is depends on the IP version of the run. */
  readonly type: string;
  readonly code?: string;
  readonly mtu?: number;
  readonly id?: number;
  /** What the message quotes. */
  readonly echoed?: Echoed;
}

export type Echoed =
  | { readonly protocol: "tcp"; readonly seq: Sequence }
  | { readonly protocol: "udp" | "raw" | "sctp"; readonly length: number }
  | { readonly protocol: "udplite"; readonly length: number; readonly coverage: number };
