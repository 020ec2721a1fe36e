/**
 * usrsctp's rules, and so FreeBSD's for SCTP. Sources: sctp_inpcb_bind and sctp_isport_inuse (usrsctplib/netinet/sctp_pcb.c),
 * sctp_listen (sctp_usrreq.c). Only SCTP_REUSE_PORT shares. A verification tag rests after an association, its port does not.
 */
import { isUnspecified } from "../../base/address.ts";
import type { ConflictReason, Purpose } from "../conflict.ts";
import type { Claim } from "../table/claim.ts";
import { addressesMeet } from "./covers.ts";

export function usrsctpConflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
): ConflictReason | undefined {
  if (holder.state === "held") return undefined;
  const shares = holder.reusePort && newcomer.reusePort;
  if (purpose === "listen") return shares && holder.state === "listening" ? "listening" : undefined;
  if (purpose !== "named") return portInUse(holder, newcomer) ? "shared" : undefined;
  if (shares) return undefined;
  const all = isUnspecified(newcomer.address);
  return addressesMeet(holder, newcomer) || (all && portInUse(holder, newcomer)) ? "address" : undefined;
}

/** sctp_isport_inuse: addresses do not count; IPv4 sockets and those that are IPv6 only keep out of each other's way. */
function portInUse(holder: Claim, newcomer: Claim): boolean {
  const apart = (isV6Alone(holder) && newcomer.domain === 4) || (isV6Alone(newcomer) && holder.domain === 4);
  return !apart;
}

function isV6Alone({ domain, v6Only }: Claim): boolean {
  return domain === 6 && v6Only;
}
