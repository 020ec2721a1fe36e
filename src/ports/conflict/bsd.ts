/**
 * The rules of the BSDs. Sources: in_pcbbind_setup, in_pcblookup_local and in_pcb_lport_dest of FreeBSD 13, sys/netinet/in_pcb.c;
 * in_pcbbind of XNU, bsd/netinet/in_pcb.c. Only the newcomer's options decide; SO_REUSEADDR tells a wildcard from an
 * address, and never allows an exact duplicate but of a multicast address.
 */
import { isMulticast, isUnspecified, sameAddress } from "../../base/address.ts";
import type { ConflictReason, ConflictRule, Purpose } from "../conflict.ts";
import type { Claim } from "../table/claim.ts";
import { addressesMeet } from "./covers.ts";

/** What the systems of the family do not have in common. */
export interface BsdRules {
  /** Whom another user's socket excuses: nobody, or as FreeBSD or macOS has it. Undefined where users are not asked about. */
  readonly users: "freebsd" | "macos" | "all" | undefined;
  /** A choice of connect(2) looks for what would get the packets of its own flow, so that ports are shared between flows. */
  readonly connect: "by flow" | "by address";
  /** A choice counts reuse options (and then overlooks other addresses), or none (macOS: wild is set). */
  readonly choice: "by options" | "wild";
}

const freebsdRules: BsdRules = { users: "freebsd", connect: "by flow", choice: "by options" };

/** FreeBSD 12 and later. */
export const bsdTcpConflict: ConflictRule = bsdConflict(freebsdRules, "stream");
export const bsdUdpConflict: ConflictRule = bsdConflict(freebsdRules, "datagram");

/** The rule of one system for one kind of socket. */
export function bsdConflict(rules: BsdRules, kind: "stream" | "datagram"): ConflictRule {
  return (holder, newcomer, purpose) => {
    if (purpose === "listen") return undefined; // solisten asks nobody
    if (purpose === "connect") return connectConflict(rules, holder, newcomer);
    if (purpose === "named" && isOthers(rules, kind, holder, newcomer)) return "user";
    if (isWild(newcomer) || (purpose !== "named" && rules.choice === "wild"))
      return addressesMeet(holder, newcomer) ? "address" : undefined;
    return duplicateConflict(holder, newcomer, purpose);
  };
}

/** connect() looks for any control block that would get the packets: the five-tuple's own is the flow table's matter. */
function connectConflict({ connect }: BsdRules, holder: Claim, newcomer: Claim): ConflictReason | undefined {
  if (connect === "by flow" && !isUnconnected(holder)) return undefined;
  return addressesMeet(holder, newcomer) ? "bound" : undefined;
}

/** With a reuse option, only an unconnected socket of the very same address is seen at all. */
function duplicateConflict(holder: Claim, newcomer: Claim, purpose: Purpose): ConflictReason | undefined {
  if (!isUnconnected(holder) || !sameAddress(holder.address, newcomer.address)) return undefined;
  if (purpose !== "named") return "shared";
  if (holder.loadBalance === true && newcomer.loadBalance === true) return undefined;
  const multicast = isMulticast(newcomer.address);
  return sharesPort(newcomer, multicast) && sharesPort(holder, multicast) ? undefined : "address";
}

/** No option that allows sharing: INPLOOKUP_WILDCARD. */
function isWild({ reuseAddress, reusePort, loadBalance }: Claim): boolean {
  return !reuseAddress && !reusePort && loadBalance !== true;
}

function sharesPort({ reuseAddress, reusePort }: Claim, multicast: boolean): boolean {
  return reusePort || (multicast && reuseAddress);
}

function isUnconnected({ state }: Claim): boolean {
  return state === "bound" || state === "listening";
}

/** Another user's, somewhere in the way of a newcomer without privilege. */
function isOthers({ users }: BsdRules, kind: "stream" | "datagram", holder: Claim, newcomer: Claim): boolean {
  if (users === undefined || holder.uid === newcomer.uid || newcomer.privileged) return false;
  if (isMulticast(newcomer.address) || holder.state === "held") return false;
  if (kind === "stream" && !isUnconnected(holder)) return false;
  if (isUnspecified(holder.address) && isUnspecified(newcomer.address)) {
    if (users === "macos") return false;
    if (users === "freebsd" && holder.loadBalance === true && !holder.reusePort) return false;
  }
  return addressesMeet(holder, newcomer);
}
