/** When a holder of a port keeps a newcomer from it: one pure function for each operating system, in `conflict/`. */
import type { Claim } from "./table/claim.ts";

/**
 * Why the port is wanted. `named`: bind(2) with this port. `listen`: its holder asks again, to listen there. `chosen`: a
 * candidate for bind(2) with port 0. `relaxed`: the same when nothing else was left and the host allows sharing. `connect`: a candidate for
 * connect(2), which may share a port where five-tuples differ.
 */
export type Purpose = "named" | "listen" | "chosen" | "relaxed" | "connect";

/**
 * What stands in the way.
 * `address`: the addresses overlap and not both sides allow it. `listening`: the holder listens. `user`: the options
 * agree but the users differ. `exclusive`: one side wants the port alone. `bound`: connect(2) shares no port that
 * was bound. `shared`: a choice takes no port that would have to be shared. `denied`: the newcomer would share, the holder not.
 */
export type ConflictReason = "address" | "listening" | "user" | "exclusive" | "bound" | "shared" | "denied";

/**
 * A pure function of two claims: the reason of a conflict, or undefined. `joins` says there is none and that no
 * holder further back in the port's list is asked (Linux UDP, where the first in the way decides).
 */
export type ConflictRule = (
  holder: Claim,
  newcomer: Claim,
  purpose: Purpose,
) => ConflictReason | "joins" | undefined;

/**
 * Where holders that would each let a newcomer in keep it out together (gVisor): asked of all of a port's claims, once the
 * rule above has found none in the way. The index of one that is, or -1.
 */
export type JointRule = (holders: readonly Claim[], newcomer: Claim, purpose: Purpose) => number;

/**
 * Where a system remembers of a port who came last by SO_REUSEPORT (Linux): whether a newcomer is so much like that one that
 * it is let in, by bind(2) or listen(2), without a look at anybody else.
 */
export type GroupShortcut = (last: Claim, newcomer: Claim) => boolean;
