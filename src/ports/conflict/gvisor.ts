/**
 * gVisor's rules. Source: pkg/tcpip/ports/ports.go (intersectionFlags, isAvailable) and flags.go. What shares a port is a set
 * of flags: of all reservations in a newcomer's way, address by address, one flag must be common to all and to it.
 *
 * Departs from gVisor: an accepted connection is judged as one that was bound before it connected.
 */
import { isUnspecified, sameAddress } from "../../base/address.ts";
import type { ConflictReason, JointRule, Purpose } from "../conflict.ts";
import type { Claim } from "../table/claim.ts";
import { addressesMeet, coversV4, coversV6, devicesMeet } from "./covers.ts";

const mostRecent = 1;
const loadBalanced = 2;
const tupleOnly = 4;
const allFlags = 7;

/** TCP: SO_REUSEADDR is TupleOnly. UDP's is MostRecent. SO_REUSEPORT is LoadBalanced. */
type FlagsOf = (claim: Claim) => number;

function tcpFlags({ reuseAddress, reusePort }: Claim): number {
  return (reuseAddress ? tupleOnly : 0) | (reusePort ? loadBalanced : 0);
}

function udpFlags({ reuseAddress, reusePort }: Claim): number {
  return (reuseAddress ? mostRecent : 0) | (reusePort ? loadBalanced : 0);
}

export function gvisorTcpConflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
): ConflictReason | undefined {
  if (purpose === "listen") return listenConflict(holder, newcomer);
  if (!meet(holder, newcomer)) return undefined;
  if (purpose === "connect") return pairConflict(tcpFlags, holder, newcomer) && "bound";
  return purpose === "named" ? pairConflict(tcpFlags, holder, newcomer) : "shared";
}

/** A choice may share what bind(2) may share. */
export function gvisorUdpConflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
): ConflictReason | undefined {
  if (purpose === "listen" || !meet(holder, newcomer)) return undefined;
  return pairConflict(udpFlags, holder, newcomer);
}

export const gvisorTcpJointly: JointRule = (holders, newcomer, purpose) =>
  purpose === "listen" ? -1 : jointConflict(tcpFlags, holders, newcomer);

export const gvisorUdpJointly: JointRule = (holders, newcomer, purpose) =>
  purpose === "listen" ? -1 : jointConflict(udpFlags, holders, newcomer);

function pairConflict(flagsOf: FlagsOf, holder: Claim, newcomer: Claim): ConflictReason | undefined {
  return (allowed(flagsOf, holder, newcomer) & flagsOf(newcomer)) === 0 && intersect(holder, newcomer)
    ? "address"
    : undefined;
}

/** For each network and each address in it: what all holders there allow. */
function jointConflict(flagsOf: FlagsOf, holders: readonly Claim[], newcomer: Claim): number {
  const wanted = flagsOf(newcomer);
  const inWay = holders.filter((holder) => meet(holder, newcomer) && intersect(holder, newcomer));
  for (const covers of [coversV4, coversV6]) {
    if (!covers(newcomer)) continue;
    for (const first of inWay) {
      if (!covers(first)) continue;
      let common = allFlags;
      for (const other of inWay)
        if (covers(other) && sameWithin(first, other)) common &= allowed(flagsOf, other, newcomer);
      if ((common & wanted) === 0) return holders.indexOf(first);
    }
  }
  return -1;
}

/** intersectionFlags: where only one of two destinations is a wildcard, TupleOnly alone is the holder's to grant. */
function allowed(flagsOf: FlagsOf, holder: Claim, newcomer: Claim): number {
  const flags = flagsOf(holder);
  return hasDestination(holder) === hasDestination(newcomer) ? flags : flags | (allFlags & ~tupleOnly);
}

/** Two destinations keep reservations apart; that they are one and the same is for the flows to say. */
function intersect(holder: Claim, newcomer: Claim): boolean {
  return !(hasDestination(holder) && hasDestination(newcomer));
}

/** connect(2) reserved the port, for its destination alone. */
function hasDestination({ explicit, state }: Claim): boolean {
  return !explicit && (state === "connected" || state === "held");
}

function meet(holder: Claim, newcomer: Claim): boolean {
  return devicesMeet(holder, newcomer) && addressesMeet(holder, newcomer);
}

/** Within one network: `::` and `0.0.0.0` are the same empty address there. */
function sameWithin(a: Claim, b: Claim): boolean {
  return isUnspecified(a.address) ? isUnspecified(b.address) : sameAddress(a.address, b.address);
}

/** registerEndpoint (pkg/tcpip/stack/transport_demuxer.go): the same id and device are shared by SO_REUSEPORT alone. */
function listenConflict(holder: Claim, newcomer: Claim): ConflictReason | undefined {
  if (holder.state !== "listening" || holder.device !== newcomer.device) return undefined;
  if (holder.reusePort && newcomer.reusePort) return undefined;
  const sameId = sameWithin(holder, newcomer) && addressesMeet(holder, newcomer);
  return sameId ? "listening" : undefined;
}
