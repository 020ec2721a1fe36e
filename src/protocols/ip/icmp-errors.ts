/** When an ICMP error may be sent, and how much it quotes (RFC 1122, section 3.2.2; RFC 4443, section 2.4). */
import {
  type Address,
  isLoopback,
  isMulticast,
  isUnspecified,
  isV4,
  limitedBroadcast,
  sameAddress,
} from "../../base/address.ts";

/** The packet that would be answered. */
export interface ErrorSubject {
  readonly source: Address;
  /** How it was addressed, at the IP layer. */
  readonly cast: "unicast" | "broadcast" | "multicast";
  /** It came in a link-layer broadcast or multicast. */
  readonly linkCast: "unicast" | "group";
  /** In bytes; only the first fragment is answered. */
  readonly fragmentOffset: number;
  /** What it carries. */
  readonly protocol: number;
  /** The ICMP type, where it carries ICMP, and -1 where it is too short to tell. */
  readonly icmpType: number;
}

/** What is answered even if it was sent to a group: Packet Too Big, and an unknown option that asks for it. */
export type ErrorKind = "ordinary" | "answers-multicast";

const icmp = 1;
const icmpv6 = 58;

/** Why no error may be sent about `subject`, or undefined: it may. */
export function whySilent(subject: ErrorSubject, kind: ErrorKind): string | undefined {
  if (subject.fragmentOffset > 0) return "not the first fragment";
  const group = subject.cast !== "unicast" || subject.linkCast === "group";
  if (group && kind === "ordinary") return "sent to a group";
  if (!namesOneNode(subject.source)) return "source names no single node";
  if (isErrorItself(subject)) return "about an ICMP error";
  return undefined;
}

function namesOneNode(source: Address): boolean {
  if (isUnspecified(source) || isMulticast(source)) return false;
  if (!isV4(source)) return true;
  return !sameAddress(source, limitedBroadcast) && source.w3 >>> 28 !== 15 && source.w3 >>> 24 !== 0;
}

/** ICMP errors, and the redirects that are answered no more than those; ICMPv6 types below 128 (RFC 4443, section 2.1). */
function isErrorItself({ protocol, icmpType }: ErrorSubject): boolean {
  if (protocol === icmp) return icmpType < 0 || !isQueryV4(icmpType);
  if (protocol === icmpv6) return icmpType < 128 || icmpType === redirectV6;
  return false;
}

const redirectV6 = 137;

/** Echo, router discovery, timestamp, information, address mask, extended echo; anything else may be an error. */
function isQueryV4(type: number): boolean {
  return type === 0 || (type >= 8 && type <= 10) || (type >= 13 && type <= 18) || type === 42 || type === 43;
}

/** Longest ICMP error as a whole IP packet: RFC 1812, section 4.3.2.3 (576); RFC 4443, section 2.4 (c) (1280). */
export const longestErrorV4 = 576;
export const longestErrorV6 = 1280;

/** Bytes of the offending packet to quote behind the IP header and eight bytes of ICMP. */
export function quotedLength(family: 4 | 6, packetLength: number): number {
  const room = family === 4 ? longestErrorV4 - 28 : longestErrorV6 - 48;
  return Math.min(packetLength, room);
}

/**
 * Whether a quoted packet is one we could have sent to somewhere else (RFC 1122, section 3.2.2; RFC 5927, section 4).
 * Where the loopback network is our own, nothing passes between it and another.
 */
export function plausibleQuote(
  source: Address,
  destination: Address,
  ours: (address: Address) => boolean,
  loopback: "own" | "none" = "own",
): boolean {
  if (loopback === "own" && isLoopback(source) !== isLoopback(destination)) return false;
  return ours(source) && !isUnspecified(destination);
}
