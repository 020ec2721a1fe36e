/**
 * lwIP's rules, with SO_REUSE (as its BSD-like sockets are mostly built). Sources: tcp_bind, tcp_listen_with_backlog_and_err
 * (src/core/tcp.c) and udp_bind (src/core/udp.c), lwIP 2.1 and 2.2. Devices and users are not looked at.
 */
import { isUnspecified, isV4, sameAddress } from "../../base/address.ts";
import type { ConflictReason, Purpose } from "../conflict.ts";
import type { Claim } from "../table/claim.ts";

export function lwipTcpConflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
): ConflictReason | undefined {
  if (purpose === "listen") return listenConflict(holder, newcomer);
  if (purpose !== "named") return "shared"; // tcp_new_port: a pcb in any list has the port
  if (holder.state === "held" && newcomer.reuseAddress) return undefined; // NUM_TCP_PCB_LISTS_NO_TIME_WAIT
  return nameConflict(holder, newcomer);
}

export function lwipUdpConflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
): ConflictReason | undefined {
  if (purpose === "listen") return undefined;
  return purpose === "named" ? nameConflict(holder, newcomer) : "shared";
}

function nameConflict(holder: Claim, newcomer: Claim): ConflictReason | undefined {
  if (holder.reuseAddress && newcomer.reuseAddress) return undefined;
  if (isV6Type(holder) !== isV6Type(newcomer)) return undefined;
  const meet =
    isUnspecified(holder.address) ||
    isUnspecified(newcomer.address) ||
    sameAddress(holder.address, newcomer.address);
  return meet ? "address" : undefined;
}

/** With SO_REUSEADDR an address may be bound twice, but listened to once. */
function listenConflict(holder: Claim, newcomer: Claim): ConflictReason | undefined {
  if (!newcomer.reuseAddress || holder.state !== "listening") return undefined;
  return sameAddress(holder.address, newcomer.address) ? "listening" : undefined;
}

/** IP_IS_V6: `::` of a dual-stack socket is of IPADDR_TYPE_ANY, and counts as IPv4 here ("@todo: check accept_any_ip_version"). */
function isV6Type({ address, v6Only }: Claim): boolean {
  return !isV4(address) && (v6Only || !isUnspecified(address));
}
