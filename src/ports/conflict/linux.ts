/**
 * Linux's rules. Sources: inet_bind_conflict and inet_csk_find_open_port (net/ipv4/inet_connection_sock.c),
 * __inet_hash_connect (net/ipv4/inet_hashtables.c), udp_lib_lport_inuse (net/ipv4/udp.c), sctp_get_port_local
 * (net/sctp/socket.c), of Linux 6.12 with the bucket rules of 6.18; measured on 6.18.
 */
import { isUnspecified, isV4, sameAddress } from "../../base/address.ts";
import type { ConflictReason, Purpose } from "../conflict.ts";
import type { Claim } from "../table/claim.ts";
import { addressesMeet, devicesMeet } from "./covers.ts";

export function linuxTcpConflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
): ConflictReason | undefined {
  // A bucket with fastreuse or fastreuseport of 0 or more is not connect's, whatever the addresses.
  if (purpose === "connect") return holder.explicit ? "bound" : undefined;
  if (!devicesMeet(holder, newcomer) || !meets(holder, newcomer)) return undefined;
  if (purpose === "chosen") return "shared";
  if (purpose === "relaxed") return relaxedConflict(holder, newcomer);
  if (holder.reusePort && newcomer.reusePort && mayGroup(holder, newcomer)) return undefined;
  if (holder.reuseAddress && newcomer.reuseAddress)
    return holder.state === "listening" ? "listening" : undefined;
  return holder.reusePort && newcomer.reusePort ? "user" : "address";
}

/** ip_autobind_reuse: both with SO_REUSEADDR, but not two who could form a group of SO_REUSEPORT. */
function relaxedConflict(holder: Claim, newcomer: Claim): ConflictReason | undefined {
  if (!holder.reuseAddress || !newcomer.reuseAddress) return "address";
  if (holder.state === "listening") return "listening";
  return holder.reusePort && newcomer.reusePort && mayGroup(holder, newcomer) ? "shared" : undefined;
}

/** SO_REUSEPORT joins sockets of one user, but none that has a group already; a connection in TIME-WAIT has no user. */
function mayGroup(holder: Claim, newcomer: Claim): boolean {
  if (newcomer.hasGroup === true) return false;
  return holder.state === "held" || holder.uid === newcomer.uid;
}

/**
 * sk_reuseport_match with FASTREUSEPORT_STRICT (include/net/inet_connection_sock.h): one user, and an address that the
 * last one's covers. It looks at nobody else: where that one is `::` and IPv6 only, a `::` that is not is let in beside an
 * IPv4 listener (measured on 6.18).
 */
export function linuxGroupShortcut(last: Claim, newcomer: Claim): boolean {
  if (!newcomer.reusePort || newcomer.hasGroup || newcomer.uid !== last.uid) return false;
  const asIpv4 = isV4(newcomer.address);
  const { address } = last;
  if (last.domain === 4) {
    if (newcomer.v6Only) return false;
    return isUnspecified(address) || (asIpv4 && sameAddress(address, newcomer.address));
  }
  if (isV4(address)) {
    if (!asIpv4 || newcomer.v6Only) return false;
    return isUnspecified(address) || sameAddress(address, newcomer.address);
  }
  if (isUnspecified(address)) return !(last.v6Only && asIpv4);
  return sameAddress(address, newcomer.address);
}

/** UDP has no listeners, no flows to share a port by, and lets a choice share what bind(2) may share. */
export function linuxUdpConflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
): ConflictReason | "joins" | undefined {
  if (holder.reuseAddress && newcomer.reuseAddress) return undefined;
  if (!devicesMeet(holder, newcomer) || !meets(holder, newcomer)) return undefined;
  if (!holder.reusePort || !newcomer.reusePort || newcomer.hasGroup === true) return "address";
  if (holder.uid !== newcomer.uid) return "user";
  return isNamed(purpose) ? "joins" : undefined;
}

/** SCTP chooses only ports that nobody holds, on whatever address. */
export function linuxSctpConflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
): ConflictReason | undefined {
  if (!isNamed(purpose)) return "shared";
  if (!devicesMeet(holder, newcomer) || !addressesMeet(holder, newcomer)) return undefined;
  if (holder.reusePort && newcomer.reusePort && holder.uid === newcomer.uid) return undefined;
  if (holder.reuseAddress && newcomer.reuseAddress)
    return holder.state === "listening" ? "listening" : undefined;
  return "address";
}

/** listen(2) asks as bind(2) did. */
function isNamed(purpose: Purpose): boolean {
  return purpose === "named" || purpose === "listen";
}

/**
 * As {@link addressesMeet}, but for an oddity: an IPv6 socket that is not v6-only and that connect(2) took from `::` to an
 * IPv6 address keeps 127.0.0.6 in its IPv4 field (LOOPBACK4_IPV6, include/net/transp_v6.h) and so meets 0.0.0.0.
 */
function meets(holder: Claim, newcomer: Claim): boolean {
  return (
    addressesMeet(holder, newcomer) ||
    (leavesPlaceholder(holder) && newcomer.domain === 4 && isUnspecified(newcomer.address)) ||
    (leavesPlaceholder(newcomer) && holder.domain === 4 && isUnspecified(holder.address))
  );
}

function leavesPlaceholder(claim: Claim): boolean {
  return claim.narrowed && claim.domain === 6 && !claim.v6Only && !isV4(claim.address);
}
