/**
 * FreeBSD's rules. Sources: in_pcbbind_setup, in_pcblookup_local and in_pcb_lport_dest of FreeBSD 13,
 * sys/netinet/in_pcb.c. Only the newcomer's options decide; SO_REUSEADDR tells a wildcard from an address, and never
 * allows an exact duplicate but of a multicast address.
 */
import { isMulticast, sameAddress } from "../../base/address.ts";
import type { Claim } from "../claim.ts";
import type { ConflictReason, Purpose } from "../conflict.ts";
import { addressesMeet } from "./covers.ts";

export function bsdTcpConflict(holder: Claim, newcomer: Claim, purpose: Purpose): ConflictReason | undefined {
  return conflict(holder, newcomer, purpose, isUnconnected(holder));
}

export function bsdUdpConflict(holder: Claim, newcomer: Claim, purpose: Purpose): ConflictReason | undefined {
  return conflict(holder, newcomer, purpose, true);
}

function conflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
  asksForUser: boolean,
): ConflictReason | undefined {
  if (purpose === "listen") return undefined; // solisten asks nobody
  // connect() looks for any control block that would get the packets: the five-tuple's own is the flow table's matter.
  if (purpose === "connect")
    return isUnconnected(holder) && addressesMeet(holder, newcomer) ? "bound" : undefined;
  const multicast = isMulticast(newcomer.address);
  if (purpose === "named" && asksForUser && !multicast && !newcomer.privileged && isOthers(holder, newcomer))
    return "user";
  const shares = newcomer.reusePort || (multicast && newcomer.reuseAddress);
  if (!newcomer.reuseAddress && !newcomer.reusePort)
    return addressesMeet(holder, newcomer) ? "address" : undefined;
  if (!isUnconnected(holder) || !sameAddress(holder.address, newcomer.address)) return undefined;
  if (purpose !== "named") return "shared";
  return shares && sharesToo(holder, multicast) ? undefined : "address";
}

function isUnconnected(holder: Claim): boolean {
  return holder.state === "bound" || holder.state === "listening";
}

/** Another user's, somewhere in the newcomer's way. (SO_REUSEPORT_LB, which would excuse two wildcards, is not modelled.) */
function isOthers(holder: Claim, newcomer: Claim): boolean {
  return holder.uid !== newcomer.uid && holder.state !== "held" && addressesMeet(holder, newcomer);
}

function sharesToo(holder: Claim, multicast: boolean): boolean {
  return holder.reusePort || (multicast && holder.reuseAddress);
}
