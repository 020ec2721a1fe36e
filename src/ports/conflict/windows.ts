/**
 * Windows' rules. Source: "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE" (Microsoft, Winsock), whose three tables say what a
 * second bind(2) of the same port gets: up to XP, and since Server 2003 for one user and for two.
 * Assumed, since the tables are silent: resting connections stand in nobody's way unless they were exclusive (the same page
 * says that an exclusive one does); a choice takes no port that is bound in its family, on whatever address.
 */
import { isUnspecified } from "../../base/address.ts";
import type { ConflictReason, Purpose } from "../conflict.ts";
import type { Claim } from "../table/claim.ts";
import { addressesMeet, coversV4, coversV6 } from "./covers.ts";

/** Up to XP: SO_REUSEADDR of the newcomer is enough to share anything that is not exclusive. */
export function windowsXpConflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
): ConflictReason | undefined {
  if (purpose !== "named") return unnamedConflict(holder, newcomer, purpose);
  if (!addressesMeet(holder, newcomer) || restsFreely(holder)) return undefined;
  if (!newcomer.reuseAddress) return "address";
  return holder.exclusive ? "exclusive" : undefined;
}

/** Since Server 2003 a wildcard and an address get on, of one user; the same address is shared by consent alone. */
export function windowsConflict(
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
): ConflictReason | undefined {
  if (purpose !== "named") return unnamedConflict(holder, newcomer, purpose);
  if (!addressesMeet(holder, newcomer) || restsFreely(holder)) return undefined;
  const [held, wanted] = [isUnspecified(holder.address), isUnspecified(newcomer.address)];
  if (held === wanted) return sameAddressConflict(holder, newcomer);
  if (wanted) return newcomer.exclusive ? "address" : undefined;
  if (holder.exclusive) return "exclusive";
  if (holder.reuseAddress && newcomer.reuseAddress) return undefined;
  return holder.uid === newcomer.uid ? undefined : "user";
}

function sameAddressConflict(holder: Claim, newcomer: Claim): ConflictReason | undefined {
  if (!newcomer.reuseAddress) return "address";
  return holder.reuseAddress ? undefined : "denied";
}

/** listen() asks nobody; connect() from the auto-reuse range shares with its like. */
function unnamedConflict(holder: Claim, newcomer: Claim, purpose: Purpose): ConflictReason | undefined {
  if (purpose === "listen") return undefined;
  if (purpose === "connect") return holder.explicit && addressesMeet(holder, newcomer) ? "bound" : undefined;
  return familiesMeet(holder, newcomer) ? "shared" : undefined;
}

function restsFreely(holder: Claim): boolean {
  return holder.state === "held" && !holder.exclusive;
}

function familiesMeet(a: Claim, b: Claim): boolean {
  return (coversV4(a) && coversV4(b)) || (coversV6(a) && coversV6(b));
}
