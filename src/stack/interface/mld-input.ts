/** MLD between ICMPv6 and memberships (RFC 3810, section 6.2: from the link itself, or not at all). */
import { isLinkLocal, isV4 } from "../../base/address.ts";
import { parseMld } from "../../wire/icmp/mld.ts";
import type { IpDatagram } from "../transport.ts";
import type { Membership } from "./membership.ts";

/** @returns why the message was ignored, or undefined. */
export function listenersHeard(datagram: IpDatagram, membership: Membership | undefined): string | undefined {
  const { bytes, start, end, source, hopLimit } = datagram;
  if (membership === undefined) return "no-membership";
  if (hopLimit !== 1) return "mld-from-afar";
  const message = parseMld(bytes, start, end);
  if (typeof message === "string") return `mld-${message}`;
  // Inside a host it would pass for a group of IPv4.
  if ("group" in message && isV4(message.group)) return "mld-mapped-address";
  if (message.kind === "query" || message.kind === "query-v2") {
    if (!isLinkLocal(source)) return "mld-not-from-link";
    membership.queried(
      message.group,
      message.maximumResponse,
      message.kind === "query-v2" ? "current" : "older",
    );
  } else if (message.kind === "report") membership.reportedByOther(message.group);
  return undefined;
}
